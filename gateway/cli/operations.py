"""Running the gateway: schema, ledger, tokens, storage, audit trail, configuration."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import config as configuration
from .. import schema as schemas
from ..config import resolve
from ..directory.lines import read_lines
from ..directory.listing import listed_regions
from ..domain import tokens as law
from ..domain.clock import Clock
from ..domain.failures import Failure
from ..domain.model import Token
from ..storage.sql import open_storage
from ..storage.values import Resource, TokenFilter, Window
from . import session
from .access import AgencyOption
from .output import Json, dump, fail, failing_clearly, progress, read_text, run, say, table

schema = typer.Typer(no_args_is_help=True, help="The GraphQL schema.")
ledger = typer.Typer(no_args_is_help=True, help="What the gateway remembers.")
token = typer.Typer(no_args_is_help=True, help="Vendor tokens.")
storage = typer.Typer(no_args_is_help=True, help="The database.")
audit = typer.Typer(no_args_is_help=True, help="Who changed what.")
config = typer.Typer(no_args_is_help=True, help="The configuration.")


# ── Schema ────────────────────────────────────────────────────────────────────────────────────


@schema.command("print", epilog="Example: gateway schema print > schema.graphql")
def print_schema(as_json: Json = False) -> None:
    """Print the schema in GraphQL's definition language."""
    sdl = schemas.build().as_str()
    typer.echo(dump({"sdl": sdl}) if as_json else sdl)


@schema.command("check", epilog="Example: gateway schema check")
def check_schema(
    file: Annotated[Path, typer.Option("--file")] = Path("schema.graphql"),
    released: Annotated[Path, typer.Option("--released")] = Path("tests/schema/released.graphql"),
    as_json: Json = False,
) -> None:
    """Fail when schema.graphql is stale; name breaking changes against the released one."""
    with failing_clearly():
        current = schemas.build().as_str()
        stale = file.read_text(encoding="utf-8").strip() != current.strip()
        before = released.read_text(encoding="utf-8") if released.exists() else current
    breaking = schemas.breaking_changes(before, current)
    say(
        {"stale": stale, "breaking": breaking},
        "\n".join([*breaking, f"{file} is {'stale' if stale else 'up to date'}."]),
        as_json=as_json,
    )
    if stale:
        fail(f"{file} is stale: run `gateway schema print > {file}`.")
    if breaking:
        fail(f"{len(breaking)} breaking changes against {released}.")


# ── Ledger ────────────────────────────────────────────────────────────────────────────────────


@ledger.command("import", epilog="Example: gateway ledger import known.jsonl --agency Harbour")
def import_lines(
    file: Annotated[Path, typer.Argument(help="JSON Lines or CSV; `-` is standard input.")],
    agency: AgencyOption,
    as_json: Json = False,
) -> None:
    """Take in clients, links and tokens that are known by id."""

    async def work() -> None:
        lines = read_lines(read_text(file))
        async with session.runtime() as runtime:
            owner = await session.agency_named(runtime.storage, agency)
            done = await runtime.importer.run(
                owner.id,
                lines,
                actor=session.actor(),
                progress=progress(len(lines), quiet=as_json),
            )
        value = {"lines": done.lines, "new": done.new}
        say(value, f"{done.lines} lines, {done.new} of them new.", as_json=as_json)

    run(work())


@ledger.command("export", epilog="Example: gateway ledger export --agency Harbour > known.jsonl")
def export_lines(agency: AgencyOption, as_json: Json = False) -> None:
    """Print ledger lines that import to the same clients, links and tokens."""

    async def work() -> None:
        async with session.storage() as opened:
            owner = await session.agency_named(opened, agency)
            lines = await opened.export(owner.id)
        if as_json:
            typer.echo(dump(lines))
        else:
            for line in lines:
                typer.echo(dump(line))

    run(work())


@ledger.command("refresh", epilog="Example: gateway ledger refresh --agency Harbour")
def refresh(agency: AgencyOption, as_json: Json = False) -> None:
    """Ask the vendors that can list for their lists now."""

    async def work() -> bool:
        rows: list[dict[str, Any]] = []
        async with session.runtime() as runtime:
            owner = await session.agency_named(runtime.storage, agency)
            for account in await runtime.storage.accounts(owner.id):
                for resource in Resource:
                    vendor = runtime.connector.vendor(account)
                    if not listed_regions(vendor, account, resource):
                        continue
                    told = await runtime.directory.lister.refresh(
                        owner.id, account, resource, runtime.inquiry()
                    )
                    for region, outcome in told.items():
                        problem = outcome.message if isinstance(outcome, Failure) else None
                        rows.append(
                            {
                                "account": account.name,
                                "list": resource.value,
                                "region": region or None,
                                "problem": problem,
                            }
                        )
        table(rows, as_json=as_json, empty="No vendor of this agency can list.")
        return all(row["problem"] is None for row in rows)

    if not run(work()):
        fail("Not every list could be refreshed.")


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────


