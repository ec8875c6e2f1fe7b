"""One writer at a time for a row: two who read, compare and send must not undo each other."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from ...domain.caller import AgencyId


class Turns:
    """Locks of this process, by (agency, row); gone when nobody waits.

    Between processes the vendor's own state decides: the compare is made just before the send.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[AgencyId, int], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, agency: AgencyId, rows: Iterable[int]) -> AsyncIterator[None]:
        """The turn for all of these rows; taken in one order, so that nobody waits in a ring."""
        async with AsyncExitStack() as held:
            for row in sorted(set(rows)):
                lock = self._locks.setdefault((agency, row), asyncio.Lock())
                await held.enter_async_context(lock)
            yield
