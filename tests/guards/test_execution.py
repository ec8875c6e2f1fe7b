"""An execution that is ended in the middle: at any step, and nothing is left of it."""

import asyncio
import gc
import warnings
from typing import Any

import pytest
from graphql import build_schema, parse

from gateway.domain.failures import DeadlineExceeded, OutcomeUnknown
from gateway.guards.execution import Execution

SCHEMA = build_schema(
    """
    type Query { clients: [Client], instant: String }
    type Client { name: String, links: [Link], parent: Client }
    type Link { name: String, url: String }
    """
)
DOCUMENT = parse("{ instant clients { name parent { name links { name url } } links { name } } }")


class Vendor:
    """Each answer takes a few turns of the loop, or for ever."""

    def __init__(self, hangs: bool = False) -> None:
        self.hangs = hangs
        self.cancelled = 0
        self.waiting = 0

    async def answer(self, value: Any) -> Any:
        self.waiting += 1
        try:
            for _ in range(2):
                await asyncio.sleep(0)
            if self.hangs:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.waiting -= 1
        return value

    def execution(self) -> Execution:
        def resolve(source: Any, info: Any) -> Any:
            if info.field_name == "instant":
                return "here"
            lists = {"clients": [{}] * 3, "links": [{}] * 3, "parent": {}}
            return self.answer(lists.get(info.field_name, "told"))

        for type_name in ("Query", "Client", "Link"):
            for field in SCHEMA.type_map[type_name].fields.values():  # type: ignore[attr-defined]
                field.resolve = resolve
        execution = Execution.of(SCHEMA, DOCUMENT, None, None, None)
        assert isinstance(execution, Execution)
        return execution


@pytest.mark.parametrize("turns", range(40))
async def test_ended_at_any_turn_it_settles_and_nothing_is_left_unawaited(turns: int) -> None:
    vendor = Vendor()
    before = asyncio.all_tasks()
    execution = vendor.execution()
    with warnings.catch_warnings(record=True) as orphans:
        warnings.simplefilter("always")
        running = asyncio.ensure_future(execution.result())
        for _ in range(turns):
            await asyncio.sleep(0)
        execution.end("Late.")
        async with asyncio.timeout(5):
            result = await running
        gc.collect()
    assert [str(orphan.message) for orphan in orphans] == []
    assert asyncio.all_tasks() == before
    assert vendor.waiting == 0
    assert result.data is not None
    assert result.data["instant"] == "here"
    assert all(isinstance(error.original_error, DeadlineExceeded) for error in result.errors or ())


async def test_what_hangs_is_cancelled_and_fails_alone() -> None:
    vendor = Vendor(hangs=True)
    execution = vendor.execution()
    running = asyncio.ensure_future(execution.result())
    for _ in range(10):
        await asyncio.sleep(0)
    execution.end("Late.")
    result = await running
    assert result.data == {"instant": "here", "clients": None}
    assert [(error.message, error.path) for error in result.errors or ()] == [
        ("Late.", ["clients"])
    ]
    assert vendor.cancelled == 1


async def test_who_cancels_the_whole_of_it_is_obeyed() -> None:
    vendor = Vendor(hangs=True)
    running = asyncio.ensure_future(vendor.execution().result())
    for _ in range(10):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert vendor.cancelled == 1


async def test_a_mutation_that_is_cut_off_is_not_said_to_be_repeatable() -> None:
    schema = build_schema("type Query { a: Int } type Mutation { first: Int, second: Int }")
    begun = []

    async def write(source: Any, info: Any) -> None:
        begun.append(info.field_name)
        await asyncio.Event().wait()

    for field in schema.type_map["Mutation"].fields.values():  # type: ignore[attr-defined]
        field.resolve = write
    execution = Execution.of(schema, parse("mutation { first second }"), None, None, None)
    assert isinstance(execution, Execution)
    running = asyncio.ensure_future(execution.result())
    for _ in range(10):
        await asyncio.sleep(0)
    execution.end("Late.")
    result = await running
    assert begun == ["first"]
    failures = {error.path[0]: error.original_error for error in result.errors or () if error.path}
    # The first may have been written; the second was not even begun.
    assert isinstance(failures["first"], OutcomeUnknown)
    assert not failures["first"].retryable
    assert isinstance(failures["second"], DeadlineExceeded)
