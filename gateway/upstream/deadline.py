"""Keeps the caller's deadline: nothing below may outlive it."""

import asyncio
from dataclasses import replace

from ..domain.clock import Clock, Deadline
from ..domain.failures import DeadlineExceeded
from .exchange import Call, Proceed, Reply
from .subject import named

_RESERVE = 0.05
_MOST = 0.1


class NoAnswer(DeadlineExceeded):
    """The vendor had ample time and did not answer: that is the vendor's failure, too."""


def soften(deadline: Deadline, now: float) -> Deadline:
    """The deadline for what is below: 5 % earlier, at most 0.1 s.

    So a hung vendor is given up just before the caller is: the cache can still answer with an
    older value, and the breaker learns of it, where a cut from here would tell it nothing.
    """
    return Deadline(deadline.at - min(_MOST, max(0.0, deadline.at - now) * _RESERVE))


class CutAtDeadline:
    """Refuses a call whose deadline has passed, and cuts one that is under way when it does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        origin = call.bound
        remaining = origin.deadline.remaining(self._clock)
        if remaining <= 0:
            raise self._exceeded(call, sent=False)
        softer = soften(origin.deadline, self._clock.monotonic())
        cut = asyncio.timeout(remaining)
        try:
            async with cut:
                return await proceed(replace(call, origin=replace(origin, deadline=softer)))
        except TimeoutError:
            if not cut.expired():
                raise
        raise self._exceeded(call, sent=None)

    @staticmethod
    def _exceeded(call: Call, *, sent: bool | None) -> DeadlineExceeded:
        message = "The deadline passed before the vendor's answer came."
        return named(DeadlineExceeded(message, sent=sent), call)
