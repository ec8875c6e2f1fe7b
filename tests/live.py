"""A test that is marked `live` must cross a socket: whoever claims it and does not, fails."""

import sys
from collections.abc import Generator
from typing import Any

import pytest

_connects = 0


def _count(event: str, arguments: tuple[Any, ...]) -> None:
    global _connects
    if event == "socket.connect":
        _connects += 1


sys.addaudithook(_count)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count from the set-up on."""
    item.stash[_BEFORE] = _connects
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passes without any connection did not do what its mark says."""
    result = yield
    if item.get_closest_marker("live") and item.stash[_BEFORE] == _connects:
        pytest.fail("marked `live`, but it connected to nothing")
    return result


_BEFORE = pytest.StashKey[int]()
