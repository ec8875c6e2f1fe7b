"""What is told of a call, and that nothing outlives its caller."""

import asyncio
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.clock import Deadline
from gateway.domain.events import CallFinished
from gateway.domain.failures import DeadlineExceeded, ErrorCode, NotFound
from gateway.upstream.deadline import CutAtDeadline, soften
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.observe import Observe


async def test_an_answer_is_told_with_its_time_and_source(kit: Any) -> None:
    async def slow(call: Call) -> Reply:
        kit.hands.advance(0.25)
        answer: Reply = kit.reply(200)
        return answer

    await Observe(kit.clock)(kit.desk.call(), slow)
    (event,) = kit.desk.told(CallFinished)
    assert (event.source, event.stale, event.failure) == ("LIVE", False, None)
    assert event.seconds == pytest.approx(0.25)
    assert (event.agency, event.account, event.operation) == (1, 7, "things/get")
    assert event.credential == 71


async def test_a_failure_is_told_by_its_code(kit: Any) -> None:
    kit.vendor.script = [NotFound("No.")]
    with pytest.raises(NotFound):
        await Observe(kit.clock)(kit.desk.call(), kit.vendor)
    (event,) = kit.desk.told(CallFinished)
    assert (event.source, event.failure) == ("", ErrorCode.NOT_FOUND)


async def test_a_fault_of_ours_is_told_as_internal(kit: Any) -> None:
    async def faulty(call: Call) -> Reply:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Observe(kit.clock)(kit.desk.call(), faulty)
    assert [event.failure for event in kit.desk.told(CallFinished)] == [ErrorCode.INTERNAL]


async def test_a_cancelled_call_is_neither_answered_nor_failed(kit: Any) -> None:
    kit.vendor.wait = 10
    task = asyncio.ensure_future(Observe(kit.clock)(kit.desk.call(), kit.vendor))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (event,) = kit.desk.told(CallFinished)
    assert (event.source, event.failure) == ("", None)


async def test_a_call_that_is_late_already_is_not_made(kit: Any) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        await CutAtDeadline(kit.clock)(kit.desk.call(seconds=0), kit.vendor)
    assert caught.value.sent is False
    assert (caught.value.vendor, caught.value.account) == (kit.laws.vendor, 7)
    assert kit.vendor.calls == []


async def test_a_call_is_cut_when_the_time_is_up(real_kit: Any) -> None:
    real_kit.vendor.wait = 5
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await CutAtDeadline(real_kit.clock)(real_kit.desk.call(seconds=0.05), real_kit.vendor)
    assert time.monotonic() - started < 2.0


async def test_a_timeout_of_someone_else_is_not_taken_for_the_deadline(kit: Any) -> None:
    async def faulty(call: Call) -> Reply:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await CutAtDeadline(kit.clock)(kit.desk.call(), faulty)


@given(now=st.floats(0, 1e6), left=st.floats(0.001, 600))
def test_what_is_below_ends_a_little_earlier(now: float, left: float) -> None:
    softer = soften(Deadline(now + left), now)
    assert now < softer.at < now + left + 1e-9
    assert now + left - softer.at <= 0.1 + 1e-6
