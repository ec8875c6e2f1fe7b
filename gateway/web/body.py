"""A GraphQL request read from the wire: strict JSON, a cap on its size, typed errors."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

LARGEST = 1 << 20
"""Bytes of a request body at the most."""


VALUES = 5_000
"""Values in the variables at the most: reading one takes microseconds of everybody's time."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a caller asks for."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


class BadRequest(Exception):
    """The request is not one of GraphQL over HTTP; `status` says in which way."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


async def read(request: Request, ill_formed: int) -> GraphQLRequest:
    """The request in the body; raises `BadRequest`. `ill_formed` is the status for JSON that is
    no request of GraphQL: 400, or 422 after the draft of 2026."""
    _check_type(request.headers.get("content-type"))
    payload = _parse(await _bytes(request))
    if not isinstance(payload, dict):
        raise BadRequest(ill_formed, "The body must be one JSON object; batching is off.")
    query = payload.get("query")
    variables = payload.get("variables")
    name = payload.get("operationName")
    if not isinstance(query, str):
        raise BadRequest(ill_formed, "`query` must be a string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(ill_formed, "`variables` must be an object.")
    if _holds_more_than(VALUES, variables):
        raise BadRequest(ill_formed, f"`variables` holds more than {VALUES} values.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(ill_formed, "`operationName` must be a string.")
    if not isinstance(payload.get("extensions"), dict | None):
        raise BadRequest(ill_formed, "`extensions` must be an object.")
    return GraphQLRequest(query, variables, name or None)


def _check_type(header: str | None) -> None:
    """Only JSON in UTF-8: a type that no form can send, so no page can forge a request."""
    media, *parameters = [part.strip().lower() for part in (header or "").split(";")]
    charset = [part for part in parameters if part.startswith("charset=")]
    good = media == "application/json" and all(
        part.removeprefix("charset=").strip('"') in ("utf-8", "utf8") for part in charset
    )
    if not good:
        raise BadRequest(415, "The Content-Type must be application/json, in UTF-8.")


async def _bytes(request: Request) -> bytes:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest(415, "A compressed body is not taken.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise BadRequest(413, f"The body is larger than {LARGEST} bytes.")
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_object)
        if b"\\u" in body:
            # Half of a surrogate pair is no text: it could be neither sent on nor answered.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest(400, "The body is not valid JSON.") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ; of one given twice, readers disagree about which counts."""
    held = dict(pairs)
    if len(held) < len(pairs):
        raise ValueError("a key is given twice")
    return held


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _holds_more_than(most: int, value: Any) -> bool:
    left, open_ = most, [value]
    while open_:
        held = open_.pop()
        inner = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
        left -= len(inner)
        if left < 0:
            return True
        open_ += inner
    return False
