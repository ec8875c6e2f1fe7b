"""Reads clients and their records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from ..domain.caller import AgencyId
from ..domain.failures import BadInput
from ..domain.model import Client, ClientRecord
from .columns import email_key, folded
from .connection import Connection
from .database import Part, chunks, is_id
from .pages import Order, page
from .rows import record
from .tables import clients, merged_clients, records
from .values import ClientFilter, ClientOrder, Page, Window

_MOST_WORDS = 16
_LONGEST_WORD = 200

_NAME = Order("", clients.c.name_key, clients.c.id)
_CREATED = Order("", clients.c.created_at, clients.c.id, moments=True)
_ORDERS = {
    ClientOrder.NAME_ASC: replace(_NAME, name="NAME_ASC"),
    ClientOrder.NAME_DESC: replace(_NAME, name="NAME_DESC", descending=True),
    ClientOrder.CREATED_ASC: replace(_CREATED, name="CREATED_ASC"),
    ClientOrder.CREATED_DESC: replace(_CREATED, name="CREATED_DESC", descending=True),
}


class Clients(Part):
    """The part of `port.Ledger` that reads clients and records."""

    async def page_clients(
        self, agency: AgencyId, filter: ClientFilter, order: ClientOrder, window: Window
    ) -> Page[Client]:
        statement = _matching(agency, filter)
        async with self._database.read() as connection:
            found = await page(connection, statement, _ORDERS[order], window, _bare)
            held = await _records_of(connection, agency, [client.id for client in found.items])
        return Page(
            tuple(_with_records(client, held) for client in found.items),
            found.cursors,
            found.has_next,
            found.has_previous,
        )

    async def count_clients(self, agency: AgencyId, filter: ClientFilter) -> int:
        matching = _matching(agency, filter).subquery()
        async with self._database.read() as connection:
            return await connection.scalar(select(func.count()).select_from(matching)) or 0

    async def clients(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Client]:
        asked = [id for id in dict.fromkeys(ids) if is_id(id)]
        async with self._database.read() as connection:
            survivors = await _survivors(connection, agency, asked)
            wanted = sorted({survivors.get(id, id) for id in asked})
            held = await _records_of(connection, agency, wanted)
            found: dict[int, Client] = {}
            for some in chunks(wanted):
                statement = select(clients.c.id, clients.c.label).where(
                    clients.c.agency == agency, clients.c.id.in_(some)
                )
                for row in await connection.execute(statement):
                    found[row.id] = _with_records(_bare(row), held)
        answers = {id: found.get(survivors.get(id, id)) for id in asked}
        return {id: client for id, client in answers.items() if client is not None}

    async def records(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, ClientRecord]:
        asked = [id for id in dict.fromkeys(ids) if is_id(id)]
        found: dict[int, ClientRecord] = {}
        async with self._database.read() as connection:
            for some in chunks(asked):
                statement = select(records).where(
                    records.c.agency == agency, records.c.id.in_(some)
                )
                for row in await connection.execute(statement):
                    found[row.id] = record(row)
        return found


def survivor(agency: AgencyId, client: int) -> ColumnElement[int]:
    """The id under which a client goes on, which is its own unless it was merged."""
    merged = select(merged_clients.c.survivor).where(
        merged_clients.c.agency == agency, merged_clients.c.id == client
    )
    return func.coalesce(merged.scalar_subquery(), client)


def _matching(agency: AgencyId, filter: ClientFilter) -> Select[Any]:
    """Ids and labels of the clients that meet every condition."""
    conditions = [clients.c.agency == agency, *_conditions(agency, filter)]
    return select(clients.c.id, clients.c.label).where(*conditions)


def _conditions(agency: AgencyId, filter: ClientFilter) -> Iterable[ColumnElement[bool]]:
    """Each asks for a record of its own: records of one client may meet different conditions."""
    if filter.label is not None:
        yield clients.c.label == filter.label
    if words := _words(filter.search):
        found = (records.c.search.contains(word, autoescape=True) for word in words)
        yield _has_record(agency, and_(*found))
    if filter.email is not None:
        yield _has_record(agency, records.c.email == email_key(filter.email))
    if filter.vendors is not None:
        vendors = [vendor.value for vendor in filter.vendors]
        yield _has_record(agency, records.c.vendor.in_(vendors))
    if filter.account is not None:
        account = filter.account if is_id(filter.account) else 0
        yield _has_record(agency, records.c.account == account)
    if filter.vendor_id is not None:
        yield _has_record(agency, records.c.vendor_id == filter.vendor_id)
    if filter.statuses is not None:
        statuses = [status.value for status in filter.statuses]
        yield _has_record(agency, records.c.status.in_(statuses))


def _has_record(agency: AgencyId, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(records.c.agency == agency, records.c.client == clients.c.id, condition)


def _words(search: str | None) -> list[str]:
    words = list(dict.fromkeys(folded(search or "").split()))
    if len(words) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in words):
        message = f"A search is at most {_MOST_WORDS} words of {_LONGEST_WORD} characters."
        raise BadInput(message, field=("filter", "search"))
    return words


def _bare(row: Any) -> Client:
    return Client(id=row.id, label=row.label, records=())


def _with_records(client: Client, held: Mapping[int, list[ClientRecord]]) -> Client:
    return Client(id=client.id, label=client.label, records=tuple(held.get(client.id, ())))


async def _records_of(
    connection: Connection, agency: AgencyId, ids: Sequence[int]
) -> dict[int, list[ClientRecord]]:
    """The records of clients, oldest first."""
    held: dict[int, list[ClientRecord]] = {}
    for some in chunks(ids):
        statement = (
            select(records)
            .where(records.c.agency == agency, records.c.client.in_(some))
            .order_by(records.c.id)
        )
        for row in await connection.execute(statement):
            held.setdefault(row.client, []).append(record(row))
    return held


async def _survivors(
    connection: Connection, agency: AgencyId, ids: Sequence[int]
) -> dict[int, int]:
    """For those of the ids that were merged, the client that remains."""
    found: dict[int, int] = {}
    for some in chunks(ids):
        statement = select(merged_clients.c.id, merged_clients.c.survivor).where(
            merged_clients.c.agency == agency, merged_clients.c.id.in_(some)
        )
        found.update((row.id, row.survivor) for row in await connection.execute(statement))
    return found
