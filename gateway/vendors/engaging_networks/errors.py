"""Engaging Networks's failures: status codes that lie, and texts that echo tokens.

An exceeded quota is a 401, and the public data service reports errors with 200 (vendor page 4
and 5.3). Texts are recognised by table and never passed on: they hold keys, tokens and addresses.
"""

from typing import Any

from ...domain.failures import (
    BadInput,
    CapabilityMissing,
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

AUTHENTICATE = "authenticate"
DATA_SERVICE = "data.service/"

_VENDOR = VendorName.ENGAGING_NETWORKS

_INPUTS = {"page.list": ("type",), "supporter.get": ("email",)}

_REFUSALS = (
    (
        "unregistered source address",
        "Engaging Networks refused the API key: this gateway's address is not in the API user's"
        " list of remote addresses.",
    ),
    (
        "is not active or does not have access",
        "Engaging Networks refused the API key: its API user is not active, or may not use the"
        " REST services.",
    ),
    (
        "a user was not found",
        "Engaging Networks refused the API key: no API user has it.",
    ),
)


def classify(call: Call, reply: Reply) -> Failure | None:
    """What a reply means: None when it is good. The vendor's own words are never passed on."""
    if call.operation.startswith(DATA_SERVICE):
        return _data_service(reply)
    match reply.status:
        case 200:
            _ = reply.json  # a good reply is JSON: what is not must never be kept
            return None
        case 204 | 404:
            return NotFound("Engaging Networks knows no such object.", vendor=_VENDOR)
        case status if 400 <= status < 500:
            return _refusal(call, reply)
        case status:
            return _by_status(status)


def _data_service(reply: Reply) -> Failure | None:
    """The public data service: 200 whatever happens; an empty body is an empty result."""
    if reply.status != 200:
        return _by_status(reply.status)
    if not reply.body.strip():
        return None
    error = _object(reply.json).get("error")
    if not error:
        return None
    if isinstance(error, str) and "invalid token" in error.casefold():
        return CredentialRefused(
            "Engaging Networks refused the public token: it is wrong, was refreshed, or belongs to"
            " another region.",
            vendor=_VENDOR,
        )
    return VendorError(
        "Engaging Networks's public data service answered 200 and reported an error.",
        vendor=_VENDOR,
    )


def _refusal(call: Call, reply: Reply) -> Failure:
    """A 4xx: by its text where that is known, for the statuses of most texts are not documented."""
    text = _message(reply).casefold()
    if "exceeded its api limit" in text or reply.status == 429:
        return Throttled(
            "Engaging Networks's hourly quota of the API user is used up.", vendor=_VENDOR
        )
    if call.operation != AUTHENTICATE and "invalid ens-auth-token" in text:
        return SessionExpired("The session at Engaging Networks ended.", vendor=_VENDOR)
    for words, sentence in _REFUSALS:
        if words in text:
            return CredentialRefused(sentence, vendor=_VENDOR)
    match reply.status:
        case 400 | 422:
            return BadInput(
                "Engaging Networks refused the input.",
                field=_INPUTS.get(call.operation, ()),
                vendor=_VENDOR,
            )
        case 401:
            return _refused_key(call)
        case 403:
            return CapabilityMissing(
                "The Engaging Networks API user lacks the permission for this; an administrator"
                " grants it in the user's permission group.",
                vendor=_VENDOR,
            )
        case status:
            return _by_status(status)


def _refused_key(call: Call) -> CredentialRefused:
    # A good key sent to another region's host is refused with the same words as a wrong one.
    region = f" than {call.region}" if call.region else ""
    return CredentialRefused(
        "Engaging Networks refused the API key: it is wrong, was revoked, or belongs to another"
        f" region{region}.",
        vendor=_VENDOR,
    )


def _by_status(status: int) -> Failure:
    match status:
        case 429:
            return Throttled("Engaging Networks's rate limit is used up.", vendor=_VENDOR)
        case 502 | 503 | 504:
            return Unavailable(f"Engaging Networks is out of service ({status}).", vendor=_VENDOR)
        case _ if status >= 500:
            return VendorError(f"Engaging Networks failed ({status}).", vendor=_VENDOR)
        case _:
            return Malformed(
                f"Engaging Networks answered an unexpected status ({status}).", vendor=_VENDOR
            )


def _message(reply: Reply) -> str:
    """The error's text, to be recognised only; "" when the body has none."""
    try:
        message = _object(reply.json).get("message")
    except Malformed:
        return ""
    return message if isinstance(message, str) else ""


def _object(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise Malformed("Engaging Networks's answer is not a JSON object.", vendor=_VENDOR)
    return payload
