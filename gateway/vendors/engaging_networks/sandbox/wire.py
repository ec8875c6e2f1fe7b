"""What goes over the wire: requests told apart and read, errors written."""

import json
import re
from collections.abc import Mapping
from datetime import date
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

State = dict[str, Any]

_ROUTES = (
    ("POST", "/ens/service/authenticate", "authenticate"),
    ("GET", "/ens/service/authenticate/([^/]+)", "authenticate.check"),
    ("DELETE", "/ens/service/authenticate/([^/]+)", "authenticate.delete"),
    ("GET", "/ens/service/page", "page.list"),
    ("GET", r"/ens/service/page/(\d+)", "page.get"),
    ("GET", r"/ens/service/page/(\d+)/survey", "page.survey"),
    ("GET", r"/ens/service/page/component/([a-z]+)", "component.list"),
    ("GET", r"/ens/service/page/component/([a-z]+)/(\d+)", "component.get"),
    ("POST", r"/ens/service/page/(\d+)/process", "page.process"),
    ("OPTIONS", r"/ens/service/page/(\d+)/process", "page.preflight"),
    ("GET", "/ens/service/supporter", "supporter.get"),
    ("POST", "/ens/service/supporter", "supporter.save"),
    ("GET", r"/ens/service/supporter/(\d+)", "supporter.get"),
    ("PUT", r"/ens/service/supporter/(\d+)", "supporter.update"),
    ("DELETE", r"/ens/service/supporter/(\d+)", "supporter.delete"),
    ("PUT", "/ens/service/supporter/bulk", "supporter.bulk"),
    ("GET", r"/ens/service/supporter/(\d+)/originsource", "originsource.get"),
    ("POST", r"/ens/service/supporter/(\d+)/originsource", "originsource.create"),
    ("PUT", r"/ens/service/supporter/(\d+)/originsource", "originsource.update"),
    ("DELETE", r"/ens/service/supporter/(\d+)/originsource", "originsource.delete"),
    ("GET", r"/ens/service/supporter/(\d+)/transactions", "transactions.list"),
    ("GET", r"/ens/service/supporter/(\d+)/transactions/recurring", "recurring.list"),
    ("POST", r"/ens/service/supporter/(\d+)/transactions/recurring", "recurring.create"),
    ("GET", r"/ens/service/supporter/(\d+)/transactions/([^/]+)", "transactions.get"),
    ("GET", r"/ens/service/supporter/(\d+)/transactions/recurring/([^/]+)", "recurring.get"),
    ("PUT", r"/ens/service/supporter/(\d+)/transactions/recurring/([^/]+)", "recurring.update"),
    ("GET", "/ens/service/supporter/query", "supporter.query"),
    ("GET", "/ens/service/supporter/fields", "supporter.fields"),
    ("GET", "/ens/service/supporter/questions", "supporter.questions"),
    ("GET", r"/ens/service/supporter/questions/(\d+)", "supporter.questions"),
    ("GET", "/ens/service/supporter/importformat", "importformat.list"),
    ("POST", "/ens/service/supporter/importformat", "importformat.create"),
    ("GET", r"/ens/service/supporter/importformat/(\d+)", "importformat.get"),
    ("PUT", r"/ens/service/supporter/importformat/(\d+)", "importformat.update"),
    ("DELETE", r"/ens/service/supporter/importformat/(\d+)", "importformat.delete"),
    ("POST", "/ens/service/exportjob", "exportjob.create"),
    ("GET", r"/ens/service/exportjob/(\d+)", "exportjob.get"),
    ("GET", r"/ens/service/exportjob/(\d+)/download", "exportjob.download"),
    ("GET", "/ens/service/ma", "ma.list"),
    ("GET", r"/ens/service/ma/(\d+)", "ma.get"),
    ("GET", r"/ens/service/ma/(\d+)/stats", "ma.stats"),
    ("POST", r"/ens/service/ma/(\d+)/supporter/bulk", "ma.bulk"),
    ("GET", "/ens/service/account/auditlog", "account.auditlog"),
    ("GET", "/ea-dataservice/data.service", "data.service"),
    ("GET", "/ea-dataservice/export.service", "export.service"),
    ("POST", "/ea-dataservice/import.service", "import.service"),
)


def route(method: str, path: str) -> tuple[str, str]:
    """The operation and the id in its path, if any; two ids are joined by a slash."""
    for verb, pattern, name in _ROUTES:
        if verb == method and (found := re.fullmatch(pattern, path)):
            return name, "/".join(found.groups())
    return "unknown", ""


def is_known(path: str) -> bool:
    """Whether there is anything at a path, for whatever method."""
    return any(re.fullmatch(pattern, path) for _, pattern, _ in _ROUTES)


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


def iso_day(text: str) -> date | None:
    """A day as YYYY-MM-DD."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def whole(text: str | None, default: int) -> int:
    """A parameter that is a number; -1 when it is another text."""
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def json_object(body: bytes) -> State | None:
    """The body as a JSON object; None when it is not one."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def form(kind: str, body: bytes) -> dict[str, bytes]:
    """The fields of a multipart form, whatever their order; empty when it is none."""
    if not kind.lower().startswith("multipart/form-data"):
        return {}
    whole = message_from_bytes(
        b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body, policy=HTTP
    )
    parts = whole.get_payload() if whole.is_multipart() else []
    return {
        str(name): _content(part)
        for part in parts
        if isinstance(part, Message)
        and (name := part.get_param("name", header="content-disposition"))
    }


def text(sent: Mapping[str, bytes], name: str) -> str:
    """A field of a form as text; "" when it is missing."""
    return sent.get(name, b"").decode("utf-8", "replace")


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def error(status: int, message: str, message_id: int = 10000001) -> Response:
    """An error of the REST services; ids that the page does not tell are invented."""
    return JSONResponse(
        {"message": message, "messageId": message_id, "developerMessage": ""}, status
    )
