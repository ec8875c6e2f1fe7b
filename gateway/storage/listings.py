"""Remembers when vendors' lists came back whole."""

from datetime import datetime

from sqlalchemy import and_, insert, select, update

from ..domain.caller import AgencyId
from .connection import Connection
from .database import Part
from .tables import listings
from .values import Listing, Resource


class Listings(Part):
    """The part of `port.Ledger` that tells how old lists are."""

    async def listings(self, agency: AgencyId) -> tuple[Listing, ...]:
        statement = (
            select(listings)
            .where(listings.c.agency == agency)
            .order_by(listings.c.account, listings.c.resource, listings.c.region)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(
            Listing(row.account, Resource(row.resource), row.region, row.at) for row in rows
        )


async def list_came(
    connection: Connection,
    agency: AgencyId,
    account: int,
    resource: Resource,
    region: str,
    at: datetime,
) -> bool:
    """Record that a list came back whole; False when a later one is known already."""
    this = and_(
        listings.c.agency == agency,
        listings.c.account == account,
        listings.c.resource == resource.value,
        listings.c.region == region,
    )
    known: datetime | None = await connection.scalar(select(listings.c.at).where(this))
    if known is None:
        row = {"agency": agency, "account": account, "resource": resource.value, "region": region}
        await connection.execute(insert(listings), row | {"at": at})
    elif known <= at:
        await connection.execute(update(listings).where(this).values(at=at))
    return known is None or known <= at
