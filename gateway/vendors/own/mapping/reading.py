"""How Own's JSON is read: tolerant of what is extra or spelled otherwise, strict on ids."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from ....domain.failures import ContractBroken
from ....domain.vendor import VendorName
from ....upstream.exchange import Reply

VENDOR = VendorName.OWN
_ID = re.compile(r"[0-9]{1,20}", re.ASCII)

T = TypeVar("T")


def id_of(value: Any, field: str) -> str:
    """An id as decimal digits: an int by the vendor page, a string of digits is as good.

    Never a float, which would have lost digits of a long id.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise ContractBroken(f"Own's answer breaks its contract: `{field}`.", vendor=VENDOR)
    return text


def utc(moment: datetime | None, field: str) -> datetime | None:
    """A moment in UTC, which Own means where it names no zone."""
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ContractBroken(f"Own sent a time out of range: `{field}`.", vendor=VENDOR) from error


def array(reply: Reply) -> list[Any]:
    """The reply's plain array."""
    return _strictly(lambda: msgspec.convert(reply.json, list[Any]))


def convert(raw: Any, kind: type[T]) -> T:
    """`raw` as `kind`: absent, null and "" are alike; `0`, `1` and digits in quotes are read."""
    if isinstance(raw, dict):
        raw = {key: value for key, value in raw.items() if value is not None and value != ""}
    return _strictly(lambda: msgspec.convert(raw, kind, strict=False))


def _strictly(read: Callable[[], T]) -> T:
    try:
        return read()
    except msgspec.ValidationError as error:
        raise ContractBroken(
            f"Own's answer breaks its contract: {error}.", vendor=VENDOR
        ) from error
