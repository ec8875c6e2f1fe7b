"""Rows are one writer's until all that it has begun has ended, even when it had to leave."""

import asyncio
from typing import Any

import pytest

from gateway.directory.changes.turns import Turns


async def first_to_come(turns: Turns, *rows: int) -> bool:
    """Whether the rows can be had at once."""
    try:
        async with asyncio.timeout(0.01), turns.of(1, rows):
            return True
    except TimeoutError:
        return False


async def test_a_row_is_one_writers_and_other_rows_are_free() -> None:
    turns = Turns()
    async with turns.of(1, [1, 2, 2]):
        assert not await first_to_come(turns, 2)
        assert await first_to_come(turns, 3)
        async with turns.of(2, [1]):
            pass
    assert await first_to_come(turns, 1, 2)


async def test_what_was_begun_keeps_the_rows_when_the_writer_leaves() -> None:
    turns, late = Turns(), []
    works: list[asyncio.Future[Any]] = [asyncio.Future() for _ in range(2)]

    async def begin_and_wait() -> None:
        async with turns.of(1, [1]) as turn:
            for work in works:
                turn.until(work)
            turn.if_late(lambda: late.append("late"))
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(begin_and_wait(), 0.01)
    assert not await first_to_come(turns, 1)
    works[0].set_result(None)
    assert not await first_to_come(turns, 1)
    assert late == []
    works[1].cancel()
    assert await first_to_come(turns, 1)
    assert late == ["late"]


async def test_who_stays_to_the_end_is_not_late() -> None:
    turns, late = Turns(), []
    work: asyncio.Future[Any] = asyncio.Future()
    async with turns.of(1, [1]) as turn:
        turn.until(work)
        turn.if_late(lambda: late.append("late"))
        work.set_result(None)
        await asyncio.sleep(0)
    assert await first_to_come(turns, 1)
    assert late == []


async def test_who_gives_up_waiting_leaves_nothing_taken() -> None:
    turns = Turns()
    async with turns.of(1, [2]):
        assert not await first_to_come(turns, 1, 2)
        assert await first_to_come(turns, 1)
    assert await first_to_come(turns, 1, 2)


async def test_writers_of_rows_in_any_order_do_not_wait_in_a_ring() -> None:
    turns, seen = Turns(), []

    async def one(*rows: int) -> None:
        async with turns.of(1, rows):
            seen.append(rows)
            await asyncio.sleep(0)

    async with asyncio.timeout(2):
        await asyncio.gather(one(1, 2, 3), one(3, 1), one(2, 1), one(3, 2))
    assert len(seen) == 4
