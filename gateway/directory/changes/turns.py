"""One writer at a time for a row: two who read, compare and send must not undo each other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from ...domain.caller import AgencyId


class Turn:
    """Rows that are one writer's, until it has left and all that it has begun is at its end.

    A write goes on when its caller leaves: who came next would read what it is about to change.
    """

    def __init__(self) -> None:
        self._locks: list[asyncio.Lock] = []
        self._begun: set[asyncio.Future[Any]] = set()
        self._present = True
        self._late: Callable[[], None] | None = None

    def until(self, work: "asyncio.Future[Any]") -> None:
        """Keep the rows until this is done, too."""
        self._begun.add(work)
        work.add_done_callback(self._ended)

    def if_late(self, call: Callable[[], None]) -> None:
        """To be called at the end, if the writer had to leave before."""
        self._late = call

    async def take(self, lock: asyncio.Lock) -> None:
        """Wait for one more row."""
        await lock.acquire()
        self._locks.append(lock)

    def leave(self) -> None:
        """The writer waits no more."""
        self._present = False
        if not self._begun:
            self._give_back()

    def _ended(self, work: "asyncio.Future[Any]") -> None:
        self._begun.discard(work)
        if self._present or self._begun:
            return
        self._give_back()
        if self._late is not None:
            self._late()

    def _give_back(self) -> None:
        while self._locks:
            self._locks.pop().release()


class Turns:
    """Locks of this process, by (agency, row); gone when nobody waits.

    Between processes the vendor's own state decides: the compare is made just before the send.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[AgencyId, int], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, agency: AgencyId, rows: Iterable[int]) -> AsyncIterator[Turn]:
        """The turn for all of these rows; taken in one order, so that nobody waits in a ring."""
        turn = Turn()
        try:
            for row in sorted(set(rows)):
                await turn.take(self._locks.setdefault((agency, row), asyncio.Lock()))
            yield turn
        finally:
            turn.leave()
