"""SOAP 1.1 as Bronto speaks it: by namespace and not by prefix, unqualified children, faults."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

_NS = "http://api.bronto.com/v4"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

_MESSAGES = {
    102: "Authentication failed for token: %s",
    103: "Your session is invalid. Please log in again.",
    104: "You do not have valid access for this method.",
    106: "Unable to verify parameter %s",
    107: "There was an error in your soap request. Please examine the request and try again.",
    109: "This site is currently marked as 'inactive'",
    110: "Required fields are missing: %s",
    112: "Invalid filter type (must be AND or OR).",
    114: "Page size exceeds the maximum allowed limit of %d.",
    115: "Page size is lower than the minimum allowed limit of %d.",
    121: "The API token you provided is inactive.",
}


class Fault(Exception):
    """A SOAP fault, made deep inside."""

    def __init__(self, code: int, *words: object) -> None:
        super().__init__(code)
        self.code = code
        self.text = f"{code}: {_MESSAGES[code] % words}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an envelope asks for, and in which session."""

    operation: str
    payload: Element
    session: str | None

    def text(self, name: str) -> str | None:
        """The text of a child; None when it is absent or empty."""
        return text_of(self.payload, name)

    def number(self, name: str, default: int | None = None) -> int:
        """The number in a child; without a default the child is required."""
        raw = self.text(name)
        if raw is None and default is not None:
            return default
        if raw is None:
            raise Fault(110, name)
        try:
            return int(raw)
        except ValueError as error:
            raise Fault(107) from error


def read(body: bytes) -> Asked | None:
    """What an envelope asks for; None when it is no envelope."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    payload = root.find(f"{{{_SOAP}}}Body/{{{_NS}}}*")
    if root.tag != f"{{{_SOAP}}}Envelope" or payload is None:
        return None
    header = root.find(f"{{{_SOAP}}}Header/{{{_NS}}}sessionHeader")
    session = None if header is None else text_of(header, "sessionId")
    return Asked(etree.QName(payload).localname, payload, session)


def text_of(element: Element, name: str) -> str | None:
    """The text of the first child of that name; None when it is absent or empty."""
    return (element.findtext(f"{{*}}{name}") or "").strip() or None


def response(operation: str, answers: list[Any]) -> bytes:
    """The envelope of an answer, one `return` for each value."""
    root, element = _envelope(_NS, f"{operation}Response")
    for answer in answers:
        _append(element, "return", answer)
    return _bytes(root)


def fault(said: Fault) -> bytes:
    """The envelope of a fault."""
    root, element = _envelope(_SOAP, "Fault")
    etree.SubElement(element, "faultcode").text = "soap:Server"
    etree.SubElement(element, "faultstring").text = said.text
    detail = etree.SubElement(element, "detail")
    exception = etree.SubElement(detail, f"{{{_NS}}}ApiException", nsmap={"ns1": _NS})
    _append(exception, "errorCode", said.code)
    return _bytes(root)


def _envelope(namespace: str, name: str) -> tuple[Element, Element]:
    root = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP})
    body = etree.SubElement(root, f"{{{_SOAP}}}Body")
    prefix = "soap" if namespace == _SOAP else "ns2"
    return root, etree.SubElement(body, f"{{{namespace}}}{name}", nsmap={prefix: namespace})


def _bytes(root: Element) -> bytes:
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _append(parent: Element, name: str, value: Any) -> None:
    """A value as unqualified elements, in the order of its keys, which is that of the WSDL."""
    if value is None:
        return
    element = etree.SubElement(parent, name)
    match value:
        case dict():
            for key, one in value.items():
                _append(element, key, one)
        case bool():
            element.text = "true" if value else "false"
        case _:
            element.text = str(value)
