"""Time, as something that is handed in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The three ways in which code may know or spend time; tests hand in a clock of their own.

    `now` is the wall clock (aware, UTC), for what people and vendors are told. `monotonic` counts
    seconds and never jumps, for deadlines and freshness. `sleep` waits that many seconds.
    """

    now: Callable[[], datetime] = _utc
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment, in `Clock.monotonic` seconds, by which the caller wants an answer."""

    at: float

    def remaining(self, clock: Clock) -> float:
        """Seconds left; negative when it has passed."""
        return self.at - clock.monotonic()

    def share(self, part: float, clock: Clock) -> "Deadline":
        """An earlier deadline after `part` (0 to 1) of what is left."""
        return Deadline(clock.monotonic() + max(0.0, self.remaining(clock)) * part)
