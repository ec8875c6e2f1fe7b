"""Writes rows of `clients`: makes them, brings them up to date with their records, merges them."""

from collections.abc import Iterable

from sqlalchemy import delete, exists, func, insert, select, update

from ..domain.caller import AgencyId
from .connection import Connection
from .database import chunks
from .tables import clients, merged_clients, records


async def make_clients(
    connection: Connection, agency: AgencyId, count: int, label: str | None = None
) -> list[int]:
    """New clients without records; their ids, in order."""
    rows = [{"agency": agency, "label": label}] * count
    made = await connection.execute(insert(clients).returning(clients.c.id), rows)
    return sorted(made.scalars())


async def refresh_clients(connection: Connection, agency: AgencyId, ids: Iterable[int]) -> None:
    """Copy from their records what clients are ordered by."""
    of_client = (records.c.agency == agency, records.c.client == clients.c.id)
    name = (
        select(records.c.name_key)
        .where(*of_client, records.c.name_key.is_not(None))
        .order_by(records.c.id)
        .limit(1)
    )
    created = select(func.min(records.c.created_at)).where(*of_client)
    for some in chunks(sorted(set(ids))):
        await connection.execute(
            update(clients)
            .where(clients.c.agency == agency, clients.c.id.in_(some))
            .values(name_key=name.scalar_subquery(), created_at=created.scalar_subquery())
        )


async def merge_clients(connection: Connection, agency: AgencyId, gone: int, survivor: int) -> None:
    """Move all records of one client to another, whose id it answers to from now on."""
    await connection.execute(
        update(records)
        .where(records.c.agency == agency, records.c.client == gone)
        .values(client=survivor)
    )
    await connection.execute(
        update(merged_clients)
        .where(merged_clients.c.agency == agency, merged_clients.c.survivor == gone)
        .values(survivor=survivor)
    )
    await connection.execute(
        delete(clients).where(clients.c.agency == agency, clients.c.id == gone)
    )
    await connection.execute(
        insert(merged_clients), {"id": gone, "agency": agency, "survivor": survivor}
    )
    await refresh_clients(connection, agency, [survivor])


async def drop_empty_clients(connection: Connection, agency: AgencyId, ids: Iterable[int]) -> None:
    """Of these clients, drop those without records and refresh the others."""
    wanted = sorted(set(ids))
    occupied = exists().where(records.c.agency == agency, records.c.client == clients.c.id)
    for some in chunks(wanted):
        await connection.execute(
            delete(clients).where(clients.c.agency == agency, clients.c.id.in_(some), ~occupied)
        )
    await refresh_clients(connection, agency, wanted)
