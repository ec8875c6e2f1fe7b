"""A write: each item is done or refused by itself, and the answer tells of all in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .seed import Json
from .wire import Fault, Refused

MOST_ITEMS = 5000


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one write is done: the agency `name`, inside the account `inside`, "" for none.

    `note` records what took effect: the id of the object, and what was written.
    """

    name: str
    agency: Json
    inside: str
    now: str
    number: Callable[[], int]
    note: Callable[[str, Json], None]


Item: TypeAlias = Callable[[Desk, Json], Json]
"""Does one item; answers its id and whether it is new, or raises `Refused`."""


def write(do: Item, desk: Desk, child: str, items: Sequence[Json]) -> Json:
    """The writeResult; `errors` are 0-based, and left out when there are none (vendor page 3)."""
    if not items:
        raise Fault(105)
    if len(items) > MOST_ITEMS:
        raise Fault(106, child)
    results = [_one(do, desk, item) for item in items]
    errors = [place for place, each in enumerate(results) if each["isError"]]
    return {"errors": errors, "results": results}


def _one(do: Item, desk: Desk, item: Json) -> Json:
    try:
        return {**do(desk, item), "isError": False, "errorCode": 0}
    except Refused as refused:
        told = {"errorCode": refused.code, "errorString": refused.message}
        return {"isNew": False, "isError": True, **told}
