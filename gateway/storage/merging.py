"""Decides what a record remembers after a vendor spoke of it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from ..domain.model import ClientValues

S = TypeVar("S", bound=Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a record remembers; the moments as in `ClientRecord`.

    `heard_at` is when the vendor last said anything of it, be it that it is gone.
    """

    values: ClientValues | None = None
    seen_at: datetime | None = None
    complete_at: datetime | None = None
    heard_at: datetime | None = None
    archived: bool = False


def hear(memory: Memory, values: ClientValues | None, at: datetime) -> Memory:
    """The memory after the vendor said this, or that there is no such client (None), at `at`.

    What was said later stands. What was said in part (`complete` false) adds to what is known in
    full and erases nothing, whichever comes first.
    """
    latest = memory.heard_at is None or at >= memory.heard_at
    if latest:
        memory = replace(memory, heard_at=at, archived=values is None)
    if values is None:
        return memory
    if memory.values is None or memory.seen_at is None:
        return replace(
            memory, values=values, seen_at=at, complete_at=at if values.complete else None
        )
    if at >= memory.seen_at:
        if values.complete:
            return replace(memory, values=values, seen_at=at, complete_at=at)
        return replace(memory, values=over(values, memory.values), seen_at=at)
    if values.complete and not memory.values.complete:
        return replace(memory, values=over(memory.values, values), complete_at=at)
    return memory


def over(part: ClientValues, whole: ClientValues) -> ClientValues:
    """What `part` tells, and for the rest what `whole` does; as complete as `whole`."""
    return msgspec.structs.replace(laid_over(part, whole), complete=whole.complete)


def laid_over(part: S, whole: S) -> S:
    """`part`, with the fields that it leaves at their defaults taken from `whole`, to any depth."""
    changes = {}
    for field in _fields(type(part)):
        mine, theirs = getattr(part, field.name), getattr(whole, field.name)
        if mine == field.default:
            changes[field.name] = theirs
        elif isinstance(mine, Struct) and type(mine) is type(theirs):
            changes[field.name] = laid_over(mine, theirs)
    return msgspec.structs.replace(part, **changes)


_fields = cache(msgspec.structs.fields)
