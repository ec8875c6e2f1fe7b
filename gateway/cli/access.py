"""Who may use the gateway, and for whom: agencies, API keys, vendor accounts, the vault."""

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import vault as vaults
from ..contract import Verification
from ..directory.accounts import AccountFacts
from ..directory.lines import moment
from ..domain.caller import Scope
from ..domain.clock import Clock
from ..domain.failures import BadInput
from ..domain.vendor import VendorName
from ..runtime import open_vault
from ..storage.port import StoredKey
from ..web.callers import mint
from . import session
from .output import Json, failing_clearly, run, say, table

agency = typer.Typer(no_args_is_help=True, help="Agencies, the units of isolation.")
key = typer.Typer(no_args_is_help=True, help="Callers' API keys.")
account = typer.Typer(no_args_is_help=True, help="Agencies' accounts at vendors.")
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


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────


def _vendor(text: str) -> VendorName:
    for name in VendorName:
        if text.casefold().replace("-", "_") in (name.value, name.name.casefold()):
            return name
    known = ", ".join(name.value for name in VendorName)
    raise typer.BadParameter(f"the vendors are {known}", param_hint="--vendor")


def _credentials(file: Path | None, variable: str | None) -> Any:
    """What the credential file, the variable or standard input holds: JSON, or one bare string."""
    if (file is None) == (variable is None):
        message = "give --credential-file (`-` reads standard input) or --credential-env"
        raise typer.BadParameter(message)
    if variable is not None:
        text = os.environ.get(variable, "")
    elif str(file) == "-":
        text = sys.stdin.read()
    else:
        with failing_clearly():
            text = Path(str(file)).read_text(encoding="utf-8")
    text = text.strip()
    if not text:
        raise typer.BadParameter("the credential is empty")
    try:
        return json.loads(text) if text[0] in '{["' else text
    except ValueError:
        raise typer.BadParameter("the credential file is not valid JSON") from None


def _made(text: str | None) -> Any:
    try:
        return None if text is None else moment(text)
    except ValueError:
        message = "must be a day, such as 2026-03-09"
        raise typer.BadParameter(message, param_hint="--created-at") from None


FileOption = Annotated[
    Path | None,
    typer.Option("--credential-file", help="File with the credentials; `-` is standard input."),
]
EnvOption = Annotated[
    str | None,
    typer.Option("--credential-env", help="Environment variable with the credentials."),
]
MadeOption = Annotated[
    str | None,
    typer.Option("--created-at", help="When the token was made, for vendors whose tokens end."),
]


