"""Bronto's failures: a number in a SOAP fault, on whatever status, or in one item of a write's
answer (vendor page 6).

Of a write, a refusal is only what Bronto surely did not do; 101, 107, 108 and 113 leave that open.
"""

import re
from collections.abc import Callable

from ...domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    SessionExpired,
    Throttled,
    Unavailable,
    Unsupported,
    VendorError,
)
from ...domain.vendor import VendorName
from ...upstream.codec import Fault, child, text
from ...upstream.exchange import Call, Reply

_VENDOR = VendorName.BRONTO

END_OF_QUERY = 116
"""Fault that says "no more pages": for us an empty page, not a failure."""

AGENCY_TOKEN = "agency_token"  # noqa: S105 — the name of a slot
CLIENT_TOKENS = "client_tokens"


def classify(call: Call, reply: Reply) -> Failure | None:
    """What a reply means: None when it is good. The vendor's own words are never passed on."""
    try:
        answer = reply.soap
    except Malformed:
        return _by_status(reply.status)
    if isinstance(answer, Fault):
        code = fault_code(answer)
        return None if code == END_OF_QUERY and not call.journaled else _by_code(call, code)
    return None if reply.status == 200 else _by_status(reply.status)


def of_item(call: Call, code: int | None) -> Failure:
    """Why one item of a write was refused. Nothing proves that one without a number was."""
    make = _ITEM_CODES.get(code) if code is not None else None
    return _by_code(call, code) if make is None else make(call)


def fault_code(fault: Fault) -> int | None:
    """The number of a fault, from its detail, else from the start of `103: …`; None without one."""
    exception = None if fault.detail is None else child(fault.detail, "ApiException")
    told = None if exception is None else text(exception, "errorCode")
    found = _NUMBER.fullmatch(told or "") or _LEADING.match(fault.message)
    return int(found[1]) if found else None


# ASCII digits only and few, so that no number of a stranger becomes long in our messages.
_NUMBER = re.compile(r"([0-9]{1,6})")
_LEADING = re.compile(r"\s*([0-9]{1,6})\s*:")


def lacks_token(operation: str, slot: str) -> CapabilityMissing:
    """The operation needs a token of another kind than the one that is held or was sent."""
    wanted = (
        "an All Clients token (credential slot agency_token)"
        if slot == AGENCY_TOKEN
        else (
            "a token assigned to that client account (credential slot client_tokens), which"
            " issueToken makes and keeps"
        )
    )
    return CapabilityMissing(f"Bronto's {operation} needs {wanted}.", vendor=_VENDOR)


def _no_access(call: Call) -> Failure:
    """104: a token of the wrong kind, or one without the permission; Bronto does not say which."""
    needed = AGENCY_TOKEN if call.operation in _AGENCY_LEVEL else CLIENT_TOKENS
    missing = lacks_token(call.operation, needed)
    if needed != call.slot:
        return missing
    permission = "WRITE" if call.journaled else "READ"
    return CapabilityMissing(
        f"Bronto gave this token no access. {missing.message}"
        f" It must have the permission {permission}.",
        vendor=_VENDOR,
    )


def _not_understood(call: Call) -> Failure:
    """107: by its words a bad request, but both SDKs of the vendor sign in anew and repeat it.

    So do we with what may be repeated, for our envelopes are good and a stale session is likelier.
    Nothing proves that a write was not done.
    """
    kind = SessionExpired if call.safe else VendorError
    return kind("Bronto could not make sense of the request (107).", vendor=_VENDOR)


_AGENCY_LEVEL = frozenset(
    {"readAccounts", "addAccounts", "updateAccounts", "readLogins"}
    | {"readApiTokens", "addApiTokens", "updateApiTokens", "deleteApiTokens"}
)


def _locked(call: Call) -> Failure:
    """119: one account, for now: not the host, so that no breaker opens for all others."""
    kind = Conflict if call.journaled else VendorError
    return kind("The account at Bronto is locked at present (119).", vendor=_VENDOR)


def _by_code(call: Call, code: int | None) -> Failure:
    make = _CODES.get(code) if code is not None else None
    if make is not None:
        return make(call)
    if code is None:
        return VendorError("Bronto reports a fault without a number.", vendor=_VENDOR)
    return VendorError(f"Bronto reports the error {code}.", vendor=_VENDOR)


def _always(kind: type[Failure], message: str) -> Callable[[Call], Failure]:
    return lambda call: kind(message, vendor=_VENDOR)


_CODES: dict[int, Callable[[Call], Failure]] = {
    101: _always(VendorError, "Bronto reports an unknown error of its own (101)."),
    # 102 and 111 echo the token in their message, one reason more to write our own.
    102: _always(CredentialRefused, "Bronto does not know the token (102)."),
    103: _always(SessionExpired, "The session at Bronto has ended (103)."),
    104: _no_access,
    105: _always(BadInput, "Bronto wants at least one item (105)."),
    106: _always(BadInput, "Bronto refused a parameter (106)."),
    107: _not_understood,
    108: _always(Unavailable, "Bronto is under maintenance (108)."),
    # Not the token's fault, and it may be undone: nothing marks the token as refused.
    109: _always(CapabilityMissing, "The account at Bronto is switched off: it has no API (109)."),
    110: _always(BadInput, "Bronto misses required fields (110)."),
    111: _always(
        CredentialRefused, "Bronto does not accept the token from this machine's IP address (111)."
    ),
    112: _always(BadInput, "Bronto refused the filter (112)."),
    113: _always(VendorError, "Bronto could not read its own results (113)."),
    114: _always(BadInput, "Bronto refused the page size (114)."),
    115: _always(BadInput, "Bronto refused the page size (115)."),
    117: _always(Unsupported, "Bronto no longer has this operation (117)."),
    118: _always(BadInput, "Bronto refused the page size (118)."),
    119: _locked,
    120: _always(CredentialRefused, "The account of this token is gone from Bronto (120)."),
    121: _always(CredentialRefused, "The token is switched off at Bronto (121)."),
}

_ITEM_CODES: dict[int, Callable[[Call], Failure]] = {
    109: _always(Conflict, "The account at Bronto is inactive (109)."),
    701: _always(NotFound, "Bronto knows no such account (701)."),
    702: _always(Conflict, "There is already an account with that name at Bronto (702)."),
    703: _always(NotFound, "Bronto knows no such token (703)."),
    704: _always(NotFound, "Bronto knows no such account to make a token for (704)."),
    705: lambda call: BadInput(
        "Bronto refused the name of the token (705).", field=("name",), vendor=_VENDOR
    ),
}


def _by_status(status: int) -> Failure:
    match status:
        case 200:
            return Malformed("Bronto's answer is not a SOAP envelope.", vendor=_VENDOR)
        case 429:
            return Throttled("Bronto asks for fewer calls.", vendor=_VENDOR)
        case 502 | 503 | 504:
            return Unavailable(f"Bronto is out of service ({status}).", vendor=_VENDOR)
        case _ if status >= 500:
            return VendorError(f"Bronto failed ({status}).", vendor=_VENDOR)
        case _:
            return Malformed(f"Bronto answered an unexpected status ({status}).", vendor=_VENDOR)
