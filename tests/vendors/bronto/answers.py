"""Answers in Bronto's shape, composed as the vendor page shows them (section 7)."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from gateway.upstream.exchange import Call, Reply

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
V4 = "http://api.bronto.com/v4"


def reply(inner: str, status: int = 200) -> Reply:
    """An envelope around `inner`."""
    body = f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{inner}</soap:Body></soap:Envelope>'
    return Reply(status, body.encode(), (("Content-Type", "text/xml"),), at=AT)


def answer(operation: str, *rows: str) -> Reply:
    """The rows, each in a `return`."""
    returned = "".join(f"<return>{row}</return>" for row in rows)
    name = f"ns2:{operation}Response"
    return reply(f'<{name} xmlns:ns2="{V4}">{returned}</{name}>')


def fault(message: str, code: object = None, status: int = 500) -> Reply:
    """A fault; `code` goes into its detail when given."""
    detail = (
        ""
        if code is None
        else f'<detail><ns1:ApiException xmlns:ns1="{V4}"><errorCode>{code}</errorCode>'
        "</ns1:ApiException></detail>"
    )
    return reply(
        "<soap:Fault><faultcode>soap:Server</faultcode>"
        f"<faultstring>{escape(message)}</faultstring>{detail}</soap:Fault>",
        status,
    )


def call(operation: str = "readAccounts", slot: str = "agency_token", *, safe: bool = True) -> Call:
    return Call(operation=operation, slot=slot, method="POST", safe=safe)
