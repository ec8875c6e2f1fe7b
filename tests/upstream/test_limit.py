"""Quotas are kept, and nobody waits in vain for them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import (
    CredentialRefused,
    DeadlineExceeded,
    SessionExpired,
    Throttled,
)
from gateway.upstream.laws import CAUTIOUS, Rate, RateScope
from gateway.upstream.limit import Limit, Window, admit, blind_pause, start, take

# ── Pure ──────────────────────────────────────────────────────────────────────────────────────

rates = st.builds(
    Rate, st.integers(1, 300), st.sampled_from([0.5, 1.0, 5.0, 10.0, 60.0, 300.0, 3600.0])
)


@given(rate=rates, pauses=st.lists(st.floats(0, 100), min_size=1, max_size=400))
def test_no_window_ever_holds_more_than_its_quota(rate: Rate, pauses: list[float]) -> None:
    window, now, sent = Window(), 0.0, []
    for pause in pauses:
        now = start(window, rate, now + pause)
        window = take(window, rate, now)
        sent.append(now)
    for index, first in enumerate(sent):
        within = [at for at in sent[index:] if at < first + rate.seconds]
        assert len(within) <= rate.count


@given(rate=rates, ahead=st.integers(0, 50), used=st.integers(0, 50), now=st.floats(0, 100))
def test_the_start_is_foretold_for_those_in_the_queue(
    rate: Rate, ahead: int, used: int, now: float
) -> None:
    """What is said to a call with others ahead is what comes when they have gone."""
    window = Window()
    for _ in range(used):
        window = take(window, rate, start(window, rate, 0.0))
    foretold = start(window, rate, now, ahead)
    for _ in range(ahead):
        window = take(window, rate, start(window, rate, now))
    assert foretold == pytest.approx(start(window, rate, now), abs=1e-6)


@given(rate=rates)
def test_a_quota_can_be_used_almost_whole(rate: Rate) -> None:
    """In three windows of steady demand, at least 80 % of what the vendor allows is sent."""
    window, now, sent = Window(), 0.0, 0
    while (now := start(window, rate, now)) < 3 * (rate.seconds + 0.1) and sent < 1000:
        window = take(window, rate, now)
        sent += 1
    assert sent >= min(1000, 3 * rate.count * 0.8 - 2)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(-10, 1e6))
def test_a_wait_is_admitted_only_within_the_caller_s_time(
    starts: float, now: float, remaining: float
) -> None:
    wait = admit(starts, now, remaining)
    assert wait is None or wait == 0 or wait < remaining


def test_refusals_without_a_time_hold_back_longer_and_longer() -> None:
    assert [blind_pause(strikes) for strikes in (1, 2, 3, 10, 2000)] == [1, 2, 4, 60, 60]


# ── The policy ────────────────────────────────────────────────────────────────────────────────


def limited(kit: Any, *limits: Rate, concurrency: int = 5) -> Any:
    return kit.desk.of(laws=replace(kit.laws, limits=limits, concurrency=concurrency))


async def test_ten_go_at_once_and_the_eleventh_waits_for_the_window(kit: Any) -> None:
    desk, policy = limited(kit, *CAUTIOUS), Limit(kit.clock)
    for _ in range(11):
        await policy(desk.call(), kit.vendor)
    assert kit.hands.slept == pytest.approx([1.1])
    assert len(kit.vendor.calls) == 11


async def test_a_long_window_is_paced(kit: Any) -> None:
    desk, policy = limited(kit, Rate(5000, 3600.0)), Limit(kit.clock)
    for _ in range(52):
        await policy(desk.call(), kit.vendor)
    assert kit.hands.slept == pytest.approx([3600.1 / 4950] * 2)


async def test_a_call_passes_all_windows(kit: Any) -> None:
    """nango#4428 and Airbyte look at the first that matches."""
    desk = limited(kit, Rate(100, 1.0), Rate(2, 5.0))
    policy = Limit(kit.clock)
    for _ in range(3):
        await policy(desk.call(), kit.vendor)
    assert kit.hands.slept == pytest.approx([5.1])


async def test_a_rate_may_hold_for_some_operations_only(kit: Any) -> None:
    desk = limited(kit, Rate(1, 5.0, operations=frozenset({"slow"})))
    policy = Limit(kit.clock)
    for operation in ("slow", "things/get", "things/get", "slow"):
        await policy(desk.call(operation=operation), kit.vendor)
    assert kit.hands.slept == pytest.approx([5.1])


@pytest.mark.parametrize(
    ("scope", "shared"),
    [
        (RateScope.CREDENTIAL, (False, False, False)),
        (RateScope.ACCOUNT, (True, False, False)),
        (RateScope.EGRESS, (True, True, True)),
    ],
)
async def test_a_scope_says_who_shares_a_window(
    kit: Any, scope: RateScope, shared: tuple[bool, ...]
) -> None:
    desk = limited(kit, Rate(1, 5.0, scope))
    others = (
        desk.call(slot="token", seconds=1),
        desk.of(account=kit.account(id=8)).call(seconds=1),
        desk.of(account=kit.account(agency=2)).call(seconds=1),
    )
    for other, refused in zip(others, shared, strict=True):
        policy = Limit(kit.clock)
        await policy(desk.call(), kit.vendor)
        if refused:
            with pytest.raises(Throttled):
                await policy(other, kit.vendor)
        else:
            await policy(other, kit.vendor)


async def test_who_would_wait_too_long_is_told_at_once_when_to_come(kit: Any) -> None:
    desk, policy = limited(kit, Rate(1, 5.0)), Limit(kit.clock)
    await policy(desk.call(), kit.vendor)
    with pytest.raises(Throttled) as caught:
        await policy(desk.call(seconds=2), kit.vendor)
    assert caught.value.retry_after == pytest.approx(5.1)
    assert caught.value.sent is False
    assert (caught.value.vendor, caught.value.account) == (kit.laws.vendor, 7)
    assert kit.hands.slept == []
    assert len(kit.vendor.calls) == 1


