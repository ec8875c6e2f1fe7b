"""Whatever a vendor does wrong is a Failure that names the vendor and holds no secret."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from gateway.domain.failures import DeadlineExceeded, Failure, Unavailable
from gateway.domain.model import Seen

if TYPE_CHECKING:
    from conftest import Scene

FAULTS: dict[str, dict[str, Any]] = {
    "503": {"fault": "status", "code": 503, "body": "Service Unavailable"},
    "500 html": {"fault": "status", "code": 500, "body": "<!doctype html><p>Oops"},
    "403 html": {"fault": "status", "code": 403, "body": "<!doctype html><p>Blocked"},
    "429": {"fault": "status", "code": 429, "headers": {"Retry-After": "1"}},
    "empty": {"fault": "status", "code": 200, "body": ""},
    "null": {"fault": "status", "code": 200, "body": None},
    "list": {"fault": "status", "code": 200, "body": [1, "x", None]},
    "html": {"fault": "html"},
    "malformed": {"fault": "malformed"},
    "truncated": {"fault": "truncate", "bytes": 20},
    "reset": {"fault": "reset", "after_bytes": 0},
    "reset midway": {"fault": "reset", "after_bytes": 20},
    "redirect": {"fault": "redirect", "location": "http://127.0.0.1:1/elsewhere"},
    "bomb": {"fault": "bomb", "encoding": "gzip", "bytes": 16 * 2**20},
    "unknown encoding": {"fault": "bomb", "encoding": "zstd", "bytes": 2**20},
    "not what it says": {"fault": "headers", "set": {"Content-Encoding": "gzip"}},
}

HUNG: dict[str, dict[str, Any]] = {
    "hang": {"fault": "hang"},
    "drip": {"fault": "drip", "bytes_per_second": 1},
    "late": {"fault": "latency", "ms": 60_000},
}


def assert_failed_well(scene: Scene, name: str, outcomes: dict[Any, Any]) -> None:
    """Every key has a failure of this vendor (or is not there) that tells no secret."""
    assert outcomes, name
    for outcome in outcomes.values():
        assert isinstance(outcome, Failure), (name, outcome)
        assert outcome.vendor is scene.name, name
        assert scene.hides_secrets_from(outcome, outcome.args, vars(outcome), *_chain(outcome))


def _chain(failure: BaseException) -> list[BaseException]:
    """What a traceback of the failure would show besides itself."""
    found: list[BaseException] = []
    shown = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    while shown is not None and shown not in found:
        found.append(shown)
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    return found


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_spoilt_answer_is_a_failure_before_and_after_signing_in(
    bare: Scene, fault: str
) -> None:
    reads = await bare.reads(bare.first())
    for name, read in reads.items():
        outcomes = dict(await read())
        known = [key for key, outcome in outcomes.items() if outcome is not None] or read.keys
        await bare.arm(FAULTS[fault])
        assert_failed_well(bare, name, dict(await read.ask(known[:2])))
        await bare.arm()
    assert bare.hides_secrets_from(*bare.events)


@pytest.mark.parametrize("fault", ["503", "reset", "malformed", "html"])
async def test_a_failing_login_fails_each_read_and_not_the_process(bare: Scene, fault: str) -> None:
    """Nothing is signed in yet: the fault strikes the first call, whatever that is."""
    reads = await bare.reads(bare.first("Harbour"))
    other = bare.first("Meadow")
    await bare.arm(FAULTS[fault])
    operations = bare.operations(other)
    shown = await operations.verify()
    assert shown
    for one in shown:
        assert one.failure is not None
        assert one.failure.vendor is bare.name
        assert bare.hides_secrets_from(one, one.failure)
    assert reads


@pytest.mark.parametrize("fault", HUNG)
async def test_a_vendor_that_takes_too_long_is_cut_at_the_deadline(bare: Scene, fault: str) -> None:
    reads = await bare.reads(bare.first(), seconds=8)
    await bare.arm(HUNG[fault])
    operations = bare.operations(bare.first(), seconds=0.4)
    began = monotonic()
    asked = {name: getattr(operations, name)(read.keys[:2]) for name, read in reads.items()}
    answers = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    assert monotonic() - began < 2
    for name, outcomes in answers.items():
        assert_failed_well(bare, name, outcomes)
        for outcome in outcomes.values():
            assert isinstance(outcome, DeadlineExceeded | Unavailable), name


async def test_whoever_asks_may_leave_at_any_time(scene: Scene) -> None:
    """Cancelling ends the wait at once, leaves no task behind, and the next one is served."""
    account = scene.first()
    await scene.arm(HUNG["hang"])
    waiting = asyncio.ensure_future(scene.operations(account).verify())
    while not await scene.control("GET", "calls"):
        assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await scene.stack.close()
    assert [task for task in asyncio.all_tasks() if "gateway/upstream" in _file(task)] == []
    await scene.arm()
    shown = await scene.operations(account).verify()
    assert [one.failure for one in shown] == [None] * len(shown)


def _file(task: asyncio.Task[Any]) -> str:
    """Where the code of a task is written."""
    code = getattr(task.get_coro(), "cr_code", None)
    return "" if code is None else str(code.co_filename)


async def test_behind_the_whole_stack_a_failing_vendor_leaves_what_was_known(scene: Scene) -> None:
    reads = await scene.reads(scene.first())
    before = {name: dict(await read()) for name, read in reads.items()}
    await scene.arm(FAULTS["503"])
    for name, read in reads.items():
        for key, outcome in (await read()).items():
            known = before[name][key]
            if isinstance(outcome, Failure):
                assert name != "get_clients"
                assert outcome.vendor is scene.name
                assert scene.hides_secrets_from(outcome)
            else:
                assert isinstance(outcome, Seen)
                assert isinstance(known, Seen)
                assert outcome.value == known.value
