"""Batches of reads within one request, each of which is cancelled only when the request ends."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from ..domain.failures import DeadlineExceeded

K = TypeVar("K")
V = TypeVar("V")

Running = set["asyncio.Task[Any]"]
"""The reads of a request that are under way."""


class Loader(DataLoader[K, V]):
    """Strawberry's loader, whose answers are shared without sharing anybody's cancellation.

    The executor cancels the fields beside one that failed. With the stock loader that cancels the
    future which other fields wait for, too, and with them the whole request.
    """

    def __init__(
        self,
        read: Callable[[list[K]], Awaitable[Sequence[V | BaseException]]],
        running: Running,
        key: Callable[[K], Hashable] | None = None,
    ) -> None:
        super().__init__(_tracked(read, running), cache_key_fn=key)

    def load(self, key: K) -> Awaitable[V]:
        """The value of a key, read together with all that are asked for in the same tick."""
        answer = asyncio.ensure_future(super().load(key))
        answer.add_done_callback(_seen)
        return asyncio.shield(answer)


def _tracked(
    read: Callable[[list[K]], Awaitable[Sequence[V | BaseException]]], running: Running
) -> Callable[[list[K]], Awaitable[Sequence[V | BaseException]]]:
    async def tracked(keys: list[K]) -> Sequence[V | BaseException]:
        task = asyncio.ensure_future(read(keys))
        running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            # Whoever was left behind by the executor still waits, and is to end as well.
            raise DeadlineExceeded("The request ended first.") from None
        finally:
            running.discard(task)

    return tracked


def _seen(answer: "asyncio.Future[Any]") -> None:
    """Who waited for a failure may have been cancelled since: it is lost on purpose then."""
    if not answer.cancelled():
        answer.exception()


async def cancel(running: Running) -> None:
    """End what is under way, and wait until it has ended."""
    while tasks := tuple(running):
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
