"""Scalars, global ids, and windows on lists."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any, NewType, NoReturn, TypeVar

import strawberry
from graphql import GraphQLError, ValueNode
from strawberry.types.scalar import ScalarDefinition

from ..domain.failures import BadInput, NotFound
from ..domain.secret import Secret
from ..storage.values import Window

T = TypeVar("T")

BigInt = NewType("BigInt", int)
Day = NewType("Day", date)

_LARGEST = 2**53 - 1


def _big(value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise GraphQLError("BigInt cannot represent a number past 2^53 - 1")
    return value


def _rfc3339(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a DateTime needs an offset, such as Z")
    return moment.astimezone(UTC)


def _sealed_from(value: object) -> Secret:
    if not isinstance(value, str):
        raise GraphQLError("Secret is a text.")
    return Secret(value)


def _no_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> NoReturn:
    """Documents are remembered, registered and shown; what variables hold is not."""
    raise GraphQLError("Secret is taken from variables only.", node)


def _never_answered(value: object) -> NoReturn:
    raise GraphQLError("Secret is never answered.")


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer that may pass 32 bits, as a JSON number of at most 2^53 - 1.",
        serialize=_big,
        parse_value=_big,
    ),
    Day: strawberry.scalar(
        name="Date",
        description="A calendar day, as `2026-03-09`.",
        serialize=date.isoformat,
        parse_value=date.fromisoformat,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, as `2026-03-09T14:30:00Z` (RFC 3339).",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_rfc3339,
        parse_value=_moment,
    ),
    Secret: strawberry.scalar(
        name="Secret",
        description="The value of a credential: taken from variables only, never from a literal in"
        " the document, sealed on arrival and never answered.",
        serialize=_never_answered,
        parse_value=_sealed_from,
        parse_literal=_no_literal,
    ),
}


def global_id(kind: str, row: int) -> strawberry.ID:
    """An opaque id: base64url of `<kind>:<row>`, without padding."""
    return strawberry.ID(urlsafe_b64encode(f"{kind}:{row}".encode()).decode().rstrip("="))


def parse_id(text: str) -> tuple[str, int]:
    """The kind and row of a global id; `NotFound` for what cannot be one."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        kind, colon, row = raw.partition(":")
        if colon and row.isdecimal() and len(row) < 19 and global_id(kind, int(row)) == text:
            return kind, int(row)
    except (binascii.Error, ValueError):
        pass
    raise NotFound("There is no object with this id.")


def row_of(kind: str, text: str) -> int:
    """The row of a global id of that kind; `NotFound` for any other."""
    found, row = parse_id(text)
    if found != kind:
        raise NotFound("There is no object of this type with this id.")
    return row


def given(argument: T | None) -> T | None:
    """An argument's value; None when it was left out."""
    return None if argument is strawberry.UNSET else argument


DEFAULT_PAGE = 20
LARGEST_PAGE = 100


def window(first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """The window that a list's arguments mean; `BadInput` naming the argument at fault."""
    first, after, last, before = given(first), given(after), given(last), given(before)
    if first is not None and last is not None:
        raise BadInput("Give `first` or `last`, not both.", field=("last",))
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 0 <= value <= LARGEST_PAGE:
            message = f"`{name}` must be between 0 and {LARGEST_PAGE}."
            raise BadInput(message, field=(name,))
    if last is None:
        if before is not None:
            raise BadInput("`before` goes with `last`.", field=("before",))
        return Window(first=DEFAULT_PAGE if first is None else first, after=after)
    if after is not None:
        raise BadInput("`after` goes with `first`.", field=("after",))
    return Window(last=last, before=before)
