"""A connection whose statements run to their end, whatever is cancelled meanwhile.

A statement cut off in the middle leaves aiosqlite's thread at work on it, while the pool takes the
connection for free or for closed: its transaction stays open and every later writer finds the
database locked (seen with aiosqlite 0.22.1 and SQLAlchemy 2.1.9, 2026-11-21). So a cancelled caller
waits for the statement that runs, at most for the busy timeout, and its transaction is undone then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import CursorResult, Executable, ScalarResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")


async def unbroken(work: Awaitable[T]) -> T:
    """Await something to its end; whoever was cancelled meanwhile is cancelled only then."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        if not task.cancelled():
            task.exception()  # said to have been looked at
        raise asyncio.CancelledError
    return task.result()


class Connection:
    """What storage asks of SQLAlchemy's connection; methods as there."""

    def __init__(self, inner: AsyncConnection) -> None:
        self._inner = inner

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """The result, fetched whole."""
        return await unbroken(self._inner.execute(statement, parameters))

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row; None when there is none."""
        return await unbroken(self._inner.scalar(statement))

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column."""
        return await unbroken(self._inner.scalars(statement))

    async def run_sync(self, work: Callable[[SyncConnection], T]) -> T:
        """Work for which SQLAlchemy has no asynchronous way."""
        return await unbroken(self._inner.run_sync(work))

    async def commit(self) -> None:
        """Make what was written last."""
        await unbroken(self._inner.commit())


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """A connection of the pool; what was not committed at the end is undone."""
    inner = engine.connect()
    try:
        await unbroken(inner.start())
        yield Connection(inner)
    finally:
        if inner.sync_connection is not None:
            await unbroken(inner.close())
