"""How a vendor counts calls: five algorithms as pure functions of (limit, state, now).

A state is a tuple of numbers, empty at first; `now` is in seconds of the vendor's clock. A refused
call is not counted. What a vendor tells of its limits stands in `dialects.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from math import floor
from typing import Annotated

from msgspec import Meta, Struct

State = tuple[float, ...]

_SLACK = 1e-9
"""Sums of binary fractions miss by less than this; a wait that was obeyed must suffice."""


class Algorithm(Enum):
    """How calls are counted.

    `fixed`: per window of the clock. `sliding`: in any stretch as long as the window. `bucket`:
    `count` tokens, refilled evenly. `gcra`: an even pace, of which a tenth of `count` may run
    ahead. `concurrency`: at most `count` under way at once; the window means nothing.
    """

    FIXED = "fixed"
    SLIDING = "sliding"
    BUCKET = "bucket"
    GCRA = "gcra"
    CONCURRENCY = "concurrency"


class Scope(Enum):
    """What is counted together: one credential's calls, one account's, or one address's."""

    CREDENTIAL = "credential"
    ACCOUNT = "account"
    EGRESS = "egress"


class Dialect(Enum):
    """The response headers that tell of a limit; see `dialects.py`."""

    IETF = "ietf"
    IETF_06 = "ietf-06"
    X_RATELIMIT = "x-ratelimit"
    X_RATELIMIT_MS = "x-ratelimit-ms"
    X_RATELIMIT_EPOCH = "x-ratelimit-epoch"
    X_RATELIMIT_EPOCH_MS = "x-ratelimit-epoch-ms"
    X_RATELIMIT_DURATION = "x-ratelimit-duration"
    X_RATELIMIT_ISO = "x-ratelimit-iso"
    X_RATE_LIMIT = "x-rate-limit"
    RETRY_AFTER = "retry-after"
    RETRY_AFTER_DATE = "retry-after-date"
    SHOPIFY = "shopify"


class Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit as `PUT /V/limits` takes it; a hidden one is enforced and never told of."""

    algorithm: Algorithm
    count: Annotated[int, Meta(ge=1)]
    window_seconds: Annotated[float, Meta(gt=0)] = 1.0
    scope: Scope = Scope.CREDENTIAL
    dialect: Dialect = Dialect.X_RATELIMIT
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a call.

    `remaining`: how many more would pass at this moment. `wait`: seconds until the next one would.
    `reset`: seconds until the limit is whole again.
    """

    admitted: bool
    remaining: int
    wait: float
    reset: float


def admit(limit: Limit, state: State, now: float) -> tuple[State, Verdict]:
    """The state after a call at `now`, and whether it passes."""
    return _ALGORITHMS[limit.algorithm](limit, state, now)


def release(limit: Limit, state: State) -> State:
    """The state after an admitted call has ended."""
    if limit.algorithm is Algorithm.CONCURRENCY and state:
        return (max(0.0, state[0] - 1),)
    return state


def _fixed(limit: Limit, state: State, now: float) -> tuple[State, Verdict]:
    window = floor(now / limit.window_seconds)
    used = int(state[1]) if state and state[0] == window else 0
    admitted = used < limit.count
    used += admitted
    left = (window + 1) * limit.window_seconds - now
    remaining = limit.count - used
    return (float(window), float(used)), Verdict(
        admitted, remaining, 0.0 if remaining else left, left
    )


def _sliding(limit: Limit, state: State, now: float) -> tuple[State, Verdict]:
    span = limit.window_seconds
    alive = tuple(stamp for stamp in state if stamp + span > now)
    admitted = len(alive) < limit.count
    if admitted:
        alive = (*alive, now)
    remaining = limit.count - len(alive)
    wait = 0.0 if remaining else alive[0] + span - now
    return alive, Verdict(admitted, remaining, wait, alive[-1] + span - now)


def _bucket(limit: Limit, state: State, now: float) -> tuple[State, Verdict]:
    pace = limit.count / limit.window_seconds
    level, at = state or (float(limit.count), now)
    level = min(float(limit.count), level + max(0.0, now - at) * pace)
    admitted = level + _SLACK >= 1
    if admitted:
        level -= 1
    remaining = max(0, floor(level + _SLACK))
    wait = 0.0 if remaining else (1 - level) / pace
    return (level, now), Verdict(admitted, remaining, wait, (limit.count - level) / pace)


def _gcra(limit: Limit, state: State, now: float) -> tuple[State, Verdict]:
    gap = limit.window_seconds / limit.count
    ahead = (max(1, limit.count // 10) - 1) * gap
    arrival = max(state[0], now) if state else now
    admitted = arrival - ahead <= now + _SLACK
    if admitted:
        arrival += gap
    room = now + ahead - arrival
    remaining = max(0, floor(room / gap + _SLACK) + 1)
    return (arrival,), Verdict(admitted, remaining, max(0.0, -room), arrival - now)


def _concurrency(limit: Limit, state: State, now: float) -> tuple[State, Verdict]:
    running = int(state[0]) if state else 0
    admitted = running < limit.count
    running += admitted
    remaining = limit.count - running
    # Nobody knows when a call under way will end; a second is what such vendors tend to say.
    return (float(running),), Verdict(admitted, remaining, 0.0 if remaining else 1.0, 1.0)


_ALGORITHMS: Mapping[Algorithm, Callable[[Limit, State, float], tuple[State, Verdict]]] = {
    Algorithm.FIXED: _fixed,
    Algorithm.SLIDING: _sliding,
    Algorithm.BUCKET: _bucket,
    Algorithm.GCRA: _gcra,
    Algorithm.CONCURRENCY: _concurrency,
}


Admission = tuple[tuple[Limit, Verdict], ...]


class Gate:
    """The limits of one vendor, with what each has counted by its key."""

    def __init__(self, limits: tuple[Limit, ...] = ()) -> None:
        self.limits = limits
        self._states: dict[tuple[int, str], State] = {}

    def admit(self, keys: Mapping[Scope, str], now: float) -> Admission:
        """Each limit's verdict; a call that one of them refuses is counted by none."""
        tried = [
            (slot, limit, *admit(limit, self._states.get(slot, ()), now))
            for limit, slot in self._slots(keys)
        ]
        if all(verdict.admitted for *_, verdict in tried):
            self._states.update({slot: state for slot, _, state, _ in tried})
        return tuple((limit, verdict) for _, limit, _, verdict in tried)

    def release(self, keys: Mapping[Scope, str]) -> None:
        """An admitted call has ended."""
        for limit, slot in self._slots(keys):
            self._states[slot] = release(limit, self._states.get(slot, ()))

    def _slots(self, keys: Mapping[Scope, str]) -> list[tuple[Limit, tuple[int, str]]]:
        return [(limit, (n, keys[limit.scope])) for n, limit in enumerate(self.limits)]
