"""Keeps to the vendor's quotas: paces calls, and refuses those that would have to wait too long."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field

from ..domain.clock import Clock
from ..domain.failures import (
    CredentialRefused,
    DeadlineExceeded,
    Failure,
    SessionExpired,
    Throttled,
)
from . import signals
from .exchange import Call, Proceed, Reply
from .laws import Rate, RateScope
from .subject import named

JITTER = 0.1
"""Seconds by which calls may bunch together on their way to the vendor's counter."""

SHORT = 10.0
"""Windows up to so many seconds are counted exactly, longer ones paced."""

_BLIND = 1.0
_BLIND_MOST = 60.0


# ── One window ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Window:
    """What was sent under one rate: times of late (`Clock.monotonic`), or the pace's next moment.

    A short window is a log of its last `count` calls, which uses the whole quota at once: with ten
    a second, pacing would make a page of twenty links wait for nothing. A long one is paced (GCRA):
    a hundredth of it at once, the rest evenly, so that it never exceeds `count` in any window
    whatever the vendor's own algorithm, and one busy minute does not use up an hour.
    """

    times: tuple[float, ...] = ()
    pace: float = 0.0


def start(window: Window, rate: Rate, now: float, ahead: int = 0) -> float:
    """When the next call may start if so many go before it; `now` or later."""
    if rate.seconds > SHORT:
        burst, gap = _pacing(rate)
        return max(now, max(window.pace, now) + (ahead - burst + 1) * gap)
    times, span = window.times, rate.seconds + JITTER
    laps, index = divmod(ahead, rate.count)
    missing = rate.count - len(times)
    base = now if index < missing else max(now, times[index - missing] + span)
    return base + laps * span


def take(window: Window, rate: Rate, now: float) -> Window:
    """The window after a call was sent now."""
    if rate.seconds > SHORT:
        return Window(pace=max(window.pace, now) + _pacing(rate)[1])
    return Window(times=(*window.times, now)[-rate.count :])


def _pacing(rate: Rate) -> tuple[int, float]:
    """How many may go at once, and the seconds between the others."""
    burst = max(1, rate.count // 100)
    return burst, (rate.seconds + JITTER) / max(1, rate.count - burst)


def blind_pause(strikes: int) -> float:
    """Seconds to hold back after so many refusals in a row that named no time."""
    return min(_BLIND_MOST, _BLIND * 2.0 ** min(strikes - 1, 10))


def admit(starts: float, now: float, remaining: float) -> float | None:
    """Seconds to wait for a start; None when the caller's time does not allow for it."""
    wait = max(0.0, starts - now)
    return wait if wait == 0 or wait < remaining else None


# ── Shells ────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Lane:
    """One credential's calls: in turn, so many at once, none before `blocked_until`."""

    slots: asyncio.Semaphore
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    queued: int = 0
    blocked_until: float = 0.0
    strikes: int = 0
    refusals: int = 0
    refusal: CredentialRefused | None = None


class Limit:
    """Delays a call until every window has room and fewer than `Laws.concurrency` are under way.

    Calls of one credential go first come, first served. One whose wait does not fit its deadline is
    refused at once with the time at which there is room. What the vendor says of its quota only
    ever slows down: a refusal or an empty quota holds that credential's calls back, and nobody
    else's. When the vendor refuses the credential, those in the queue are refused unsent.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: dict[tuple[int, int, str, str], _Lane] = {}
        self._windows: dict[tuple[object, ...], Window] = {}

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        lane = self._lane(call)
        await self._enter(call, lane)
        try:
            reply = await proceed(call)
        except Failure as failure:
            self._learn_failure(lane, failure)
            raise
        finally:
            lane.slots.release()
        self._learn_reply(lane, reply)
        return reply

    async def _enter(self, call: Call, lane: _Lane) -> None:
        """Wait for the turn, a free slot and room in every window; the slot is held on return."""
        refusals = lane.refusals
        remaining = call.bound.deadline.remaining(self._clock)
        self._wait(call, lane, ahead=lane.queued)
        try:
            async with asyncio.timeout(max(0.0, remaining)):
                with _queued(lane):
                    async with lane.turn:
                        await lane.slots.acquire()
                        await self._clear(call, lane, refusals)
        except TimeoutError:
            message = "The deadline passed while the call waited its turn."
            raise named(DeadlineExceeded(message, sent=False), call) from None

    async def _clear(self, call: Call, lane: _Lane, refusals: int) -> None:
        """Wait for the windows and take from them; gives the slot back if that fails."""
        try:
            while (wait := self._wait(call, lane, ahead=0)) > 0:
                await self._clock.sleep(wait)
            if lane.refusal is not None and lane.refusals != refusals:
                refusal = copy(lane.refusal)
                refusal.sent = False
                raise refusal
        except BaseException:
            lane.slots.release()
            raise
        now = self._clock.monotonic()
        for key, rate in self._rates(call):
            self._windows[key] = take(self._windows.get(key, Window()), rate, now)

    def _wait(self, call: Call, lane: _Lane, ahead: int) -> float:
        """Seconds until there is room; raises `Throttled` when the deadline comes first."""
        now = self._clock.monotonic()
        starts = max(
            lane.blocked_until,
            *(
                start(self._windows.get(key, Window()), rate, now, ahead)
                for key, rate in self._rates(call)
            ),
            now,
        )
        wait = admit(starts, now, call.bound.deadline.remaining(self._clock))
        if wait is None:
            message = "The vendor's quota has no room within the caller's time."
            raise named(Throttled(message, retry_after=starts - now, sent=False), call)
        return wait

    def _rates(self, call: Call) -> Iterator[tuple[tuple[object, ...], Rate]]:
        account, vendor = call.bound.account, call.bound.laws.vendor
        scopes = {
            RateScope.CREDENTIAL: (account.agency, account.id, call.slot, call.holder),
            RateScope.ACCOUNT: (account.agency, account.id),
            RateScope.EGRESS: (),
        }
        for rate in call.bound.laws.limits:
            if rate.operations is None or call.operation in rate.operations:
                yield (vendor, rate, scopes[rate.scope]), rate

    def _lane(self, call: Call) -> _Lane:
        account = call.bound.account
        place = (account.agency, account.id, call.slot, call.holder)
        lane = self._lanes.get(place)
        if lane is None:
            slots = asyncio.Semaphore(call.bound.laws.concurrency)
            lane = self._lanes[place] = _Lane(slots)
        return lane

    def _learn_failure(self, lane: _Lane, failure: Failure) -> None:
        if isinstance(failure, CredentialRefused) and not isinstance(failure, SessionExpired):
            lane.refusals += 1
            lane.refusal = failure
        if isinstance(failure, Throttled):
            lane.strikes += 1
            self._block(lane, failure.retry_after or blind_pause(lane.strikes))

    def _learn_reply(self, lane: _Lane, reply: Reply) -> None:
        lane.strikes = 0
        pause = signals.pause(reply)
        if pause is not None:
            self._block(lane, pause)

    def _block(self, lane: _Lane, seconds: float) -> None:
        until = self._clock.monotonic() + min(signals.LONGEST, seconds)
        lane.blocked_until = max(lane.blocked_until, until)


@contextmanager
def _queued(lane: _Lane) -> Iterator[None]:
    lane.queued += 1
    try:
        yield
    finally:
        lane.queued -= 1
