"""Enforces `@requiresScope`, once and for all fields, on the finished schema.

A field is guarded by its own mark and by that of the type it answers, through lists, connections
and edges; so a field that somebody adds later is guarded without being told.
"""

from collections.abc import Callable
from typing import Any, Protocol

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    default_field_resolver,
    get_named_type,
    is_object_type,
)

from ..domain.caller import Caller, Scope
from ..domain.failures import Forbidden
from .marks import RequiresScope


class Asked(Protocol):
    """What the guard needs of a request's context."""

    @property
    def caller(self) -> Caller:
        """Who asks."""

    @property
    def used_scopes(self) -> set[Scope]:
        """Scopes that the request made use of."""


def enforce(schema: GraphQLSchema) -> None:
    """Put the guard around every marked field of the schema."""
    for type_ in schema.type_map.values():
        if not is_object_type(type_) or type_.name.startswith("__"):
            continue
        for field in type_.fields.values():
            if scopes := needed(field):
                field.resolve = _guarded(field.resolve or default_field_resolver, scopes)


def needed(field: GraphQLField) -> frozenset[Scope]:
    """The scopes that a field needs."""
    marks = _marks(field.extensions) | _type_marks(get_named_type(field.type))
    return frozenset(Scope(mark) for mark in marks)


def _type_marks(answered: Any) -> set[str]:
    """The marks of a type; of a connection or an edge, those of its node."""
    if not isinstance(answered, GraphQLObjectType):
        return set()
    marks = _marks(answered.extensions)
    inner = answered.fields.get("nodes" if answered.name.endswith("Connection") else "node")
    if inner is not None and answered.name.endswith(("Connection", "Edge")):
        marks |= _type_marks(get_named_type(inner.type))
    return marks


def _marks(extensions: dict[str, Any]) -> set[str]:
    definition = extensions.get("strawberry-definition")
    return {
        directive.scope
        for directive in getattr(definition, "directives", None) or ()
        if isinstance(directive, RequiresScope)
    }


def _guarded(resolve: Callable[..., Any], scopes: frozenset[Scope]) -> Callable[..., Any]:
    def guarded(source: Any, info: GraphQLResolveInfo[Asked], **arguments: Any) -> Any:
        for scope in scopes:
            if not info.context.caller.may(scope):
                raise Forbidden(f"The key lacks the scope {scope.value}.")
        info.context.used_scopes.update(scopes)
        return resolve(source, info, **arguments)

    return guarded
