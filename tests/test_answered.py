"""How it is told which fields an answer has values for."""

from typing import Any

import pytest

from tests import answered


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What is noted in this test only."""
    seen: set[str] = set()
    monkeypatch.setattr(answered, "_seen", seen)
    return seen


@pytest.mark.parametrize(
    ("document", "data", "expected"),
    [
        ("{ viewer { name } }", {"viewer": {"name": "x"}}, {"Query.viewer", "Viewer.name"}),
        ("{ agency { name } }", {"agency": None}, set()),
        (
            "{ links { nodes { id inviteUrl } } }",
            {"links": {"nodes": [{"id": "x", "inviteUrl": None}, None]}},
            {"Query.links", "LinkConnection.nodes", "Link.id"},
        ),
        ("{ me: viewer { is: name } }", {"me": {"is": "x"}}, {"Query.viewer", "Viewer.name"}),
        (
            '{ node(id: "x") { ... on Client { label } ... on Link { vendorId } } }',
            {"node": {"vendorId": "x"}},
            {"Query.node", "Link.vendorId"},
        ),
        (
            '{ node(id: "x") { __typename id } }',
            {"node": {"__typename": "Token", "id": "x"}},
            {"Query.node", "Token.id"},
        ),
        ('{ node(id: "x") { id } }', {"node": {"id": "x"}}, {"Query.node"}),
        (
            "{ agency { ...F } } fragment F on Agency { name }",
            {"agency": {"name": "x"}},
            {"Query.agency", "Agency.name"},
        ),
    ],
)
def test_fields_with_a_value_are_noted(
    seen: set[str], document: str, data: Any, expected: set[str]
) -> None:
    answered.note(document, None, data)

    assert seen == expected
    assert seen <= answered.fields()


def test_of_several_operations_the_one_that_was_asked_counts(seen: set[str]) -> None:
    answered.note("query A { agency { id } } query B { viewer { name } }", "B", {"viewer": {}})

    assert seen == {"Query.viewer"}
