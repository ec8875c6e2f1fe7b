"""One day's CSV as a part of a longer one: checked as it passes, without the header it shares."""

from ....domain.csv_rows import DELIMITERS, CsvRows, second_row
from ....domain.failures import Malformed
from ....domain.vendor import VendorName
from ..errors import export_refusal

LONGEST_HEADER = 64 * 2**10
"""Bytes; without a limit, what is no CSV would be kept whole in search of its first row."""

_LINE_ENDS = b"\r\n"


class Sheet:
    """A day's CSV, given piece by piece; raises `Failure` when it is no part of the whole.

    `header` is that of the days before, and after the end that of them all; None: no day had one.
    `total` is the number of rows that the vendor promises, None when it promises nothing.
    """

    def __init__(self, header: bytes | None, total: int | None) -> None:
        self.header = header
        self._total = total
        self._rows = CsvRows()
        self._kept: bytes | None = b""

    def take(self, piece: bytes) -> bytes:
        """What of the day can be passed on after this piece."""
        if self._kept is None:
            self._rows.feed(piece)
            return piece
        self._kept += piece
        end = second_row(self._kept)
        if end is not None:
            return self._open(end)
        if len(self._kept) > LONGEST_HEADER:
            raise _malformed("has no end to its first row")
        return b""

    def end(self) -> bytes:
        """What is left when the day is over, with the line end that its last row may lack."""
        last = self._open(len(self._kept)) if self._kept and self._kept.strip() else b""
        if not self._rows.complete or self._rows.begun < (self._total or 0):
            raise _malformed("was cut short")
        return last if self._rows.between else last + b"\n"

    def _open(self, end: int) -> bytes:
        """Pass the header, or swallow it where it was passed before."""
        kept, self._kept = self._kept or b"", None
        if refusal := export_refusal(kept):
            raise refusal
        line, rows = kept[:end].lstrip(_LINE_ENDS), kept[end:]
        header = line.rstrip(_LINE_ENDS)
        if not any(delimiter in header for delimiter in DELIMITERS):
            raise _malformed("is not CSV")
        if self.header not in (None, header):
            raise _malformed("has another header on another day")
        first, self.header = self.header is None, header
        self._rows.feed(rows)
        if not first:
            return rows
        return (line if line != header else line + b"\n") + rows


def _malformed(what: str) -> Malformed:
    return Malformed(
        f"Engaging Networks's export {what}.", vendor=VendorName.ENGAGING_NETWORKS, sent=True
    )
