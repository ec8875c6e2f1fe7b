"""Keeps a client or a link that a write made, changed or found at a vendor."""

from datetime import datetime

from ..domain.caller import AgencyId
from ..domain.failures import Conflict
from ..domain.intents import Subject, SubjectKind
from .account_rows import check_vendor_id, find_row, owner
from .client_rows import (
    check_label,
    client_row,
    is_alone,
    labelled,
    make_clients,
    merge_clients,
    set_label,
)
from .columns import storable
from .connection import Connection
from .database import any_of
from .link_rows import keep_links, put_link
from .record_rows import add_record, keep_records, known_records, meet_client
from .rows import AnyRow
from .tables import records
from .values import KeepClient, KeepLink, SeenClient, SeenLink


async def keep_client(
    connection: Connection, agency: AgencyId, change: KeepClient, at: datetime
) -> Subject:
    """`values.KeepClient`."""
    check_vendor_id(change.vendor_id)
    check_label(change.label)
    mine = await owner(connection, agency, change.account)
    wanted = await _wanted(connection, agency, change)
    known = await find_row(connection, records, mine, change.vendor_id)
    if known is not None:
        id: int = known.id
        await _agree(connection, agency, known, wanted, change.label)
    else:
        if wanted is None:
            (wanted,) = await make_clients(connection, agency, 1, change.label)
        id = await add_record(connection, mine, change.vendor_id, wanted, at)
    if change.values is not None:
        vendor_id = storable(change.vendor_id)
        heard = {vendor_id: [SeenClient(change.account, vendor_id, change.values, at)]}
        before = await known_records(connection, mine, any_of(records.c.vendor_id, heard))
        await keep_records(connection, mine, before, heard)
    return Subject(SubjectKind.RECORD, id)


async def _wanted(connection: Connection, agency: AgencyId, change: KeepClient) -> int | None:
    """The client that the record shall belong to; one that is asked for gets the label."""
    other = await labelled(connection, agency, change.label)
    if change.client is None:
        return other
    client = await client_row(connection, agency, change.client)
    if change.label is None or other == client.id:
        return int(client.id)
    if other is not None:
        raise Conflict("Another client has that label.")
    if client.label is not None:
        raise Conflict("This client has another label already.")
    await set_label(connection, agency, client.id, change.label)
    return int(client.id)


async def _agree(
    connection: Connection, agency: AgencyId, known: AnyRow, wanted: int | None, label: str | None
) -> None:
    """Make a known record's client the one that is wanted.

    A client without label that has this record only was made for it when a vendor's list told of it
    (which may be just before the write is settled): nobody has said that it is another one.
    """
    if wanted is None and label is not None:
        if (await client_row(connection, agency, known.client)).label is not None:
            raise Conflict("This record's client has another label already.")
        await set_label(connection, agency, known.client, label)
    elif wanted is not None and wanted != known.client:
        if not await is_alone(connection, agency, known.client):
            raise Conflict("This record belongs to another client.")
        await merge_clients(connection, agency, known.client, wanted)


async def keep_link(
    connection: Connection, agency: AgencyId, change: KeepLink, at: datetime
) -> Subject:
    """`values.KeepLink`; its client is told of when unknown."""
    values = change.values
    client = change.client_vendor_id if values is None else values.client_vendor_id
    check_vendor_id(change.vendor_id)
    check_vendor_id(client, "clientVendorId")
    mine = await owner(connection, agency, change.account)
    put = await put_link(connection, mine, change.vendor_id, client, at)
    await meet_client(connection, mine, client, at)
    if values is not None:
        vendor_id = storable(change.vendor_id)
        seen = SeenLink(change.account, vendor_id, values, at)
        await keep_links(connection, mine, {vendor_id: [seen]})
    return Subject(SubjectKind.LINK, put.id)
