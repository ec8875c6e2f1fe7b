"""Agencies' accounts at vendors: added with their credentials, tried, renewed, removed."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..config import url_objection
from ..contract import Verification
from ..directory.accounts import AccountFacts
from ..directory.lines import moment
from ..domain.clock import Clock
from ..domain.failures import BadInput
from ..domain.vendor import VendorName
from . import session
from .access import AgencyOption
from .output import Json, fail, failing_clearly, read_text, run, say, table

account = typer.Typer(no_args_is_help=True, help="Agencies' accounts at vendors.")


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
    with failing_clearly():
        text = (read_text(file) if file else os.environ.get(variable or "", "")).strip()
    if not text:
        raise typer.BadParameter("the credential is empty")
    try:
        return json.loads(text) if text[0] in '{["' else text
    except (ValueError, RecursionError):
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
            if base_url is not None and (reason := url_objection(base_url, runtime.settings)):
                raise BadInput(f"--base-url: {reason}.", field=("baseUrl",))
            owner = await session.agency_named(runtime.storage, agency)
            added, shown = await runtime.accounts.add(
                owner.id, facts, runtime.inquiry(), actor=session.actor()
            )
        value = {"id": added.id, "vendor": added.vendor, "name": added.name}
        say(value, f"Added account {added.id}, {added.name}.", as_json=as_json)
        for slot, failure in ((each.slot, each.failure) for each in shown):
            if failure is not None:
                again = f"try again with `gateway account check {added.id}`"
                typer.echo(f"{slot}: {failure.message} The account is kept; {again}.", err=True)

    run(work())


@account.command("list", epilog="Example: gateway account list --agency Harbour")
def list_accounts(
    agency: Annotated[str | None, typer.Option("--agency", help="Only this agency.")] = None,
    as_json: Json = False,
) -> None:
    """List accounts, and which credentials are held for them."""

    async def work() -> None:
        async with session.storage() as storage:
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
                for owner in await session.agencies(storage, agency)
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
        fail("Not every credential was shown to be good.")


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
    """Replace the credentials that the file names, once the vendor accepts the new ones; what was
    signed in under the old ones ends."""
    raw, made = _credentials(credential_file, credential_env), _made(created_at)

    async def work() -> None:
        async with session.runtime() as runtime:
            found = await session.account_numbered(runtime.storage, number)
            replaced, warnings = await runtime.accounts.rotate(
                found.agency, found.id, raw, made, runtime.inquiry(), actor=session.actor()
            )
        slots = [each.slot for each in replaced]
        text = " ".join([f"Replaced {', '.join(slots)}.", *warnings])
        say({"id": number, "replaced": slots, "warnings": warnings}, text, as_json=as_json)

    run(work())


@account.command("remove", epilog="Example: gateway account remove 3 --yes")
def remove_account(
    number: Annotated[int, typer.Argument(metavar="ID")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove an account, its sealed credentials and all that is known through it."""
    if not yes:
        question = f"Remove account {number} and all that is known through it?"
        typer.confirm(question, abort=True, err=True)

    async def work() -> None:
        async with session.storage() as storage:
            found = await session.account_numbered(storage, number)
            await storage.remove_account(
                found.agency, found.id, actor=session.actor(), at=Clock().now()
            )
        say({"id": number, "removed": True}, f"Removed account {number}.", as_json=as_json)

    run(work())
