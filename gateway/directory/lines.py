"""Ledger lines: what an operator knows by id, as JSON Lines or CSV (contract page).

Pure: text in, told facts out; `BadInput` names the line and the field, and what was read before
is lost to nobody, for nothing is written until all lines are good.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..domain.failures import BadInput
from ..domain.model import TokenKind


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client that exists at a vendor; `client` is the caller's own label."""

    account: str
    vendor_id: str
    client: str | None


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link that exists at a vendor."""

    account: str
    vendor_id: str
    client_vendor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    """A token that people use."""

    account: str
    kind: TokenKind
    name: str
    user: str | None
    created_at: datetime | None
    hint: str | None
    client_vendor_id: str | None


Line = ClientLine | LinkLine | TokenLine

_FIELDS = {
    "client": ({"account", "vendorId"}, {"client"}),
    "link": ({"account", "vendorId", "clientVendorId"}, set[str]()),
    "token": ({"account", "kind", "name"}, {"user", "createdAt", "hint", "clientVendorId"}),
}


def read_lines(text: str) -> list[Line]:
    """All lines of a file: CSV when its first line is a header that names `type`, else JSON Lines."""
    rows = text.removeprefix("\ufeff").splitlines()
    first = rows[0] if rows else ""
    raw = _csv(rows) if not first.lstrip().startswith("{") and "type" in first else _json(rows)
    return [_line(fields, number) for number, fields in raw]


def _json(rows: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            fields = json.loads(row)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise BadInput(f"Line {number} is not a JSON object.", field=(str(number),))
        yield number, fields


def _csv(rows: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(rows)
    for fields in reader:
        if None in fields:
            message = f"Line {reader.line_num} has more columns than the header."
            raise BadInput(message, field=(str(reader.line_num),))
        yield reader.line_num, {key: value for key, value in fields.items() if value}


def _line(fields: Mapping[str, Any], number: int) -> Line:
    kind = fields.get("type")
    if kind not in _FIELDS:
        kinds = ", ".join(_FIELDS)
        raise BadInput(
            f"Line {number}: `type` must be one of {kinds}.", field=(str(number), "type")
        )
    needed, optional = _FIELDS[str(kind)]
    for name in sorted(set(fields) - needed - optional - {"type"}):
        raise BadInput(f"Line {number}: `{name}` is not known.", field=(str(number), name))
    for name in sorted(needed - set(fields)):
        raise BadInput(f"Line {number}: `{name}` is missing.", field=(str(number), name))
    for name, value in fields.items():
        if value is not None and (not isinstance(value, str) or not value.strip()):
            message = f"Line {number}: `{name}` must be a text that is not empty."
            raise BadInput(message, field=(str(number), name))
    match kind:
        case "client":
            return ClientLine(fields["account"], fields["vendorId"], fields.get("client"))
        case "link":
            return LinkLine(fields["account"], fields["vendorId"], fields["clientVendorId"])
        case _:
            return _token(fields, number)


def _token(fields: Mapping[str, Any], number: int) -> TokenLine:
    if fields["kind"] not in TokenKind.__members__:
        kinds = ", ".join(TokenKind.__members__)
        message = f"Line {number}: `kind` must be one of {kinds}."
        raise BadInput(message, field=(str(number), "kind"))
    hint = fields.get("hint")
    if hint is not None and len(hint) > 4:
        message = f"Line {number}: `hint` takes the last four characters at most."
        raise BadInput(message, field=(str(number), "hint"))
    return TokenLine(
        account=fields["account"],
        kind=TokenKind[fields["kind"]],
        name=fields["name"],
        user=fields.get("user"),
        created_at=_moment(fields.get("createdAt"), number),
        hint=hint,
        client_vendor_id=fields.get("clientVendorId"),
    )


def _moment(text: str | None, number: int) -> datetime | None:
    if text is None:
        return None
    try:
        return moment(text)
    except ValueError:
        message = f"Line {number}: `createdAt` must be a day or a moment, such as 2026-03-09."
        raise BadInput(message, field=(str(number), "createdAt")) from None


def moment(text: str) -> datetime:
    """A day or moment in ISO 8601; UTC where it does not say. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
