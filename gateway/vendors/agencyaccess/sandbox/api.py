"""AgencyAccess's six endpoints on an agency's state (vendor page 3); checks: 400, 404, 409."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .fields import HttpError, check_client, check_options, services_of, text_of
from .state import Agency, Json, make_id, new_client, new_link


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


_CLIENT_FIELDS = ("name", "email", "company", "website", "language", "metadata")

# ── Clients ───────────────────────────────────────────────────────────────────────────────────


def _create_client(request: Request) -> Any:
    check_client(request.fields, required=("name", "email", "language"))
    client = new_client(_next_id(request, "client"), request.now, request.fields)
    request.agency.clients[client["id"]] = client
    request.note(client["id"], client)
    return client["id"]


def _retrieve_client(request: Request) -> Any:
    client = _found(request.agency.clients, request.fields)
    more = {"owner": request.name, "usingFavicon": False, "pfp": "https://pictures.example/1.png"}
    return _as_read(request.agency, client, more)


def _update_client(request: Request) -> Any:
    """Only `id` is needed; what absent fields and metadata mean are switches (vendor page 3.3)."""
    agency, fields = request.agency, request.fields
    text_of(fields, "id")
    check_client(fields, required=())
    client = _found(agency.clients, fields)
    changed = {name: fields[name] for name in _CLIENT_FIELDS if name in fields}
    if agency.merges_metadata and "metadata" in changed:
        changed["metadata"] = client["metadata"] | changed["metadata"]
    if not agency.keeps_absent:
        changed = {"company": "", "website": "", "metadata": {}} | changed
    client |= changed
    request.note(client["id"], changed)
    return client["id"]


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


def _create_link(request: Request) -> Any:
    agency, fields = request.agency, request.fields
    newer = agency.dialect == "newer"
    client_id = text_of(fields, "clientID")
    asked = services_of(agency, fields, _services_field(agency))
    check_options(fields)
    if client_id not in agency.clients:
        raise HttpError(400, "Please provide a valid clientID")
    if fields.get("intakeForm") and not agency.intake_form:
        raise HttpError(409, "The intake form is disabled")
    if agency.link_limit is not None and len(agency.links) >= agency.link_limit:
        raise HttpError(agency.link_limit_status, "The link limit of the plan is reached")
    link = {
        **new_link(_next_id(request, "link"), client_id, request.now, asked),
        "intakeForm": {"requested": fields.get("intakeForm", False), "complete": False},
        "redirect": _redirect(agency, fields.get("redirectURL" if newer else "redirect", "")),
        "thankYouMessage": fields.get("thankYouMessage", ""),
        "retainTokens": fields.get("retainTokens", False),
    }
    agency.links[link["id"]] = link
    request.note(link["id"], {**link, "sendEmail": fields.get("sendEmail", False)})
    return _created(agency, link)


def _retrieve_link(request: Request) -> Any:
    link = _found(request.agency.links, request.fields)
    return _as_read(request.agency, _told(request.agency, link), {"reminders": []})


def _update_link(request: Request) -> Any:
    """Every service that is named must be granted anew; other fields are ignored (page 3.6)."""
    text_of(request.fields, "id")
    asked = services_of(request.agency, request.fields, _services_field(request.agency))
    link = _found(request.agency.links, request.fields)
    kept = link["requestedAccounts"] if request.agency.keeps_unnamed else {}
    link["requestedAccounts"] = {
        platform: kept.get(platform, {}) | asked.get(platform, {})
        for platform in dict.fromkeys((*kept, *asked))
    }
    request.note(link["id"], {"requestedAccounts": asked})
    return link["id"]


def _services_field(agency: Agency) -> str:
    return "requestedServices" if agency.dialect == "newer" else "requestedAccounts"


def _told(agency: Agency, link: Json) -> Json:
    """A link as the agency's dialect tells it."""
    if agency.dialect == "seed":
        return link
    return {**link, "inviteUrl": f"https://app.agencyaccess.co/invite/{link['id']}"}


def _created(agency: Agency, link: Json) -> Any:
    """What creating a link answers: its id, or the link and its invite URL (vendor page 7)."""
    if agency.dialect == "seed":
        return link["id"]
    told = _told(agency, link)
    return {"request": link, "inviteUrl": told["inviteUrl"]} if agency.wraps_created else told


def _as_read(agency: Agency, held: Json, more: Json) -> Json:
    """An object as it is read, in the agency's way to tell what is unset."""
    told = {
        name: None if value == "" and agency.unset == "null" else value
        for name, value in held.items()
        if value != "" or agency.unset != "absent"
    }
    return {**told, **more} if agency.extra_fields else told


def _redirect(agency: Agency, given: str) -> str:
    bare = given.removeprefix("https://")
    if bare != given and agency.redirect_scheme == "refused":
        raise HttpError(400, "Please provide a valid redirect")
    return bare if agency.redirect_scheme == "stripped" else given


def _next_id(request: Request, kind: str) -> str:
    request.agency.made += 1
    return make_id(request.name, kind, "made", str(request.agency.made))


def _found(objects: dict[str, Json], fields: Json) -> Json:
    """The object with the request's id; another agency's is simply not there."""
    found = objects.get(text_of(fields, "id"))
    if found is None:
        raise HttpError(404, "Not found")
    return found


ENDPOINTS: Mapping[str, Endpoint] = {
    "clients/create": Endpoint("POST", "Create Customer", _create_client),
    "clients/retrieve": Endpoint("GET", "Retrieve Customer", _retrieve_client),
    "clients/update": Endpoint("POST", "Edit Customer", _update_client),
    "links/create": Endpoint("POST", "Create Link", _create_link),
    "links/retrieve": Endpoint("GET", "Retrieve Link", _retrieve_link),
    "links/update": Endpoint("POST", "Edit Link", _update_link),
}
