"""Which process works on what, and until when."""

from datetime import datetime

from sqlalchemy import insert, or_, select, update

from ..domain.failures import Conflict
from ..domain.intents import Intent
from .connection import Connection
from .database import Part
from .rows import intent
from .steps import UNFINISHED
from .tables import intents, leases


class Leases(Part):
    """The part of `port.Journal` that hands work from one process to another, for all agencies."""

    async def orphans(
        self, *, now: datetime, lease_until: datetime, most: int
    ) -> tuple[Intent, ...]:
        # One statement: whoever comes at the same time skips the locked rows (PostgreSQL), or has
        # to wait and finds the new lease (SQLite, which knows no such lock and leaves it out).
        free = (
            select(intents.c.id)
            .where(
                intents.c.state.in_(sorted(state.value for state in UNFINISHED)),
                intents.c.lease_until <= now,
            )
            .order_by(intents.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("free")
        )
        taken = (
            update(intents)
            .where(intents.c.id.in_(select(free.c.id)))
            .values(epoch=intents.c.epoch + 1, lease_until=lease_until)
            .returning(intents)
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(taken)).all()
        return tuple(sorted((intent(row) for row in rows), key=lambda each: each.id))

    async def lead(self, work: str, holder: str, *, now: datetime, until: datetime) -> bool:
        try:
            async with self._database.write(conflict="Another one leads.") as connection:
                return await _lead(connection, work, holder, now, until)
        except Conflict:
            return False


async def _lead(
    connection: Connection, work: str, holder: str, now: datetime, until: datetime
) -> bool:
    this = leases.c.work == work
    free = or_(leases.c.holder == holder, leases.c.until <= now)
    taken = update(leases).where(this, free).values(holder=holder, until=until)
    if (await connection.execute(taken)).rowcount:
        return True
    if await connection.scalar(select(leases.c.work).where(this)) is not None:
        return False
    row = {"work": work, "holder": holder, "until": until}
    await connection.execute(insert(leases), row)
    return True
