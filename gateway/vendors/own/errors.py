"""Own's failures: OAuth's error codes at the auth host, `{error, message}` at the regions.

Vendor page 3a, 6 and 7. Only the 404 is shown there; the other statuses are read as HTTP has them.
After a write, only the 4xx that are named below say that Own did nothing; all else is in doubt
(`Malformed`, `ContractBroken`, `VendorError`, `Unavailable`).
"""

from typing import Any

from ...domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    ContractBroken,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    SessionExpired,
    Throttled,
    Unavailable,
    VendorError,
)
from ...domain.vendor import VendorName
from ...upstream.exchange import Call, Reply

_VENDOR = VendorName.OWN

_LISTS = frozenset({"services", "backups", "backups/objects", "jobs", "events"})
"""Operations that answer a plain array; all others answer an object."""

_ADDRESSED = frozenset(
    {
        "services/get",
        "backups",
        "backups/get",
        "backups/objects",
        "jobs/get",
        "backup_now",
        "backup_specific_objects_now",
        "export",
    }
)
"""Operations on one object, where 404 says that there is no such object."""

_TAKEN = (200, 201, 202)
"""Good statuses of a write: the vendor page shows 200 only, but a 2xx of a known shape is no doubt.
"""


def classify(call: Call, reply: Reply) -> Failure | None:
    """What a reply means: None when it is good. The vendor's own words are never passed on."""
    match reply.status:
        case 429:
            return Throttled("Own's rate limit is used up.", vendor=_VENDOR)
        case 502 | 503 | 504:
            return Unavailable(f"Own is out of service ({reply.status}).", vendor=_VENDOR)
        case status if status >= 500:
            return VendorError(f"Own failed ({status}).", vendor=_VENDOR)
    if _is_page(reply):
        return Malformed("Own answered a web page instead of data.", vendor=_VENDOR)
    if reply.status == 200 or (call.journaled and reply.status in _TAKEN):
        return _unlike(call, reply)
    return _at_auth(reply) if call.host == "auth" else _at_region(call, reply.status)


def _at_auth(reply: Reply) -> Failure:
    if reply.status == 403:
        return CapabilityMissing(
            "Own's sign-in forbids this: the account may restrict IP addresses.", vendor=_VENDOR
        )
    if reply.status not in (400, 401):
        return _unexpected(reply.status)
    code = _error_code(reply)
    if isinstance(code, Failure):
        return code
    if code == "invalid_grant":
        return CredentialRefused(
            "Own refused the API token: it was revoked, or is past its 180 days.", vendor=_VENDOR
        )
    if code == "invalid_client" or reply.status == 401:
        return CredentialRefused("Own refused the client id of the API token.", vendor=_VENDOR)
    return VendorError("Own's sign-in reported an error.", vendor=_VENDOR)


def _at_region(call: Call, status: int) -> Failure:
    match status:
        case 400 | 422:
            return BadInput("Own refused the input.", vendor=_VENDOR)
        case 401:
            return SessionExpired("Own no longer accepts the bearer.", vendor=_VENDOR)
        case 403:
            return CapabilityMissing(
                "The role or the Business Units of the API token's user do not cover this at Own.",
                vendor=_VENDOR,
            )
        case 404 if call.operation in _ADDRESSED:
            return NotFound("Own knows no such object.", vendor=_VENDOR)
        case 409:
            return Conflict("Own says that this conflicts with what is there.", vendor=_VENDOR)
        case _:
            return _unexpected(status)


def _unlike(call: Call, reply: Reply) -> Failure | None:
    """Why a 200 is no good answer to this call, if it is none; so nothing unreadable is cached."""
    try:
        payload: Any = reply.json
    except Malformed:
        return _unreadable()
    wanted = list if call.operation in _LISTS else dict
    if isinstance(payload, wanted):
        return None
    return ContractBroken(
        f"Own's answer to {call.operation} is not the documented JSON {_JSON[wanted]}.",
        vendor=_VENDOR,
    )


_JSON = {list: "array", dict: "object"}


def _error_code(reply: Reply) -> str | Failure:
    """OAuth's code of an error (RFC 6749, 5.2), or why it cannot be read."""
    try:
        payload: Any = reply.json
    except Malformed:
        return _unreadable()
    code = payload.get("error") if isinstance(payload, dict) else None
    return code if isinstance(code, str) else ""


def _is_page(reply: Reply) -> bool:
    """A proxy, a login page or a filter spoke in the vendor's place: its status proves nothing."""
    kind = (reply.header("content-type") or "").lower()
    return "html" in kind or reply.body.lstrip()[:1] == b"<"


def _unreadable() -> Malformed:
    return Malformed("Own's answer is not valid JSON.", vendor=_VENDOR)


def _unexpected(status: int) -> Malformed:
    return Malformed(f"Own answered an unexpected status ({status}).", vendor=_VENDOR)
