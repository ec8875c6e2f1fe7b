"""Export jobs of saved queries (section 5.4): begun, asked after, and fetched.

The page does not say what `format` and `fieldGroup` do: they are kept in the job, and change
nothing. A download before the job is completed is an empty 204, and an unknown `queryName` a 404
(both assumed).
"""

import csv
import io

from starlette.responses import JSONResponse, Response

from .asked import Asked
from .sheets import xls, xlsx
from .wire import State, error, json_object

_COLUMNS = ("Supporter ID", "Supporter Email", "First Name", "Last Name")
_MEDIA = {
    "csv": "text/csv",
    "standardcsv": "text/csv",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def create(asked: Asked) -> Response:
    """Begin a job; it holds what the query finds now, and ends `export_job_seconds` later."""
    told = json_object(asked.body) or {}
    query, kind = told.get("queryName"), told.get("fileType")
    if not isinstance(query, str) or not isinstance(kind, str) or kind not in _MEDIA:
        return error(400, "An export job has a queryName and a fileType")  # assumed
    if query not in asked.account["queries"]:
        return error(404, "Unable to find the query")
    made: State = {
        "id": asked.number(),
        "queryName": query,
        "fileType": kind,
        "ready_at": asked.now.timestamp() + asked.account["export_job_seconds"],
        "rows": _found(asked.account, query),
        **{name: told[name] for name in ("format", "fieldGroup") if name in told},
    }
    asked.account["export_jobs"].append(made)
    asked.note("exportjob.create", job=made["id"], query=query, rows=len(made["rows"]))
    return JSONResponse(_told(asked, made))


def get(asked: Asked, job_id: str) -> Response:
    """How a job stands."""
    job = _by_id(asked, job_id)
    return _unknown() if job is None else JSONResponse(_told(asked, job))


def download(asked: Asked, job_id: str) -> Response:
    """The file of a job that is completed."""
    job = _by_id(asked, job_id)
    if job is None:
        return _unknown()
    if not _is_ready(asked, job):
        return Response(status_code=204)
    rows = [list(_COLUMNS), *job["rows"]]
    content: str | bytes
    match job["fileType"]:
        case "xls":
            content = xls(rows)
        case "xlsx":
            content = xlsx(rows)
        case kind:
            content = _csv(rows, asked.account["file_delimiter"] if kind == "csv" else ",")
    name = f"attachment; filename=export-{job['id']}.{job['fileType'].removeprefix('standard')}"
    headers = {"Content-Disposition": name}
    return Response(content, headers=headers, media_type=_MEDIA[job["fileType"]])


def _found(account: State, query: str) -> list[list[str]]:
    """The seeded queries: everybody, or who is suppressed."""
    suppressed = account["queries"][query].get("suppressed")
    return [
        [
            str(one["supporterId"]),
            *(str(one.get(n) or "") for n in ("Email Address", *_COLUMNS[2:])),
        ]
        for one in account["supporters"]
        if suppressed in (None, str(one["suppressed"]).casefold() == "true")
    ]


def _csv(rows: list[list[str]], delimiter: str) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n", delimiter=delimiter).writerows(rows)
    return lines.getvalue()


def _told(asked: Asked, job: State) -> State:
    if not _is_ready(asked, job):
        return {"id": job["id"], "status": "pending", "url": None}
    base = str(asked.request.base_url).rstrip("/")
    url = f"{base}/ens/service/exportjob/{job['id']}/download"
    return {"id": job["id"], "status": "completed", "url": url}


def _is_ready(asked: Asked, job: State) -> bool:
    return bool(asked.now.timestamp() >= job["ready_at"])


def _by_id(asked: Asked, job_id: str) -> State | None:
    return next((one for one in asked.account["export_jobs"] if str(one["id"]) == job_id), None)


def _unknown() -> Response:
    return error(404, "Unable to find the export job")
