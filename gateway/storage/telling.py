"""Keeps what people tell of clients and links that vendors cannot list."""

from datetime import datetime

from ..domain.caller import AgencyId
from ..domain.failures import Conflict
from . import trail
from .account_rows import check_vendor_id, find_row, owner
from .client_rows import (
    check_label,
    client_row,
    labelled,
    make_clients,
    merge_clients,
    set_label,
)
from .columns import storable
from .connection import Connection
from .database import Part
from .link_rows import put_link
from .record_rows import add_record, meet_client
from .tables import records


class Telling(Part):
    """The part of `port.Ledger` that is told of clients and links."""

    async def tell_client(
        self,
        agency: AgencyId,
        account: int,
        vendor_id: str,
        label: str | None,
        *,
        actor: str,
        at: datetime,
    ) -> tuple[int, bool]:
        check_vendor_id(vendor_id)
        check_label(label)
        async with self._database.write(agency) as connection:
            mine = await owner(connection, agency, account)
            known = await find_row(connection, records, mine, vendor_id)
            if known is None:
                client = await labelled(connection, agency, label)
                if client is None:
                    (client,) = await make_clients(connection, agency, 1, label)
                id = await add_record(connection, mine, vendor_id, client, at)
            else:
                id = known.id
                if not await _give_label(connection, agency, known.client, label):
                    return id, False
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="client.tell",
                subject=f"record:{id}",
                detail={"account": str(account), "vendorId": vendor_id, "label": label},
            )
        return id, known is None

    async def tell_link(
        self,
        agency: AgencyId,
        account: int,
        vendor_id: str,
        client_vendor_id: str,
        *,
        actor: str,
        at: datetime,
    ) -> tuple[int, bool]:
        check_vendor_id(vendor_id)
        check_vendor_id(client_vendor_id, "clientVendorId")
        async with self._database.write(agency) as connection:
            mine = await owner(connection, agency, account)
            put = await put_link(connection, mine, vendor_id, client_vendor_id, at)
            if not put.changed:
                return put.id, False
            await meet_client(connection, mine, client_vendor_id, at)
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="link.tell",
                subject=f"link:{put.id}",
                detail={
                    "account": str(account),
                    "vendorId": vendor_id,
                    "clientVendorId": client_vendor_id,
                },
            )
        return put.id, put.is_new


async def _give_label(
    connection: Connection, agency: AgencyId, client: int, label: str | None
) -> bool:
    """Give a client without label this one; if another has it, that one takes all records."""
    present = (await client_row(connection, agency, client)).label
    if label is None or present == storable(label):
        return False
    if present is not None:
        raise Conflict("This record's client has another label already.")
    other = await labelled(connection, agency, label)
    if other is None:
        await set_label(connection, agency, client, label)
    else:
        await merge_clients(connection, agency, client, other)
    return True
