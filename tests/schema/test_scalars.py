"""Scalars, global ids and windows, as callers write and read them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import BadInput, NotFound
from gateway.schema.scalars import (
    DEFAULT_PAGE,
    LARGEST_PAGE,
    SCALARS,
    BigInt,
    Day,
    global_id,
    parse_id,
    row_of,
    window,
)
from gateway.storage.values import Window

kinds = st.sampled_from(["A", "VA", "C", "R", "L", "T", "at"])
rows = st.integers(0, 10**18 - 1)


def scalar(name: object) -> Any:
    return SCALARS[name]


# ── Ids ───────────────────────────────────────────────────────────────────────────────────────


@given(kinds, rows)
def test_an_id_is_parsed_as_it_was_made(kind: str, row: int) -> None:
    id = global_id(kind, row)
    assert parse_id(id) == (kind, row)
    assert row_of(kind, id) == row
    assert "=" not in id


@given(kinds, kinds, rows, rows)
def test_ids_of_different_things_differ(one: str, two: str, a: int, b: int) -> None:
    assert (global_id(one, a) == global_id(two, b)) == ((one, a) == (two, b))


@given(st.text() | st.text(alphabet="QTpVREx0Mg=-_:1"))
def test_a_text_is_an_id_only_if_it_is_made_as_one(text: str) -> None:
    try:
        kind, row = parse_id(text)
    except NotFound:
        return
    assert global_id(kind, row) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "C", "é", "Qzo", "OjE", "Qzox\n", " Qzox", "Qzox=", "QzowMQ", "Qzot MQ", "QzotMQ"),
        *(global_id("C", row) for row in (10**18, 10**40)),
    ],
)
def test_what_is_no_id_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        row_of("C", text)


def test_an_id_of_another_type_is_not_found() -> None:
    with pytest.raises(NotFound, match="no object of this type"):
        row_of("C", global_id("R", 1))


# ── Values ────────────────────────────────────────────────────────────────────────────────────

moments = st.datetimes(
    datetime(1000, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
)


@given(moments)
def test_a_moment_is_shown_in_utc_to_the_millisecond_and_read_back(at: datetime) -> None:
    shown = scalar(datetime).serialize(at)
    assert shown.endswith("Z")
    assert len(shown) == len("2026-03-09T14:30:00.000Z")
    read = scalar(datetime).parse_value(shown)
    assert read.tzinfo is UTC
    assert timedelta(0) <= at - read < timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["2026-03-09T14:30:00", "2026-03-09", "noon", "", "Z"])
def test_a_moment_without_an_offset_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|isoformat"):
        scalar(datetime).parse_value(text)


@given(st.dates())
def test_a_day_is_shown_and_read_as_iso_8601(day: date) -> None:
    assert scalar(Day).parse_value(scalar(Day).serialize(day)) == day


@given(st.integers())
def test_a_big_integer_fits_a_json_number(value: int) -> None:
    if abs(value) < 2**53:
        assert scalar(BigInt).serialize(value) == value
    else:
        with pytest.raises(GraphQLError, match="2\\^53 - 1"):
            scalar(BigInt).serialize(value)


@pytest.mark.parametrize("value", [1.5, "1", None, 2**53, -(2**53)])
def test_what_is_no_integer_is_no_big_integer_either(value: object) -> None:
    with pytest.raises(GraphQLError, match="BigInt"):
        scalar(BigInt).serialize(value)


# ── Windows ───────────────────────────────────────────────────────────────────────────────────

absent: Any = strawberry.UNSET
sizes = st.sampled_from([absent, None]) | st.integers(-5, LARGEST_PAGE + 5)
cursors = st.sampled_from([absent, None]) | st.text()


def is_given(argument: object) -> bool:
    return argument is not None and argument is not absent


@given(sizes, cursors, sizes, cursors)
def test_a_window_is_what_its_arguments_mean_or_names_the_one_at_fault(
    first: Any, after: Any, last: Any, before: Any
) -> None:
    try:
        found = window(first, after, last, before)
    except BadInput as refused:
        (name,) = refused.field
        assert is_given({"first": first, "after": after, "last": last, "before": before}[name])
        return
    assert (found.first is None) != (found.last is None)
    assert found.first in (None, first if is_given(first) else DEFAULT_PAGE)
    assert found.last == (last if is_given(last) else None)
    assert found.after == (after if is_given(after) else None)
    assert found.before == (before if is_given(before) else None)
    assert 0 <= (found.first if found.first is not None else found.last or 0) <= LARGEST_PAGE


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((1, None, 1, None), "last"),
        ((-1, None, None, None), "first"),
        ((101, None, None, None), "first"),
        ((None, None, -1, None), "last"),
        ((None, None, 101, None), "last"),
        ((1, None, None, "x"), "before"),
        ((None, None, None, "x"), "before"),
        ((None, "x", 1, None), "after"),
    ],
)
def test_arguments_that_contradict_are_named(arguments: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        window(*arguments)
    assert caught.value.field == (field,)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((absent, absent, absent, absent), Window(first=20)),
        ((None, None, None, None), Window(first=20)),
        ((0, None, None, None), Window(first=0)),
        ((100, "c", None, None), Window(first=100, after="c")),
        ((None, None, 0, None), Window(last=0)),
        ((None, None, 5, "c"), Window(last=5, before="c")),
    ],
)
def test_windows(arguments: Any, expected: Window) -> None:
    assert window(*arguments) == expected
