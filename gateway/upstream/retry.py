"""Tries again what may be tried again: few times, at random moments, and not when all fail."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..domain.clock import Clock
from ..domain.events import RetryScheduled
from ..domain.failures import CircuitOpen, Failure, Throttled, Unavailable, VendorError
from .exchange import Call, Proceed, Reply
from .keys import host_of
from .subject import subject

REPEATS = 2
"""At most so many times after the first."""

_BASE = 0.1
_CAP = 2.0


def may_repeat(call: Call, failure: Failure) -> bool:
    """Whether trying again is safe and could help.

    Safe: the call changes nothing, or nothing of it was sent. It could help where the vendor was
    out of reach or failed, or says when it has room again; not where the same answer would come
    again (unreadable, refused, not found) and not against an open breaker.
    """
    if isinstance(failure, CircuitOpen) or not (call.safe or failure.sent is False):
        return False
    if isinstance(failure, Throttled):
        return failure.retry_after is not None
    return isinstance(failure, Unavailable | VendorError)


def next_delay(
    repeats: int, retry_after: float | None, remaining: float, roll: float
) -> float | None:
    """Seconds until the next try after so many repeats, None to give up; `roll` is in [0, 1).

    Full jitter under an exponential ceiling, on top of what the vendor asked for. A wait that
    leaves nothing of the caller's time is not begun.
    """
    if repeats >= REPEATS:
        return None
    delay = max(0.0, retry_after or 0.0) + roll * min(_CAP, _BASE * 2**repeats)
    return delay if delay < remaining else None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a vendor host's calls have saved up for repeats: a tenth of a repeat each.

    So that repeats add at most 10 % to the load on a vendor that fails everywhere. A little comes
    back by itself, or a host that is seldom called would never have any.
    """

    saved: float = 3.0
    at: float = 0.0

    _SHARE = 0.1
    _MOST = 10.0
    _FLOOR = 3.0
    _PER_SECOND = 0.1

    def earn(self) -> "Budget":
        """With one more call."""
        return replace(self, saved=min(self._MOST, self.saved + self._SHARE))

    def spend(self, now: float) -> "Budget | None":
        """With one repeat less; None when there is not a whole one."""
        back = max(0.0, now - self.at) * self._PER_SECOND
        saved = max(self.saved, min(self._FLOOR, self.saved + back))
        return Budget(saved - 1.0, now) if saved >= 1.0 else None


class Retry:
    """Repeats a failed call at most twice, within its deadline and the host's budget."""

    def __init__(self, clock: Clock, roll: Callable[[], float]) -> None:
        self._clock = clock
        self._roll = roll
        self._budgets: dict[str, Budget] = {}

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        host = host_of(call)
        self._budgets[host] = self._budget(host).earn()
        repeats = 0
        while True:
            try:
                return await proceed(call)
            except Failure as failure:
                delay = self._delay(call, host, failure, repeats)
                if delay is None:
                    raise
                repeats += 1
                self._tell(call, repeats, delay, failure)
            await self._clock.sleep(delay)

    def _budget(self, host: str) -> Budget:
        return self._budgets.get(host) or Budget(at=self._clock.monotonic())

    def _delay(self, call: Call, host: str, failure: Failure, repeats: int) -> float | None:
        if not may_repeat(call, failure):
            return None
        remaining = call.bound.deadline.remaining(self._clock)
        delay = next_delay(repeats, failure.retry_after, remaining, self._roll())
        if delay is None:
            return None
        left = self._budget(host).spend(self._clock.monotonic())
        if left is None:
            return None
        self._budgets[host] = left
        return delay

    @staticmethod
    def _tell(call: Call, attempt: int, delay: float, failure: Failure) -> None:
        call.bound.observe(
            RetryScheduled(
                **subject(call),
                attempt=attempt,
                delay_seconds=delay,
                failure=failure.code,
            )
        )
