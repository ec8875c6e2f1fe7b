"""AgencyAccess's six endpoints on an agency's state (vendor page 3); checks: 400, 404, 409."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from .state import LANGUAGES, SERVICES, Agency, Json, make_id, new_client, new_link


class HttpError(Exception):
    """An answer other than 200, with the vendor's sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """A request of an agency whose key may make it.

    `now` is in milliseconds. `note` keeps what changed: the object's id, and the change.
    """

    name: str
    agency: Agency
    fields: Json
    now: int
    note: Callable[[str, Json], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: its verb, the capability that a key needs, and what it does."""

    verb: str
    capability: str
    handle: Callable[[Request], Any]


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


def _create_client(request: Request) -> Any:
    _check_client(request.fields, required=("name", "email", "language"))
    client = new_client(_next_id(request, "client"), request.now, request.fields)
    request.agency.clients[client["id"]] = client
    request.note(client["id"], client)
    return client["id"]


def _retrieve_client(request: Request) -> Any:
    return _found(request.agency.clients, request.fields)


def _update_client(request: Request) -> Any:
    """Absent fields stay; metadata is replaced whole (vendor page 3.3)."""
    _text(request.fields, "id")
    _check_client(request.fields, required=())
    client = _found(request.agency.clients, request.fields)
    named = ("name", "email", "company", "website", "language", "metadata")
    changed = {field: request.fields[field] for field in named if field in request.fields}
    client |= changed
    request.note(client["id"], changed)
    return client["id"]


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


def _create_link(request: Request) -> Any:
    agency, fields = request.agency, request.fields
    newer = agency.dialect == "newer"
    client_id = _text(fields, "clientID")
    asked = _asked(agency, fields, "requestedServices" if newer else "requestedAccounts")
    _check_options(fields)
    if client_id not in agency.clients:
        raise HttpError(400, "Please provide a valid clientID")
    if fields.get("intakeForm") and not agency.intake_form:
        raise HttpError(409, "The intake form is disabled")
    if agency.link_limit is not None and len(agency.links) >= agency.link_limit:
        raise HttpError(409, "The link limit of the plan is reached")
    link = {
        **new_link(_next_id(request, "link"), client_id, request.now, asked),
        "intakeForm": {"requested": fields.get("intakeForm", False), "complete": False},
        "redirect": fields.get("redirectURL" if newer else "redirect", ""),
        "thankYouMessage": fields.get("thankYouMessage", ""),
        "retainTokens": fields.get("retainTokens", False),
    }
    agency.links[link["id"]] = link
    request.note(link["id"], {**link, "sendEmail": fields.get("sendEmail", False)})
    return _with_invite(link) if newer else link["id"]


def _retrieve_link(request: Request) -> Any:
    link = _found(request.agency.links, request.fields)
    return _with_invite(link) if request.agency.dialect == "newer" else link


def _update_link(request: Request) -> Any:
    """Every service that is named must be granted anew; other fields are ignored (page 3.6)."""
    _text(request.fields, "id")
    asked = _asked(request.agency, request.fields, "requestedAccounts")
    link = _found(request.agency.links, request.fields)
    kept = link["requestedAccounts"] if request.agency.keeps_unnamed else {}
    link["requestedAccounts"] = {
        platform: kept.get(platform, {}) | asked.get(platform, {})
        for platform in dict.fromkeys((*kept, *asked))
    }
    request.note(link["id"], {"requestedAccounts": asked})
    return link["id"]


def _with_invite(link: Json) -> Json:
    return {**link, "inviteUrl": f"https://app.agencyaccess.co/invite/{link['id']}"}


ENDPOINTS: Mapping[str, Endpoint] = {
    "clients/create": Endpoint("POST", "Create Customer", _create_client),
    "clients/retrieve": Endpoint("GET", "Retrieve Customer", _retrieve_client),
    "clients/update": Endpoint("POST", "Edit Customer", _update_client),
    "links/create": Endpoint("POST", "Create Link", _create_link),
    "links/retrieve": Endpoint("GET", "Retrieve Link", _retrieve_link),
    "links/update": Endpoint("POST", "Edit Link", _update_link),
}


