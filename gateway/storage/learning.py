"""Keeps what vendors say of clients and links. What did not change is not written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, bindparam, insert, select, update

from ..domain.caller import AgencyId
from .account_rows import Owner, owners
from .client_rows import make_clients, refresh_clients
from .columns import vendor_key
from .connection import Connection
from .database import Part, chunks
from .listings import list_came
from .merging import Memory, hear
from .rows import client_values, link_columns, record_columns
from .tables import links as link_table
from .tables import records
from .values import Resource, SeenClient, SeenLink

Seen = TypeVar("Seen", SeenClient, SeenLink)


@dataclass(frozen=True, slots=True)
class _Known:
    """A record that is there already."""

    id: int
    client: int
    told_at: datetime
    memory: Memory


class Learning(Part):
    """The part of `port.Ledger` that learns clients and links from vendors."""

    async def learn(
        self, agency: AgencyId, clients: Sequence[SeenClient], links: Sequence[SeenLink]
    ) -> None:
        if not clients and not links:
            return
        async with self._database.write(agency) as connection:
            for owner in (await owners(connection, agency)).values():
                if heard := _of(owner, clients):
                    known = await _known(connection, owner, _any_of(records.c.vendor_id, heard))
                    await _keep(connection, owner, known, heard)
                if seen := _of(owner, links):
                    await _keep_links(connection, owner, seen)

    async def take_clients(
        self,
        agency: AgencyId,
        account: int,
        region: str,
        clients: Sequence[SeenClient],
        at: datetime,
    ) -> None:
        prefix = f"{region}/" if region else ""
        async with self._database.write(agency) as connection:
            owner = (await owners(connection, agency)).get(account)
            if owner is None or not await list_came(
                connection, agency, account, Resource.CLIENTS, region, at
            ):
                return
            within = records.c.vendor_id.startswith(prefix, autoescape=True)
            known = await _known(connection, owner, [within])
            heard = {id: seen for id, seen in _of(owner, clients).items() if id.startswith(prefix)}
            await _keep(connection, owner, known, heard | _missing(owner, known, heard, prefix, at))


def _of(owner: Owner, seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    """What was said of one account's objects, by vendor id, in the order of its saying."""
    said: dict[str, list[Seen]] = {}
    for each in sorted(seen, key=lambda each: each.at):
        id = vendor_key(each.vendor_id)
        if each.account == owner.account and id is not None:
            said.setdefault(id, []).append(each)
    return said


def _missing(
    owner: Owner,
    known: Mapping[str, _Known],
    heard: Mapping[str, object],
    prefix: str,
    at: datetime,
) -> dict[str, list[SeenClient]]:
    """What a complete list does not tell of is gone, unless it was told of after the list was."""
    return {
        id: [SeenClient(owner.account, id, None, at)]
        for id, record in known.items()
        if id not in heard
        and id.startswith(prefix)
        and not record.memory.archived
        and record.told_at <= at
    }


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


async def _known(
    connection: Connection, owner: Owner, conditions: Iterable[ColumnElement[bool]]
) -> dict[str, _Known]:
    """The account's records that meet one of the conditions, by vendor id."""
    mine = select(records).where(
        records.c.agency == owner.agency, records.c.account == owner.account
    )
    found: dict[str, _Known] = {}
    for condition in conditions:
        for row in await connection.execute(mine.where(condition)):
            memory = Memory(
                values=client_values(row.json),
                seen_at=row.seen_at,
                complete_at=row.complete_at,
                heard_at=row.heard_at,
                archived=row.archived,
            )
            found[row.vendor_id] = _Known(row.id, row.client, row.told_at, memory)
    return found


async def _keep(
    connection: Connection,
    owner: Owner,
    known: Mapping[str, _Known],
    heard: Mapping[str, Sequence[SeenClient]],
) -> None:
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    seen_again: dict[tuple[tuple[str, datetime | None], ...], list[int]] = {}
    stale: set[int] = set()
    for id, seen in heard.items():
        before = known.get(id)
        after = before.memory if before is not None else Memory()
        for each in seen:
            after = hear(after, each.values, each.at)
        if before is None:
            if after.values is not None:
                told = {"vendor_id": id, "told_at": seen[0].at}
                new.append({**owner.columns(), **told, **_row(after)})
            continue
        if (after.values, after.archived) != (before.memory.values, before.memory.archived):
            changed.append({"row": before.id} | _row(after))
            stale.add(before.client)
        elif later := _later(before.memory, after):
            seen_again.setdefault(later, []).append(before.id)
    await _insert(connection, owner, new)
    await _update(connection, owner, changed)
    for moments, ids in seen_again.items():
        await _touch(connection, owner, dict(moments), ids)
    await refresh_clients(connection, owner.agency, stale)


def _later(before: Memory, after: Memory) -> tuple[tuple[str, datetime | None], ...]:
    """The moments that changed, while the values did not."""
    names = ("seen_at", "complete_at", "heard_at")
    return tuple(
        (name, getattr(after, name))
        for name in names
        if getattr(after, name) != getattr(before, name)
    )


def _row(memory: Memory) -> dict[str, Any]:
    return record_columns(memory.values, archived=memory.archived) | {
        "seen_at": memory.seen_at,
        "complete_at": memory.complete_at,
        "heard_at": memory.heard_at,
    }


async def _insert(connection: Connection, owner: Owner, rows: list[dict[str, Any]]) -> None:
    """Each makes a client of its own: nothing is merged by guess."""
    if not rows:
        return
    made = await make_clients(connection, owner.agency, len(rows))
    for row, client in zip(rows, made, strict=True):
        row["client"] = client
    await connection.execute(insert(records), rows)
    await refresh_clients(connection, owner.agency, made)


async def _update(connection: Connection, owner: Owner, rows: list[dict[str, Any]]) -> None:
    if rows:
        this = (records.c.agency == owner.agency, records.c.id == bindparam("row"))
        await connection.execute(update(records).where(*this), rows)


async def _touch(
    connection: Connection,
    owner: Owner,
    moments: Mapping[str, datetime | None],
    ids: Sequence[int],
) -> None:
    for some in chunks(ids):
        these = (records.c.agency == owner.agency, records.c.id.in_(some))
        await connection.execute(update(records).where(*these).values(**moments))


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


async def _keep_links(
    connection: Connection, owner: Owner, seen: Mapping[str, Sequence[SeenLink]]
) -> None:
    table = link_table.c
    mine = select(table.id, table.vendor_id, table.json, table.seen_at).where(
        table.agency == owner.agency, table.account == owner.account
    )
    known = {
        row.vendor_id: row
        for condition in _any_of(table.vendor_id, seen)
        for row in await connection.execute(mine.where(condition))
    }
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for id, said in seen.items():
        last = next((each for each in reversed(said) if each.values is not None), None)
        if last is None:
            continue
        columns = link_columns(last.values) | {"seen_at": last.at}
        before = known.get(id)
        if before is None:
            new.append({**owner.columns(), "vendor_id": id, "told_at": last.at, **columns})
        elif (before.json, before.seen_at) == (columns["json"], last.at):
            continue
        elif before.seen_at is None or before.seen_at <= last.at:
            changed.append({"row": before.id} | columns)
    if new:
        await connection.execute(insert(link_table), new)
    if changed:
        this = (table.agency == owner.agency, table.id == bindparam("row"))
        await connection.execute(update(link_table).where(*this), changed)


def _any_of(column: ColumnElement[str], ids: Mapping[str, object]) -> Iterable[ColumnElement[bool]]:
    return (column.in_(some) for some in chunks(list(ids)))
