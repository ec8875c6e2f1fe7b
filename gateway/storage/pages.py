"""Pages of a list by keyset: a cursor says which row was the last, not how many went before.

So a page stays where it is while rows come and go around it. A cursor is base64url of the JSON
array [version, name of the order, the row's key in that order, the row's id]; null is no key, and
rows without a key come last in every order.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true

from ..domain.failures import BadInput
from .connection import Connection
from .database import is_id
from .rows import AnyRow
from .values import Page, Window

_VERSION = 1
_LONGEST = 4000
_MOST = 1_000_000

T = TypeVar("T")
Key = str | datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """By `key`, those without one last, then by `id`; `name` tells cursors of orders apart."""

    name: str
    key: ColumnElement[Any]
    id: ColumnElement[Any]
    descending: bool = False
    moments: bool = False
    """Whether keys are moments, else they are text."""

    def terms(self, *, backwards: bool = False) -> tuple[ColumnElement[Any], ...]:
        """What to order by."""
        if backwards:
            key = self.key.asc() if self.descending else self.key.desc()
            return key.nulls_first(), self.id.desc()
        key = self.key.desc() if self.descending else self.key.asc()
        return key.nulls_last(), self.id.asc()

    def beyond(self, cursor: str, *, backwards: bool) -> ColumnElement[bool]:
        """What comes after the cursor, or with `backwards` before it."""
        key, id = self._read(cursor, "before" if backwards else "after")
        if key is None:
            among = and_(self.key.is_(None), self.id < id if backwards else self.id > id)
            return or_(self.key.is_not(None), among) if backwards else among
        larger = self.descending == backwards
        tied = and_(self.key == key, self.id < id if backwards else self.id > id)
        strictly = self.key > key if larger else self.key < key
        without = false() if backwards else self.key.is_(None)
        return or_(strictly, tied, without)

    def cursor(self, key: Key, id: int) -> str:
        """The cursor of a row."""
        told = key.astimezone(UTC).isoformat() if isinstance(key, datetime) else key
        text = json.dumps([_VERSION, self.name, told, id], separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _read(self, cursor: str, field: str) -> tuple[Key, int]:
        try:
            version, name, told, id = _decoded(cursor)
            if (version, name) != (_VERSION, self.name) or type(id) is not int or not is_id(id):
                raise ValueError
            key = self._key(told)
            if self.cursor(key, id) != cursor:
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            message = "The cursor is not one of this list in this order."
            raise BadInput(message, field=(field,)) from None
        return key, id

    def _key(self, told: object) -> Key:
        if told is None:
            return None
        if not isinstance(told, str):
            raise TypeError
        if not self.moments:
            return told
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            raise ValueError
        return moment


def _decoded(cursor: str) -> Any:
    if len(cursor) > _LONGEST:
        raise ValueError
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return json.loads(urlsafe_b64decode(padded))
    except binascii.Error:
        raise ValueError from None


@dataclass(frozen=True, slots=True)
class _Cut:
    """A window on one list: how many rows, from which end, and past which cursors.

    `near`: a row that reading does not start past; `far`: one that it does not stop before.
    """

    count: int
    backwards: bool
    near: ColumnElement[bool]
    far: ColumnElement[bool]


def _cut(order: Order, window: Window) -> _Cut:
    backwards = window.last is not None
    count = window.last if window.last is not None else window.first
    if count is None or not 0 <= count <= _MOST:
        message = f"How many to give must be said: 0 to {_MOST}."
        raise BadInput(message, field=("last" if backwards else "first",))
    after = _side(order, window.after, backwards=False)
    before = _side(order, window.before, backwards=True)
    near, far = (before, after) if backwards else (after, before)
    return _Cut(count, backwards, near, far)


def _side(order: Order, cursor: str | None, *, backwards: bool) -> ColumnElement[bool]:
    """Rows on one side of a cursor; never NULL, so that `~` gives all the others."""
    if cursor is None:
        return true()
    return func.coalesce(order.beyond(cursor, backwards=backwards), false())


async def page(
    connection: Connection,
    statement: Select[Any],
    order: Order,
    window: Window,
    of: Callable[[AnyRow], T],
) -> Page[T]:
    """The window on all rows of a statement."""
    cut = _cut(order, window)
    keyed = statement.add_columns(order.key.label("at_key"), order.id.label("at_id"))
    shown = keyed.where(cut.near, cut.far).order_by(*order.terms(backwards=cut.backwards))
    rows = (await connection.execute(shown.limit(cut.count + 1))).all()
    behind = False
    if window.after is not None or window.before is not None:
        behind = (await connection.execute(keyed.where(~cut.near).limit(1))).first() is not None
    more = len(rows) > cut.count
    return _page(rows[: cut.count], order, of, cut, more=more, behind=behind)


async def pages(
    connection: Connection,
    statement: Select[Any],
    order: Order,
    window: Window,
    of: Callable[[AnyRow], T],
    *,
    owner: ColumnElement[int],
    owners: Sequence[int],
) -> dict[int, Page[T]]:
    """The same window on the rows of each owner, by one statement however many they are."""
    cut = _cut(order, window)
    skipped = case((cut.near, 0), else_=1)
    terms = order.terms(backwards=cut.backwards)
    numbered = statement.where(owner.in_(owners), cut.far).add_columns(
        owner.label("at_owner"),
        order.key.label("at_key"),
        order.id.label("at_id"),
        func.row_number().over(partition_by=owner, order_by=terms).label("at_n"),
        func.sum(skipped).over(partition_by=owner).label("at_skipped"),
    )
    subquery = numbered.subquery()
    row = subquery.c
    # One row more at either end tells whether there is more.
    within = row.at_n.between(row.at_skipped, row.at_skipped + cut.count + 1)
    shown = select(subquery).where(within).order_by(row.at_owner, row.at_n)
    rows: dict[int, list[AnyRow]] = {each: [] for each in owners}
    for each in await connection.execute(shown):
        rows[each.at_owner].append(each)
    return {each: _window(rows[each], order, of, cut) for each in rows}


def _window(rows: Sequence[AnyRow], order: Order, of: Callable[[AnyRow], T], cut: _Cut) -> Page[T]:
    shown = [row for row in rows if 0 < row.at_n - row.at_skipped <= cut.count]
    behind = any(row.at_n == row.at_skipped for row in rows)
    more = any(row.at_n > row.at_skipped + cut.count for row in rows)
    return _page(shown, order, of, cut, more=more, behind=behind)


def _page(
    rows: Sequence[AnyRow],
    order: Order,
    of: Callable[[AnyRow], T],
    cut: _Cut,
    *,
    more: bool,
    behind: bool,
) -> Page[T]:
    """`more`: there are rows past the end of reading; `behind`: and before its start."""
    shown = rows[::-1] if cut.backwards else rows
    return Page(
        items=tuple(of(row) for row in shown),
        cursors=tuple(order.cursor(row.at_key, row.at_id) for row in shown),
        has_next=behind if cut.backwards else more,
        has_previous=more if cut.backwards else behind,
    )
