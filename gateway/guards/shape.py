"""Ceilings on a document's shape: size, tokens, depth, and fields with fragments spread out.

One walk, each fragment measured once, so that the guard's own time grows with the bytes and not
with what they would expand to (design notes: the stock limiters are exponential). A spread counts
as if the fragment's selections stood in its place, so inlining one changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from ..domain.failures import DocumentRefused


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most that a document may have; `nesting` counts fragments within fields, too.

    `depth` is for our own fields: introspection, which is deep by nature, has `nesting` alone.
    """

    characters: int = 100_000
    tokens: int = 2_000
    depth: int = 12
    nesting: int = 60
    fields: int = 2_000


class Measure(NamedTuple):
    """What is below a selection set: fields within fields, all sets within sets, all fields."""

    depth: int = 0
    nesting: int = 0
    fields: int = 0


def check(document: DocumentNode, ceilings: Ceilings) -> None:
    """Raise `DocumentRefused` for a document that is too deep or too broad."""
    for measure in measures(document):
        for what, has, most in (
            ("levels of fields", measure.depth, ceilings.depth),
            ("levels of fields and fragments", measure.nesting, ceilings.nesting),
            ("fields", measure.fields, ceilings.fields),
        ):
            if has > most:
                raise DocumentRefused(f"The document has more than {most} {what}.")


def measures(document: DocumentNode) -> list[Measure]:
    """The measure of each operation; raises RecursionError for thousands of levels."""
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    known: dict[str, Measure] = {}
    return [
        _below(node.selection_set, fragments, known)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]


def _below(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, SelectionSetNode],
    known: dict[str, Measure],
) -> Measure:
    if selections is None:
        return Measure()
    below = [_of(node, fragments, known) for node in selections.selections]
    return Measure(
        max((each.depth for each in below), default=0),
        max((each.nesting for each in below), default=0),
        sum(each.fields for each in below),
    )


def _of(
    node: SelectionNode, fragments: Mapping[str, SelectionSetNode], known: dict[str, Measure]
) -> Measure:
    match node:
        case FragmentSpreadNode():
            below = _fragment(node.name.value, fragments, known)
        case FieldNode() | InlineFragmentNode():
            below = _below(node.selection_set, fragments, known)
        case _:
            below = Measure()
    own = int(isinstance(node, FieldNode))
    introspects = isinstance(node, FieldNode) and node.name.value.startswith("__")
    depth = 1 if introspects else below.depth + own
    return Measure(depth, below.nesting + 1, below.fields + own)


def _fragment(
    name: str, fragments: Mapping[str, SelectionSetNode], known: dict[str, Measure]
) -> Measure:
    """A fragment's measure; none for an unknown one or a cycle, for validation refuses those."""
    if name not in known:
        known[name] = Measure()
        known[name] = _below(fragments.get(name), fragments, known)
    return known[name]


def root_fields(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> frozenset[str]:
    """The names under which a valid operation answers; those that @skip leaves out are counted."""
    return frozenset(_names(operation.selection_set, fragments))


def _names(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[str]:
    for node in selections.selections:
        match node:
            case FieldNode(name=name, alias=alias):
                if not name.value.startswith("__"):
                    yield (alias or name).value
            case InlineFragmentNode():
                yield from _names(node.selection_set, fragments)
            case FragmentSpreadNode():
                yield from _names(fragments[node.name.value].selection_set, fragments)
