"""Spares a vendor host that fails, and those who would wait for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from ..domain.clock import Clock
from ..domain.events import BreakerChanged
from ..domain.failures import CircuitOpen, ErrorCode, Failure, Unavailable
from ..domain.vendor import VendorName
from .deadline import NoAnswer
from .exchange import Call, Proceed, Reply
from .keys import host_of
from .subject import named, subject

IN_A_ROW = 5
"""Failures in a row that open the breaker."""

WINDOW = 20
WINDOW_SECONDS = 30.0
"""Or half of the outcomes of the last 30 s, of the last 20 at most and 5 at least."""

_FIRST = 1.25
_LONGEST = 5.0


class Phase(Enum):
    """What the breaker does with calls."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True)
class Circuit:
    """One breaker's state. Moments are `Clock.monotonic` seconds.

    `outcomes` are (when, good) of late. `turn` grows with each change of phase, so that what was
    asked in an earlier phase has no say in a later one. `openings` counts those since the vendor
    last was well. `probing`: the one call of the half-open phase is under way.
    """

    phase: Phase = Phase.CLOSED
    outcomes: tuple[tuple[float, bool], ...] = ()
    turn: int = 0
    openings: int = 0
    until: float = 0.0
    probing: bool = False
    reason: ErrorCode | None = None


def verdict(failure: Failure) -> bool | None:
    """Whether a failure speaks for (True) or against (False) the vendor's being up; None: neither.

    Against: out of reach, out of service, or silent although it had ample time. For: any other
    answer, be it 404, 429 or 500, as it was there to give it. Neither: what was never sent, such as
    a full quota, and a caller's deadline that was too short to tell. TLS failures are neither: no
    rest heals a certificate, nothing was sent, and callers must go on hearing of it.
    """
    if isinstance(failure, Unavailable | NoAnswer):
        return None if isinstance(failure, CircuitOpen) else False
    if failure.sent is not True:
        return None
    return True


def admit(circuit: Circuit, now: float) -> tuple[Circuit, bool]:
    """The state after a call asked to pass, and whether it may."""
    match circuit.phase:
        case Phase.CLOSED:
            return circuit, True
        case Phase.OPEN if now < circuit.until:
            return circuit, False
        case Phase.HALF_OPEN if circuit.probing:
            return circuit, False
        case Phase.HALF_OPEN:
            return replace(circuit, probing=True), True
        case _:
            half = replace(circuit, phase=Phase.HALF_OPEN, turn=circuit.turn + 1, probing=True)
            return half, True


def transition(
    circuit: Circuit,
    now: float,
    turn: int,
    good: bool | None,
    reason: ErrorCode | None,
    roll: float,
) -> Circuit:
    """The state after a call that was admitted in `turn` ended; `good` None when it told nothing.

    A probe that told nothing, as it was cancelled or cut, frees its place for the next.
    """
    if turn != circuit.turn:
        return circuit
    if circuit.phase is Phase.HALF_OPEN:
        if good is None:
            return replace(circuit, probing=False)
        return _closed(circuit) if good else _opened(circuit, now, reason, roll)
    if good is None:
        return circuit
    recent = tuple(o for o in circuit.outcomes if now - o[0] < WINDOW_SECONDS)
    counted = replace(circuit, outcomes=(*recent, (now, good))[-WINDOW:])
    return _opened(counted, now, reason, roll) if _trips(counted.outcomes) else counted


def _trips(outcomes: tuple[tuple[float, bool], ...]) -> bool:
    if len(outcomes) < IN_A_ROW or outcomes[-1][1]:
        return False
    bad = sum(not good for _, good in outcomes)
    return bad * 2 >= len(outcomes) or not any(good for _, good in outcomes[-IN_A_ROW:])


def _opened(circuit: Circuit, now: float, reason: ErrorCode | None, roll: float) -> Circuit:
    """Open for a time that doubles, of which the last fifth is left to chance."""
    full = min(_LONGEST, _FIRST * 2 ** min(circuit.openings, 10))
    return Circuit(
        phase=Phase.OPEN,
        turn=circuit.turn + 1,
        openings=circuit.openings + 1,
        until=now + full * (0.8 + 0.2 * roll),
        reason=reason,
    )


def _closed(circuit: Circuit) -> Circuit:
    return Circuit(turn=circuit.turn + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What the breaker makes of a vendor's host, for `Health` and /readyz.

    `since` is when it came to be so, None when it has been so from the start; `reason` is the code
    of the failure that opened it.
    """

    vendor: VendorName
    host: str
    slot: str
    phase: Phase
    since: datetime | None = None
    reason: ErrorCode | None = None


class Breaker:
    """Refuses calls to a host that fails, for each (host, credential slot); lets one probe pass."""

    def __init__(self, clock: Clock, roll: Callable[[], float]) -> None:
        self._clock = clock
        self._roll = roll
        self._circuits: dict[tuple[str, str], Circuit] = {}
        self._states: dict[tuple[str, str], HostState] = {}

    def states(self) -> tuple[HostState, ...]:
        """The state of each host that was called, by host and slot."""
        return tuple(self._states[key] for key in sorted(self._states))

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        turn = self._enter(call)
        if call.tap is not None and self._circuits[_place(call)].phase is Phase.HALF_OPEN:
            # A probe's head shows that the host is up: nobody waits for that until its last byte.
            call.tap.head.add_done_callback(lambda _: self._learn(call, turn, True, None))
        good: bool | None = None
        reason: ErrorCode | None = None
        try:
            reply = await proceed(call)
        except Failure as failure:
            good, reason = verdict(failure), failure.code
            raise
        else:
            good = True
            return reply
        finally:
            self._learn(call, turn, good, reason)

    def _enter(self, call: Call) -> int:
        now = self._clock.monotonic()
        before = self._circuits.get(_place(call), Circuit())
        circuit, admitted = admit(before, now)
        self._move(call, circuit)
        if not admitted:
            raise named(
                CircuitOpen(
                    "The vendor failed just now and is given time to recover.",
                    retry_after=max(0.0, circuit.until - now) or _FIRST,
                    sent=False,
                ),
                call,
            )
        return circuit.turn

    def _learn(self, call: Call, turn: int, good: bool | None, reason: ErrorCode | None) -> None:
        circuit, now = self._circuits[_place(call)], self._clock.monotonic()
        self._move(call, transition(circuit, now, turn, good, reason, self._roll()))

    def _move(self, call: Call, after: Circuit) -> None:
        origin, place = call.bound, _place(call)
        before = self._circuits.get(place)
        self._circuits[place] = after
        changed = before is not None and before.phase is not after.phase
        if before is None or changed:
            self._states[place] = HostState(
                vendor=origin.laws.vendor,
                host=place[0],
                slot=place[1],
                phase=after.phase,
                since=self._clock.now() if changed else None,
                reason=after.reason,
            )
        if changed:
            origin.observe(
                BreakerChanged(
                    **subject(call),
                    host=place[0],
                    state=after.phase.value,
                    reason=after.reason.value if after.reason else None,
                )
            )


def _place(call: Call) -> tuple[str, str]:
    return (host_of(call), call.slot)
