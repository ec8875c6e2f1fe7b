"""One flight for all who ask the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from ..domain.clock import Clock, Deadline
from ..domain.events import FlightJoined
from ..domain.failures import DeadlineExceeded, Failure, Throttled, Unavailable
from .exchange import Call, Proceed, Reply
from .keys import Keys
from .store import Store
from .subject import named, subject

T = TypeVar("T")

_WORTHWHILE = 0.1

_GRACE = 0.02
"""Seconds for a flight to end by itself at the deadline that it shares with who waits: ended by
them, it could not tell the breaker that the vendor was silent (by some µs it did not, 2026-11)."""


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[Any]
    deadline: Deadline
    waiters: int = 0


class Flights:
    """Work under way, by key: whoever asks for the same waits for it instead of doing it again.

    A flight belongs to none of those who wait: one that leaves, or whose deadline passes, does not
    end it; when the last one leaves, it is cancelled. The tasks are owned here: `close` ends them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flights: dict[Hashable, _Flight] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def fly(
        self,
        key: Hashable,
        call: Call,
        launch: Callable[[], Awaitable[T]],
        joined: Callable[[], None] = lambda: None,
    ) -> T:
        """The result of the one flight under `key`, which is launched if there is none.

        `launch` keeps the deadline of the leader's call. A follower with time left, whose leader
        had too little, launches anew. Each waiter gets a failure of its own, as raising marks it.
        Raises `DeadlineExceeded` at the deadline of this call, `Unavailable` on closing.
        """
        deadline = call.bound.deadline
        while True:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._launch(key, deadline, launch)
            else:
                joined()
            if not await self._landed_in_time(key, flight, deadline):
                raise named(DeadlineExceeded("The deadline passed while waiting."), call)
            if flight.task.cancelled():
                raise named(Unavailable("The gateway is closing."), call)
            failure = flight.task.exception()
            if self._had_too_little(flight, failure, deadline):
                continue
            if isinstance(failure, Failure):
                raise copy(failure)
            return cast(T, flight.task.result())

    async def close(self) -> None:
        """Cancel all flights and wait until they have ended."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Failure):
                await task

    def _launch(
        self, key: Hashable, deadline: Deadline, launch: Callable[[], Awaitable[T]]
    ) -> _Flight:
        async def flying() -> T:
            return await launch()

        flight = _Flight(asyncio.create_task(flying()), deadline)
        self._flights[key] = flight
        self._tasks.add(flight.task)
        flight.task.add_done_callback(lambda task: self._landed(key, flight))
        return flight

    def _landed(self, key: Hashable, flight: _Flight) -> None:
        """A failure is for those who wait now only; a result stays until they have taken it.

        So that nobody comes between the flight's end and its result in the cache.
        """
        self._tasks.discard(flight.task)
        if flight.task.cancelled() or flight.task.exception() is not None or not flight.waiters:
            self._forget(key, flight)

    async def _landed_in_time(self, key: Hashable, flight: _Flight, deadline: Deadline) -> bool:
        """Wait for the flight without being part of it; the last one to leave ends it."""
        flight.waiters += 1
        try:
            if not flight.task.done():
                remaining = max(0.0, deadline.remaining(self._clock))
                await asyncio.wait({flight.task}, timeout=remaining + _GRACE)
            return flight.task.done()
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                self._forget(key, flight)
                flight.task.cancel()

    def _forget(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _had_too_little(
        self, flight: _Flight, failure: BaseException | None, mine: Deadline
    ) -> bool:
        return (
            isinstance(failure, DeadlineExceeded | Throttled)
            and mine.at > flight.deadline.at
            and mine.remaining(self._clock) >= _WORTHWHILE
        )


class Coalesce:
    """Shares the answer among identical safe calls that are under way at the same time."""

    def __init__(self, flights: Flights, store: Store, keys: Keys) -> None:
        self._flights = flights
        self._store = store
        self._keys = keys

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        if not call.safe:
            return await proceed(call)
        origin = call.bound
        account = origin.account
        generation = await self._store.generation(account.agency, account.id)

        def joined() -> None:
            origin.observe(
                FlightJoined(
                    **subject(call),
                )
            )

        return await self._flights.fly(
            self._keys.of(call, generation), call, lambda: proceed(call), joined
        )
