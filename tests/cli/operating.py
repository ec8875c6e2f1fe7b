"""What operators have: the command line, an account at every vendor, and vendors that answer.

Commands run in this process and have event loops of their own, so vendors run in a thread.
`conftest.py` makes these fixtures known.
"""

import asyncio
import json
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.demonstration import settings_for
from gateway.cli.main import app
from gateway.config import show
from gateway.domain.vendor import VendorName
from gateway.sandbox import seed
from gateway.sandbox.server import Running, sandbox
from tests.gateways import Template


@dataclass(frozen=True)
class Vendors:
    """The sandbox vendors, and what is known of them."""

    running: Running

    def credentials(self, vendor: VendorName, agency: str = "Harbour") -> Any:
        """What an operator would hold of the agency's first account there, as a credential file."""
        return self.running.vendors[vendor].double.accounts(agency)[0].credentials

    def secrets(self) -> set[str]:
        """Every credential of every agency at every vendor."""
        return {
            word
            for vendor in self.running.vendors.values()
            for agency in ("Harbour", "Meadow")
            for account in vendor.double.accounts(agency)
            for key, value in account.credentials.items()
            if key != "client_id"
            for word in _texts(value)
        }

    def calls(self, vendor: VendorName) -> list[str]:
        """The operations that were asked for."""
        return [call["operation"] for call in self._control("GET", vendor, "calls")]

    def faults(self, vendor: VendorName, *faults: dict[str, Any]) -> None:
        """Exactly these faults from now on."""
        self._control("PUT", vendor, "faults", list(faults))

    def dashboard(self, vendor: VendorName, **action: Any) -> Any:
        """What only people do at the vendor."""
        return self._control("POST", vendor, "dashboard", action)

    def reset(self) -> None:
        """Back to the seeded world, everywhere."""
        for vendor in VendorName:
            self._control("POST", vendor, "reset", {})

    def _control(self, method: str, vendor: VendorName, path: str, body: Any = None) -> Any:
        url = f"{self.running.control}/{vendor.name}/{path}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(url, data, method=method)) as response:
            return json.load(response)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for held in value.values():
                yield from _texts(held)
        case list() | tuple():
            for held in value:
                yield from _texts(held)


@pytest.fixture(scope="session")
def standing() -> Iterator[Vendors]:
    """The vendors, for all tests of this process."""
    told: Future[tuple[Running, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        ended = asyncio.Event()
        async with sandbox(seed.world()) as running:
            told.set_result((running, asyncio.get_running_loop(), ended))
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    running, loop, ended = told.result(10)
    yield Vendors(running)
    loop.call_soon_threadsafe(ended.set)
    thread.join(10)


@pytest.fixture
def vendors(standing: Vendors) -> Vendors:
    """The vendors as they were seeded."""
    standing.reset()
    return standing


class Cli:
    """`gateway`, in a folder and a home of its own; `printed` is all that it ever printed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.printed = ""

    def __call__(self, *words: object, given: str | bytes | None = None, code: int = 0) -> Result:
        """Run a command, with what is given on standard input; it ends with this exit code."""
        result = CliRunner().invoke(app, [str(word) for word in words], input=given)
        self.printed += result.stdout + result.stderr
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, f"{words}: {result.stdout}{result.stderr}"
        return result

    def told(self, *words: object, given: str | None = None, code: int = 0) -> Any:
        """What a command tells machines."""
        return json.loads(self(*words, "--json", given=given, code=code).stdout)

    def failure(self, *words: object, given: str | bytes | None = None) -> str:
        """The one line that a command fails with; it prints nothing else."""
        result = self(*words, given=given, code=1)
        assert result.stdout == ""
        return complaint(result)

    def misuse(self, *words: object, given: str | None = None) -> str:
        """What is said of a wrong use, without its frame."""
        result = self(*words, given=given, code=2)
        assert result.stdout == ""
        return " ".join(re.sub("[│╭╮╰╯─]", " ", result.stderr).split())


def complaint(result: Result) -> str:
    """The one line on standard error."""
    (line,) = result.stderr.splitlines()
    assert line.startswith("gateway: ")
    return line.removeprefix("gateway: ")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line of somebody who has nothing yet."""
    for name in [name for name in os.environ if name.startswith(("GATEWAY_", "XDG_"))]:
        monkeypatch.delenv(name)
    # `--config` sets it: undone with the test.
    monkeypatch.setenv("GATEWAY_CONFIG", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return Cli(tmp_path)


@pytest.fixture
def operator(cli: Cli, vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line of an operator with a key ring and vendors, and nothing else."""
    cli("vault", "init", "--out", "keys.json")
    _configure(cli, vendors, monkeypatch)
    return cli


@pytest.fixture
def established(
    cli: Cli, vendors: Vendors, template: Template, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    """The command line of an operator whose two agencies have accounts at all vendors."""
    for held in template.copy(cli.home / "copied").iterdir():
        held.rename(cli.home / held.name)
    _configure(cli, vendors, monkeypatch)
    return cli


def _configure(cli: Cli, vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration file that names the key ring, the database and the vendors' addresses."""
    tree = show(settings_for(vendors.running, cli.home))
    lines: list[str] = []
    for section in ("storage", "vault", "http"):
        lines += [f"[{section}]", *_keys(tree[section])]
    for vendor in VendorName:
        lines += [f"[vendors.{vendor.value}]", *_keys(tree["vendors"][vendor.value])]
    (cli.home / "operator.toml").write_text("\n".join(lines))
    monkeypatch.setenv("GATEWAY_CONFIG", str(cli.home / "operator.toml"))


def _keys(section: dict[str, Any]) -> list[str]:
    return [
        f"{key} = {json.dumps(value)}" for key, value in section.items() if isinstance(value, str)
    ]
