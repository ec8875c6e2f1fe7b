"""Small modules with a name of their own: past these sizes an idea is missing."""

import ast

import pytest

from tests.architecture.sources import functions, modules, place, tree

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60

NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in modules()}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    sizes = {
        f"{place(path, function.lineno)} {name}": (function.end_lineno or 0) - function.lineno + 1
        for path in modules()
        for name, function in functions(tree(path))
    }
    assert sizes
    assert {name: size for name, size in sizes.items() if size > MOST_LINES_OF_A_FUNCTION} == {}


def test_every_module_is_named_after_something() -> None:
    names = {
        place(path): set(path.relative_to(path.parents[3]).with_suffix("").parts)
        for path in modules()
    }
    assert [name for name, parts in names.items() if parts & NAMES_THAT_SAY_NOTHING] == []


def test_every_module_says_what_it_is() -> None:
    assert [place(path) for path in modules() if not ast.get_docstring(tree(path))] == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def a(): pass", ["a"]),
        ("class A:\n    async def b(self):\n        def c(): pass", ["A.b", "A.b.c"]),
        ("if True:\n    def a(): pass", ["a"]),
    ],
)
def test_functions_are_found_wherever_they_stand(source: str, names: list[str]) -> None:
    assert [name for name, _ in functions(ast.parse(source))] == names
