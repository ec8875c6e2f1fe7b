"""Puts the opened secret into a call, where the vendor's law wants it; pure, and the last step."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, urlencode
from xml.sax.saxutils import escape

from ...domain.failures import BadInput, CredentialRefused
from ...domain.secret import Secret
from ..exchange import Call
from ..laws import InBody, InHeader, InQuery, Quoting
from ..subject import named

_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_FIELD = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Signed:
    """What goes on the wire: the only value with a secret in plain text, and it does not print."""

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)


def sign(call: Call, secret: Secret | None) -> Signed:
    """The call with its secret in place.

    Raises `BadInput` when the path would be read as another one, and `CredentialRefused` when the
    secret cannot travel where it must.
    """
    url, headers, body = _url(call), call.headers, call.body
    match call.auth.placement if call.auth and secret else None:
        case InHeader(name, prefix) if secret:
            others = tuple(pair for pair in headers if pair[0].lower() != name.lower())
            headers = (*others, (name, _field(call, prefix + secret.reveal())))
        case InQuery(name) if secret:
            joint = "&" if "?" in url else "?"
            url += f"{joint}{quote(name, safe='')}={quote(secret.reveal(), safe='')}"
        case InBody(quoting) if secret:
            body = body[: call.gap] + _quoted(secret.reveal(), quoting) + body[call.gap :]
    return Signed(url, headers, body)


def _url(call: Call) -> str:
    if call.path and not (_PATH.fullmatch(call.path) and not _DOTS.search(call.path)):
        raise named(BadInput("An id has characters that no id of this vendor has."), call)
    return f"{call.url}?{urlencode(call.query, quote_via=quote)}" if call.query else call.url


def _field(call: Call, value: str) -> str:
    if not _FIELD.fullmatch(value):
        message = "The stored credential has characters that a header cannot carry."
        raise named(CredentialRefused(message, sent=False), call)
    return value


def _quoted(value: str, quoting: Quoting) -> bytes:
    match quoting:
        case Quoting.XML:
            return escape(value, {'"': "&quot;", "'": "&apos;"}).encode()
        case Quoting.FORM:
            return quote_plus(value).encode()
        case Quoting.RAW:
            return value.encode()
