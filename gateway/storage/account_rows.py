"""Which accounts an agency has, and the rows that hang on them by their vendor's id."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, insert, select

from ..domain.caller import AgencyId
from ..domain.failures import BadInput, NotFound
from .columns import LONGEST_ID
from .connection import Connection
from .database import is_id
from .rows import AnyRow
from .tables import accounts


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that rows belong to, with its agency and vendor."""

    agency: AgencyId
    account: int
    vendor: str

    def columns(self) -> Mapping[str, int | str]:
        """What each of its rows holds of it."""
        return {"agency": self.agency, "account": self.account, "vendor": self.vendor}


class Put(NamedTuple):
    """A row that was told of: whether it is new, and whether anything about it changed."""

    id: int
    is_new: bool
    changed: bool


async def owners(connection: Connection, agency: AgencyId) -> dict[int, Owner]:
    """The agency's accounts, by id."""
    statement = select(accounts.c.id, accounts.c.vendor).where(accounts.c.agency == agency)
    rows = await connection.execute(statement)
    return {row.id: Owner(agency, row.id, row.vendor) for row in rows}


async def owner(connection: Connection, agency: AgencyId, account: int) -> Owner:
    """One account; `NotFound` when the agency has no such account."""
    found = (await owners(connection, agency)).get(account) if is_id(account) else None
    if found is None:
        raise NotFound("There is no such account.")
    return found


def check_vendor_id(vendor_id: str, field: str = "vendorId") -> None:
    """`BadInput` when no row may have that vendor's id."""
    if not vendor_id.strip() or len(vendor_id) > LONGEST_ID:
        raise BadInput(f"It must have 1 to {LONGEST_ID} characters.", field=(field,))


async def find_row(
    connection: Connection, table: Table, owner: Owner, vendor_id: str
) -> AnyRow | None:
    """The account's row of that vendor's id."""
    statement = select(table).where(
        table.c.agency == owner.agency,
        table.c.account == owner.account,
        table.c.vendor_id == vendor_id,
    )
    return (await connection.execute(statement)).one_or_none()


async def add_row(
    connection: Connection,
    table: Table,
    owner: Owner,
    vendor_id: str | None,
    columns: Mapping[str, Any],
    at: datetime,
) -> int:
    """A new row, told of at that moment; its id."""
    statement = insert(table).values(**owner.columns(), **columns, vendor_id=vendor_id, told_at=at)
    id: int = (await connection.execute(statement.returning(table.c.id))).scalar_one()
    return id
