"""When a host is left alone, for how long, and how it is tried again."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import BreakerChanged
from gateway.domain.failures import (
    CircuitOpen,
    CredentialRefused,
    DeadlineExceeded,
    ErrorCode,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    TlsFailure,
    Unavailable,
    VendorError,
)
from gateway.upstream.breaker import Breaker, Circuit, Phase, admit, transition, verdict
from gateway.upstream.deadline import NoAnswer


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Unavailable(".", sent=False), False),
        (Unavailable(".", sent=True), False),
        (NoAnswer(".", sent=None), False),
        (CircuitOpen(".", sent=False), None),
        (DeadlineExceeded(".", sent=None), None),
        (TlsFailure(".", sent=False), None),
        (Throttled("Ours.", sent=False), None),
        (Throttled("Theirs.", sent=True), True),
        (NotFound(".", sent=True), True),
        (VendorError(".", sent=True), True),
        (Malformed(".", sent=True), True),
        (CredentialRefused(".", sent=True), True),
    ],
)
def test_only_being_out_of_reach_counts_against_a_vendor(
    failure: Failure, expected: bool | None
) -> None:
    assert verdict(failure) is expected


outcomes = st.lists(
    st.tuples(st.sampled_from([True, False, None]), st.floats(0, 10), st.floats(0, 1)), max_size=80
)


@given(outcomes)
def test_a_breaker_follows_its_rules_whatever_happens(
    steps: list[tuple[bool | None, float, float]],
) -> None:
    circuit, now, recent = Circuit(), 0.0, []
    for good, passed, roll in steps:
        now += passed
        before = circuit
        circuit, admitted = admit(circuit, now)
        if before.phase is Phase.OPEN:
            assert admitted is (now >= before.until)
        if not admitted:
            continue
        entered = circuit
        circuit = transition(circuit, now, entered.turn, good, ErrorCode.VENDOR_UNAVAILABLE, roll)
        if entered.phase is Phase.HALF_OPEN:
            expected = {None: Phase.HALF_OPEN, True: Phase.CLOSED, False: Phase.OPEN}[good]
            assert circuit.phase is expected
            assert not circuit.probing
            recent = []
        elif circuit.phase is Phase.OPEN:
            recent.append(good)
            assert len([outcome for outcome in recent if outcome is not None]) >= 5
            assert recent[-1] is False
        else:
            recent.append(good)
        if circuit.phase is Phase.OPEN:
            assert 0.99 <= circuit.until - now <= 5.0
            recent = []


def fail(circuit: Circuit, times: int, now: float = 0.0) -> Circuit:
    for _ in range(times):
        circuit = transition(circuit, now, circuit.turn, False, ErrorCode.VENDOR_UNAVAILABLE, 0.5)
    return circuit


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    assert fail(Circuit(), 4).phase is Phase.CLOSED
    assert fail(Circuit(), 5).phase is Phase.OPEN


def test_half_of_the_calls_failing_opens_it() -> None:
    circuit = Circuit()
    for good in (True, False, True, False, True, False):
        assert circuit.phase is Phase.CLOSED
        circuit = transition(circuit, 0.0, circuit.turn, good, None, 0.5)
    assert circuit.phase is Phase.OPEN


def test_what_was_asked_before_it_opened_has_no_say_in_the_probe() -> None:
    opened = fail(Circuit(), 5)
    half, admitted = admit(opened, 10.0)
    assert admitted
    assert transition(half, 10.0, 0, True, None, 0.5) is half
    assert transition(half, 10.0, 0, False, None, 0.5) is half


def test_the_rest_doubles_up_to_five_seconds() -> None:
    circuit, now, rests = fail(Circuit(), 5), 0.0, []
    for _ in range(5):
        rests.append(circuit.until - now)
        now = circuit.until
        circuit, _ = admit(circuit, now)
        circuit = fail(circuit, 1, now)
    assert rests == pytest.approx([1.125, 2.25, 4.5, 4.5, 4.5])
    weeks_later = fail(admit(replace(circuit, openings=100_000), now + 10)[0], 1, now + 10)
    assert weeks_later.until == pytest.approx(now + 14.5)


async def open_it(kit: Any, policy: Breaker) -> None:
    kit.vendor.script = [Unavailable("Down.", sent=True) for _ in range(5)]
    for _ in range(5):
        with pytest.raises(Unavailable):
            await policy(kit.desk.call(), kit.vendor)


async def test_an_open_breaker_refuses_at_once_and_says_when_to_come_again(kit: Any) -> None:
    policy = Breaker(kit.clock, lambda: 0.5)
    await open_it(kit, policy)
    with pytest.raises(CircuitOpen) as caught:
        await policy(kit.desk.call(), kit.vendor)
    assert len(kit.vendor.calls) == 5
    assert caught.value.retry_after == pytest.approx(1.125)
    assert caught.value.sent is False
    assert (caught.value.vendor, caught.value.account) == (kit.laws.vendor, 7)


async def test_one_probe_passes_and_when_it_is_well_all_do(kit: Any) -> None:
    policy = Breaker(kit.clock, lambda: 0.5)
    await open_it(kit, policy)
    kit.hands.advance(2)
    kit.vendor.wait = 0.01
    probe = asyncio.create_task(asyncio.wait_for(policy(kit.desk.call(), kit.vendor), 5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await policy(kit.desk.call(), kit.vendor)
    assert (await probe).status == 200
    assert (await policy(kit.desk.call(), kit.vendor)).status == 200
    states = [event.state for event in kit.desk.told(BreakerChanged)]
    assert states == ["OPEN", "HALF_OPEN", "CLOSED"]


@pytest.mark.parametrize("end", ["cancelled", "throttled", "cut"])
async def test_a_probe_that_tells_nothing_frees_its_place(kit: Any, end: str) -> None:
    policy = Breaker(kit.clock, lambda: 0.5)
    await open_it(kit, policy)
    kit.hands.advance(2)
    if end == "cancelled":
        kit.vendor.wait = 10
        probe = asyncio.ensure_future(policy(kit.desk.call(), kit.vendor))
        await asyncio.sleep(0)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        kit.vendor.wait = 0
    else:
        kind = {"throttled": Throttled, "cut": DeadlineExceeded}[end]
        kit.vendor.script = [kind("Nothing learned.", sent=False)]
        with pytest.raises(kind):
            await policy(kit.desk.call(), kit.vendor)
    assert (await policy(kit.desk.call(), kit.vendor)).status == 200


async def test_slots_and_hosts_have_breakers_of_their_own(kit: Any) -> None:
    policy = Breaker(kit.clock, lambda: 0.5)
    await open_it(kit, policy)
    assert (await policy(kit.desk.call(slot="token"), kit.vendor)).status == 200
    assert (await policy(kit.desk.call(host="api", path="/x", slot="token"), kit.vendor)).status


async def test_not_found_never_opens_it(kit: Any) -> None:
    """Peers page: fast 503s open the breaker, 404s do not."""
    policy = Breaker(kit.clock, lambda: 0.5)
    kit.vendor.script = [NotFound("No.", sent=True) for _ in range(20)]
    for _ in range(20):
        with pytest.raises(NotFound):
            await policy(kit.desk.call(), kit.vendor)
    assert (await policy(kit.desk.call(), kit.vendor)).status == 200


async def test_hasty_callers_cannot_open_it_for_others(kit: Any) -> None:
    """The breaker is shared by all tenants; one who asks with 10 ms left proves nothing."""
    policy = Breaker(kit.clock, lambda: 0.5)
    kit.vendor.script = [DeadlineExceeded("Short.", sent=None) for _ in range(20)]
    for _ in range(20):
        with pytest.raises(DeadlineExceeded):
            await policy(kit.desk.call(), kit.vendor)
    assert (await policy(kit.desk.call(), kit.vendor)).status == 200


async def test_the_states_can_be_read_without_asking_anyone(kit: Any) -> None:
    policy = Breaker(kit.clock, lambda: 0.5)
    assert policy.states() == ()
    await policy(kit.desk.call(slot="token"), kit.vendor)
    await open_it(kit, policy)
    key, token = policy.states()
    assert (key.host, key.slot, key.phase) == ("api.example.com", "key", Phase.OPEN)
    assert key.reason is ErrorCode.VENDOR_UNAVAILABLE
    assert key.since == kit.clock.now()
    assert (token.slot, token.phase, token.since) == ("token", Phase.CLOSED, None)
