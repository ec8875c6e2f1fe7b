"""The demo: sandbox vendors and the gateway in one process, set up as an operator would do it."""

import json
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from .. import vault as vaults
from ..config import Settings, load
from ..directory.accounts import AccountFacts
from ..directory.lines import read_lines
from ..domain.caller import Scope
from ..domain.failures import BadInput
from ..domain.model import Agency
from ..domain.vendor import VendorName
from ..runtime import Runtime, open_runtime
from ..sandbox import seed
from ..sandbox import server as sandboxes
from ..storage.values import StoredKey
from ..telemetry.logs import logging_to
from ..telemetry.redaction import Redactor
from ..web import app as web
from ..web.callers import mint
from .output import dump
from .serving import END, listening, signals

ACTOR = "demo"
DATABASE = "gateway.db"
KEY_RING = "keys.json"


async def run(port: int, sandbox_port: int, *, as_json: bool) -> None:
    """Run until a signal comes; everything ends within seconds."""
    with (
        tempfile.TemporaryDirectory(prefix="agency-gateway-") as folder,
        logging_to(sys.stderr, redactor=Redactor(), as_json=False, level="warning"),
        signals(END) as end,
    ):
        try:
            async with sandboxes.sandbox(seed.world(), port=sandbox_port) as running:
                vaults.create(Path(folder) / KEY_RING)
                settings = settings_for(running, Path(folder))
                keys = await set_up(settings, running)
                async with open_runtime(settings, redactor=Redactor()) as runtime:
                    headers = {"Authorization": f"Bearer {next(iter(keys.values()))}"}
                    face = web.face(settings.http.profile, headers)
                    async with listening(web.build(runtime, face), "127.0.0.1", port, grace=1) as (
                        _,
                        bound,
                    ):
                        _announce(f"http://127.0.0.1:{bound}/", running, keys, as_json)
                        await end()
        except OSError as error:
            message = f"Cannot listen at port {sandbox_port} or after: {error.strerror}."
            raise BadInput(message) from None


def settings_for(running: sandboxes.Running, folder: Path) -> Settings:
    """The configuration of a gateway whose vendors are the sandbox's, with its data in a folder.

    The folder holds a key ring of that name already.
    """
    urls = _urls(running)
    environ = {
        "HOME": str(folder),
        "GATEWAY_STORAGE__URL": f"sqlite:///{folder / DATABASE}",
        "GATEWAY_VAULT__KEYS": f"file:{folder / KEY_RING}",
        "GATEWAY_HTTP__PROFILE": "development",
        "GATEWAY_TELEMETRY__METRICS_PORT": "0",
    }
    for name, vendor in urls.items():
        for key, url in vendor.items():
            environ[f"GATEWAY_VENDORS__{name.name}__{key.upper()}"] = url
    return load(environ=environ)


def _urls(running: sandboxes.Running) -> Mapping[VendorName, dict[str, str]]:
    """Each vendor's addresses, from what its double says of itself."""
    urls: dict[VendorName, dict[str, str]] = {}
    for name, vendor in running.vendors.items():
        told = vendor.described
        urls[name] = {key: told[key] for key in ("base_url", "auth_url") if key in told}
        if "regions" in told:
            region, url = next(iter(told["regions"].items()))
            urls[name]["base_url"] = url.replace(region, "{region}")
    return urls


async def set_up(settings: Settings, running: sandboxes.Running) -> dict[str, str]:
    """Two agencies with all that an operator would tell of them; an API key for each.

    In a runtime of its own, as a command would do it, so that the gateway starts with cold caches;
    and the sandbox forgets these calls, so that its records begin with the first query.
    """
    keys: dict[str, str] = {}
    async with open_runtime(settings, redactor=Redactor()) as runtime:
        for seeded in seed.world().agencies:
            agency = await runtime.storage.add_agency(
                seeded.name, actor=ACTOR, at=runtime.clock.now()
            )
            await _accounts(runtime, agency, running)
            keys[agency.name] = await _key(runtime, agency)
    running.forget_calls()
    return keys


async def _accounts(runtime: Runtime, agency: Agency, running: sandboxes.Running) -> None:
    lines: list[dict[str, Any]] = []
    for name, vendor in running.vendors.items():
        for account in vendor.double.accounts(agency.name):
            facts = AccountFacts(
                vendor=name,
                name=account.name,
                credentials=account.credentials,
                regions=account.regions,
                created_at=account.created_at,
                capabilities=account.capabilities,
            )
            await runtime.accounts.add(agency.id, facts, runtime.inquiry(), actor=ACTOR)
            place = f"{name.value}/{account.name}"
            lines += [{**line, "account": place} for line in account.ledger]
    text = "\n".join(json.dumps(line) for line in lines)
    await runtime.importer.run(agency.id, read_lines(text), actor=ACTOR)


async def _key(runtime: Runtime, agency: Agency) -> str:
    """A key that may do everything within its agency."""
    minted = mint(secrets.token_bytes)
    stored = StoredKey(
        id=minted.id,
        name=f"{agency.name} demo",
        digest=runtime.vault.digest_api_key(minted.secret),
        agencies=(agency.id,),
        scopes=frozenset(Scope),
        used_scopes=frozenset(),
        created_at=runtime.clock.now(),
    )
    await runtime.storage.add_key(stored, actor=ACTOR)
    return minted.secret.reveal()


def _announce(url: str, running: sandboxes.Running, keys: Mapping[str, str], as_json: bool) -> None:
    described = running.describe()
    vendors = {
        name: {key: value for key, value in told.items() if key != "agencies"}
        for name, told in described["vendors"].items()
    }
    if as_json:
        line = {
            "url": url,
            "graphql": f"{url}graphql",
            "control": described["control"],
            "keys": keys,
            "vendors": vendors,
        }
        typer.echo(dump(line))
        return
    typer.echo(f"GraphiQL:  {url}  (the first query waits there: press Ctrl-Enter)")
    typer.echo(f"GraphQL:   {url}graphql")
    typer.echo(f"Sandbox:   {described['control']}")
    for name, key in keys.items():
        typer.echo(f"API key of {name}: {key}")
    typer.echo(f"\n{web.FIRST_QUERY}\nCtrl-C ends everything.")
