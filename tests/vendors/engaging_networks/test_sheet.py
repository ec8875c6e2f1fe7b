"""Days of CSV become one: the header once, nothing lost, nothing cut short."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import CredentialRefused, Failure, Malformed
from gateway.vendors.engaging_networks.client.sheet import LONGEST_HEADER, Sheet

HEADER = ["Supporter Email", "Campaign Type", "Campaign ID", ""]
cells = st.lists(st.sampled_from([*'ab",\n é', "\r\n"]), max_size=8).map("".join)
days = st.lists(st.lists(st.tuples(cells, cells, cells), max_size=4), min_size=1, max_size=4)


def text(rows: list[list[str]], line_end: str = "\n", *, last_end: bool = True) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end).writerows(rows)
    written = out.getvalue()
    return (written if last_end else written.removesuffix(line_end)).encode()


def passed(sheet: Sheet, day: bytes, cuts: tuple[int, ...] = ()) -> bytes:
    edges = [0, *sorted(min(cut, len(day)) for cut in cuts), len(day)]
    pieces = [day[start:end] for start, end in pairwise(edges)]
    return b"".join([*map(sheet.take, pieces), sheet.end()])


@given(
    days,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.lists(st.integers(0, 200), max_size=5).map(tuple),
)
def test_days_are_joined_without_losing_a_row_wherever_they_are_cut(
    table: list[list[tuple[str, str, str]]], line_end: str, last_end: bool, cuts: tuple[int, ...]
) -> None:
    header: bytes | None = None
    whole = b""
    for rows in table:
        sheet = Sheet(header, len(rows))
        day = text([HEADER, *([*row, ""] for row in rows)], line_end, last_end=last_end)
        whole += passed(sheet, day, cuts)
        header = sheet.header

    read = list(csv.reader(io.StringIO(whole.decode(), newline="")))
    assert read == [HEADER, *([*row, ""] for rows in table for row in rows)]


def test_a_day_of_which_nothing_is_told_is_no_row_and_no_header() -> None:
    empty = Sheet(None, 0)

    assert passed(empty, b"\n") == b""
    assert empty.header is None
    assert passed(Sheet(b"a,b", None), b"") == b""


@pytest.mark.parametrize("day", [b"a,b\n1,2\n", b"a,b\r\n1,2", b"a,b\n1,2\n\n\n"])
@pytest.mark.case(20)
def test_fewer_rows_than_promised_are_a_day_cut_short(day: bytes) -> None:
    assert passed(Sheet(None, 1), day)
    with pytest.raises(Malformed, match="cut short"):
        passed(Sheet(None, 2), day)


def test_a_day_that_ends_between_quotes_is_cut_short_whatever_was_promised() -> None:
    with pytest.raises(Malformed, match="cut short"):
        passed(Sheet(None, None), b'a,b\n1,"2\n')


@pytest.mark.case(21)
def test_nothing_is_checked_where_nothing_is_promised() -> None:
    assert passed(Sheet(None, None), b"a,b\n1,2\n") == b"a,b\n1,2\n"


def test_another_header_on_another_day_is_not_mixed_in() -> None:
    first = Sheet(None, 1)
    passed(first, b"a,b\n1,2\n")
    second = Sheet(first.header, 1)

    with pytest.raises(Malformed, match="another header"):
        second.take(b"b,a\n2,1\n")


def test_an_error_that_came_in_small_pieces_is_still_one() -> None:
    sheet = Sheet(None, None)

    assert [sheet.take(piece) for piece in (b"\n", b"\nERR", b"OR: the token is")] == [b""] * 3
    with pytest.raises(CredentialRefused):
        sheet.end()


def test_a_sentence_in_place_of_a_header_is_not_passed_on() -> None:
    with pytest.raises(Malformed, match="not CSV"):
        passed(Sheet(None, None), b"Please try again later\n")


def test_what_has_no_end_to_its_first_row_is_not_kept_for_ever() -> None:
    sheet = Sheet(None, None)

    with pytest.raises(Malformed, match="first row"):
        sheet.take(b"x" * (LONGEST_HEADER + 1))


@given(st.binary(max_size=80), st.one_of(st.none(), st.integers(0, 3)))
def test_whatever_comes_passes_or_is_a_failure_of_ours(day: bytes, total: int | None) -> None:
    try:
        out = passed(Sheet(None, total), day)
    except Failure:
        return
    assert out.strip() == day.lstrip(b"\r\n").strip()
