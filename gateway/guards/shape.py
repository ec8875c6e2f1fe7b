"""Ceilings on a document's shape: size, tokens, depth, and fields with fragments spread out.

One walk, each fragment measured once, so that the guard's own time grows with the bytes and not
with what they would expand to (design notes: the stock limiters are exponential).
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from ..domain.failures import DocumentRefused


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most that a document may have."""

    characters: int = 100_000
    tokens: int = 5_000
    depth: int = 15
    fields: int = 2_000


def check(document: DocumentNode, ceilings: Ceilings) -> None:
    """Raise `DocumentRefused` for a document that is too deep or too broad."""
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    measured: dict[str, tuple[int, int]] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            depth, fields = _measure(node.selection_set, fragments, measured, frozenset())
            if depth > ceilings.depth:
                raise DocumentRefused(
                    f"The document is {depth} deep; {ceilings.depth} is the most."
                )
            if fields > ceilings.fields:
                raise DocumentRefused(
                    f"The document asks for {fields} fields; {ceilings.fields} is the most."
                )


def _measure(
    selections: SelectionSetNode,
    fragments: dict[str, SelectionSetNode],
    measured: dict[str, tuple[int, int]],
    within: frozenset[str],
) -> tuple[int, int]:
    """Depth and number of fields below a selection set; a cycle counts as nothing, as validation
    refuses it."""
    depth = fields = 0
    for node in selections.selections:
        inner = _inner(node, fragments, measured, within)
        if isinstance(node, FieldNode):
            inner = (inner[0] + 1, inner[1] + 1)
        depth, fields = max(depth, inner[0]), fields + inner[1]
    return depth, fields


def _inner(
    node: Any,
    fragments: dict[str, SelectionSetNode],
    measured: dict[str, tuple[int, int]],
    within: frozenset[str],
) -> tuple[int, int]:
    if not isinstance(node, FragmentSpreadNode):
        below = node.selection_set
        return (0, 0) if below is None else _measure(below, fragments, measured, within)
    name = node.name.value
    if name in within or name not in fragments:
        return 0, 0
    if name not in measured:
        measured[name] = _measure(fragments[name], fragments, measured, within | {name})
    return measured[name]
