"""The public data service (section 4): 200 whatever happens, and every value a string."""

import json
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from . import people
from .reports import report
from .wire import State, iso_day

_MOST_BROADCASTS = 100


def answer(account: State, request: Request) -> Response:
    """What a service tells of an account."""
    query = request.query_params
    match query.get("service"):
        case "EaSupporterCount":
            return data(request, [_supporter_count(account)])
        case "EaCampaignInfo":
            wanted = [part for part in query.get("campaignId", "").split(",") if part]
            rows = [_campaign(account, page) for page in account["pages"]]
            return data(request, [r for r in rows if not wanted or r["campaignId"] in wanted])
        case "EaBroadcastInfo":
            return _broadcasts(account, request)
        case "SupporterData":
            return data(request, [_exists(account, query.get("email", ""))])
        case _:
            told = report(account, query)
            if isinstance(told, str):
                return data(request, error=told)
            return data(request, told)


def _supporter_count(account: State) -> dict[str, str]:
    return {
        "clientId": str(account["client_id"]),
        "supporterCount": str(account["supporter_count"]),
    }


def _campaign(account: State, page: State) -> dict[str, str]:
    return {
        "clientId": str(account["client_id"]),
        "campaignId": str(page["campaignId"]),
        "campaignStatus": page["campaignStatus"],
        "campaignName": page["name"],
        "campaignExportName": page["name"],
        "description": page["title"],
    }


def _broadcasts(account: State, request: Request) -> Response:
    """Rows from `startRow` to `endRow`, both counted from 1; the names' style is assumed."""
    first, last = (request.query_params.get(name) for name in ("startRow", "endRow"))
    start = int(first) if first and first.isdecimal() else 1
    end = int(last) if last and last.isdecimal() else start + 19
    if end - start + 1 > _MOST_BROADCASTS:
        return data(request, error="A maximum of 100 rows can be requested")
    return data(request, account["broadcasts"][max(start - 1, 0) : end])


def _exists(account: State, email: str) -> dict[str, str]:
    """Y and N only, never a value."""
    found = people.by_email(account, email) or {}
    told = {
        field["name"]: "Y" if found.get(field["name"]) else "N" for field in account["fields"][1:]
    }
    exists = {"email": email, "supporterExists": "Y" if found else "N"}
    return {"clientId": str(account["client_id"]), **exists, **told}


def data(request: Request, rows: Sequence[dict[str, str]] = (), error: str = "") -> Response:
    """Rows or an error, both with 200; XML unless JSON is asked for (an error's XML is assumed)."""
    table = [
        [{"name": name, "value": value, "type": _xs_type(value)} for name, value in row.items()]
        for row in rows
    ]
    if request.query_params.get("contentType") == "json":
        told = {"error": error} if error else {"rows": [{"columns": row} for row in table]}
        if callback := request.query_params.get("callback"):
            return Response(f"{callback}({json.dumps(told)})", media_type="text/javascript")
        return JSONResponse(told)
    root = Element("EaData")
    if error:
        SubElement(root, "error").text = error
    for row in table:
        line = SubElement(root, "EaRow")
        for column in row:
            cell = SubElement(line, "EaColumn", name=column["name"], type=column["type"])
            cell.text = column["value"]
    return Response(tostring(root, encoding="utf-8"), media_type="text/xml")


def _xs_type(value: str) -> str:
    if value.isdecimal():
        return "xs:int"
    if iso_day(value):
        return "xs:date"
    return "xs:decimal" if re.fullmatch(r"[0-9]+\.[0-9]+", value) else "xs:string"
