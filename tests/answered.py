"""Which fields of the schema were ever answered with a value, over a whole run of the tests.

`note` is told of each answer that the tests' client gets. At the end of a whole run the fields that
never had a value are printed, each with its reason from `unanswered.toml`; a field without a reason
fails the run, and so does a reason for a field that was answered after all.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
)

REASONS = Path(__file__).parent / "unanswered.toml"

_seen: set[str] = set()


def note(document: str, operation: str | None, data: Any) -> None:
    """Take note of the fields that an answer has values for."""
    if data is None:
        return
    tree = parsed(document)
    asked = next(
        node
        for node in tree.definitions
        if isinstance(node, OperationDefinitionNode)
        and (operation is None or (node.name is not None and node.name.value == operation))
    )
    root = schema().get_root_type(asked.operation)
    assert root is not None
    _seen.update(_Reader(tree).answered(root, [asked.selection_set], data))


@cache
def parsed(document: str) -> DocumentNode:
    """The document's tree."""
    return parse(document)


@cache
def schema() -> GraphQLSchema:
    """The gateway's schema."""
    from gateway import schema as gateway_schema

    return gateway_schema.executable(gateway_schema.build())


def fields() -> frozenset[str]:
    """Every field of the schema, as `Type.field`."""
    return frozenset(
        f"{type_.name}.{name}"
        for type_ in schema().type_map.values()
        if is_object_type(type_) and not type_.name.startswith("__")
        for name in type_.fields
    )


class _Reader:
    """Reads answers to one document."""

    def __init__(self, tree: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node
            for node in tree.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def answered(
        self, kind: GraphQLObjectType, selections: list[SelectionSetNode], value: dict[str, Any]
    ) -> Iterator[str]:
        """The fields below an object that have a value."""
        for key, nodes in self._wanted(kind, selections).items():
            name = nodes[0].name.value
            if name.startswith("__") or value.get(key) is None:
                continue
            yield f"{kind.name}.{name}"
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            if below:
                yield from self._within(get_named_type(kind.fields[name].type), below, value[key])

    def _within(self, kind: Any, below: list[SelectionSetNode], value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for each in value:
                yield from self._within(kind, below, each)
        elif value is not None:
            concrete = self._concrete(kind, below, value)
            if concrete is not None:
                yield from self.answered(concrete, below, value)

    def _concrete(
        self, kind: Any, below: list[SelectionSetNode], value: dict[str, Any]
    ) -> GraphQLObjectType | None:
        """The object's own type: told by `__typename`, else by the only type with such fields."""
        if not is_abstract_type(kind):
            assert isinstance(kind, GraphQLObjectType)
            return kind
        possible = [
            one
            for one in schema().get_possible_types(kind)
            if (wanted := self._wanted(one, below)).keys() == value.keys()
            and all(
                value[key] == one.name
                for key, nodes in wanted.items()
                if nodes[0].name.value == "__typename"
            )
        ]
        return possible[0] if len(possible) == 1 else None

    def _wanted(
        self, kind: GraphQLObjectType, selections: list[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """The fields that are asked of an object of that type, by the key they answer under."""
        wanted: dict[str, list[FieldNode]] = {}
        for node in (node for each in selections for node in each.selections):
            if isinstance(node, FieldNode):
                wanted.setdefault((node.alias or node.name).value, []).append(node)
                continue
            fragment = self._fragment(node)
            if fragment.type_condition is None or self._fits(kind, fragment):
                for key, nodes in self._wanted(kind, [fragment.selection_set]).items():
                    wanted.setdefault(key, []).extend(nodes)
        return wanted

    def _fragment(self, node: Any) -> FragmentDefinitionNode | InlineFragmentNode:
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value]
        assert isinstance(node, InlineFragmentNode)
        return node

    @staticmethod
    def _fits(
        kind: GraphQLObjectType, fragment: FragmentDefinitionNode | InlineFragmentNode
    ) -> bool:
        assert fragment.type_condition is not None
        condition: Any = schema().type_map[fragment.type_condition.name.value]
        return condition is kind or (
            is_abstract_type(condition) and schema().is_sub_type(condition, kind)
        )


# ── pytest ────────────────────────────────────────────────────────────────────────────────────


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what a process of several saw; fail a whole run that leaves fields unexplained."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["answered"] = sorted(_seen)
    elif session.exitstatus == pytest.ExitCode.OK and _is_whole(session.config) and _findings():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what one of several processes saw."""
    _seen.update(getattr(node, "workeroutput", {}).get("answered", ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the fields that never had a value."""
    if not _is_whole(config):
        return
    reasons = _reasons()
    terminalreporter.section("Fields of the schema that were never answered with a value")
    for name in sorted(fields() - _seen):
        terminalreporter.line(f"{name}: {reasons.get(name, 'NO REASON GIVEN')}")
    for finding in _findings():
        terminalreporter.line(finding, red=True)


def _is_whole(config: pytest.Config) -> bool:
    """Whether all tests run, so that a field that nobody saw was never answered."""
    chosen = ("keyword", "markexpr", "deselect", "lf", "last_failed", "collectonly", "maxfail")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(
        config.getoption(name, None) for name in chosen
    )


def _reasons() -> dict[str, str]:
    return dict(tomllib.loads(REASONS.read_text()))


def _findings() -> list[str]:
    """What is wrong with the table of reasons, a sentence each."""
    reasons, unanswered = _reasons(), fields() - _seen
    return [
        *(
            f"{name} has neither a value nor a reason."
            for name in sorted(unanswered - set(reasons))
        ),
        *(f"{name} has a reason, and a value." for name in sorted(set(reasons) & _seen)),
        *(f"{name} has a reason, and is no field." for name in sorted(set(reasons) - fields())),
    ]
