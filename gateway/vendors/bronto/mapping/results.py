"""What became of each item of a write: Bronto does some and refuses others in one answer."""

from dataclasses import dataclass

from ....domain.failures import ContractBroken
from ....domain.vendor import VendorName
from ....upstream.codec import Element, text
from ....upstream.exchange import Reply
from . import reading

_VENDOR = VendorName.BRONTO

MOST_ITEMS = 5000
"""Items in one call (vendor page 3)."""


@dataclass(frozen=True, slots=True)
class Done:
    """An item that Bronto wrote; `id` None where it does not tell."""

    id: str | None
    is_new: bool = False

    def __repr__(self) -> str:
        # The id of a token is the token itself.
        return f"Done(is_new={self.is_new})"


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that Bronto did not write, by the number of its error; None without one."""

    code: int | None


def write_result(reply: Reply, operation: str, count: int) -> tuple[Done | Refused, ...]:
    """One outcome for each of `count` items, in their order.

    `errors` are 0-based indexes into the results, and absent when there are none (vendor page 3).
    An item has failed when it says so or `errors` does. Raises `ContractBroken` when the answer
    does not tell of each item, and then nobody knows what was written.
    """
    written = next(iter(reading.rows(reply, operation)), None)
    results = [] if written is None else list(written.iterchildren("results", "{*}results"))
    if written is None or len(results) != count:
        raise _broken(f"tells of {len(results)} items instead of {count}")
    failed = {_index(each, count) for each in written.iterchildren("errors", "{*}errors")}
    return tuple(_outcome(each, place in failed) for place, each in enumerate(results))


def _outcome(item: Element, listed: bool) -> Done | Refused:
    if listed or _says(item, "isError"):
        code = text(item, "errorCode") or ""
        return Refused(int(code) if code.isascii() and code.isdecimal() and len(code) < 7 else None)
    return Done(text(item, "id"), is_new=_says(item, "isNew"))


def _says(item: Element, name: str) -> bool:
    told = text(item, name)
    if told not in (None, "true", "false", "1", "0"):
        raise _broken(f"has an {name} that is neither true nor false")
    return told in ("true", "1")


def _index(error: Element, count: int) -> int:
    told = (error.text or "").strip()
    if not (told.isascii() and told.isdecimal() and len(told) < 7 and int(told) < count):
        raise _broken("lists an error of an item that is not there")
    return int(told)


def _broken(how: str) -> ContractBroken:
    return ContractBroken(f"Bronto's answer to a write {how}.", vendor=_VENDOR)
