"""Erases a client: nothing of its person stays, and the journal keeps that there were writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Table, and_, delete, select, update

from ..domain.caller import AgencyId
from ..domain.intents import Subject, SubjectKind
from .client_rows import client_row
from .connection import Connection
from .database import any_of
from .rows import AnyRow, facts_columns, token_facts
from .tables import clients, intents, jobs, links, merged_clients, records, tokens
from .token_rows import change_token
from .values import PurgeClient

_NOTHING = b"{}"


async def purge_client(
    connection: Connection, agency: AgencyId, change: PurgeClient, at: datetime
) -> Subject:
    """`values.PurgeClient`: records go with the client's row, the rest by the vendor's ids."""
    client: int = (await client_row(connection, agency, change.client)).id
    of_it = (records.c.agency == agency, records.c.client == client)
    held = (await connection.execute(select(records).where(*of_it))).all()
    gone: dict[SubjectKind, list[int]] = {
        SubjectKind.CLIENT: [client, *await _merged(connection, agency, client)],
        SubjectKind.RECORD: [row.id for row in held],
        SubjectKind.LINK: [],
        SubjectKind.TOKEN: [],
    }
    for row in held:
        gone[SubjectKind.LINK] += await _erase(connection, links, _of(links, row))
        gone[SubjectKind.TOKEN] += await _erase(
            connection, tokens, _of(tokens, row), ~tokens.c.held
        )
        await _unname_tokens(connection, agency, row)
        await connection.execute(update(jobs).where(_of(jobs, row)).values(client_vendor_id=None))
    await _blank_intents(connection, agency, gone)
    this = (clients.c.agency == agency, clients.c.id == client)
    await connection.execute(delete(clients).where(*this))
    return Subject(SubjectKind.CLIENT, client)


async def _merged(connection: Connection, agency: AgencyId, client: int) -> Sequence[int]:
    """The clients that this one took over."""
    table = merged_clients.c
    statement = select(table.id).where(table.agency == agency, table.survivor == client)
    return (await connection.scalars(statement)).all()


def _of(table: Table, record: AnyRow) -> ColumnElement[bool]:
    """Rows of a table that are the client's by this record."""
    return and_(
        table.c.agency == record.agency,
        table.c.account == record.account,
        table.c.client_vendor_id == record.vendor_id,
    )


async def _erase(
    connection: Connection, table: Table, *conditions: ColumnElement[bool]
) -> Sequence[int]:
    erased = delete(table).where(*conditions).returning(table.c.id)
    return (await connection.scalars(erased)).all()


async def _unname_tokens(connection: Connection, agency: AgencyId, record: AnyRow) -> None:
    """Tokens that are held go on: they lose the name only, which may be the client's."""
    rows = (await connection.execute(select(tokens).where(_of(tokens, record)))).all()
    for row in rows:
        facts = msgspec.structs.replace(token_facts(row.facts), name=None)
        await change_token(connection, agency, row.id, facts_columns(facts))


async def _blank_intents(
    connection: Connection, agency: AgencyId, gone: Mapping[SubjectKind, Sequence[int]]
) -> None:
    """Empty the arguments of the writes that made or changed these rows, and of their parts."""
    mine = intents.c.agency == agency
    found: set[int] = set()
    for kind, ids in gone.items():
        for these in any_of(intents.c.result, ids):
            statement = select(intents.c.id).where(mine, intents.c.result_kind == kind.value, these)
            found.update(await connection.scalars(statement))
    for column in (intents.c.id, intents.c.parent):
        for those in any_of(column, found):
            await connection.execute(update(intents).where(mine, those).values(arguments=_NOTHING))
