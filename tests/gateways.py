"""A gateway on a real port over sandbox vendors on real ports, all in the test's event loop.

What every gateway begins with (two agencies with their accounts, ids and keys) is made once a
process by the demo's own set-up and copied for each test: a copy takes milliseconds.
"""

import shutil
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any

import aiohttp
from msgspec.structs import replace

from gateway import vault
from gateway.cli.demonstration import DATABASE, KEY_RING, set_up, settings_for
from gateway.cli.serving import listening
from gateway.config import Settings
from gateway.config.settings import Duration, Limit
from gateway.domain.caller import Scope
from gateway.domain.clock import Clock
from gateway.domain.vendor import VendorName
from gateway.runtime import Runtime, open_runtime
from gateway.sandbox import seed
from gateway.sandbox.server import Running, sandbox
from gateway.storage.values import StoredKey
from gateway.telemetry.redaction import Redactor
from gateway.web import app as web
from gateway.web.callers import mint
from tests import answered

QUICK = (Limit(count=100_000, period=Duration(1)),)
"""Limits that nobody waits for."""


@dataclass(frozen=True)
class Template:
    """A folder with a database and a key ring, and the API key of each agency by name."""

    folder: Path
    keys: Mapping[str, str]

    def copy(self, folder: Path) -> Path:
        """The same in a new folder, wherever that is."""
        folder.mkdir()
        for name in (DATABASE, KEY_RING):
            shutil.copy2(self.folder / name, folder / name)
        return folder


async def template(folder: Path) -> Template:
    """Set up both agencies of the seeded world."""
    vault.create(folder / KEY_RING)
    async with sandbox(seed.world(), vendors=seed.VENDORS) as running:
        return Template(folder, await set_up(quick(settings_for(running, folder)), running))


def quick(settings: Settings) -> Settings:
    """The settings with vendors' limits out of the way."""
    each = {name: replace(one, limits=QUICK) for name, one in settings.vendors.each.items()}
    return replace(settings, vendors=replace(settings.vendors, each=each))


class Shifted:
    """Real time, some way ahead; `clock` is what code is given."""

    def __init__(self) -> None:
        real, self.seconds = Clock(), 0.0
        self.clock = Clock(
            now=lambda: real.now() + timedelta(seconds=self.seconds),
            monotonic=lambda: real.monotonic() + self.seconds,
        )


@dataclass(frozen=True)
class Sandbox:
    """The vendors, and the controls over them."""

    running: Running
    http: aiohttp.ClientSession

    async def calls(self, vendor: VendorName) -> Counter[str]:
        """How often each operation was asked for since the calls were last forgotten."""
        return Counter(call["operation"] for call in await self.control("GET", vendor, "calls"))

    async def all_calls(self) -> dict[str, dict[str, int]]:
        """The same of all vendors that were called."""
        told = {vendor.name: dict(await self.calls(vendor)) for vendor in self.running.vendors}
        return {name: counts for name, counts in told.items() if counts}

    async def faults(self, vendor: VendorName, *faults: Mapping[str, Any]) -> None:
        """Exactly these faults from now on."""
        await self.control("PUT", vendor, "faults", list(faults))

    async def reset(self, vendor: VendorName) -> None:
        """Back to the seeded world, without faults or memory of calls."""
        await self.control("POST", vendor, "reset", {})

    async def dashboard(self, vendor: VendorName, **action: Any) -> Any:
        """What only people do at the vendor."""
        return await self.control("POST", vendor, "dashboard", action)

    def forget(self) -> None:
        """Forget all calls received so far."""
        self.running.forget_calls()

    def state(self, vendor: VendorName) -> dict[str, Any]:
        """What the vendor holds now."""
        return self.running.vendors[vendor].double.state()

    async def control(self, method: str, vendor: VendorName, path: str, body: Any = None) -> Any:
        """Any control."""
        url = f"{self.running.control}/{vendor.name}/{path}"
        async with self.http.request(method, url, json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    seconds: float

    @property
    def data(self) -> Any:
        """The data of an answer that holds any."""
        assert "data" in self.body, self.body
        return self.body["data"]

    @property
    def whole(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.data

    @property
    def errors(self) -> list[dict[str, Any]]:
        """All errors."""
        return list(self.body.get("errors", ()))

    @property
    def codes(self) -> list[str]:
        """The errors' codes."""
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def vendors(self) -> dict[str, Any]:
        """What the answer cost, by vendor."""
        told: dict[str, Any] = self.body["extensions"]["vendors"]
        return told


@dataclass
class Gateway:
    """A gateway that runs, and someone who asks it."""

    url: str
    keys: Mapping[str, str]
    runtime: Runtime
    folder: Path
    sandbox: Sandbox
    time: Shifted
    heard: list[Answer] = field(default_factory=list)

    async def query(
        self,
        document: str,
        *,
        agency: str = "Harbour",
        key: str | None = None,
        variables: Mapping[str, Any] | None = None,
        operation: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask as an agency, or with a key of one's own."""
        asked = {"query": document, "variables": variables, "operationName": operation}
        signed = {"Authorization": f"Bearer {key or self.keys[agency]}", **(headers or {})}
        clock = Clock()
        begun = clock.monotonic()
        async with self.sandbox.http.post(f"{self.url}graphql", json=asked, headers=signed) as got:
            body = await got.json(content_type=None)
            answer = Answer(got.status, got.headers, body, clock.monotonic() - begun)
        self.heard.append(answer)
        answered.note(document, operation, body.get("data"))
        return answer

    def later(self, seconds: float) -> None:
        """Let time pass, for the gateway only."""
        self.time.seconds += seconds

    async def settle(self) -> None:
        """Have the ledger take in what vendors said, which it else does within a second."""
        await self.runtime.directory.learner.flush()

    async def key(self, *scopes: Scope, agencies: tuple[str, ...] = ("Harbour",)) -> str:
        """A further API key."""
        minted, storage = mint(token_bytes), self.runtime.storage
        stored = StoredKey(
            id=minted.id,
            name="further",
            digest=self.runtime.vault.digest_api_key(minted.secret),
            agencies=tuple([one.id for one in await storage.agencies() if one.name in agencies]),
            scopes=frozenset(scopes),
            used_scopes=frozenset(),
            created_at=self.runtime.clock.now(),
        )
        await storage.add_key(stored, actor="test")
        return minted.secret.reveal()


def global_id(kind: str, row: int) -> str:
    """An id as the gateway makes it, for guessing what others have."""
    return urlsafe_b64encode(f"{kind}:{row}".encode()).decode().rstrip("=")


@asynccontextmanager
async def open_sandbox() -> AsyncIterator[Sandbox]:
    """Both agencies at the vendors that their customers are named with, on free ports."""
    async with (
        sandbox(seed.world(), vendors=seed.VENDORS) as running,
        aiohttp.ClientSession() as http,
    ):
        yield Sandbox(running, http)


@asynccontextmanager
async def open_gateway(
    world: Sandbox,
    folder: Path,
    keys: Mapping[str, str],
    *,
    settings: Settings | None = None,
    redactor: Redactor | None = None,
    face: web.Face | None = None,
) -> AsyncIterator[Gateway]:
    """A gateway over the sandbox, with the data in the folder."""
    settings = settings or quick(settings_for(world.running, folder))
    time = Shifted()
    async with open_runtime(settings, redactor=redactor or Redactor(), clock=time.clock) as runtime:
        app = web.build(runtime, face or web.face(settings.http.profile))
        async with listening(app, "127.0.0.1", 0, grace=1) as (_, port):
            yield Gateway(f"http://127.0.0.1:{port}/", keys, runtime, folder, world, time)
