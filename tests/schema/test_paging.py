"""Windows on a vendor's whole list, as connections."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import BadInput
from gateway.schema.paging import Connection, event_cursor, event_of_cursor, listed
from gateway.schema.scalars import global_id
from gateway.storage.values import Window

sizes = st.integers(1, 7)
lists = st.lists(st.integers(), max_size=20)


def page(rows: list[int], **asked: Any) -> Connection[str]:
    return listed(rows, Window(**asked), str)


@given(lists, sizes)
def test_pages_forward_give_each_item_once_and_in_order(rows: list[int], size: int) -> None:
    seen: list[str] = []
    after = None
    for _ in range(len(rows) + 1):
        found = page(rows, first=size, after=after)
        assert found.page_info.has_previous_page == bool(seen)
        seen += found.nodes()
        after = found.page_info.end_cursor
        if not found.page_info.has_next_page:
            break
    assert seen == list(map(str, rows))


@given(lists, sizes)
def test_pages_backward_give_each_item_once(rows: list[int], size: int) -> None:
    seen: list[str] = []
    before = None
    for _ in range(len(rows) + 1):
        found = page(rows, last=size, before=before)
        assert found.page_info.has_next_page == bool(seen)
        seen = found.nodes() + seen
        before = found.page_info.start_cursor
        if not found.page_info.has_previous_page:
            break
    assert seen == list(map(str, rows))


@given(lists, st.integers(0, 30), st.integers(0, 30))
async def test_any_window_is_a_part_of_the_list(rows: list[int], size: int, place: int) -> None:
    for asked in (
        {"first": size, "after": global_id("at", place)},
        {"last": size, "before": global_id("at", place)},
    ):
        found = page(rows, **asked)
        nodes = found.nodes()
        start = place + 1 if "first" in asked else max(0, min(place, len(rows)) - size)
        assert nodes == list(map(str, rows))[start : start + len(nodes)]
        assert len(nodes) <= size
        assert await found.total_count() == len(rows)
        assert [edge.node for edge in found.edges] == nodes
        ends = [edge.cursor for edge in found.edges]
        assert (found.page_info.start_cursor, found.page_info.end_cursor) == (
            (ends[0], ends[-1]) if ends else (None, None)
        )


@pytest.mark.parametrize("cursor", ["", "x", "é", global_id("C", 1), event_cursor("1")])
@pytest.mark.parametrize("argument", ["after", "before"])
def test_a_cursor_of_something_else_is_refused_by_name(cursor: str, argument: str) -> None:
    size = "first" if argument == "after" else "last"
    with pytest.raises(BadInput) as caught:
        page([1, 2, 3], **{size: 1, argument: cursor})
    assert caught.value.field == (argument,)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_events_cursor_is_its_own_id(vendor_id: str) -> None:
    assert event_of_cursor(event_cursor(vendor_id)) == vendor_id


def test_without_a_cursor_events_begin_at_the_beginning() -> None:
    assert event_of_cursor(None) is None


@pytest.mark.parametrize("cursor", ["", "x", "é", "=", global_id("at", 1)])
def test_what_is_no_events_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadInput) as caught:
        event_of_cursor(cursor)
    assert caught.value.field == ("after",)