@token.command("list", epilog="Example: gateway token list --expiring 30d --json")
def list_tokens(
    expiring: Annotated[
        str | None, typer.Option("--expiring", help="Only those that end so soon, such as 30d.")
    ] = None,
    agency: Annotated[str | None, typer.Option("--agency", help="Only this agency.")] = None,
    as_json: Json = False,
) -> None:
    """List tokens, the soonest to end first; those that ended already come with --expiring too."""
    within = None if expiring is None else _days(expiring)

    async def work() -> None:
        now = Clock().now()
        rows = []
        async with session.storage() as opened:
            for owner in await session.agencies(opened, agency):
                names = {each.id: each.name for each in await opened.accounts(owner.id)}
                after: str | None = None
                while True:
                    window = Window(first=100, after=after)
                    page = (await opened.page_tokens(owner.id, TokenFilter(), window))[0]
                    rows += [
                        {
                            "agency": owner.name,
                            "account": names.get(each.account),
                            "vendor": each.vendor,
                            "kind": each.facts.kind,
                            "name": each.facts.name,
                            "hint": each.facts.hint,
                            "status": law.status(each, now),
                            "expiresAt": each.expires_at,
                            "expiresInDays": law.expires_in_days(each, now),
                        }
                        for each in page.items
                        if within is None or _ends_within(each, within, now)
                    ]
                    if not page.has_next:
                        break
                    after = page.cursors[-1]
        table(rows, as_json=as_json, empty="No such tokens.")

    run(work())


def _ends_within(token: Token, within: timedelta, now: datetime) -> bool:
    """Whether somebody has to see to the token so soon; nobody has to see to a revoked one."""
    ends = token.expires_at is not None and token.expires_at - now <= within
    return ends and token.revoked_at is None


def _days(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})d", text)
    if found is None:
        raise typer.BadParameter("must be days, such as 30d", param_hint="--expiring")
    return timedelta(days=int(found[1]))


# ── Storage, audit, configuration ─────────────────────────────────────────────────────────────


@storage.command("migrate", epilog="Example: gateway storage migrate")
def migrate(as_json: Json = False) -> None:
    """Bring the database to the newest schema."""

    async def work() -> None:
        opened = await open_storage(resolve(session.settings().storage.url))
        try:
            await opened.migrate()
        finally:
            await opened.close()
        say({"migrated": True}, "The database has the newest schema.", as_json=as_json)

    run(work())


@audit.command("list", epilog="Example: gateway audit list --agency Harbour --limit 20")
def list_audit(
    agency: Annotated[str | None, typer.Option("--agency", help="Only this agency.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """List who changed what, newest first."""

    async def work() -> None:
        async with session.storage() as opened:
            owner = None if agency is None else await session.agency_named(opened, agency)
            rows = [
                {
                    "at": each.at,
                    "agency": each.agency,
                    "actor": each.actor,
                    "action": each.action,
                    "subject": each.subject,
                    "detail": dict(each.detail),
                }
                for each in await opened.audit(owner.id if owner else None, limit)
            ]
        table(rows, as_json=as_json, empty="Nothing was changed yet.")

    run(work())


@config.command("show", epilog="Example: gateway config show")
def show_config(as_json: Json = False) -> None:
    """Print the effective configuration, redacted."""
    with failing_clearly():
        tree = configuration.show(session.settings())
    if as_json:
        typer.echo(dump(tree))
    else:
        for section, keys in tree.items():
            typer.echo(f"[{section}]")
            for name, value in keys.items():
                typer.echo(f"{name} = {dump(value)}")


@config.command("check", epilog="Example: gateway config check")
def check_config(as_json: Json = False) -> None:
    """Fail when the configuration cannot be used; an unknown key is told its nearest known one."""
    with failing_clearly():
        session.settings()
    say({"ok": True}, "The configuration is good.", as_json=as_json)
