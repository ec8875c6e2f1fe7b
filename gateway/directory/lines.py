"""Ledger lines: what an operator knows by id, as JSON Lines or CSV (contract page).

Pure: text in, told facts out; `BadInput` names the line and the field, and what was read before
is lost to nobody, for nothing is written until all lines are good.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..domain.failures import BadInput
from ..domain.model import TokenKind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What every line tells: the account's name; `number` is where the line stands in its file."""

    account: str
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLine(_Told):
    """A client that exists at a vendor; `client` is the caller's own label."""

    vendor_id: str
    client: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine(_Told):
    """A link that exists at a vendor."""

    vendor_id: str
    client_vendor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine(_Told):
    """A token that people use."""

    kind: TokenKind
    name: str
    user: str | None = None
    created_at: datetime | None = None
    hint: str | None = None
    client_vendor_id: str | None = None


Line = ClientLine | LinkLine | TokenLine

_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of surrogate pairs: neither can be in a name or an id."""

_LONGEST = {"vendorId": 500, "clientVendorId": 500}
_LONGEST_ELSE = 200
"""Characters of a value at most, as storage has it."""

_FIELDS = {
    "client": ({"account", "vendorId"}, {"client"}),
    "link": ({"account", "vendorId", "clientVendorId"}, set[str]()),
    "token": ({"account", "kind", "name"}, {"user", "createdAt", "hint", "clientVendorId"}),
}


def read_lines(text: str) -> list[Line]:
    """All lines of a file: CSV when its first line is a header with `type`, else JSON Lines."""
    # Not splitlines(): what that takes for ends of lines may stand within a JSON string.
    rows = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    is_csv = "type" in rows[0] and not rows[0].lstrip().startswith("{")
    return [_line(fields, number) for number, fields in (_csv(rows) if is_csv else _json(rows))]


def _json(rows: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            fields = json.loads(row)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise BadInput(f"Line {number} is not a JSON object.", field=(str(number),))
        yield number, {name: value for name, value in fields.items() if value is not None}


def _csv(rows: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    header = _cells(rows[0], 1)
    for number, row in enumerate(rows[1:], 2):
        cells = _cells(row, number)
        if len(cells) > len(header):
            message = f"Line {number} has more columns than the header."
            raise BadInput(message, field=(str(number),))
        if cells:
            told = zip(header, cells, strict=False)
            yield number, {name: value for name, value in told if value}


def _cells(row: str, number: int) -> list[str]:
    """The cells of one row; none holds the end of a line, for no name or id does."""
    try:
        return next(csv.reader([row], strict=True), [])
    except csv.Error:
        raise BadInput(f"Line {number} is not CSV.", field=(str(number),)) from None


def _line(fields: Mapping[str, Any], number: int) -> Line:
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise _refused(number, "type", f"must be one of {', '.join(_FIELDS)}")
    needed, optional = _FIELDS[kind]
    for name in sorted(set(fields) - needed - optional - {"type"}):
        raise _refused(number, name, "is not known")
    for name in sorted(needed - set(fields)):
        raise _refused(number, name, "is missing")
    for name, value in fields.items():
        if not isinstance(value, str) or not value.strip() or _UNFIT.search(value):
            raise _refused(number, name, "must be a text of one line that is not empty")
        if len(value) > (longest := _LONGEST.get(name, _LONGEST_ELSE)):
            raise _refused(number, name, f"must have {longest} characters at most")
    match kind:
        case "client":
            return ClientLine(
                account=fields["account"],
                vendor_id=fields["vendorId"],
                client=fields.get("client"),
                number=number,
            )
        case "link":
            return LinkLine(
                account=fields["account"],
                vendor_id=fields["vendorId"],
                client_vendor_id=fields["clientVendorId"],
                number=number,
            )
        case _:
            return _token(fields, number)


def _token(fields: Mapping[str, Any], number: int) -> TokenLine:
    if fields["kind"] not in TokenKind.__members__:
        raise _refused(number, "kind", f"must be one of {', '.join(TokenKind.__members__)}")
    hint = fields.get("hint")
    if hint is not None and len(hint) > 4:
        raise _refused(number, "hint", "takes the last four characters at most")
    return TokenLine(
        account=fields["account"],
        kind=TokenKind[fields["kind"]],
        name=fields["name"],
        user=fields.get("user"),
        created_at=_moment(fields.get("createdAt"), number),
        hint=hint,
        client_vendor_id=fields.get("clientVendorId"),
        number=number,
    )


def _moment(text: str | None, number: int) -> datetime | None:
    if text is None:
        return None
    try:
        return moment(text)
    except ValueError:
        reason = "must be a day or a moment, such as 2026-03-09"
        raise _refused(number, "createdAt", reason) from None


def _refused(number: int, name: str, reason: str) -> BadInput:
    return BadInput(f"Line {number}: `{name}` {reason}.", field=(str(number), name))


def moment(text: str) -> datetime:
    """A day or moment in ISO 8601; UTC where it does not say. Raises ValueError."""
    read = datetime.fromisoformat(text)
    if not 1900 < read.year < 3000:
        raise ValueError("no token was made then")
    moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    if not 1970 <= moment.year < 3000:
        raise ValueError("no token was made then")
    return moment
