"""Writes rows of `records`: what vendors and people say of clients. What did not change stays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, select, update

from .account_rows import Owner, add_row, find_row
from .client_rows import make_clients, refresh_clients
from .connection import Connection
from .database import chunks
from .merging import Memory, hear
from .rows import client_values, record_columns
from .tables import records
from .values import SeenClient


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is there already."""

    id: int
    client: int
    told_at: datetime
    memory: Memory


async def add_record(
    connection: Connection, owner: Owner, vendor_id: str, client: int, at: datetime
) -> int:
    """A record of that client, which is only told of; its id."""
    columns = record_columns(None, archived=False) | {"client": client}
    return await add_row(connection, records, owner, vendor_id, columns, at)


async def meet_client(connection: Connection, owner: Owner, vendor_id: str, at: datetime) -> None:
    """Make a record, and a client for it, unless the account has that record."""
    if await find_row(connection, records, owner, vendor_id) is None:
        (client,) = await make_clients(connection, owner.agency, 1)
        await add_record(connection, owner, vendor_id, client, at)


async def known_records(
    connection: Connection, owner: Owner, conditions: Iterable[ColumnElement[bool]]
) -> dict[str, Known]:
    """The account's records that meet one of the conditions, by vendor id."""
    mine = select(records).where(
        records.c.agency == owner.agency, records.c.account == owner.account
    )
    found: dict[str, Known] = {}
    for condition in conditions:
        for row in await connection.execute(mine.where(condition)):
            memory = Memory(
                values=client_values(row.json),
                seen_at=row.seen_at,
                complete_at=row.complete_at,
                heard_at=row.heard_at,
                archived=row.archived,
            )
            found[row.vendor_id] = Known(row.id, row.client, row.told_at, memory)
    return found


async def keep_records(
    connection: Connection,
    owner: Owner,
    known: Mapping[str, Known],
    heard: Mapping[str, Sequence[SeenClient]],
) -> None:
    """Keep what was said of clients, by vendor id; unknown ones make a client each."""
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
