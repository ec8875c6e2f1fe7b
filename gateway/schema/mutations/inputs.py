"""What inputs of several mutations share, and how what a caller left out is told from null."""

from collections.abc import Iterator
from typing import TypeVar

import strawberry
from msgspec import UNSET

from ...domain.changes import EntryPatch, Text
from ...domain.failures import BadInput
from ...domain.intents import ENTRY
from ...domain.model import Entry
from ..describe import input_type, optional
from ..scalars import given
from .draft import Draft

T = TypeVar("T")


@input_type
class Repeatable:
    """A write that a caller can repeat; not in the schema itself."""

    idempotency_key: str | None = optional(
        "Makes the write repeatable: the same key and input answer the first outcome again, for at"
        " least 24 hours."
    )


@input_type
class KeyValueInput:
    """An entry to set."""

    key: str = strawberry.field(description="The name.")
    value: str | None = optional("The value; null takes the entry away in an update.")


def patched(value: str | None) -> Text:
    """A value to set, None to clear it, UNSET to leave it."""
    return UNSET if value is strawberry.UNSET else value


def several(values: list[T] | None) -> tuple[T, ...]:
    """A list that may be left out."""
    return tuple(given(values) or ())


def entries(draft: Draft, asked: list[KeyValueInput] | None) -> tuple[Entry, ...]:
    """Entries to create."""
    found = []
    for place, entry in _named(draft, asked):
        if isinstance(entry.value, str):
            found.append(Entry(entry.key, entry.value))
        else:
            draft.refuse(BadInput("An entry needs a value."), "metadata", place, "value")
    return tuple(found)


def entry_patches(draft: Draft, asked: list[KeyValueInput] | None) -> tuple[EntryPatch, ...]:
    """Entries to set, and to take away."""
    found = []
    for place, entry in _named(draft, asked):
        if entry.value is strawberry.UNSET:
            message = "Give a value, or null to take the entry away."
            draft.refuse(BadInput(message), "metadata", place, "value")
        else:
            found.append(EntryPatch(entry.key, entry.value))
    return tuple(found)


def _named(draft: Draft, asked: list[KeyValueInput] | None) -> Iterator[tuple[str, KeyValueInput]]:
    """Each entry with its place; none of them may be the gateway's own."""
    for place, entry in enumerate(given(asked) or ()):
        if entry.key == ENTRY:
            draft.refuse(BadInput("This key is the gateway's own."), "metadata", str(place), "key")
        yield str(place), entry
