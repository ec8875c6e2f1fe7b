"""What the support matrix calls LIVE is called in a test, over a socket (`tests/live.py`)."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.contract import SupportLevel
from gateway.vendors import load_all

TESTS = Path(__file__).parents[1]
PLACES = ("conformance", "e2e", "vendors")
EVERY = "*"

LIVE = {
    (vendor.name.name, operation)
    for vendor in load_all()
    for operation, support in vendor.support.items()
    if support.level is SupportLevel.LIVE
}

Test = ast.FunctionDef | ast.AsyncFunctionDef


def collected(body: list[ast.stmt], place: str) -> Iterator[tuple[str, Test]]:
    """The tests that pytest collects there, by their node ids."""
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from collected(node.body, f"{place}::{node.name}")
        elif isinstance(node, Test) and node.name.startswith("test_"):
            yield f"{place}::{node.name}", node


def marks_of(test: Test) -> Iterator[tuple[str, str]]:
    """The vendor and the operation of each `live` mark of a test."""
    for decorator in test.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Attribute(attr="live"),
                args=[ast.Constant(value=str(vendor)), ast.Constant(value=str(operation))],
                keywords=[],
            ):
                yield vendor, operation
            case ast.Attribute(attr="live") | ast.Call(func=ast.Attribute(attr="live")):
                raise AssertionError(f"{test.name}: `live` takes a vendor and an operation")


def marked() -> dict[tuple[str, str], list[str]]:
    """The marks, each with the tests that bear it."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for place in PLACES:
        for path in sorted((TESTS / place).rglob("test_*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for name, test in collected(tree.body, path.relative_to(TESTS).as_posix()):
                for mark in marks_of(test):
                    found[mark].append(name)
    return dict(found)


MARKED = marked()


@pytest.mark.parametrize(("vendor", "operation"), sorted(LIVE))
def test_what_is_live_is_called_over_a_socket_in_a_test(vendor: str, operation: str) -> None:
    assert MARKED.get((vendor, operation), []) + MARKED.get((EVERY, operation), [])


@pytest.mark.parametrize(("vendor", "operation"), sorted(MARKED))
def test_no_test_claims_to_call_what_is_not_live(vendor: str, operation: str) -> None:
    claimed = {name for name, row in LIVE if row == operation and vendor in (EVERY, name)}
    assert claimed, MARKED[vendor, operation]
