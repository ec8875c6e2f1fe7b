"""Answers reads from replies that the vendor gave before."""

from dataclasses import replace
from enum import Enum

from ..domain.clock import Clock
from ..domain.events import CacheServed
from ..domain.failures import ErrorCode, Failure
from ..domain.model import Source
from .exchange import Call, Proceed, Reply
from .keys import Keys
from .laws import Freshness
from .store import Kept, Store
from .subject import subject

_SOFT = 0.5


class Verdict(Enum):
    """What a kept reply is good for."""

    FRESH = "as good as the vendor's own"
    STALE = "good enough when the vendor fails"
    GONE = "good for nothing"


def decide(kept_at: float | None, now: float, freshness: Freshness) -> Verdict:
    """What a reply asked for at `kept_at` is good for now; None: there is none."""
    if kept_at is None:
        return Verdict.GONE
    age = now - kept_at
    if age < freshness.fresh:
        return Verdict.FRESH
    return Verdict.STALE if age < freshness.fresh + freshness.stale else Verdict.GONE


class Cache:
    """Answers safe calls of operations with a freshness, and keeps their good replies.

    Failures are never kept. A stale reply is served only in the place of a failure that allows it
    (`Failure.fallback`), and while one is at hand the vendor has half of the caller's time.
    `confidential` replies are kept like others, for `store` is this process's memory.
    """

    def __init__(self, clock: Clock, store: Store, keys: Keys) -> None:
        self._clock = clock
        self._store = store
        self._keys = keys

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        freshness = call.bound.laws.freshness.get(call.operation)
        if not call.safe or freshness is None:
            return await proceed(call)
        account = call.bound.account
        key = self._keys.of(call, await self._store.generation(account.agency, account.id))
        kept = await self._store.get(key)
        now = self._clock.monotonic()
        verdict = decide(kept.at if kept else None, now, freshness)
        if kept is not None and verdict is Verdict.FRESH:
            return self._serve(call, kept, failure=None)
        if kept is None or verdict is Verdict.GONE:
            return await self._ask(call, proceed, key, freshness)
        try:
            return await self._ask(self._hurried(call), proceed, key, freshness)
        except Failure as failure:
            if not failure.fallback:
                raise
            return self._serve(call, kept, failure=failure.code)

    async def _ask(self, call: Call, proceed: Proceed, key: str, freshness: Freshness) -> Reply:
        asked_at = self._clock.monotonic()
        reply = await proceed(call)
        # Kept as it will be served, so that its body is decoded once for all who are served.
        kept = Kept(replace(reply, source=Source.CACHED), asked_at)
        await self._store.put(key, kept, freshness.fresh + freshness.stale)
        return reply

    def _hurried(self, call: Call) -> Call:
        origin = call.bound
        return replace(
            call, origin=replace(origin, deadline=origin.deadline.share(_SOFT, self._clock))
        )

    def _serve(self, call: Call, kept: Kept, failure: ErrorCode | None) -> Reply:
        stale = failure is not None
        call.bound.observe(
            CacheServed(
                **subject(call),
                age_seconds=max(0.0, self._clock.monotonic() - kept.at),
                stale=stale,
                failure=failure,
            )
        )
        return replace(kept.reply, stale=True) if stale else kept.reply