@account.command(
    "add",
    epilog="Example: gateway account add --agency Harbour --vendor own --name Main"
    " --region app1 --credential-env OWN_TOKEN --created-at 2026-11-02",
)
def add_account(
    agency: AgencyOption,
    vendor: Annotated[str, typer.Option("--vendor", help="The vendor, such as bronto.")],
    name: Annotated[str, typer.Option("--name", help="Name of the account.")],
    regions: Annotated[
        list[str] | None, typer.Option("--region", help="A region; may be repeated.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Another address of the vendor.")
    ] = None,
    credential_file: FileOption = None,
    credential_env: EnvOption = None,
    created_at: MadeOption = None,
    capabilities: Annotated[
        list[str] | None,
        typer.Option("--capability", help="What the credential may do; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add an agency's account at a vendor; its credentials are sealed at once."""
    facts = AccountFacts(
        vendor=_vendor(vendor),
        name=name,
        credentials=_credentials(credential_file, credential_env),
        regions=tuple(regions or ()),
        base_url=base_url,
        created_at=_made(created_at),
        capabilities=tuple(capabilities or ()),
    )

    async def work() -> None:
        async with session.runtime() as runtime:
            owner = await session.agency_named(runtime.storage, agency)
            added, shown = await runtime.accounts.add(
                owner.id, facts, runtime.inquiry(), actor=session.actor()
            )
        value = {"id": added.id, "vendor": added.vendor, "name": added.name}
        say(value, f"Added account {added.id}, {added.name}.", as_json=as_json)
        for failed in (each for each in shown if each.failure is not None):
            assert failed.failure is not None
            typer.echo(f"{failed.slot}: {failed.failure.message}", err=True)
            typer.echo(f"Try again with `gateway account check {added.id}`.", err=True)

    run(work())


@account.command("list", epilog="Example: gateway account list --agency Harbour")
def list_accounts(
    agency: Annotated[str | None, typer.Option("--agency", help="Only this agency.")] = None,
    as_json: Json = False,
) -> None:
    """List accounts, and which credentials are held for them."""

    async def work() -> None:
        async with session.storage() as storage:
            owners = [each for each in await storage.agencies() if agency in (None, each.name)]
            rows = [
                {
                    "id": each.id,
                    "agency": owner.name,
                    "vendor": each.vendor,
                    "name": each.name,
                    "regions": each.regions,
                    "credentials": [
                        f"{held.slot}{'/' + held.holder if held.holder else ''}"
                        f"{' (refused)' if held.refused else ''}"
                        for held in each.credentials
                    ],
                    "verifiedAt": each.verified_at,
                }
                for owner in owners
                for each in await storage.accounts(owner.id)
            ]
        table(rows, as_json=as_json, empty="There are no accounts yet.")

    run(work())


@account.command("check", epilog="Example: gateway account check 3")
def check_account(
    number: Annotated[int, typer.Argument(metavar="ID")], as_json: Json = False
) -> None:
    """Make the cheapest harmless call with each credential, and tell what it may do."""

    async def work() -> bool:
        async with session.runtime() as runtime:
            found = await session.account_numbered(runtime.storage, number)
            shown = await runtime.accounts.check(
                found.agency, found.id, runtime.inquiry(), actor=session.actor()
            )
        table([_verdict(each) for each in shown], as_json=as_json, empty="Nothing to try.")
        return all(each.failure is None for each in shown)

    if not run(work()):
        raise typer.Exit(1)


def _verdict(shown: Verification) -> dict[str, Any]:
    return {
        "credential": f"{shown.slot}{'/' + shown.holder if shown.holder else ''}",
        "accepted": shown.failure is None,
        "may": sorted(name for name, granted in shown.capabilities.items() if granted),
        "mayNot": sorted(name for name, granted in shown.capabilities.items() if not granted),
        "problem": None if shown.failure is None else shown.failure.message,
    }


@account.command(
    "rotate", epilog="Example: gateway account rotate 3 --credential-file new-token.json"
)
def rotate_account(
    number: Annotated[int, typer.Argument(metavar="ID")],
    credential_file: FileOption = None,
    credential_env: EnvOption = None,
    created_at: MadeOption = None,
    as_json: Json = False,
) -> None:
    """Replace the credentials that the file names; what was signed in under the old ones ends."""
    raw, made = _credentials(credential_file, credential_env), _made(created_at)

    async def work() -> None:
        async with session.runtime() as runtime:
            found = await session.account_numbered(runtime.storage, number)
            replaced = await runtime.accounts.rotate(
                found.agency, found.id, raw, made, actor=session.actor()
            )
        slots = [each.slot for each in replaced]
        say({"id": number, "replaced": slots}, f"Replaced {', '.join(slots)}.", as_json=as_json)

    run(work())


@account.command("remove", epilog="Example: gateway account remove 3 --yes")
def remove_account(
    number: Annotated[int, typer.Argument(metavar="ID")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove an account, its sealed credentials and all that is known through it."""
    if not yes:
        typer.confirm(f"Remove account {number} and all that is known through it?", abort=True)

    async def work() -> None:
        async with session.storage() as storage:
            found = await session.account_numbered(storage, number)
            await storage.remove_account(
                found.agency, found.id, actor=session.actor(), at=Clock().now()
            )
        say({"id": number, "removed": True}, f"Removed account {number}.", as_json=as_json)

    run(work())


# ── Vault ─────────────────────────────────────────────────────────────────────────────────────


@vault.command("init", epilog="Example: gateway vault init --out keys.json")
def init_vault(
    out: Annotated[Path, typer.Option("--out", help="The file to make.")], as_json: Json = False
) -> None:
    """Make the file that holds the key ring, the pepper and the surrogate key."""
    with failing_clearly():
        vaults.create(out)
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
