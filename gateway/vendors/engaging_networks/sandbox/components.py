"""Components of pages and answers to surveys (section 5.4).

Components are a plain list; `page` counts from 1 and is asked instead of `start` (both assumed).
The shape of survey answers is contradictory: here one object for each supporter, with a list of
questions and answers.
"""

from datetime import date

from starlette.responses import JSONResponse, Response

from .asked import Asked
from .pages import by_id, unknown
from .wire import error, iso_day, whole


def listed(asked: Asked, kind: str) -> Response:
    """Components of one kind, in pages; of one folder when it is named."""
    query, kinds = asked.request.query_params, asked.account["components"]
    if kind not in kinds:
        return error(404, "Unknown component type")
    rows, page = whole(query.get("rows"), 20), whole(query.get("page"), 1)
    start = whole(query.get("start"), asked.query_base + (page - 1) * max(rows, 0))
    if not 1 <= rows <= 100 or page < 1 or start < 0:
        return error(400, "rows must be between 1 and 100")  # assumed
    folder = query.get("folderId")
    found = [one for one in kinds[kind] if folder in (None, str(one["folderId"]))]
    first = max(start - asked.query_base, 0)
    return JSONResponse(found[first : first + rows])


def get(asked: Asked, ids: str) -> Response:
    """One component."""
    kind, _, wanted = ids.partition("/")
    known = asked.account["components"].get(kind, ())
    found = next((one for one in known if str(one["id"]) == wanted), None)
    if found is None:
        return error(404, f"Unable to find the component {wanted}")
    return JSONResponse(found)


def survey(asked: Asked, page_id: str) -> Response:
    """What supporters answered on a page between two days, both included."""
    query = asked.request.query_params
    if by_id(asked.account, page_id) is None:
        return unknown(page_id)
    first, last = (iso_day(query.get(name, "")) for name in ("startDate", "endDate"))
    if first is None or last is None or first > last:
        return error(400, "startDate and endDate are required")  # assumed
    group = query.get("exportGroupName")
    return JSONResponse(
        [
            {name: value for name, value in one.items() if name not in ("page", "group")}
            for one in asked.account["survey_answers"]
            if str(one["page"]) == page_id
            and first <= date.fromisoformat(one["submittedOn"]) <= last
            and group in (None, one["group"])
        ]
    )
