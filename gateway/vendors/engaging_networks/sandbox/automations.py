"""Marketing automations and the audit log (section 5.4).

The page tells paths and parameters only. Assumed: what an automation and its months look like,
that both months are required, `{"campaigners": [ids]}` as the body of its bulk (as for suppression)
and the number of those who are new to it as the answer; and the columns of the audit log.
"""

import csv
import io
import re
from datetime import date

from starlette.responses import JSONResponse, Response

from .asked import Asked
from .people import chosen
from .wire import State, error, iso_day, json_object


def listed(asked: Asked) -> Response:
    """Those of a folder (0, when none is named), perhaps of one name."""
    query = asked.request.query_params
    folder, name = query.get("folderId", "0"), query.get("name", "").casefold()
    return JSONResponse(
        [
            _told(one)
            for one in asked.account["automations"]
            if str(one["folderId"]) == folder and name in one["name"].casefold()
        ]
    )


def get(asked: Asked, automation_id: str) -> Response:
    """One automation."""
    found = _by_id(asked, automation_id)
    return _unknown() if found is None else JSONResponse(_told(found))


def stats(asked: Asked, automation_id: str) -> Response:
    """How many entered in each month of a stretch; both ends are included."""
    found = _by_id(asked, automation_id)
    if found is None:
        return _unknown()
    query = asked.request.query_params
    first, last = query.get("startMonth", ""), query.get("endMonth", "")
    months = (re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", month) for month in (first, last))
    if not all(months) or first > last:
        return error(400, "startMonth and endMonth are months as YYYYMM")
    entered = found["entered"].items()
    rows = [{"month": m, "entered": n} for m, n in sorted(entered) if first <= m <= last]
    return JSONResponse({"id": found["id"], "stats": rows})


def add(asked: Asked, automation_id: str) -> Response:
    """Supporters enter an automation."""
    found, people = _by_id(asked, automation_id), chosen(asked, json_object(asked.body) or {})
    if found is None:
        return _unknown()
    if people is None:
        return error(400, "campaigners is a list of supporter ids")
    new = sorted({int(one["supporterId"]) for one in people} - set(found["supporters"]))
    found["supporters"] += new
    month = f"{asked.today:%Y%m}"
    found["entered"][month] = found["entered"].get(month, 0) + len(new)
    asked.note("ma.add", automation=found["id"], supporters=new)
    return JSONResponse(len(new))


def audit_log(asked: Asked) -> Response:
    """What was done in the account, as CSV; of a type, a kind of entity, some days."""
    query = asked.request.query_params
    first = iso_day(query.get("startDate", "2000-01-01"))
    last = iso_day(query.get("endDate", str(asked.today)))
    if first is None or last is None or first > last:
        return error(400, "startDate and endDate are days as YYYY-MM-DD")
    wanted = {name: query[name].casefold() for name in ("type", "entityType") if name in query}
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("date", "user", "type", "entityType"))
    for row in asked.account["audit"]:
        fits = all(row[name].casefold() == value for name, value in wanted.items())
        if fits and first <= date.fromisoformat(row["date"][:10]) <= last:
            writer.writerow((row["date"], row["user"], row["type"], row["entityType"]))
    return Response(lines.getvalue(), media_type="text/csv")


def _told(one: State) -> State:
    return {name: one[name] for name in ("id", "name", "status", "folderId", "createdOn")}


def _by_id(asked: Asked, automation_id: str) -> State | None:
    found = (one for one in asked.account["automations"] if str(one["id"]) == automation_id)
    return next(found, None)


def _unknown() -> Response:
    return error(404, "Unable to find the automation")
