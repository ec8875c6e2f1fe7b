"""Keeps what people tell of clients and links that vendors cannot list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, update

from ..domain.caller import AgencyId
from ..domain.failures import BadInput, Conflict
from . import trail
from .account_rows import Owner, owner
from .client_rows import make_clients, merge_clients
from .columns import LONGEST_ID, storable
from .connection import Connection
from .database import Part
from .rows import AnyRow, link_columns, record_columns
from .tables import clients, links, records

_LONGEST_LABEL = 200


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
        _check(vendor_id, "vendorId", LONGEST_ID)
        if label is not None:
            _check(label, "label", _LONGEST_LABEL)
        async with self._database.write(agency) as connection:
            mine = await owner(connection, agency, account)
            known = await _find(connection, records, mine, vendor_id)
            if known is None:
                id = await _add_record(connection, mine, vendor_id, label, at)
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
        _check(vendor_id, "vendorId", LONGEST_ID)
        _check(client_vendor_id, "clientVendorId", LONGEST_ID)
        async with self._database.write(agency) as connection:
            mine = await owner(connection, agency, account)
            known = await _find(connection, links, mine, vendor_id)
            told = link_columns(None, client_vendor_id)
            if known is None:
                id = await _add(connection, links, mine, vendor_id, told, at)
            elif known.json is None and known.client_vendor_id != told["client_vendor_id"]:
                id = known.id
                this = (links.c.agency == agency, links.c.id == id)
                await connection.execute(update(links).where(*this).values(**told))
            else:
                return known.id, False
            await _meet_client(connection, mine, client_vendor_id, at)
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="link.tell",
                subject=f"link:{id}",
                detail={
                    "account": str(account),
                    "vendorId": vendor_id,
                    "clientVendorId": client_vendor_id,
                },
            )
        return id, known is None


def _check(value: str, field: str, longest: int) -> None:
    if not value.strip() or len(value) > longest:
        raise BadInput(f"It must have 1 to {longest} characters.", field=(field,))


async def _add(
    connection: Connection,
    table: Table,
    owner: Owner,
    vendor_id: str,
    columns: Mapping[str, Any],
    at: datetime,
) -> int:
    statement = insert(table).values(**owner.columns(), **columns, vendor_id=vendor_id, told_at=at)
    id: int = (await connection.execute(statement.returning(table.c.id))).scalar_one()
    return id


async def _find(
    connection: Connection, table: Table, owner: Owner, vendor_id: str
) -> AnyRow | None:
    statement = select(table).where(
        table.c.agency == owner.agency,
        table.c.account == owner.account,
        table.c.vendor_id == vendor_id,
    )
    return (await connection.execute(statement)).one_or_none()


async def _meet_client(connection: Connection, owner: Owner, vendor_id: str, at: datetime) -> None:
    """Make a record, and a client for it, unless the account has that record."""
    if await _find(connection, records, owner, vendor_id) is None:
        await _add_record(connection, owner, vendor_id, None, at)


async def _add_record(
    connection: Connection, owner: Owner, vendor_id: str, label: str | None, at: datetime
) -> int:
    """A record that is only told of, of the client with that label, or else of a new one."""
    client = await _labelled(connection, owner.agency, label)
    if client is None:
        (client,) = await make_clients(connection, owner.agency, 1, label)
    columns = record_columns(None, archived=False) | {"client": client}
    return await _add(connection, records, owner, vendor_id, columns, at)


async def _labelled(connection: Connection, agency: AgencyId, label: str | None) -> int | None:
    """The client with that label."""
    if label is None:
        return None
    statement = select(clients.c.id).where(clients.c.agency == agency, clients.c.label == label)
    found: int | None = await connection.scalar(statement)
    return found


async def _give_label(
    connection: Connection, agency: AgencyId, client: int, label: str | None
) -> bool:
    """Give a client without label this one; if another has it, that one takes all records."""
    this = (clients.c.agency == agency, clients.c.id == client)
    present = await connection.scalar(select(clients.c.label).where(*this))
    if label is None or present == storable(label):
        return False
    if present is not None:
        raise Conflict("This record's client has another label already.")
    other = await _labelled(connection, agency, label)
    if other is None:
        await connection.execute(update(clients).where(*this).values(label=label))
    else:
        await merge_clients(connection, agency, client, other)
    return True
