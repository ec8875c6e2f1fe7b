"""AgencyAccess's failures: an `{error, msg}` envelope on any status (vendor page 1 and 5.1)."""

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

_CAPABILITIES = {
    "clients/create": "Create Customer",
    "clients/retrieve": "Retrieve Customer",
    "clients/update": "Edit Customer",
    "links/create": "Create Link",
    "links/retrieve": "Retrieve Link",
    "links/update": "Edit Link",
}


def classify(call: Call, reply: Reply) -> Failure | None:
    """What a reply means: None when it is good. The vendor's own words are never passed on."""
    if reply.status == 200:
        return (
            None
            if _envelope(reply)
            else VendorError("AgencyAccess answered 200 and reported an error.", vendor=_VENDOR)
        )
    return _by_status(call, reply)


def _by_status(call: Call, reply: Reply) -> Failure:
    match reply.status:
        case 400:
            return BadInput("AgencyAccess refused the input.", vendor=_VENDOR)
        case 401:
            return CredentialRefused(
                "AgencyAccess refused the API key: it is wrong, or was regenerated.", vendor=_VENDOR
            )
        case 403:
            wanted = _CAPABILITIES.get(call.operation, "that capability")
            return CapabilityMissing(
                f"The AgencyAccess key lacks the capability {wanted}.", vendor=_VENDOR
            )
        case 404:
            return NotFound("AgencyAccess knows no such object.", vendor=_VENDOR)
        case 409:
            return Conflict(
                "AgencyAccess says that this conflicts with what is there.", vendor=_VENDOR
            )
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


def _envelope(reply: Reply) -> bool:
    """Whether the envelope says that all is well; raises `Malformed` when there is none."""
    payload: Any = reply.json
    if not isinstance(payload, dict) or not isinstance(payload.get("error"), bool):
        raise Malformed("AgencyAccess's answer has no {error, data} envelope.", vendor=_VENDOR)
    return not payload["error"]
