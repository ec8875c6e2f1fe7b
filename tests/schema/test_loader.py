"""Loads are batched and shared within a request, and nobody's cancellation is shared with them."""

import asyncio
from typing import Any

import pytest
from graphql import ExecutionResult, build_schema, execute, parse

from gateway.domain.failures import DeadlineExceeded, NotFound, StorageUnavailable
from gateway.schema.loader import Loader, Running, cancel


class Reads:
    """A batch read that can be held up, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gate = asyncio.Event()
        self.cancelled = 0
        self.failure: Exception | None = None

    async def __call__(self, keys: list[int]) -> list[str | BaseException]:
        self.asked.append(keys)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        return [NotFound(f"No {key}.") if key < 0 else f"value {key}" for key in keys]


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def running() -> Running:
    return set()


@pytest.fixture
def loader(reads: Reads, running: Running) -> Loader[int, str]:
    return Loader(reads, running)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_asked_for_in_one_tick_is_one_read(
    loader: Loader[int, str], reads: Reads, running: Running
) -> None:
    reads.gate.set()
    found = await asyncio.gather(*(loader.load(key) for key in (1, 2, 1, 3)))
    assert found == ["value 1", "value 2", "value 1", "value 3"]
    assert await loader.load(2) == "value 2"
    assert reads.asked == [[1, 2, 3]]
    assert running == set()


async def test_a_key_of_ones_own_tells_loads_apart(reads: Reads, running: Running) -> None:
    reads.gate.set()
    loader: Loader[int, str] = Loader(reads, running, lambda key: key % 10)
    await asyncio.gather(loader.load(1), loader.load(11))
    assert reads.asked == [[1]]


async def test_each_key_has_its_own_outcome(loader: Loader[int, str], reads: Reads) -> None:
    reads.gate.set()
    good, bad = await asyncio.gather(loader.load(1), loader.load(-1), return_exceptions=True)
    assert good == "value 1"
    assert isinstance(bad, NotFound)


async def test_a_read_that_fails_fails_all_its_keys(loader: Loader[int, str], reads: Reads) -> None:
    reads.gate.set()
    reads.failure = StorageUnavailable("Down.")
    found = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert found == [reads.failure, reads.failure]


async def test_one_who_leaves_takes_the_answer_from_nobody(
    loader: Loader[int, str], reads: Reads
) -> None:
    async def wait() -> str:
        return await loader.load(1)

    leaving, staying = asyncio.ensure_future(wait()), asyncio.ensure_future(wait())
    await settled()
    leaving.cancel()
    await settled()
    reads.gate.set()
    assert await staying == "value 1"
    assert (leaving.cancelled(), reads.cancelled) == (True, 0)


async def test_the_end_of_the_request_ends_what_is_under_way(
    loader: Loader[int, str], reads: Reads, running: Running
) -> None:
    waiting = asyncio.ensure_future(loader.load(1))
    await settled()
    assert len(running) == 1
    await cancel(running)
    assert reads.cancelled == 1
    assert running == set()
    # Whoever waits still is told, and does not hang.
    with pytest.raises(DeadlineExceeded):
        await waiting


async def test_nothing_is_logged_of_a_failure_that_nobody_waits_for_any_more(
    loader: Loader[int, str], reads: Reads, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    async def wait() -> str:
        return await loader.load(1)

    leaving = asyncio.ensure_future(wait())
    await settled()
    leaving.cancel()
    reads.failure = StorageUnavailable("Down.")
    reads.gate.set()
    await settled()
    loader.clear_all()
    del leaving
    await settled()
    assert caplog.text == ""


async def test_a_field_that_fails_takes_down_no_other_that_waits_for_the_same(
    loader: Loader[int, str], reads: Reads
) -> None:
    schema = build_schema("type Query { a: Thing, b: Thing } type Thing { v: String, fails: Int! }")

    async def load(*_: Any) -> str:
        return await loader.load(1)

    async def fail(*_: Any) -> int:
        await settled()  # by now both wait for the value
        raise StorageUnavailable("Down.")

    types: Any = schema.type_map
    types["Query"].fields["a"].resolve = types["Query"].fields["b"].resolve = lambda *_: {}
    types["Thing"].fields["v"].resolve = load
    types["Thing"].fields["fails"].resolve = fail

    running = execute(schema, parse("{ a { v fails } b { v } }"))
    assert not isinstance(running, ExecutionResult)
    answering = asyncio.ensure_future(running)
    for _ in range(5):
        await settled()
    reads.gate.set()
    result = await answering
    assert result.data == {"a": None, "b": {"v": "value 1"}}
    assert [error.path for error in result.errors or ()] == [["a", "fails"]]
    assert reads.asked == [[1]]
