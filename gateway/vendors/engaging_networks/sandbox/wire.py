"""What goes over the wire: requests read, answers written, nothing decided about credentials."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

State = dict[str, Any]

_ROUTES = (
    ("POST", "/ens/service/authenticate", "authenticate"),
    ("GET", "/ens/service/authenticate/([^/]+)", "authenticate.check"),
    ("DELETE", "/ens/service/authenticate/([^/]+)", "authenticate.delete"),
    ("GET", "/ens/service/page", "page.list"),
    ("GET", r"/ens/service/page/(\d+)", "page.get"),
    ("GET", "/ens/service/supporter", "supporter.get"),
    ("GET", r"/ens/service/supporter/(\d+)", "supporter.get"),
    ("GET", "/ens/service/supporter/fields", "supporter.fields"),
    ("GET", "/ens/service/supporter/questions", "supporter.questions"),
    ("GET", "/ea-dataservice/data.service", "data.service"),
    ("GET", "/ea-dataservice/export.service", "export.service"),
)
_PAGE_TYPES = "cc dc dcf ec ecommerce ems et ev leadgen mem nd pet premium sh sp ss survey tp unsub"


def route(method: str, path: str) -> tuple[str, str]:
    """The operation and the id in its path, if any."""
    for verb, pattern, name in _ROUTES:
        if verb == method and (found := re.fullmatch(pattern, path)):
            return name, (found.groups() or ("",))[0]
    return "unknown", ""


def key(body: bytes) -> str:
    """The API key, raw or as a JSON string, whatever the content type."""
    return body.decode("utf-8", "replace").strip().strip('"')


def address(request: Request) -> str:
    return request.client.host if request.client else ""


def us_day(text: str) -> date | None:
    """A day as MMDDYYYY."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[4:]), int(text[:2]), int(text[2:4]))
    except ValueError:
        return None


def _xs_type(value: str) -> str:
    return "xs:int" if value.isdecimal() else "xs:string"


def pages(account: State, request: Request) -> Response:
    """No paging; `status=all`, which is not in the vendor's list, is taken as no status."""
    kind = request.query_params.get("type", "").casefold()
    status = request.query_params.get("status", "all").casefold()
    if not kind:
        return error(400, "Required parameter type is missing")  # assumed
    if kind not in _PAGE_TYPES.split():
        return error(404, "Failed to get pages", -1767273746)
    return JSONResponse(
        [
            page
            for page in account["pages"]
            if kind in (page["type"].casefold(), page["subType"].casefold())
            and status in ("all", page["campaignStatus"])
        ]
    )


def one_page(account: State, page_id: str) -> Response:
    for page in account["pages"]:
        if str(page["id"]) == page_id:
            return JSONResponse({**page, "trackingParameters": [], "campaignAttributes": []})
    return error(404, f"Unable to find an page with pageId {page_id}", 353979450)


def supporter(account: State, request: Request, supporter_id: str) -> Response:
    """By id, else by e-mail address in any letter case; not found: 404, else 204 (page 5.3)."""
    email = request.query_params.get("email", "").casefold()
    if not supporter_id and not email:
        return error(400, "Required parameter email is missing")  # assumed
    for person in account["supporters"]:
        if (
            supporter_id == str(person["supporterId"])
            or email == person["Email Address"].casefold()
        ):
            asked = {"includeQuestions": "questions", "includeMemberships": "memberships"}
            hidden = [
                key for flag, key in asked.items() if request.query_params.get(flag) != "true"
            ]
            return JSONResponse({k: v for k, v in person.items() if k not in hidden})
    return error(404, "Unable to find the supporter") if supporter_id else Response(status_code=204)


def supporter_count(account: State) -> dict[str, str]:
    return {
        "clientId": str(account["client_id"]),
        "supporterCount": str(account["supporter_count"]),
    }


def campaign(account: State, page: State) -> dict[str, str]:
    return {
        "clientId": str(account["client_id"]),
        "campaignId": str(page["campaignId"]),
        "campaignStatus": page["campaignStatus"],
        "campaignName": page["name"],
        "campaignExportName": page["name"],
        "description": page["title"],
    }


def data(request: Request, rows: Sequence[dict[str, str]] = (), error: str = "") -> Response:
    """Rows or an error, both with 200; XML unless JSON is asked for (an error's XML is assumed)."""
    table = [
        [{"name": name, "value": value, "type": _xs_type(value)} for name, value in row.items()]
        for row in rows
    ]
    if request.query_params.get("contentType") == "json":
        return JSONResponse(
            {"error": error} if error else {"rows": [{"columns": row} for row in table]}
        )
    root = Element("EaData")
    if error:
        SubElement(root, "error").text = error
    for row in table:
        line = SubElement(root, "EaRow")
        for column in row:
            cell = SubElement(line, "EaColumn", name=column["name"], type=column["type"])
            cell.text = column["value"]
    return Response(tostring(root, encoding="utf-8"), media_type="text/xml")


def csv_of(account: State, rows: list[State]) -> str:
    """The header that the page shows, with its last column that has no name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("Account ID", "Supporter ID", "Supporter Email", "Campaign Type", "Campaign ID")
    writer.writerow((*names, "Campaign Date", ""))
    for row in rows:
        values = (row["supporter"], row["email"], row["type"], row["campaign"], row["date"])
        writer.writerow((account["client_id"], *values, ""))
    return text.getvalue()


def export_error(text: str) -> Response:
    return Response(f"\n\nERROR: {text}", media_type="text/csv")


def error(status: int, message: str, message_id: int = 10000001) -> Response:
    """An error of the REST services; ids that the page does not tell are invented."""
    return JSONResponse(
        {"message": message, "messageId": message_id, "developerMessage": ""}, status
    )
