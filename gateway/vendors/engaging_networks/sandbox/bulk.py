"""Bulk export and import (sections 2 and 3): 200 whatever happens, errors in the text."""

import csv
import io
from datetime import date
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

from . import people
from .asked import Asked
from .wire import State, text, us_day

_WINDOW = 32
_TYPES = ("csv", "xml", "standardcsv", "standardxml")
_STANDARD = (
    ("Account ID", "account_id"),
    ("Supporter ID", "supporter_id"),
    ("Supporter Email", "supporter_email"),
    ("Campaign Type", "type"),
    ("Campaign ID", "id"),
    ("Campaign Date", "date"),
)
_TRANSACTIONS = "importTransactions"
_TRANSACTION = frozenset({"Supporter Email", "Campaign Type", "Campaign ID"})


def export(asked: Asked) -> Response:
    """The activity of some days, as CSV or XML.

    `Total` is missing when the current day is among them. What happens outside the window, and the
    texts of the errors, are assumed; without a type, the account's own default counts.
    """
    query = asked.request.query_params
    first = us_day(query.get("startDate", ""))
    last = us_day(query["endDate"]) if "endDate" in query else first
    kind = query.get("type", asked.account["export_type"])
    if first is None or last is None or first > last:
        return export_error("the dates are not valid")
    if (asked.today - first).days > _WINDOW or last > asked.today:
        return export_error("the dates are out of range")
    if kind not in _TYPES:
        return export_error("the type is not supported")
    rows = _rows(asked, first, last)
    headers = {} if last == asked.today else {"Total": str(len(rows))}
    if kind.endswith("xml"):
        return Response(_xml(rows), headers=headers, media_type="text/xml;charset=UTF-8")
    names = _STANDARD if kind == "standardcsv" else (*_STANDARD, *asked.account["export_columns"])
    body = _csv(rows, names, asked.account["file_delimiter"])
    return Response(body, headers=headers, media_type="text/csv")


def export_error(why: str) -> Response:
    """An error of the export, with its two empty lines."""
    return Response(f"\n\nERROR: {why}", media_type="text/csv")


def _rows(asked: Asked, first: date, last: date) -> list[State]:
    kinds = [kind for kind in asked.request.query_params.get("configTypes", "").split(",") if kind]
    return [
        {
            "account_id": asked.account["client_id"],
            "supporter_id": row["supporter"],
            "supporter_email": row["email"],
            "type": row["type"],
            "id": row["campaign"],
            "date": row["date"],
            "status": "P",
        }
        for row in asked.account["activity"]
        if str(first) <= row["date"] <= str(last) and (not kinds or row["type"] in kinds)
    ]


def _csv(rows: list[State], names: tuple[tuple[str, str], ...], delimiter: str) -> str:
    """With a last column that has no name, as the page shows it."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n", delimiter=delimiter)
    writer.writerow((*(title for title, _ in names), ""))
    for row in rows:
        writer.writerow((*(row.get(key, "") for _, key in names), ""))
    return lines.getvalue()


def _xml(rows: list[State]) -> bytes:
    root = Element("AOXmlResponse")
    lines = SubElement(root, "rows")
    for row in rows:
        line = SubElement(lines, "row")
        for name, value in row.items():
            SubElement(line, name).text = str(value)
    written: bytes = tostring(root, encoding="utf-8")
    return written


def take_import(asked: Asked, sent: dict[str, bytes]) -> Response:
    """A file of supporters or transactions: taken, with a job's number, or refused as a whole.

    Columns of the fixed format `importTransactions` are not documented: three are assumed.
    """
    name, format_name = text(sent, "name"), text(sent, "formatName")
    try:
        rows = list(csv.reader(io.StringIO(text(sent, "upload").removeprefix("\ufeff"))))
    except csv.Error:
        name, rows = "", []
    if not name:
        return import_error("we are unable to process your file, please contact support")
    header = rows[0] if rows else []
    names = _names(asked.account, format_name, header)
    if not names:
        return import_error("the format does not match the first line of your file")
    job = asked.number()
    for row in rows[1:]:
        values: dict[str, str] = dict(zip(names, row, strict=False))
        _take(asked, values)
    told: dict[str, Any] = {"job": job, "name": name, "format": format_name, "rows": len(rows) - 1}
    told |= {key: text(sent, key) for key in ("segmentId", "segmentName") if key in sent}
    asked.account["jobs"].append(told)
    asked.note("import", **told)
    return Response(
        f"{escape(name)} was uploaded successfully. Your job # is {job}. You will receive an email"
        " when it has been processed.",
        media_type="text/html",
    )


def _names(account: State, format_name: str, header: list[str]) -> list[str]:
    """The fields that a header's columns are; none when the format does not fit."""
    if format_name == _TRANSACTIONS:
        return header if set(header) >= _TRANSACTION else []
    for one in account["import_formats"]:
        if one["name"] == format_name and header == [c["label"] for c in one["format"]]:
            return [column["name"] for column in one["format"]]
    return []


def _take(asked: Asked, told: dict[str, str]) -> None:
    email = told.get("Email Address") or told.get("Supporter Email")
    if not email:
        return
    if "Supporter Email" not in told:
        people.upsert(asked, told)
        return
    person, _ = people.upsert(asked, {"Email Address": email})
    asked.account["activity"].append(
        {
            "supporter": person["supporterId"],
            "email": email,
            "type": told["Campaign Type"],
            "campaign": told["Campaign ID"],
            "date": str(asked.today),
        }
    )


def import_error(why: str) -> Response:
    """An error of the import."""
    return Response(f"Error: {why}.", media_type="text/html")
