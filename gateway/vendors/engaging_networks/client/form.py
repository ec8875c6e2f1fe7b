"""A form with a file, as browsers send it (multipart/form-data, RFC 7578)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count


@dataclass(frozen=True, slots=True)
class Form:
    """A form's body but for one secret value, which belongs at the byte offset `gap`."""

    content_type: str
    body: bytes = field(repr=False)
    gap: int


def form(fields: Sequence[tuple[str, str]], *, file: str, content: bytes, gap_in: str) -> Form:
    """The fields, then a CSV file in the field `file`, then the field `gap_in` with only the gap.

    The same input gives the same bytes. Field names are ours, and plain ASCII.
    """
    parts = [
        *((_disposition(name), value.encode()) for name, value in fields),
        (f'{_disposition(file)}; filename="import.csv"\r\nContent-Type: text/csv', content),
        (_disposition(gap_in), b""),
    ]
    boundary = _boundary([value for _, value in parts])
    opening = b"".join(
        f"--{boundary}\r\n{head}\r\n\r\n".encode() + value + b"\r\n" for head, value in parts
    ).removesuffix(b"\r\n")
    return Form(
        content_type=f"multipart/form-data; boundary={boundary}",
        body=opening + f"\r\n--{boundary}--\r\n".encode(),
        gap=len(opening),
    )


def _disposition(name: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"'


def _boundary(values: Sequence[bytes]) -> str:
    """A boundary that none of the values holds."""
    digest = sha256(b"\0".join(values))
    for number in count():
        digest.update(str(number).encode())
        boundary = f"gateway-{digest.hexdigest()[:32]}"
        if not any(boundary.encode() in value for value in values):
            return boundary
    raise AssertionError("numbers do not end")
