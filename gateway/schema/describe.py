"""Docstrings become the schema's descriptions: what a reader of the code sees, a caller sees."""

import re
from collections.abc import Callable
from enum import Enum
from inspect import cleandoc
from typing import Any, TypeVar, dataclass_transform

import strawberry

T = TypeVar("T", bound=type)


def field(resolver: Callable[..., Any]) -> Any:
    """A field with the resolver's docstring as its description."""
    return strawberry.field(resolver, description=_text(resolver))


def field_of(graphql_type: Any) -> Callable[[Callable[..., Any]], Any]:
    """As `field`, for a resolver that answers a domain value, shown as `graphql_type`."""

    def decorate(resolver: Callable[..., Any]) -> Any:
        return strawberry.field(resolver, description=_text(resolver), graphql_type=graphql_type)

    return decorate


def marked_field(*marks: object) -> Callable[[Callable[..., Any]], Any]:
    """As `field`, with marks such as `requires(scope)` on it."""

    def decorate(resolver: Callable[..., Any]) -> Any:
        return strawberry.field(resolver, description=_text(resolver), directives=marks)

    return decorate


def optional(description: str) -> Any:
    """A field of an input that may be left out; UNSET then."""
    return strawberry.field(default=strawberry.UNSET, description=description)


@dataclass_transform(
    order_default=False, kw_only_default=True, field_specifiers=(strawberry.field, optional)
)
def input_type(cls: T) -> T:
    """A GraphQL input with the class's docstring as its description."""
    return strawberry.input(cls, description=_text(cls))


@dataclass_transform(
    order_default=False, kw_only_default=True, field_specifiers=(strawberry.field,)
)
def object_type(cls: T) -> T:
    """A GraphQL type with the class's docstring as its description."""
    return strawberry.type(cls, description=_text(cls))


def enum_type(
    cls: type[Enum], description: str, *, graphql_name: str | None = None, **values: str
) -> None:
    """Show a domain enum as a GraphQL enum: one description for each value, none left out."""
    if set(values) != set(cls.__members__):
        raise TypeError(f"the descriptions of {cls.__name__} do not match its values")
    strawberry.enum(cls, name=graphql_name, description=description)
    for value in cls.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]


def _text(thing: Any) -> str:
    """The docstring with each paragraph, and each item of a list, on one line."""
    return re.sub(r"(?<!\n)\n(?!\n|- ) *", " ", cleandoc(thing.__doc__))
