"""Connections in Relay's form, over pages of the ledger."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from ..domain.failures import BadInput, NotFound
from ..storage.values import Page, Window
from .describe import field, object_type
from .scalars import global_id, row_of

T = TypeVar("T")
R = TypeVar("R")

First = Annotated[
    int | None,
    strawberry.argument(
        description="How many to give from the start; 20 when neither `first` nor `last` is"
        " given, at most 100."
    ),
]
After = Annotated[str | None, strawberry.argument(description="Give what comes after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many to give from the end, at most 100.")
]
Before = Annotated[
    str | None, strawberry.argument(description="Give what comes before this cursor.")
]


@object_type
class PageInfo:
    """Where a page of a list stands in the whole."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether there is more before this page."
    )
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first edge; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last edge; null on an empty page."
    )


@object_type
class Edge(Generic[T]):
    """An item in a page."""

    cursor: str = strawberry.field(description="Opaque place of this edge in the list.")
    node: T = strawberry.field(description="The item.")


@object_type
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The page's items, each with its cursor.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the whole.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @field
    def nodes(self) -> list[T]:
        """The page's items."""
        return [edge.node for edge in self.edges]

    @field
    async def total_count(self) -> int:
        """How many there are over all pages."""
        return await self.count()


def connection(
    page: Page[R], wrap: Callable[[R], T], count: Callable[[], Awaitable[int]]
) -> Connection[T]:
    """A page of rows as a connection of GraphQL objects; counted only when asked for."""
    edges: list[Edge[T]] = [
        Edge(cursor=cursor, node=wrap(row))
        for row, cursor in zip(page.items, page.cursors, strict=True)
    ]
    return Connection(edges=edges, page_info=page_info(page), count=count)


def page_info(page: Page[R]) -> PageInfo:
    """Where a page stands."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )


def listed(rows: Sequence[R], wanted: Window, wrap: Callable[[R], T]) -> Connection[T]:
    """A window on a vendor's list that came whole; its cursors are places in it."""

    async def count() -> int:
        return len(rows)

    start, end = 0, len(rows)
    if wanted.after is not None:
        start = min(_place(wanted.after, "after") + 1, end)
    if wanted.before is not None:
        end = min(_place(wanted.before, "before"), end)
    if wanted.first is not None:
        end = min(end, start + wanted.first)
    if wanted.last is not None:
        start = max(start, end - wanted.last)
    page = Page(
        items=tuple(rows[start:end]),
        cursors=tuple(global_id("at", place) for place in range(start, end)),
        has_next=end < len(rows),
        has_previous=start > 0,
    )
    return connection(page, wrap, count)


def _place(cursor: str, argument: str) -> int:
    try:
        return row_of("at", cursor)
    except NotFound:
        raise BadInput("This is not a cursor of this list.", field=(argument,)) from None


def event_cursor(vendor_id: str) -> str:
    """The cursor of a vendor's event: its own id, for the vendor goes on from there."""
    return urlsafe_b64encode(f"event:{vendor_id}".encode()).decode().rstrip("=")


def event_of_cursor(cursor: str | None) -> str | None:
    """The event that a cursor means; `BadInput` for what is none."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        text = ""
    if not text.startswith("event:"):
        raise BadInput("This is not a cursor of this list.", field=("after",))
    return text.removeprefix("event:")
