"""What the runner of the documents makes of placeholders, and that it finds what differs."""

from typing import Any

import pytest

from tests.walks.document import Names, steps

ID, OTHER = "QzoxMg", "QzoxMw"


def differs(expected: Any, actual: Any) -> bool:
    return list(Names().differences(expected, actual)) != []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": [1, None, "x"]}, {"a": [1, None, "x"]}),
        ("<time>", "2026-11-21T10:00:00.000Z"),
        ("<day>", "2026-11-21"),
        ("<text>", "anything"),
        ("<ms>", 12),
        ("at 127.0.0.1:<port>", "at 127.0.0.1:4711"),
        (["<id:a>", "<id:b>", "<id:a>"], [ID, OTHER, ID]),
    ],
)
def test_what_fits_differs_nowhere(expected: Any, actual: Any) -> None:
    assert not differs(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": True}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, 2], [1]),
        ([], None),
        ("<time>", None),
        ("<text>", ""),
        ("<ms>", None),
        (["<id:a>", "<id:a>"], [ID, OTHER]),
        (["<id:a>", "<id:b>"], [ID, ID]),
    ],
)
def test_what_does_not_fit_is_found(expected: Any, actual: Any) -> None:
    assert differs(expected, actual)


def test_a_name_stands_for_the_same_id_in_later_variables() -> None:
    names = Names()

    assert list(names.differences({"id": "<id:ana>"}, {"id": ID})) == []
    assert names.filled({"ids": ["<id:ana>"]}) == {"ids": [ID]}


def test_a_step_without_calls_is_refused() -> None:
    with pytest.raises(AssertionError, match="no calls"):
        steps("```graphql query\n{ viewer { name } }\n```\n")