# ── Input ─────────────────────────────────────────────────────────────────────────────────────


def fields_of(verb: str, query: str, body: bytes) -> Json:
    """The input of a request: the query of a GET, else the body; 400 when it is no JSON object."""
    if verb == "GET":
        return {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpError(400, "The body is not valid JSON") from None
    return _object(fields, "The body is not a JSON object")


def _next_id(request: Request, kind: str) -> str:
    request.agency.made += 1
    return make_id(request.name, kind, "made", str(request.agency.made))


def _object(value: Any, message: str) -> Json:
    if not isinstance(value, dict):
        raise HttpError(400, message)
    return value


def _text(fields: Json, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise HttpError(400, f"Please provide a valid {name}")
    return value


def _found(objects: dict[str, Json], fields: Json) -> Json:
    """The object with the request's id; another agency's is simply not there."""
    found = objects.get(_text(fields, "id"))
    if found is None:
        raise HttpError(404, "Not found")
    return found


def _check_client(fields: Json, required: tuple[str, ...]) -> None:
    for name in ("name", "email", "language"):
        if name in required or name in fields:
            _text(fields, name)
    if "language" in fields and fields["language"] not in LANGUAGES:
        raise HttpError(400, f"language must be one of {', '.join(LANGUAGES)}")
    for name in ("company", "website"):
        if not isinstance(fields.get(name, ""), str):
            raise HttpError(400, f"{name} must be a string")
    metadata = _object(fields.get("metadata", {}), "metadata must be an object")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise HttpError(400, "metadata must hold strings only")


def _check_options(fields: Json) -> None:
    for name in ("intakeForm", "sendEmail", "retainTokens"):
        if not isinstance(fields.get(name, False), bool):
            raise HttpError(400, f"{name} must be a boolean")
    for name in ("thankYouMessage", "redirect", "redirectURL"):
        if not isinstance(fields.get(name, ""), str):
            raise HttpError(400, f"{name} must be a string")


def _asked(agency: Agency, fields: Json, field: str) -> dict[str, dict[str, Json]]:
    """The requested services as they will be read: nothing granted, nothing skipped yet."""
    message = f"Please provide valid {field}"
    asked = _object(fields.get(field), message)
    if not asked:
        raise HttpError(400, message)
    return {
        platform: {
            service: _service(agency, platform, service, _object(config, message))
            for service, config in _object(services, message).items()
        }
        for platform, services in asked.items()
    }


_READ_LEVELS = {"admin": "Admin", "readonly": "Read Only"}
"""The vendor reads `ADMIN` back as `Admin`; the other's spelling is assumed (vendor page 4)."""


def _service(agency: Agency, platform: str, service: str, config: Json) -> Json:
    if service not in SERVICES.get(platform, ()):
        raise HttpError(400, f"{platform} has no such service")
    if not isinstance(config.get("requested", True), bool):
        raise HttpError(400, "requested must be a boolean")
    accounts = config.get("requestedAccountLinks", [])
    if not isinstance(accounts, list):
        raise HttpError(400, "requestedAccountLinks must be a list")
    for account in accounts:
        one = _object(account, "requestedAccountLinks must hold objects")
        if not agency.accounts.get(_text(one, "internalAccountID"), False):
            raise HttpError(400, "Please provide a valid internalAccountID")
    read: Json = {"requested": config.get("requested", True), "requestedAccountLinks": accounts}
    if "accessLevel" in config:
        level = _text(config, "accessLevel")
        plain = level.replace("_", "").replace(" ", "").lower()
        read["accessLevel"] = _READ_LEVELS.get(plain, level)
    return {**read, "granted": False, "skipped": False}
