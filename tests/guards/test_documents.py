"""Which documents may run: parsed, measured and validated once, then remembered."""

import time

import pytest
from graphql import DocumentNode, build_schema, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import DocumentRefused
from gateway.guards import documents
from gateway.guards.documents import MOST_ERRORS, Documents, Refused
from gateway.guards.shape import Ceilings

SCHEMA = build_schema(
    """
    type Query { client(id: ID, first: Int): Client, clients: [Client] }
    type Client { id: ID, name: String, client(id: ID): Client, links: [Client] }
    """
)


def known(*, introspection: bool = False, ceilings: Ceilings | None = None) -> Documents:
    return Documents(SCHEMA, introspection=introspection, ceilings=ceilings)


def refused(text: str, **how: bool) -> Refused:
    found = known(**how).ready(text)
    assert isinstance(found, Refused)
    return found


def messages(text: str) -> list[str]:
    return [error.message for error in refused(text).errors]


def test_a_good_document_is_ready_and_the_same_the_next_time() -> None:
    ours = known()
    first = ours.ready("{ clients { id } }")
    assert isinstance(first, DocumentNode)
    assert ours.ready("{ clients { id } }") is first
    assert ours.ready("{ clients { id  } }") is not first


def test_a_remembered_document_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = known()
    ours.ready("{ clients { id } }")
    monkeypatch.setattr(documents, "parse", None)
    assert isinstance(ours.ready("{ clients { id } }"), DocumentNode)


def test_what_is_refused_is_not_remembered() -> None:
    ours = known()
    assert ours.ready("{ nope }") is not ours.ready("{ nope }")


def test_the_document_not_used_for_longest_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "REMEMBERED", 3 * len("{ a: __typename }"))
    ours = known()
    a, b, c = (ours.ready(f"{{ {name}: __typename }}") for name in "abc")
    assert ours.ready("{ a: __typename }") is a
    ours.ready("{ d: __typename }")
    assert ours.ready("{ a: __typename }") is a
    assert ours.ready("{ c: __typename }") is c
    assert ours.ready("{ b: __typename }") is not b


def test_however_many_documents_come_what_is_remembered_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "REMEMBERED", 500)
    ours = known()
    for number in range(200):
        assert isinstance(ours.ready(f"{{ a{number}: __typename }}"), DocumentNode)
    assert sum(map(len, ours._known)) <= 500
    assert sum(map(len, ours._known)) == ours._characters


def test_introspection_is_off_where_it_is_not_wanted() -> None:
    query = get_introspection_query()
    (*_, error) = refused(query).errors
    assert "introspection" in error.message.lower() or "Validation aborted" in error.message
    assert "__schema" in refused("{ __schema { queryType { name } } }").errors[0].message
    assert "__type" in refused('{ __type(name: "Query") { name } }').errors[0].message
    assert isinstance(known(introspection=True).ready(query), DocumentNode)


def test_a_type_name_is_no_introspection() -> None:
    assert isinstance(known().ready("{ __typename }"), DocumentNode)


@pytest.mark.parametrize(
    "text", ["{ clientz { id } }", "{ clients { nam } }", "{ client(di: 1) { id } }"]
)
def test_names_are_not_suggested(text: str) -> None:
    assert not any("Did you mean" in message for message in messages(text))


@pytest.mark.parametrize(
    "text", ["", "{", "{ clients { id }", "query ($a: ) { a }", "}", "{ clients { } }", "\x00"]
)
def test_what_does_not_parse_is_told_as_that(text: str) -> None:
    found = refused(text)
    assert not found.parsed
    assert found.errors[0].message.startswith("Syntax Error")


def test_what_is_not_valid_got_past_the_parser() -> None:
    found = refused("{ nope }")
    assert found.parsed
    assert found.errors[0].original_error is None


def test_few_errors_are_told_however_many_there_are() -> None:
    # Ten errors for ten directives is what scanners take for a weakness.
    assert len(messages("{ __typename " + "@aa" * 10 + " }")) == MOST_ERRORS + 1 < 10
    assert len(messages("{ " + " ".join(f"nope{n}" for n in range(500)) + " }")) == MOST_ERRORS + 1


# ── Hostile documents ─────────────────────────────────────────────────────────────────────────

CHAIN = "{ ...F0 } " + "".join(f"fragment F{n} on Query {{ ...F{n + 1} }} " for n in range(600))
HOSTILE = {
    "fields in fields": "{ client" * 5_000,
    "fields in fields, closed": "{ client " * 1_200 + "{ id }" + " }" * 1_200,
    "inline fragments in each other": "{ " + "... { " * 1_600 + "__typename" + " }" * 1_601,
    "a chain of fragments": CHAIN + "fragment F600 on Query { __typename }",
    "a ring of fragments": CHAIN + "fragment F600 on Query { ...F0 }",
    "lists in lists": "{ client(id: " + "[" * 2_000 + "]" * 2_000 + ") { id } }",
    "objects in objects": "{ client(id: " + "{a:" * 1_600 + "1" + "}" * 1_600 + ") { id } }",
    "types in types": "query ($a: " + "[" * 2_000 + "ID" + "]" * 2_000 + ") { __typename }",
    "doubling fragments": "{ ...F0 } "
    + "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(30))
    + "fragment F30 on Query { __typename }",
    "one response name, many arguments": "{ "
    + " ".join(f"client(id: {n}) {{ id }}" for n in range(450))
    + " }",
    "one field, many times": "{ " + "__typename " * 1_500 + "}",
    "too many tokens": "{ " + "a " * 6_000 + "}",
    "too many characters": "{ __typename } #" + "x" * 100_000,
    "many comments": "#\n" * 45_000 + "{ __typename }",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_is_refused_soon_and_with_few_words(text: str) -> None:
    begun = time.perf_counter()
    found = refused(text)
    assert time.perf_counter() - begun < 2.0
    assert len(found.errors) <= MOST_ERRORS + 1
    assert all(len(error.message) < 1_000 for error in found.errors)


def test_brackets_a_hundred_thousand_deep_are_refused_before_they_are_parsed() -> None:
    ours = known(ceilings=Ceilings(characters=1_000_000, tokens=1_000_000))
    for text in ("{a" * 100_000, "{a(b:" + "[" * 100_000, "{" * 100_000):
        found = ours.ready(text)
        assert isinstance(found, Refused)
        assert not found.parsed


@pytest.mark.parametrize(
    "text", [HOSTILE["doubling fragments"], HOSTILE["a chain of fragments"], "x" * 100_001]
)
def test_what_passes_a_ceiling_is_a_failure_of_ours_with_its_code(text: str) -> None:
    found = known(ceilings=Ceilings(tokens=10_000)).ready(text)
    assert isinstance(found, Refused)
    (error,) = found.errors
    assert isinstance(error.original_error, DocumentRefused)


def test_a_document_at_the_ceilings_is_ready() -> None:
    fields = " ".join(f"a{n}: __typename" for n in range(660))
    assert isinstance(known().ready(f"{{ {fields} }}"), DocumentNode)
    deep = "{ client " * 11 + "{ id }" + " }" * 11
    assert isinstance(known().ready(deep), DocumentNode)
    assert isinstance(known().ready(deep.replace("{ id }", "{ client { id } }")), Refused)


@given(st.text() | st.text(alphabet="{}()[]:$!@.,\"'#\n abQueryfragmenton"))
def test_any_text_is_ready_or_refused(text: str) -> None:
    found = known().ready(text)
    assert isinstance(found, DocumentNode) or found.errors
