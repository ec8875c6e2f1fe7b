"""Erases a client: nothing of its person stays, and the journal keeps that there were writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, and_, delete, select, update

from ..domain.caller import AgencyId
from ..domain.failures import InProgress
from ..domain.intents import ERASED, IntentState, Subject, SubjectKind
from .client_rows import client_row
from .connection import Connection
from .database import any_of
from .rows import AnyRow, client_values, facts_columns, token_facts
from .steps import UNFINISHED
from .tables import clients, intents, jobs, links, merged_clients, records, tokens
from .token_rows import change_token
from .values import PurgeClient


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
    await _blank_others(connection, agency, Person.of(gone, held))
    this = (clients.c.agency == agency, clients.c.id == client)
    await connection.execute(delete(clients).where(*this))
    return Subject(SubjectKind.CLIENT, client)


@dataclass(frozen=True, slots=True)
class Person:
    """What a write's arguments may name the client by."""

    rows: Mapping[str, frozenset[int]]
    vendor_ids: frozenset[tuple[int, str]]
    emails: frozenset[str]

    @classmethod
    def of(cls, gone: Mapping[SubjectKind, Sequence[int]], held: Sequence[AnyRow]) -> "Person":
        """The client whose rows these are, by the records that it had."""
        emails = (client_values(row.json) for row in held)
        return cls(
            rows={
                "client": frozenset(gone[SubjectKind.CLIENT]),
                "record": frozenset(gone[SubjectKind.RECORD]),
            },
            vendor_ids=frozenset((row.account, row.vendor_id) for row in held),
            emails=frozenset(
                each.email.casefold() for each in emails if each is not None and each.email
            ),
        )

    def is_in(self, account: int | None, arguments: Any) -> bool:
        """Whether the arguments of a write, in that account, name this person anywhere."""
        if isinstance(arguments, list):
            return any(self.is_in(account, each) for each in arguments)
        if not isinstance(arguments, dict):
            return False
        return any(
            self._is(account, name, value) or self.is_in(account, value)
            for name, value in arguments.items()
        )

    def _is(self, account: int | None, name: str, value: Any) -> bool:
        match name, value:
            case (("client" | "record"), int()):
                return value in self.rows[name]
            case (("vendor_id" | "client_vendor_id"), str()) if account is not None:
                return (account, value) in self.vendor_ids
            case "email", str():
                return value.casefold() in self.emails
        return False


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
            await connection.execute(update(intents).where(mine, those).values(arguments=ERASED))


async def _blank_others(connection: Connection, agency: AgencyId, person: Person) -> None:
    """Empty the arguments of writes that made nothing, but name the person.

    Raises `InProgress` when one is still under way: what it does would come back after the erasure.
    """
    open_ = select(intents.c.id, intents.c.account, intents.c.state, intents.c.arguments).where(
        intents.c.agency == agency, intents.c.result.is_(None), intents.c.arguments != ERASED
    )
    found = [
        row
        for row in await connection.execute(open_)
        if person.is_in(row.account, msgspec.json.decode(row.arguments))
    ]
    if any(IntentState(row.state) in UNFINISHED for row in found):
        raise InProgress("A write about this client is still under way: ask again soon.")
    for those in any_of(intents.c.id, [row.id for row in found]):
        mine = intents.c.agency == agency
        await connection.execute(update(intents).where(mine, those).values(arguments=ERASED))
