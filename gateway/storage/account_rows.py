"""Which accounts an agency has, for those who write what hangs on them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from ..domain.caller import AgencyId
from ..domain.failures import NotFound
from .connection import Connection
from .database import is_id
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
