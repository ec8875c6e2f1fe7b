"""Rows of CSV are counted as the csv module counts them, wherever the text is cut."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.csv_rows import CsvRows, second_row

DELIMITERS = ",;\t|"
texts = st.text(st.sampled_from('a",\n\r é'), max_size=60)
# Not a carriage return alone: Python's writer leaves it unquoted, and its reader ends a row there.
cells = st.lists(st.sampled_from([*'ab",;\t|\n é', "\r\n"]), max_size=12).map("".join)
tables = st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6)


def counted(text: bytes, cuts: list[int]) -> CsvRows:
    rows = CsvRows()
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in pairwise(edges):
        rows.feed(text[start:end])
    return rows


def written(table: list[list[str]], delimiter: str, line_end: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(table)
    return text.getvalue()


@given(texts, st.lists(st.integers(0, 120), max_size=6))
def test_any_text_has_as_many_rows_as_the_csv_module_finds(text: str, cuts: list[int]) -> None:
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]

    assert counted(text.encode(), cuts).begun == len(expected)


@given(
    tables,
    st.sampled_from(DELIMITERS),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.integers(0, 200), max_size=6),
)
def test_a_written_table_is_counted_whatever_its_delimiter_and_line_end(
    table: list[list[str]], delimiter: str, line_end: str, cuts: list[int]
) -> None:
    rows = counted(written(table, delimiter, line_end).encode(), cuts)

    assert rows.begun == len(table)
    assert rows.complete
    assert rows.between


@given(tables.filter(lambda table: len(table) > 1), st.sampled_from(["\n", "\r\n"]))
def test_the_second_row_begins_where_the_first_was_written_to(
    table: list[list[str]], line_end: str
) -> None:
    first = written(table[:1], ",", line_end).encode()

    assert second_row(written(table, ",", line_end).encode()) == len(first)
    assert second_row(first) is None


@pytest.mark.parametrize(
    ("text", "begun", "complete", "between"),
    [
        (b"", 0, True, True),
        (b"\n\r\n", 0, True, True),
        (b"a,b", 1, True, False),
        (b"a,b\n", 1, True, True),
        (b'a,"b\n', 1, False, False),
        (b'a,"b\nc"\n', 1, True, True),
        (b'5" pipe,b\nc,d\n', 2, True, True),
    ],
)
def test_where_a_text_ends(text: bytes, begun: int, complete: bool, between: bool) -> None:
    rows = counted(text, [])

    assert (rows.begun, rows.complete, rows.between) == (begun, complete, between)
