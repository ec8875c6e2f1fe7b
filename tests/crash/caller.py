"""A caller without event loop: asks a gateway, or holds the vendors' controls."""

import http.client
import json
import select
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from .judge import Told
from .writes import Facts, Write

KEY = "crash-key"
FILE = b"Supporter Email,Campaign Type,Campaign ID\nana@example.org,PET,1\n"

SECONDS = 30.0
"""Real seconds that anything may take."""

Watch = Callable[[http.client.HTTPConnection], None]
"""Does what has to happen while an answer is awaited."""


def ask(port: int, write: Write, facts: Facts, watch: Watch | None = None) -> Told | None:
    """Write; None when the connection ended without a whole answer."""
    path, method, headers, body = _request(write, facts)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request(method, path, body, headers)
        if watch is not None:
            watch(connection)
        response = connection.getresponse()
        return _told(write, response.status, json.loads(response.read()))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def seen(port: int, write: Write, facts: Facts) -> bool | None:
    """Whether the gateway shows the write; None where nothing shows it."""
    if write.seen is None:
        return None
    body = json.dumps({"query": write.seen(facts)})
    answer = _exchange(port, "POST", "/graphql", body, _signed(facts))
    return write.shows(answer["data"])


def answered(connection: http.client.HTTPConnection, seconds: float) -> None:
    """Wait so long, whether or not an answer begins meanwhile."""
    ends = time.monotonic() + seconds
    select.select([connection.sock], [], [], seconds)
    time.sleep(max(0.0, ends - time.monotonic()))


def control(base: str, method: str, vendor: str, path: str, body: Any = None) -> Any:
    """One of the sandbox's controls."""
    place = urlsplit(base)
    sent = None if body is None else json.dumps(body)
    return _exchange(place.port or 80, method, f"/{vendor}/{path}", sent, {})


def _exchange(
    port: int, method: str, path: str, body: str | None, headers: Mapping[str, str]
) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {text[:500]!r}")
        return json.loads(text)
    finally:
        connection.close()


def _signed(facts: Facts) -> dict[str, str]:
    return {"Authorization": f"Bearer {facts['key']}", "Content-Type": "application/json"}


def _request(write: Write, facts: Facts) -> tuple[str, str, dict[str, str], bytes]:
    if write.place is not None:
        headers = {**_signed(facts), "Content-Type": "text/csv", "Idempotency-Key": KEY}
        return write.place(facts), "PUT", headers, FILE
    input = {**write.input(facts), "idempotencyKey": KEY}
    asked = {"query": write.document(), "variables": {"input": input}}
    return "/graphql", "POST", _signed(facts), json.dumps(asked).encode()


def _told(write: Write, status: int, body: Any) -> Told:
    if write.place is not None:
        if status == 202:
            return Told(intent=row(body["intent"]), state="DONE", object=body["job"])
        codes = tuple(each["extensions"]["code"] for each in body["errors"])
        return Told(intent=None, state=None, object=None, codes=codes, silent=True)
    if "errors" in body or body["data"][write.mutation] is None:
        codes = tuple(str(each["extensions"].get("code")) for each in body.get("errors", ()))
        return Told(intent=None, state=None, object=None, codes=codes)
    payload = body["data"][write.mutation]
    intent, found = payload["intent"] or {}, payload[write.object]
    return Told(
        intent=row(intent["id"]) if intent else None,
        state=intent.get("state"),
        object=found["id"] if isinstance(found, dict) else found,
        codes=tuple(each["code"] for each in payload["userErrors"]),
    )


def row(id: str) -> int:
    """The number of the row in a global id."""
    padded = id + "=" * (-len(id) % 4)
    return int(urlsafe_b64decode(padded).decode().rpartition(":")[2])
