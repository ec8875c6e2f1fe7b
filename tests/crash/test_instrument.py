"""Points: where they are put, that they change nothing, and that they kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.crash import instrument
from tests.crash.plans import chosen, matters
from tests.crash.points import Board

SOURCE = """
async def work(store, seen):
    value = await store.fetch(await store.key())
    async with store.open() as opened:
        seen.append(opened)
        async for item in store.items():
            seen.append(item)
        await store.commit()
    return [await store.twice(each) for each in (1, 2)] + [value]
"""


class Store:
    async def key(self) -> str:
        return "key"

    async def fetch(self, key: str) -> str:
        return f"value of {key}"

    async def twice(self, number: int) -> int:
        return 2 * number

    async def commit(self) -> None:
        await asyncio.sleep(0)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        yield "opened"

    async def items(self) -> AsyncIterator[int]:
        for item in (10, 20):
            yield item


def work(board: Board) -> Any:
    """The source's function, with points on that board."""
    space = instrument.functions(board.hit)
    code = instrument.rewritten(SOURCE.encode(), "<source>", "source", board.label)
    exec(code, space)
    return space["work"]


def test_every_await_has_a_point_before_and_after_it() -> None:
    board, seen = Board(), []
    function = work(board)
    board.arm()
    assert asyncio.run(function(Store(), seen)) == [2, 4, "value of key"]
    assert seen == ["opened", 10, 20]
    assert board.passed() == (
        # The argument is awaited before the call itself is made.
        "source:3 before key",
        "source:3 after key",
        "source:3 before fetch",
        "source:3 after fetch",
        "source:4 before block",
        "source:4 within block",
        "source:6 before block",
        "source:6 within block",
        "source:6 within block",
        "source:6 after block",
        "source:8 before commit",
        "source:8 after commit",
        "source:4 after block",
        *("source:9 before twice", "source:9 after twice") * 2,
    )


def test_nothing_is_counted_before_it_is_armed() -> None:
    board = Board()
    function = work(board)
    asyncio.run(function(Store(), []))
    assert board.passed() == ()
    board.arm()
    board.disarm()
    asyncio.run(function(Store(), []))
    assert board.passed() == ()


@pytest.mark.parametrize("at", [1, 7, 12, 17])
def test_a_child_dies_at_the_chosen_point_and_its_parent_reads_where(at: int) -> None:
    board = Board()
    function = work(board)
    board.arm()
    asyncio.run(function(Store(), []))
    whole = board.passed()
    board.arm(at)
    # Without pytest's own threads of execution in it: the child does nothing but this.
    child = os.fork()
    if child == 0:
        asyncio.run(function(Store(), []))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert board.passed() == whole[:at]


def test_a_module_is_rewritten_as_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chosen_module.py").write_text(SOURCE)
    (tmp_path / "other_module.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in ("chosen_module", "other_module"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    board = Board()
    instrument.install(board, ["chosen_module"])
    import chosen_module  # type: ignore[import-not-found]
    import other_module  # type: ignore[import-not-found]

    board.arm()
    asyncio.run(other_module.work(Store(), []))
    assert board.passed() == ()
    asyncio.run(chosen_module.work(Store(), []))
    assert "chosen_module:8 after commit" in board.passed()


def test_what_is_imported_already_is_not_said_to_be_instrumented() -> None:
    with pytest.raises(RuntimeError, match=r"imported before .*: asyncio"):
        instrument.install(Board(), ["asyncio"])


def test_the_points_of_the_journal_the_vendor_and_commits_are_chosen_first() -> None:
    from random import Random

    points = [
        "storage.pages:10 before execute",
        "directory.changes.journaling:85 before begin",
        "storage.connection:58 before commit",
        "upstream.journal:20 after sending",
        "storage.pages:10 after execute",
    ]
    assert [matters(each) for each in points] == [False, True, True, True, False]
    assert sorted(chosen(points, False, Random(1))) == [2, 3, 4]
    every = chosen(points, True, Random(1))
    assert sorted(every[:3]) == [2, 3, 4]
    assert sorted(every[3:]) == [1, 5]