async def test_those_ahead_in_the_queue_are_counted_in(kit: Any) -> None:
    desk, policy = limited(kit, Rate(1, 1.0), concurrency=1), Limit(kit.clock)
    kit.vendor.wait = 0.01
    tasks = [asyncio.ensure_future(policy(desk.call(), kit.vendor)) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(Throttled):
        await policy(desk.call(seconds=2), kit.vendor)
    await asyncio.gather(*tasks)


async def test_so_many_are_under_way_at_once_and_no_more(kit: Any) -> None:
    desk, policy = limited(kit, concurrency=5), Limit(kit.clock)
    kit.vendor.wait = 0.005
    await asyncio.gather(*(policy(desk.call(), kit.vendor) for _ in range(20)))
    assert kit.vendor.most_at_once == 5


async def test_first_come_first_served(kit: Any) -> None:
    desk, policy = limited(kit, Rate(2, 1.0), concurrency=2), Limit(kit.clock)
    calls = [desk.call(path=f"/{number}") for number in range(8)]
    await asyncio.gather(*(policy(call, kit.vendor) for call in calls))
    assert [call.path for call in kit.vendor.calls] == [call.path for call in calls]


async def test_who_leaves_the_queue_takes_nothing_along(kit: Any) -> None:
    desk, policy = limited(kit, Rate(2, 1.0), concurrency=1), Limit(kit.clock)
    kit.vendor.wait = 0.01
    tasks = [asyncio.ensure_future(policy(desk.call(), kit.vendor)) for _ in range(6)]
    await asyncio.sleep(0.002)
    for task in tasks[:5]:
        task.cancel()
    await asyncio.gather(*tasks[:5], return_exceptions=True)
    assert (await tasks[5]).status == 200
    assert (await policy(desk.call(), kit.vendor)).status == 200


async def test_who_waits_its_turn_behind_a_vendor_that_hangs_is_late_not_over_quota(
    real_kit: Any,
) -> None:
    desk, policy = limited(real_kit, concurrency=1), Limit(real_kit.clock)
    real_kit.vendor.wait = 0.3
    first = asyncio.ensure_future(policy(desk.call(), real_kit.vendor))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceeded) as caught:
        await policy(desk.call(seconds=0.05), real_kit.vendor)
    assert caught.value.sent is False
    assert (await first).status == 200
    assert len(real_kit.vendor.calls) == 1


async def test_a_refusal_holds_back_that_credential_and_nobody_else(kit: Any) -> None:
    """Lunar replayed client A's 429 to client B; the same bucket under another URL is held."""
    policy = Limit(kit.clock)
    kit.vendor.script = [Throttled("Wait.", retry_after=60)]
    with pytest.raises(Throttled):
        await policy(kit.desk.call(), kit.vendor)
    with pytest.raises(Throttled) as caught:
        await policy(kit.desk.call(path="/other"), kit.vendor)
    assert caught.value.retry_after == pytest.approx(60)
    assert len(kit.vendor.calls) == 1
    await policy(kit.desk.of(account=kit.account(agency=2)).call(), kit.vendor)
    kit.hands.advance(60)
    await policy(kit.desk.call(), kit.vendor)


async def test_an_empty_quota_in_a_good_reply_holds_back_too(kit: Any) -> None:
    policy = Limit(kit.clock)
    headers = [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "30")]
    kit.vendor.script = [kit.reply(200, b"{}", headers)]
    await policy(kit.desk.call(), kit.vendor)
    with pytest.raises(Throttled) as caught:
        await policy(kit.desk.call(), kit.vendor)
    assert caught.value.retry_after == pytest.approx(30)


async def test_a_vendor_s_generosity_never_speeds_us_up(kit: Any) -> None:
    """Peers page: remaining rises while our own limit is lower: keep ours."""
    desk, policy = limited(kit, Rate(1, 5.0)), Limit(kit.clock)
    kit.vendor.script = [kit.reply(200, b"{}", [("X-RateLimit-Remaining", "10000")])]
    await policy(desk.call(), kit.vendor)
    with pytest.raises(Throttled):
        await policy(desk.call(seconds=1), kit.vendor)


async def test_without_a_limit_there_is_never_a_limit_error(kit: Any) -> None:
    """Hive's router, PR#9034."""
    policy = Limit(kit.clock)
    for _ in range(1000):
        await policy(kit.desk.call(seconds=0.1), kit.vendor)
    assert len(kit.vendor.calls) == 1000


async def test_when_the_key_is_refused_those_in_the_queue_are_not_sent(kit: Any) -> None:
    """Fault matrix, row 20: no hammering with a key that was rolled."""
    desk, policy = limited(kit, concurrency=2), Limit(kit.clock)
    kit.vendor.wait = 0.005
    kit.vendor.script = [CredentialRefused("No.") for _ in range(20)]
    tasks = [asyncio.ensure_future(policy(desk.call(), kit.vendor)) for _ in range(20)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {CredentialRefused}
    assert len(kit.vendor.calls) == 2
    assert sum(outcome.sent is False for outcome in outcomes) == 18


async def test_an_ended_session_does_not_send_the_queue_home(kit: Any) -> None:
    desk, policy = limited(kit, concurrency=1), Limit(kit.clock)
    kit.vendor.script = [SessionExpired("Ended.")]
    tasks = [asyncio.ensure_future(policy(desk.call(), kit.vendor)) for _ in range(3)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes] == ["SessionExpired", "Reply", "Reply"]
