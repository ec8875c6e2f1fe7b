"""Ceilings on a document's shape, in time that grows with its bytes."""

import random
import time
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    parse,
    print_ast,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import DocumentRefused
from gateway.guards import shape
from gateway.guards.shape import Ceilings, Measure, check, measures


def measured(text: str) -> list[Measure]:
    return measures(parse(text))


def doubling(levels: int, leaf: str = "__typename") -> str:
    """So many fragments that each spread the next twice: 2 to the power of that many leaves."""
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(levels))
    return f"{{ ...F0 }} {chain} fragment F{levels} on Query {{ {leaf} }}"


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("{ a }", (1, 1, 1)),
        ("{ a b { c } }", (2, 2, 3)),
        ("{ a ... { b { c } } }", (2, 3, 3)),
        ("{ ...F } fragment F on Q { a b }", (1, 2, 2)),
        ("{ ...F ...F } fragment F on Q { a }", (1, 2, 2)),
        ("{ a { ...F } b { ...F } } fragment F on Q { c { d } }", (3, 4, 6)),
        ("{ ...Unknown a }", (1, 1, 1)),
        ("{ ...F } fragment F on Q { a ...F }", (1, 2, 1)),
        ("{ ...F } fragment F on Q { a ...G } fragment G on Q { b ...F }", (1, 3, 2)),
        ("{ a } fragment Unused on Q { b { c { d } } }", (1, 1, 1)),
    ],
)
def test_a_spread_counts_as_what_it_spreads(text: str, measure: tuple[int, ...]) -> None:
    assert measured(text) == [Measure(*measure)]


def test_each_operation_is_measured() -> None:
    assert measured("query A { a } query B { b { c } }") == [Measure(1, 1, 1), Measure(2, 2, 2)]


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        ("{ a { b { c } } }", None),
        ("{ a { b { c { d } } } }", "more than 3 levels of fields."),
        ("{ ... { ... { ... { ... { a } } } } }", None),
        ("{ ... { ... { ... { ... { ... { a } } } } } }", "more than 5 levels of fields and fra"),
        ("{ a b c d e f g h }", None),
        ("{ a b c d e f g h i }", "more than 8 fields."),
        (doubling(3), None),
        (doubling(4), "fields"),
        ("query A { a } query B { a { b { c { d } } } }", "more than 3 levels of fields."),
    ],
)
def test_a_document_past_a_ceiling_is_refused_and_told_the_ceiling(
    document: str, refused: str | None
) -> None:
    ceilings = Ceilings(depth=3, nesting=5, fields=8)
    if refused is None:
        check(parse(document), ceilings)
        return
    with pytest.raises(DocumentRefused, match=refused):
        check(parse(document), ceilings)


# ── Time ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("levels", [20, 30, 100])
def test_each_fragment_is_walked_once_however_often_it_is_spread(
    levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = 0
    walk = shape._of

    def counted(*arguments: Any) -> Measure:
        nonlocal visits
        visits += 1
        return walk(*arguments)

    monkeypatch.setattr(shape, "_of", counted)
    (measure,) = measured(doubling(levels))
    assert measure.fields == 2**levels
    # One visit for each selection that is written: the spreads, and one leaf.
    assert visits == 1 + 2 * levels + 1


def test_the_documents_that_stop_stock_limiters_are_refused_at_once() -> None:
    begun = time.perf_counter()
    for levels in (14, 20, 24, 30, 200):
        with pytest.raises(DocumentRefused):
            check(parse(doubling(levels)), Ceilings())
    assert time.perf_counter() - begun < 2.0


# ── The measure is of what is asked for, not of how it is written ─────────────────────────────


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents with fragments that spread later ones, some twice, in any order."""
    count = draw(st.integers(0, 4))

    def selections(first: int, depth: int) -> str:
        kinds = ["leaf"] + ["field", "inline"] * (depth > 0) + ["spread"] * (first < count)
        parts = []
        for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
            match kind:
                case "leaf":
                    parts.append(draw(st.sampled_from("abc")))
                case "field":
                    parts.append(f"f {{ {selections(first, depth - 1)} }}")
                case "inline":
                    parts.append(f"... on Q {{ {selections(first, depth - 1)} }}")
                case "spread":
                    parts.append(f"...F{draw(st.integers(first, count - 1))}")
        return " ".join(parts)

    fragments = [f"fragment F{n} on Q {{ {selections(n + 1, 1)} }}" for n in range(count)]
    return " ".join(draw(st.permutations([f"{{ {selections(0, 2)} }}", *fragments])))


def inlined(document: DocumentNode) -> DocumentNode:
    """The same operations, with every spread replaced by what it spreads."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }

    def within(selections: SelectionSetNode | None) -> SelectionSetNode | None:
        if selections is None:
            return None
        nodes = []
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                fragment = fragments[node.name.value]
                nodes.append(
                    InlineFragmentNode(
                        type_condition=fragment.type_condition,
                        selection_set=within(fragment.selection_set),
                    )
                )
            elif isinstance(node, FieldNode):
                nodes.append(FieldNode(name=node.name, selection_set=within(node.selection_set)))
            else:
                nodes.append(InlineFragmentNode(selection_set=within(node.selection_set)))
        return SelectionSetNode(selections=tuple(nodes))

    operations = [node for node in document.definitions if node not in fragments.values()]
    texts = [print_ast(within(node.selection_set)) for node in operations]  # type: ignore[arg-type]
    return parse(" ".join(texts))


@given(documents())
def test_inlining_every_fragment_changes_no_measure(text: str) -> None:
    document = parse(text)
    assert measures(inlined(document)) == measures(document)


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_definitions_changes_no_measure(text: str, chance: random.Random) -> None:
    definitions = [print_ast(node) for node in parse(text).definitions]
    chance.shuffle(definitions)
    assert measured(" ".join(definitions)) == measured(text)
