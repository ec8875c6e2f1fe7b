"""Changes of what is one client: labels, and which records belong together."""

from datetime import datetime

from sqlalchemy import func, select, update

from ..domain.caller import AgencyId
from ..domain.failures import Conflict, NotFound
from ..domain.intents import Subject, SubjectKind
from .client_rows import (
    check_label,
    client_row,
    labelled,
    make_clients,
    merge_clients,
    refresh_clients,
    set_label,
)
from .connection import Connection
from .database import chunks, is_id
from .tables import records
from .values import LabelClient, MergeClients, SplitClient


async def label_client(
    connection: Connection, agency: AgencyId, change: LabelClient, at: datetime
) -> Subject:
    """`values.LabelClient`."""
    check_label(change.label)
    client = await client_row(connection, agency, change.client)
    if await labelled(connection, agency, change.label) not in (None, client.id):
        raise Conflict("Another client has that label.")
    await set_label(connection, agency, client.id, change.label)
    return Subject(SubjectKind.CLIENT, client.id)


async def merge_some(
    connection: Connection, agency: AgencyId, change: MergeClients, at: datetime
) -> Subject:
    """`values.MergeClients`; one label among them is the label of the one that remains."""
    into = await client_row(connection, agency, change.into)
    found = [await client_row(connection, agency, id) for id in change.sources]
    sources = {row.id: row.label for row in found if row.id != into.id}
    labels = [label for label in (into.label, *sources.values()) if label is not None]
    if len(labels) > 1:
        raise Conflict("More than one of these clients has a label.")
    for source in sources:
        await merge_clients(connection, agency, source, into.id)
    if labels:
        await set_label(connection, agency, into.id, labels[0])
    return Subject(SubjectKind.CLIENT, into.id)


async def split_client(
    connection: Connection, agency: AgencyId, change: SplitClient, at: datetime
) -> Subject:
    """`values.SplitClient`; `Conflict` when they are of several clients, or all of one."""
    before = await _only_client(connection, agency, set(change.records))
    (client,) = await make_clients(connection, agency, 1)
    for some in chunks(sorted(set(change.records))):
        these = (records.c.agency == agency, records.c.id.in_(some))
        await connection.execute(update(records).where(*these).values(client=client))
    await refresh_clients(connection, agency, (before, client))
    return Subject(SubjectKind.CLIENT, client)


async def _only_client(connection: Connection, agency: AgencyId, ids: set[int]) -> int:
    """The client that has all these records, and others."""
    owners: list[int] = []
    for some in chunks(sorted(id for id in ids if is_id(id))):
        these = (records.c.agency == agency, records.c.id.in_(some))
        owners += await connection.scalars(select(records.c.client).where(*these))
    if not owners or len(owners) < len(ids):
        raise NotFound("There is no such client record.")
    if len(set(owners)) > 1:
        raise Conflict("These records belong to more than one client.")
    of_it = (records.c.agency == agency, records.c.client == owners[0])
    if await connection.scalar(select(func.count()).where(*of_it)) == len(owners):
        raise Conflict("These are all records of their client.")
    return owners[0]
