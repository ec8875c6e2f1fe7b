"""Who may use the gateway, and for whom: agencies, API keys, the vault."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from .. import vault as vaults
from ..domain.caller import Scope
from ..domain.clock import Clock
from ..domain.failures import BadInput
from ..runtime import open_vault
from ..storage.values import StoredKey
from ..web.callers import mint
from . import session
from .output import Json, failing_clearly, run, say, table

agency = typer.Typer(no_args_is_help=True, help="Agencies, the units of isolation.")
key = typer.Typer(no_args_is_help=True, help="Callers' API keys.")
vault = typer.Typer(no_args_is_help=True, help="The key ring that seals credentials.")

AgencyOption = Annotated[str, typer.Option("--agency", help="Name of the agency.")]


# ── Agencies ──────────────────────────────────────────────────────────────────────────────────


@agency.command("add", epilog='Example: gateway agency add "Harbour"')
def add_agency(name: Annotated[str, typer.Argument()], as_json: Json = False) -> None:
    """Add an agency."""

    async def work() -> None:
        async with session.storage() as storage:
            added = await storage.add_agency(name, actor=session.actor(), at=Clock().now())
        value = {"id": added.id, "name": added.name}
        say(value, f"Added the agency {added.name}.", as_json=as_json)

    run(work())


@agency.command("list", epilog="Example: gateway agency list --json")
def list_agencies(as_json: Json = False) -> None:
    """List the agencies."""

    async def work() -> None:
        async with session.storage() as storage:
            rows = [{"id": each.id, "name": each.name} for each in await storage.agencies()]
        table(rows, as_json=as_json, empty="There are no agencies yet.")

    run(work())


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────


@key.command(
    "issue",
    epilog="Example: gateway key issue --agency Harbour --scope clients:read --scope links:read",
)
def issue_key(
    agencies: Annotated[list[str], typer.Option("--agency", help="An agency; may be repeated.")],
    scopes: Annotated[
        list[str], typer.Option("--scope", help="What the key may do; may be repeated.")
    ],
    name: Annotated[str, typer.Option("--name", help="What the key is for.")] = "key",
    as_json: Json = False,
) -> None:
    """Issue an API key; it is shown this once."""

    async def work() -> None:
        granted = frozenset(_scope(scope) for scope in scopes)
        holder = open_vault(session.settings())
        minted = mint(secrets.token_bytes)
        async with session.storage() as storage:
            held = [await session.agency_named(storage, each) for each in agencies]
            stored = StoredKey(
                id=minted.id,
                name=name,
                digest=holder.digest_api_key(minted.secret),
                agencies=tuple(each.id for each in held),
                scopes=granted,
                used_scopes=frozenset(),
                created_at=Clock().now(),
            )
            await storage.add_key(stored, actor=session.actor())
        value = {"id": minted.id, "key": minted.secret.reveal(), "scopes": sorted(scopes)}
        say(value, minted.secret.reveal(), as_json=as_json)
        if not as_json:
            typer.echo("Keep this key now: it is not shown again.", err=True)

    run(work())


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        known = ", ".join(scope.value for scope in Scope)
        raise typer.BadParameter(f"the scopes are {known}", param_hint="--scope") from None


@key.command("list", epilog="Example: gateway key list")
def list_keys(as_json: Json = False) -> None:
    """List the keys, newest first; never their values."""

    async def work() -> None:
        async with session.storage() as storage:
            names = {each.id: each.name for each in await storage.agencies()}
            rows = [
                {
                    "id": each.id,
                    "name": each.name,
                    "agencies": [names.get(held, "") for held in each.agencies],
                    "scopes": sorted(scope.value for scope in each.scopes),
                    "createdAt": each.created_at,
                    "lastUsedAt": each.last_used_at,
                    "revokedAt": each.revoked_at,
                }
                for each in await storage.keys()
            ]
        table(rows, as_json=as_json, empty="There are no keys yet.")

    run(work())


@key.command("revoke", epilog="Example: gateway key revoke k7m3x9q2w4ab")
def revoke_key(id: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Revoke a key; it stops within seconds."""

    async def work() -> None:
        async with session.storage() as storage:
            if not await storage.revoke_key(id, actor=session.actor(), at=Clock().now()):
                raise BadInput("There is no key of this id, or it is revoked already.")
        say({"id": id, "revoked": True}, f"Revoked the key {id}.", as_json=as_json)

    run(work())


# ── Vault ─────────────────────────────────────────────────────────────────────────────────────


@vault.command("init", epilog="Example: gateway vault init --out keys.json")
def init_vault(
    out: Annotated[Path, typer.Option("--out", help="The file to make.")], as_json: Json = False
) -> None:
    """Make the file that holds the key ring, the pepper and the surrogate key."""
    with failing_clearly():
        try:
            vaults.create(out)
        except FileExistsError:
            message = f"{out} exists already: no keys are ever written over."
            raise BadInput(message, field=("out",)) from None
    say(
        {"file": str(out)},
        f"Made {out}. Keep it secret and keep a copy: without it no credential can be opened.\n"
        f"Name it in GATEWAY_VAULT__KEYS=file:{out.absolute()} or in vault.keys.",
        as_json=as_json,
    )


@vault.command("add", epilog="Example: gateway vault add --file keys.json")
def add_key(
    file: Annotated[Path, typer.Option("--file", help="The vault's file.")], as_json: Json = False
) -> None:
    """Add a new key to the ring; it seals from now on, the older ones still open."""
    with failing_clearly():
        id = vaults.add_key(file)
    say(
        {"file": str(file), "key": id},
        f"Added key {id}. Run `gateway vault rewrap` to move all credentials to it.",
        as_json=as_json,
    )


@vault.command("rewrap", epilog="Example: gateway vault rewrap")
def rewrap(as_json: Json = False) -> None:
    """Wrap all credentials by the newest key, so that older ones can be dropped from the file."""

    async def work() -> None:
        holder = open_vault(session.settings())
        count = 0
        async with session.storage() as storage:
            for owner in await storage.agencies():
                for each in await storage.accounts(owner.id):
                    for held in each.credentials:
                        envelope = holder.rewrap(held.envelope)
                        if envelope != held.envelope:
                            await storage.rewrap(owner.id, held.id, envelope)
                            count += 1
        say({"rewrapped": count}, f"Rewrapped {count} credentials.", as_json=as_json)

    run(work())
