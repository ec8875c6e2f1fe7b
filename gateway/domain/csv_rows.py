"""Rows of CSV that comes in pieces, told apart without reading their fields (RFC 4180).

A line end between quotes ends no row. A quote opens only where a field begins, as Python's csv
module has it; so that an account's own delimiter does no harm, a field begins after any of the
usual ones. Empty lines are no rows.
"""

import re
from enum import Enum, auto

DELIMITERS = b",;\t|"
"""One of these stands between two fields."""

_TOKEN = re.compile(rb'"|[\r\n]+|[^"\r\n]+')
_LINE_ENDS = b"\r\n"
_QUOTE = b'"'


class _At(Enum):
    """Where in a row the last piece ended."""

    ROW = auto()
    FIELD = auto()
    PLAIN = auto()
    QUOTED = auto()
    CLOSED = auto()
    """Behind a quote between quotes: the field's end, or the first half of a doubled one."""


class CsvRows:
    """Counts the rows that have begun, the header among them."""

    def __init__(self) -> None:
        self.begun = 0
        self._at = _At.ROW

    @property
    def complete(self) -> bool:
        """Whether no quoted field is open: the text may end here."""
        return self._at is not _At.QUOTED

    @property
    def between(self) -> bool:
        """Whether the last row has its line end, or there is none yet."""
        return self._at is _At.ROW

    def feed(self, piece: bytes) -> None:
        """Count the next piece, cut anywhere."""
        for token in _TOKEN.finditer(piece):
            self._step(token[0])

    def _step(self, token: bytes) -> None:
        if self._at is _At.QUOTED:
            if token == _QUOTE:
                self._at = _At.CLOSED
        elif token[0] in _LINE_ENDS:
            self._at = _At.ROW
        else:
            self.begun += self._at is _At.ROW
            self._at = self._after(token)

    def _after(self, token: bytes) -> _At:
        if token[-1] in DELIMITERS:
            return _At.FIELD
        if token == _QUOTE and self._at is not _At.PLAIN:
            return _At.QUOTED
        return _At.PLAIN


def second_row(text: bytes) -> int | None:
    """Where in `text` its second row begins; None when it has but one, or that one has no end."""
    rows = CsvRows()
    for token in _TOKEN.finditer(text):
        rows.feed(token[0])
        if rows.begun == 2:
            return token.start()
    return None
