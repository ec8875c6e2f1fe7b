"""Work beside the requests: owned by the runtime, so that none of it outlives the process's end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_LOG = logging.getLogger("gateway.background")

Spawn = Callable[[Coroutine[Any, Any, None]], None]


@asynccontextmanager
async def background() -> AsyncIterator[Spawn]:
    """A way to start work; what is still under way at the end is cancelled and waited for.

    One piece that fails is told to the log and takes nothing else down.
    """
    tasks: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_guarded(work))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # Cancelled before its first step, the work was never awaited, which Python complains of.
        task.add_done_callback(lambda _: work.close())

    try:
        yield spawn
    finally:
        while tasks:  # work that ends may begin some more
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 - an outermost edge
        _LOG.exception("Work in the background failed.")
