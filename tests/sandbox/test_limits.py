"""The five ways to count, as laws that hold for every history of calls."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.limits import Algorithm, Gate, Limit, Scope, State, admit, release

WINDOW = 10.0
TIMED = [one for one in Algorithm if one is not Algorithm.CONCURRENCY]

gaps = st.lists(st.floats(0, 15, allow_nan=False), min_size=1, max_size=60)
counts = st.integers(1, 25)


def moments(gaps: list[float]) -> list[float]:
    """Moments that never run backwards, from gaps between them."""
    now, told = 1_000.0, []
    for gap in gaps:
        now += gap
        told.append(now)
    return told


def admitted(limit: Limit, times: list[float]) -> list[float]:
    """The moments whose calls pass."""
    state: State = ()
    passed = []
    for now in times:
        state, verdict = admit(limit, state, now)
        if verdict.admitted:
            passed.append(now)
    return passed


@given(gaps, counts)
def test_a_fixed_window_never_admits_more_than_its_count(gaps: list[float], count: int) -> None:
    limit = Limit(algorithm=Algorithm.FIXED, count=count, window_seconds=WINDOW)
    windows = [now // WINDOW for now in admitted(limit, moments(gaps))]
    assert all(windows.count(window) <= count for window in windows)


@given(gaps, counts)
def test_a_sliding_window_never_admits_more_than_its_count_in_any_stretch(
    gaps: list[float], count: int
) -> None:
    limit = Limit(algorithm=Algorithm.SLIDING, count=count, window_seconds=WINDOW)
    passed = admitted(limit, moments(gaps))
    for start in passed:
        assert sum(start <= now and now < start + WINDOW for now in passed) <= count


@given(gaps, counts)
def test_a_bucket_never_gives_more_than_it_holds_and_what_is_poured_in(
    gaps: list[float], count: int
) -> None:
    limit = Limit(algorithm=Algorithm.BUCKET, count=count, window_seconds=WINDOW)
    passed = admitted(limit, moments(gaps))
    for n, start in enumerate(passed):
        for m, end in enumerate(passed[n:], start=1):
            assert m <= count + (end - start) * count / WINDOW + 1e-6


@given(gaps, counts)
def test_gcra_keeps_its_pace_but_for_a_tenth(gaps: list[float], count: int) -> None:
    limit = Limit(algorithm=Algorithm.GCRA, count=count, window_seconds=WINDOW)
    passed = admitted(limit, moments(gaps))
    for n, start in enumerate(passed):
        for m, end in enumerate(passed[n:], start=1):
            assert m <= max(1, count // 10) + (end - start) * count / WINDOW + 1e-6


@given(st.sampled_from(TIMED), gaps, counts)
def test_whoever_obeys_the_wait_passes(algorithm: Algorithm, gaps: list[float], count: int) -> None:
    limit = Limit(algorithm=algorithm, count=count, window_seconds=WINDOW)
    state: State = ()
    for now in moments(gaps):
        state, verdict = admit(limit, state, now)
        assert verdict.wait >= 0
        if verdict.remaining == 0:
            assert admit(limit, state, now + verdict.wait + 1e-6)[1].admitted


@given(st.sampled_from(list(Algorithm)), gaps, counts)
def test_exactly_as_many_pass_at_once_as_remain(
    algorithm: Algorithm, gaps: list[float], count: int
) -> None:
    limit = Limit(algorithm=algorithm, count=count, window_seconds=WINDOW)
    state: State = ()
    now = 1_000.0
    for now in moments(gaps):
        state, verdict = admit(limit, state, now)
    for left in range(verdict.remaining, 0, -1):
        state, verdict = admit(limit, state, now)
        assert verdict.admitted
        assert verdict.remaining == left - 1
    assert not admit(limit, state, now)[1].admitted


@given(st.sampled_from(list(Algorithm)), gaps, counts)
def test_a_refused_call_costs_nothing(algorithm: Algorithm, gaps: list[float], count: int) -> None:
    limit = Limit(algorithm=algorithm, count=count, window_seconds=WINDOW)
    state: State = ()
    for now in moments(gaps):
        state, verdict = admit(limit, state, now)
        if not verdict.admitted:
            again, second = admit(limit, state, now)
            assert second == verdict
            assert admit(limit, again, now + WINDOW)[1].admitted or (
                algorithm is Algorithm.CONCURRENCY
            )


@given(st.lists(st.booleans(), max_size=60), counts)
def test_concurrency_counts_what_is_under_way(steps: list[bool], count: int) -> None:
    limit = Limit(algorithm=Algorithm.CONCURRENCY, count=count)
    state: State = ()
    running = 0
    for begins in steps:
        if begins:
            state, verdict = admit(limit, state, 0.0)
            assert verdict.admitted is (running < count)
            running += verdict.admitted
        elif running:
            state = release(limit, state)
            running -= 1
        assert state in ((), (float(running),))


def gate(*limits: dict[str, Any]) -> Gate:
    return Gate(tuple(Limit(**limit) for limit in limits))


def keys(credential: str, account: str = "acme", egress: str = "127.0.0.1") -> dict[Scope, str]:
    return {Scope.CREDENTIAL: credential, Scope.ACCOUNT: account, Scope.EGRESS: egress}


def passes(gate: Gate, keys: dict[Scope, str], now: float = 0.0) -> bool:
    return all(verdict.admitted for _, verdict in gate.admit(keys, now))


def test_each_scope_counts_by_its_own_key() -> None:
    one = {"algorithm": Algorithm.FIXED, "count": 1}
    by_credential = gate({**one, "scope": Scope.CREDENTIAL})
    assert passes(by_credential, keys("a"))
    assert passes(by_credential, keys("b"))
    assert not passes(by_credential, keys("a"))
    by_account = gate({**one, "scope": Scope.ACCOUNT})
    assert passes(by_account, keys("a"))
    assert not passes(by_account, keys("b"))
    assert passes(by_account, keys("c", account="other"))
    by_egress = gate({**one, "scope": Scope.EGRESS})
    assert passes(by_egress, keys("a"))
    assert not passes(by_egress, keys("c", account="other"))


def test_a_call_that_one_limit_refuses_is_counted_by_none() -> None:
    both = gate(
        {"algorithm": Algorithm.FIXED, "count": 2, "window_seconds": 3600},
        {"algorithm": Algorithm.FIXED, "count": 1, "window_seconds": 1},
    )
    assert passes(both, keys("a"), now=0.0)
    assert not passes(both, keys("a"), now=0.5)
    assert passes(both, keys("a"), now=1.5)
    assert not passes(both, keys("a"), now=2.5)


def test_a_place_is_free_again_once_its_call_has_ended() -> None:
    narrow = gate({"algorithm": Algorithm.CONCURRENCY, "count": 1})
    assert passes(narrow, keys("a"))
    assert not passes(narrow, keys("a"))
    narrow.release(keys("a"))
    assert passes(narrow, keys("a"))


@pytest.mark.parametrize("algorithm", TIMED)
def test_time_that_runs_backwards_hurts_nobody(algorithm: Algorithm) -> None:
    limit = Limit(algorithm=algorithm, count=2, window_seconds=WINDOW)
    state, _ = admit(limit, (), 5_000.0)
    _, verdict = admit(limit, state, 1_000.0)
    assert 0 <= verdict.remaining <= 2
    assert verdict.wait >= 0
