"""Engaging Networks's failures: status codes that lie, and texts that echo tokens.

An exceeded quota is a 401, and the data services report errors with 200 (vendor page 2 to 5.3).
Texts are recognised by table and never passed on: they hold keys, tokens and addresses.
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
EXPORT = "export.service"
IMPORT = "import.service"

_VENDOR = VendorName.ENGAGING_NETWORKS

_TELLING = 512
"""Bytes: an error is told in the first of them."""

_BOM = b"\xef\xbb\xbf"

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
    if call.operation == EXPORT:
        return export_refusal(reply.body) if reply.status == 200 else _bulk_status(reply.status)
    if call.operation == IMPORT:
        return _import_refusal(reply.body) if reply.status == 200 else _bulk_status(reply.status)
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


def export_refusal(beginning: bytes) -> Failure | None:
    """What the first bytes of an export answered with 200 mean: None when they may be CSV."""
    text = beginning[:_TELLING].removeprefix(_BOM).lstrip().lower()
    if text.startswith((b"<", b"{", b"[")):
        return Malformed("Engaging Networks's export is not CSV.", vendor=_VENDOR)
    if not text.startswith(b"error:"):
        return None
    if b"token" in text:
        return _refused_private_token()
    if b"permission" in text or b"not allowed" in text:
        return CapabilityMissing(
            "The private token's user may not export from Engaging Networks.", vendor=_VENDOR
        )
    if b"date" in text or b"range" in text:
        return BadInput(
            "Engaging Networks does not export these days.",
            field=("source", "activity", "from"),
            vendor=_VENDOR,
        )
    return VendorError(
        "Engaging Networks's export answered 200 and reported an error.", vendor=_VENDOR
    )


def _import_refusal(body: bytes) -> Failure | None:
    """What an import answered with 200 means: `Error:` says that the file was not taken.

    Two texts are documented; that of a refused token is not, and assumed to name the token.
    """
    text = body[:_TELLING].removeprefix(_BOM).lstrip().lower()
    if not text.startswith(b"error:"):
        return None
    if b"job #" in text:
        # The answer may repeat the import's name, which callers choose: it says both yes and no.
        return Malformed("Engaging Networks's answer to an import is unclear.", vendor=_VENDOR)
    if b"token" in text:
        return _refused_private_token()
    if b"format" in text or b"first line" in text:
        return BadInput(
            "Engaging Networks did not take the file: its first line is not that of the format, or"
            " there is no such format.",
            field=("format",),
            vendor=_VENDOR,
        )
    return BadInput(
        "Engaging Networks did not take the file and gives no reason; its support can tell.",
        vendor=_VENDOR,
    )


def _refused_private_token() -> CredentialRefused:
    return CredentialRefused(
        "Engaging Networks refused the private token: it is wrong, was refreshed, is no private"
        " one, or belongs to another region.",
        vendor=_VENDOR,
    )


def _bulk_status(status: int) -> Failure:
    """Statuses of the bulk services are not documented: only those that say one thing alone."""
    match status:
        case 401:
            return _refused_private_token()
        case 403:
            return CapabilityMissing(
                "The private token's user may not use bulk export or import at Engaging Networks.",
                vendor=_VENDOR,
            )
        case 413:
            return BadInput("The file is too large for Engaging Networks.", vendor=_VENDOR)
        case _:
            return _by_status(status)


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
