"""Commands run as an operator runs them, in a folder and an environment of their own."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from tests.cli.operating import cli, established, operator, standing, vendors

__all__ = ["cli", "established", "operator", "standing", "vendors"]  # fixtures


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a machine reads."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line on standard error of a command that failed."""
        assert self.code == 1, (self.code, self.out, self.err)
        (line,) = self.err.splitlines()
        assert line.startswith("gateway: ")
        return line.removeprefix("gateway: ")


@dataclass
class Shell:
    """Where commands run: `gateway(...)` runs one; all that was ever printed is kept."""

    folder: Path
    environ: dict[str, str]
    printed: list[str] = field(default_factory=list)

    def __call__(
        self, *words: object, given: str | None = None, environ: Mapping[str, str] | None = None
    ) -> Ran:
        runner = CliRunner()
        environ = {**dict.fromkeys(_ours()), **self.environ, **(environ or {})}  # type: ignore[dict-item]
        done = runner.invoke(app, [str(word) for word in words], input=given, env=environ)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        self.printed += [done.stdout, done.stderr]
        return Ran(done.exit_code, done.stdout, done.stderr)

    def file(self, name: str, content: Any) -> Path:
        """A file with text, or with a value as JSON."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def with_agency(self, name: str = "Harbour") -> "Shell":
        """A vault and an agency."""
        if not (self.folder / "keys.json").exists():
            assert self("vault", "init", "--out", self.folder / "keys.json").code == 0
        assert self("agency", "add", name).code == 0
        return self


def _ours() -> list[str]:
    """Variables that the machine at hand may have set."""
    return [name for name in os.environ if name.startswith("GATEWAY_")]


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Shadows the gateway that runs: here it is the command."""
    monkeypatch.chdir(tmp_path)
    # `--config` is told to commands by the environment: undone with the test.
    monkeypatch.delenv("GATEWAY_CONFIG", raising=False)
    environ = {
        "HOME": str(tmp_path),
        "GATEWAY_STORAGE__URL": f"sqlite:///{tmp_path / 'gateway.db'}",
        "GATEWAY_VAULT__KEYS": f"file:{tmp_path / 'keys.json'}",
    }
    return Shell(tmp_path, environ)
