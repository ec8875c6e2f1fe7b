"""Reads what hangs on an account and may hang on a client: the part that links and tokens share.

Which client it is follows from the vendor's id of the client: the one with that record in the same
account, now. So nothing has to be moved when records move between clients.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, func, select

from ..domain.caller import AgencyId
from .clients import survivor
from .database import Database, chunks, is_id
from .pages import Order, page, pages
from .rows import AnyRow
from .tables import records
from .values import Page, Window

T = TypeVar("T")

_OWNERS = 5000
"""Clients in one statement."""


@dataclass(frozen=True, slots=True)
class Owned(Generic[T]):
    """How rows of one table are read."""

    table: Table
    order: Order
    of: Callable[[AnyRow], T]

    async def page(
        self,
        database: Database,
        agency: AgencyId,
        conditions: Sequence[ColumnElement[bool]],
        window: Window,
        clients: Sequence[int] | None,
    ) -> Mapping[int, Page[T]]:
        """A page of all under key 0, or one for each of these clients."""
        statement = self._rows(agency).where(*conditions)
        async with database.read() as connection:
            if clients is None:
                return {0: await page(connection, statement, self.order, window, self.of)}
            found: dict[int, Page[T]] = {
                id: Page((), (), False, False) for id in clients if not is_id(id)
            }
            for some in chunks([id for id in dict.fromkeys(clients) if is_id(id)], _OWNERS):
                owner: ColumnElement[int] = records.c.client
                found |= await pages(
                    connection, statement, self.order, window, self.of, owner=owner, owners=some
                )
        return found

    async def count(
        self,
        database: Database,
        agency: AgencyId,
        conditions: Sequence[ColumnElement[bool]],
        clients: Sequence[int] | None,
    ) -> Mapping[int, int]:
        """How many of all under key 0, or for each of these clients."""
        statement = self._joined(select(func.count().label("many")), agency).where(*conditions)
        async with database.read() as connection:
            if clients is None:
                return {0: await connection.scalar(statement) or 0}
            found = dict.fromkeys(clients, 0)
            grouped = statement.add_columns(records.c.client).group_by(records.c.client)
            for some in chunks([id for id in found if is_id(id)], _OWNERS):
                rows = await connection.execute(grouped.where(records.c.client.in_(some)))
                found.update((row.client, row.many) for row in rows)
        return found

    async def by_id(
        self, database: Database, agency: AgencyId, ids: Sequence[int]
    ) -> Mapping[int, T]:
        """Rows by id; those of another agency are not there."""
        found: dict[int, T] = {}
        async with database.read() as connection:
            for some in chunks([id for id in dict.fromkeys(ids) if is_id(id)]):
                statement = self._rows(agency).where(self.table.c.id.in_(some))
                found.update((row.id, self.of(row)) for row in await connection.execute(statement))
        return found

    def of_client(self, agency: AgencyId, client: int) -> ColumnElement[bool]:
        """The condition that a row is that client's, or its survivor's."""
        return records.c.client == survivor(agency, client if is_id(client) else 0)

    def _rows(self, agency: AgencyId) -> Select[Any]:
        return self._joined(select(self.table, records.c.client), agency)

    def _joined(self, statement: Select[Any], agency: AgencyId) -> Select[Any]:
        table = self.table.c
        same = and_(
            records.c.agency == table.agency,
            records.c.account == table.account,
            records.c.vendor_id == table.client_vendor_id,
        )
        return statement.select_from(self.table.outerjoin(records, same)).where(
            table.agency == agency
        )
