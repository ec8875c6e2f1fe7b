"""AgencyAccess's failures: an `{error, msg}` envelope on any status (vendor page 1 and 5.1)."""

import json
import re
from typing import Any

from ...domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
    VendorError,
)
from ...domain.vendor import VendorName
from ...upstream.exchange import Call, Reply

_VENDOR = VendorName.AGENCYACCESS

CAPABILITIES = {
    "clients/create": "Create Customer",
    "clients/retrieve": "Retrieve Customer",
    "clients/update": "Edit Customer",
    "links/create": "Create Link",
    "links/retrieve": "Retrieve Link",
    "links/update": "Edit Link",
}
"""What each call needs of its key, in the words of the vendor's dashboard."""


_FIELDS = {
    "clientID": "clientId",
    "email": "email",
    "language": "language",
    "name": "name",
    "redirect": "redirectUrl",
    "redirectURL": "redirectUrl",
    "requestedAccounts": "services",
    "requestedServices": "services",
    "internalAccountID": "services",
}
"""Fields that the vendor may name, and how our inputs name them."""

# The one sentence of the guide (vendor page 5.1), and the same about other fields (assumed).
_INVALID = re.compile(r"Please provide (?:a )?valid (\w+)\.?", re.ASCII)
_LIMIT = re.compile(r"\blimits?\b", re.IGNORECASE)


def classify(call: Call, reply: Reply) -> Failure | None:
    """What a reply means: None when it is good. The vendor's own words are never passed on.

    The answer to a write is read with more care: an error in the envelope of a 200 means that it
    was refused, and any 2xx may tell the id of what was made, which is told only once.
    """
    if reply.status == 200 or (call.journaled and 200 < reply.status < 300):
        if _envelope(reply):
            return None
        if call.journaled:
            return _refused(call, reply)
        return VendorError("AgencyAccess answered 200 and reported an error.", vendor=_VENDOR)
    return _by_status(call, reply)


def _by_status(call: Call, reply: Reply) -> Failure:
    match reply.status:
        case 400:
            return _refused(call, reply)
        case 401:
            return CredentialRefused(
                "AgencyAccess refused the API key: it is wrong, was regenerated, or lacks a"
                " capability.",
                vendor=_VENDOR,
            )
        case 403:
            return _forbidden(call, reply)
        case 404 if _makes_link(call):
            return _no_client()
        case 404:
            return NotFound("AgencyAccess knows no such object.", vendor=_VENDOR)
        case 409:
            return _conflict(call)
        case 429:
            return Throttled("AgencyAccess's rate limit is used up.", vendor=_VENDOR)
        case 502 | 503 | 504:
            return Unavailable(f"AgencyAccess is out of service ({reply.status}).", vendor=_VENDOR)
        case status if status >= 500:
            return VendorError(f"AgencyAccess failed ({status}).", vendor=_VENDOR)
        case status:
            return Malformed(
                f"AgencyAccess answered an unexpected status ({status}).", vendor=_VENDOR
            )


def _refused(call: Call, reply: Reply) -> Failure:
    """What was wrong with the input, as far as the vendor's sentence is one that we know."""
    said = _said(reply)
    if _makes_link(call) and _LIMIT.search(said):
        return _plan_limit()
    named = _INVALID.fullmatch(said.strip())
    field = _FIELDS.get(named[1]) if named and call.journaled else None
    if field == "clientId":
        return _no_client()
    if field is None:
        return BadInput("AgencyAccess refused the input.", vendor=_VENDOR)
    return BadInput(f"AgencyAccess does not accept the {field}.", field=(field,), vendor=_VENDOR)


def _forbidden(call: Call, reply: Reply) -> Failure:
    # With which status a plan's limit is told is not documented (vendor page 5.1).
    if _makes_link(call) and _LIMIT.search(_said(reply)):
        return _plan_limit()
    wanted = CAPABILITIES.get(call.operation, "that capability")
    return CapabilityMissing(f"The AgencyAccess key lacks the capability {wanted}.", vendor=_VENDOR)


def _conflict(call: Call) -> Conflict:
    if not _makes_link(call):
        message = "AgencyAccess says that this conflicts with what is there."
        return Conflict(message, vendor=_VENDOR)
    if not _asks_for_form(call):
        return _plan_limit()
    return Conflict(
        "AgencyAccess makes no such link: the agency's intake form is disabled, or the plan's limit"
        " of links is reached.",
        vendor=_VENDOR,
    )


def _plan_limit() -> Conflict:
    message = "AgencyAccess makes no more links: the plan's limit seems to be reached."
    return Conflict(message, vendor=_VENDOR)


def _no_client() -> BadInput:
    message = "AgencyAccess knows no such client in this agency."
    return BadInput(message, field=("clientId",), vendor=_VENDOR)


def _makes_link(call: Call) -> bool:
    return call.journaled and call.operation == "links/create"


def _asks_for_form(call: Call) -> bool:
    """Whether our own body asks for the intake form."""
    try:
        return json.loads(call.body).get("intakeForm") is True
    except (ValueError, AttributeError):
        return False


def _said(reply: Reply) -> str:
    """The vendor's sentence, to be recognised and never repeated; "" when there is none."""
    try:
        payload: Any = reply.json
    except Malformed:
        return ""
    said = payload.get("msg") if isinstance(payload, dict) else None
    return said if isinstance(said, str) else ""


def _envelope(reply: Reply) -> bool:
    """Whether the envelope says that all is well; raises `Malformed` when there is none."""
    payload: Any = reply.json
    if not isinstance(payload, dict) or not isinstance(payload.get("error"), bool):
        raise Malformed("AgencyAccess's answer has no {error, data} envelope.", vendor=_VENDOR)
    return not payload["error"]
