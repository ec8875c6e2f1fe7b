"""Writes rows of `links`: what vendors and people say of them. What did not change stays."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from .account_rows import Owner, Put, add_row, find_row
from .connection import Connection
from .database import any_of
from .rows import link_columns
from .tables import links
from .values import SeenLink


async def put_link(
    connection: Connection, owner: Owner, vendor_id: str, client_vendor_id: str, at: datetime
) -> Put:
    """A link that is told of; what the vendor said of it stands."""
    told = link_columns(None, client_vendor_id)
    known = await find_row(connection, links, owner, vendor_id)
    if known is None:
        return Put(await add_row(connection, links, owner, vendor_id, told, at), True, True)
    if known.json is not None or known.client_vendor_id == told["client_vendor_id"]:
        return Put(known.id, False, False)
    this = (links.c.agency == owner.agency, links.c.id == known.id)
    await connection.execute(update(links).where(*this).values(**told))
    return Put(known.id, False, True)


async def keep_links(
    connection: Connection, owner: Owner, seen: Mapping[str, Sequence[SeenLink]]
) -> None:
    """Keep what was said of links, by vendor id; values None say nothing."""
    table = links.c
    mine = select(table.id, table.vendor_id, table.json, table.seen_at).where(
        table.agency == owner.agency, table.account == owner.account
    )
    known = {
        row.vendor_id: row
        for condition in any_of(table.vendor_id, seen)
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
        await connection.execute(insert(links), new)
    if changed:
        this = (table.agency == owner.agency, table.id == bindparam("row"))
        await connection.execute(update(links).where(*this), changed)
