"""Column types that mean the same on SQLite and on PostgreSQL, and text folded for search."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

KEY_LENGTH = 200
"""Characters of a name that count for its place in an order: an index entry must stay small."""

LONGEST_ID = 500
"""Characters of a vendor's id; what has a longer one is not kept, for no index would take it."""

LONGEST_EMAIL = 320
"""Characters of an e-mail address (RFC 5321, 4.5.3.1); a longer one cannot be asked for."""

Id = BigInteger().with_variant(Integer(), "sqlite")
"""A row's number; SQLite numbers rows by itself only where the type is INTEGER."""


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC to the microsecond.

    SQLite has no zones: it holds the UTC time as text that sorts as the moments do.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware")
        utc = _utc(value)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text; what a database may refuse in it (NUL, lone surrogates) is held as U+FFFD.

    On PostgreSQL it is compared by code points, as SQLite does, whatever the server's locale.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """Text as any database can hold it."""
    if text.isascii() and "\0" not in text:
        return text
    return (
        text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def folded(text: str) -> str:
    """Text in which letter case and the way a character is composed make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def vendor_key(vendor_id: str | None) -> str | None:
    """A vendor's id as rows are found by it; None when it is too long to be anyone's."""
    if vendor_id is None or len(vendor_id) > LONGEST_ID:
        return None
    return storable(vendor_id)


def email_key(email: str | None) -> str | None:
    """What an e-mail address is found by."""
    if email is None or len(email) > LONGEST_EMAIL:
        return None
    return folded(email.strip()) or None


def order_key(name: str | None) -> str | None:
    """What a name is ordered by: its letters without case and accents."""
    if name is None or not name.strip():
        return None
    letters = unicodedata.normalize("NFKD", name.strip()).casefold()
    return "".join(each for each in letters if not unicodedata.combining(each))[:KEY_LENGTH]


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of the first or last moment that there is
        return moment.replace(tzinfo=UTC)
