"""Reads the journal of writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, literal, select

from ..domain.caller import AgencyId
from ..domain.intents import PREFIX, Intent, IntentState
from .database import Part, chunks, is_id
from .pages import Order, page
from .rows import intent
from .tables import intents, records
from .values import IntentFilter, Page, Window

_NEWEST = Order("INTENTS_NEWEST", intents.c.created_at, intents.c.id, descending=True, moments=True)


class Intents(Part):
    """The part of `port.Journal` that reads."""

    async def intents(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Intent]:
        found = await self._where(agency, intents.c.id, ids)
        return {each.id: each for each in found}

    async def parts(
        self, agency: AgencyId, parents: Sequence[int]
    ) -> Mapping[int, Sequence[Intent]]:
        found: dict[int, list[Intent]] = {}
        for each in await self._where(agency, intents.c.parent, parents):
            if each.parent is not None:
                found.setdefault(each.parent, []).append(each)
        return found

    async def page_intents(
        self, agency: AgencyId, filter: IntentFilter, window: Window
    ) -> Page[Intent]:
        statement = _matching(select(intents), agency, filter)
        async with self._database.read() as connection:
            return await page(connection, statement, _NEWEST, window, intent)

    async def count_intents(self, agency: AgencyId, filter: IntentFilter) -> int:
        statement = _matching(select(func.count()).select_from(intents), agency, filter)
        async with self._database.read() as connection:
            return await connection.scalar(statement) or 0

    async def sighted(self, *, entry: str, most: int) -> tuple[tuple[Intent, int], ...]:
        mark = literal(f'%"{entry}","value":"{PREFIX}') + cast(intents.c.id, Text)
        same = and_(records.c.agency == intents.c.agency, records.c.account == intents.c.account)
        statement = (
            select(intents, records.c.id.label("record"))
            .join(records, same)
            .where(intents.c.state == IntentState.NEEDS_HUMAN.value)
            .where(records.c.json.like(mark + literal('"%')))
            .order_by(intents.c.id)
            .limit(most)
        )
        async with self._database.read() as connection:
            return tuple((intent(row), row.record) for row in await connection.execute(statement))

    async def _where(
        self, agency: AgencyId, column: ColumnElement[int], ids: Sequence[int]
    ) -> list[Intent]:
        """Intents with these numbers in a column, oldest first for each."""
        found: list[Intent] = []
        async with self._database.read() as connection:
            for some in chunks([id for id in dict.fromkeys(ids) if is_id(id)]):
                statement = select(intents).where(intents.c.agency == agency, column.in_(some))
                rows = await connection.execute(statement.order_by(intents.c.id))
                found += [intent(row) for row in rows]
        return found


def _matching(statement: Select[Any], agency: AgencyId, filter: IntentFilter) -> Select[Any]:
    return statement.where(intents.c.agency == agency, *_conditions(filter))


def _conditions(filter: IntentFilter) -> Iterable[ColumnElement[bool]]:
    yield intents.c.parent.is_(None)
    if filter.vendors is not None:
        yield intents.c.vendor.in_([vendor.value for vendor in filter.vendors])
    if filter.states is not None:
        yield intents.c.state.in_([state.value for state in filter.states])
