"""Writes rows of `clients`: makes them, brings them up to date with their records, merges them."""

from collections.abc import Iterable

from sqlalchemy import delete, exists, func, insert, select, update

from ..domain.caller import AgencyId
from ..domain.failures import BadInput, NotFound
from .clients import survivor
from .connection import Connection
from .database import chunks, is_id
from .rows import AnyRow
from .tables import clients, merged_clients, records

_LONGEST_LABEL = 200


async def client_row(connection: Connection, agency: AgencyId, id: int) -> AnyRow:
    """The client, or the one it was merged into; `NotFound` when there is none."""
    statement = select(clients.c.id, clients.c.label).where(
        clients.c.agency == agency, clients.c.id == survivor(agency, id if is_id(id) else 0)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("There is no such client.")
    return row


def check_label(label: str | None) -> None:
    """`BadInput` when no client may have that label."""
    if label is not None and (not label.strip() or len(label) > _LONGEST_LABEL):
        raise BadInput(f"It must have 1 to {_LONGEST_LABEL} characters.", field=("label",))


async def labelled(connection: Connection, agency: AgencyId, label: str | None) -> int | None:
    """The client with that label."""
    if label is None:
        return None
    statement = select(clients.c.id).where(clients.c.agency == agency, clients.c.label == label)
    found: int | None = await connection.scalar(statement)
    return found


async def set_label(
    connection: Connection, agency: AgencyId, client: int, label: str | None
) -> None:
    """Give a client this label, or none; nobody else has it."""
    this = (clients.c.agency == agency, clients.c.id == client)
    await connection.execute(update(clients).where(*this).values(label=label))


async def is_alone(connection: Connection, agency: AgencyId, client: int) -> bool:
    """Whether a client has no label and one record only, as those that a list makes."""
    of_it = (records.c.agency == agency, records.c.client == client)
    many = await connection.scalar(select(func.count()).where(*of_it))
    return many == 1 and (await client_row(connection, agency, client)).label is None


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
