"""SOAP 1.1 as Bronto speaks it: by namespace and not by prefix, unqualified children, faults."""

from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

NS = "http://api.bronto.com/v4"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

_MESSAGES = {
    101: "There was an unknown API error. Please try your request again shortly.",
    102: "Authentication failed for token: %s",
    103: "Your session is invalid. Please log in again.",
    104: "You do not have valid access for this method.",
    105: "You must specify at least one item in the input array.",
    106: "Unable to verify parameter %s",
    107: "There was an error in your soap request. Please examine the request and try again.",
    108: "The API is currently undergoing maintenance. Please try your request again later.",
    109: "This site is currently marked as 'inactive'",
    110: "Required fields are missing: %s",
    111: "Your IP address does not have access for token %s.",
    112: "Invalid filter type (must be AND or OR).",
    113: "There was an error reading your query results. Please try your request again shortly.",
    114: "Page size exceeds the maximum allowed limit of %d.",
    115: "Page size is lower than the minimum allowed limit of %d.",
    116: "End of result set.",
    117: "The API function has been deprecated.",
    118: "Page size is smaller than the minimum.",
    119: "This site is currently locked.",
    120: "The site associated with this session is invalid or does not exist.",
    121: "The API token you provided is inactive.",
    701: "The account is invalid.",
    702: "There is already an account with the name: %s",
    703: "The API token was invalid.",
    704: "The account specified for the token was invalid: %s",
    705: "The name specified for the token was invalid: %s",
}


def words(code: int) -> int:
    """How many words the message of a number wants."""
    return _MESSAGES[code].count("%")


class _Said(Exception):
    def __init__(self, code: int, *words: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = _MESSAGES[code] % words


class Fault(_Said):
    """A SOAP fault, made deep inside: the whole call failed."""


class Refused(_Said):
    """One item of a write failed; the others go on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an envelope asks for, and the element of its session."""

    operation: str
    payload: Element
    header: Element | None

    @property
    def session(self) -> str | None:
        """The session, however its element is written; for the record only."""
        return None if self.header is None else text_of(self.header, "sessionId")


def read(body: bytes) -> Asked | None:
    """What an envelope asks for; None when it is no envelope."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    payload = root.find(f"{{{_SOAP}}}Body/{{{NS}}}*")
    if root.tag != f"{{{_SOAP}}}Envelope" or payload is None:
        return None
    header = root.find(f"{{{_SOAP}}}Header/{{{NS}}}sessionHeader")
    return Asked(etree.QName(payload).localname, payload, header)


def text_of(element: Element, name: str) -> str | None:
    """The text of the first child of that name; None when it is absent or empty."""
    return (element.findtext(f"{{*}}{name}") or "").strip() or None


def answer(operation: str) -> tuple[Element, Element]:
    """An envelope, and in it the element of an answer, to be filled."""
    return _envelope(NS, f"{operation}Response")


def fault(said: Fault) -> bytes:
    """The envelope of a fault."""
    root, element = _envelope(_SOAP, "Fault")
    etree.SubElement(element, "faultcode").text = "soap:Server"
    etree.SubElement(element, "faultstring").text = f"{said.code}: {said.message}"
    detail = etree.SubElement(element, "detail")
    exception = etree.SubElement(detail, f"{{{NS}}}ApiException", nsmap={"ns1": NS})
    etree.SubElement(exception, "errorCode").text = str(said.code)
    return written(root)


def written(root: Element) -> bytes:
    """An envelope as bytes."""
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _envelope(namespace: str, name: str) -> tuple[Element, Element]:
    root = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP})
    body = etree.SubElement(root, f"{{{_SOAP}}}Body")
    prefix = "soap" if namespace == _SOAP else "ns2"
    return root, etree.SubElement(body, f"{{{namespace}}}{name}", nsmap={prefix: namespace})
