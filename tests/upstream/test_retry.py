"""What is tried again, when, and how often."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import RetryScheduled
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
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
from gateway.upstream.retry import REPEATS, Budget, Retry, may_repeat, next_delay

seconds = st.floats(0, 1e4)


@given(
    repeats=st.integers(0, 5),
    retry_after=st.none() | st.floats(-10, 1e4),
    remaining=st.floats(-10, 1e4),
    roll=st.floats(0, 1, exclude_max=True),
)
def test_a_delay_honours_the_vendor_the_caller_and_the_bound(
    repeats: int, retry_after: float | None, remaining: float, roll: float
) -> None:
    delay = next_delay(repeats, retry_after, remaining, roll)
    if delay is None:
        return
    assert repeats < REPEATS
    assert max(0.0, retry_after or 0.0) <= delay < remaining
    assert delay - max(0.0, retry_after or 0.0) <= 2.0


@given(calls=st.integers(0, 2000))
def test_repeats_add_a_tenth_to_the_load_at_most(calls: int) -> None:
    """All calls fail at once: the floor of three, and one in ten."""
    budget, repeats = Budget(at=5.0), 0
    for _ in range(calls):
        budget = budget.earn()
        while (left := budget.spend(5.0)) is not None:
            budget, repeats = left, repeats + 1
    assert repeats <= 3 + calls / 10 + 1


@given(steps=st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=100))
def test_a_budget_never_exceeds_its_bounds(steps: list[tuple[bool, float]]) -> None:
    now, budget = 0.0, Budget()
    for spends, passed in steps:
        now += passed
        budget = (budget.spend(now) or budget) if spends else budget.earn()
        assert 0 <= budget.saved <= 10


def test_a_host_that_is_seldom_called_gets_a_little_back() -> None:
    spent = Budget(saved=0.5, at=0.0)
    assert spent.spend(1.0) is None
    assert spent.spend(10.0) is not None


@pytest.mark.parametrize(
    ("failure", "read", "write"),
    [
        (Unavailable("."), True, False),
        (Unavailable(".", sent=True), True, False),
        (Unavailable(".", sent=False), True, True),
        (VendorError("."), True, False),
        (Throttled(".", retry_after=1), True, False),
        (Throttled("."), False, False),
        (CircuitOpen(".", retry_after=1, sent=False), False, False),
        (CredentialRefused("."), False, False),
        (NotFound("."), False, False),
        (BadInput("."), False, False),
        (CapabilityMissing("."), False, False),
        (DeadlineExceeded(".", sent=False), False, False),
        (TlsFailure(".", sent=False), False, False),
        (Malformed("."), False, False),
    ],
)
def test_only_what_is_safe_and_could_help_is_repeated(
    kit: Any, failure: Failure, read: bool, write: bool
) -> None:
    assert may_repeat(kit.desk.call(safe=True), failure) is read
    assert may_repeat(kit.desk.call(safe=False), failure) is write


async def test_a_read_is_tried_three_times_with_growing_pauses(kit: Any) -> None:
    kit.vendor.script = [Unavailable("Down.") for _ in range(3)]
    with pytest.raises(Unavailable):
        await Retry(kit.clock, lambda: 0.5)(kit.desk.call(), kit.vendor)
    assert len(kit.vendor.calls) == 3
    assert kit.hands.slept == [0.05, 0.1]
    events = kit.desk.told(RetryScheduled)
    assert [event.attempt for event in events] == [1, 2]
    assert {event.failure for event in events} == {ErrorCode.VENDOR_UNAVAILABLE}


async def test_a_write_that_may_have_arrived_is_never_tried_again(kit: Any) -> None:
    """Hive's router repeats mutations by default (router#2154)."""
    kit.vendor.script = [Unavailable("Reset.")]
    with pytest.raises(Unavailable):
        await Retry(kit.clock, lambda: 0.5)(kit.desk.call(safe=False), kit.vendor)
    assert len(kit.vendor.calls) == 1


async def test_the_vendor_is_given_the_time_that_it_asks_for(kit: Any) -> None:
    kit.vendor.script = [Throttled("Wait.", retry_after=4.0)]
    await Retry(kit.clock, lambda: 0.5)(kit.desk.call(seconds=10), kit.vendor)
    assert kit.hands.slept == [4.05]


async def test_a_wait_that_the_caller_has_no_time_for_is_not_begun(kit: Any) -> None:
    kit.vendor.script = [Throttled("Wait.", retry_after=60.0)]
    with pytest.raises(Throttled):
        await Retry(kit.clock, lambda: 0.5)(kit.desk.call(seconds=10), kit.vendor)
    assert kit.hands.slept == []


async def test_a_vendor_that_fails_everywhere_is_not_stormed(kit: Any) -> None:
    """Fault matrix, row 6: at most 1.1 times the load, and the floor of three."""
    policy = Retry(kit.clock, lambda: 0.0)
    kit.vendor.script = [Unavailable("Down.") for _ in range(1000)]
    for _ in range(200):
        with pytest.raises(Unavailable):
            await policy(kit.desk.call(), kit.vendor)
    assert len(kit.vendor.calls) <= 200 * 1.1 + 4


async def test_each_host_has_a_budget_of_its_own(kit: Any) -> None:
    policy = Retry(kit.clock, lambda: 0.0)
    kit.vendor.script = [Unavailable("Down.") for _ in range(103)]
    for _ in range(100):
        with pytest.raises(Unavailable):
            await policy(kit.desk.call(), kit.vendor)
        if len(kit.vendor.script) < 3:
            break
    before = len(kit.vendor.calls)
    other = kit.desk.of(laws=replace(kit.laws, hosts={"api": "https://other.example.com"}))
    kit.vendor.script = [Unavailable("Down.")]
    assert (await policy(other.call(), kit.vendor)).status == 200
    assert len(kit.vendor.calls) == before + 2
