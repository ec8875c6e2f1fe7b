"""SOAP 1.1 envelopes, document/literal: written for a vendor's client, and read as hostile input.

Elements are matched by namespace, never by prefix. Whoever reads them uses `texts` and `child`,
which also forgive children that are qualified although their schema says otherwise.

Source: SOAP 1.1, https://www.w3.org/TR/2000/NOTE-SOAP-20000508/.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias, Union

from lxml import etree

from ..domain.failures import BadInput, Malformed

Element: TypeAlias = etree._Element


class Gap(Enum):
    """Where a secret belongs that this module must not see: transport writes it in last."""

    HERE = "here"


Content: TypeAlias = Union[str, Gap, "Children"]
Children: TypeAlias = Sequence[tuple[str, Content]]
"""Unqualified elements in the order of their schema: (name, text, the gap, or further children)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault. Its message may echo a credential, so it is never printed or passed on."""

    code: str
    message: str = field(repr=False)
    detail: Element | None = field(default=None, repr=False)


ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"

MAX_BYTES = 8 * 2**20
MAX_ELEMENTS = 200_000
MAX_DEPTH = 64
MAX_TAG_BYTES = 64 * 2**10
"""Bytes of all different start tags together: libxml2 keeps their names as long as the thread."""
MAX_ATTRIBUTE_BYTES = 2**20
"""Bytes of all start tags that hold attributes."""


# ── Writing ───────────────────────────────────────────────────────────────────────────────────


def envelope(
    namespace: str,
    operation: str,
    children: Children = (),
    header: tuple[str, Children] | None = None,
) -> tuple[bytes, int]:
    """An envelope and the byte offset of its gap, 0 when it has none.

    The operation and the header element stand in `namespace`, their children in none. Raises
    `BadInput` for text that XML cannot hold.
    """
    root = etree.Element(_soap("Envelope"), nsmap={"soap": ENVELOPE})
    if header is not None:
        name, content = header
        _fill(etree.SubElement(root, _soap("Header")), namespace, name, content)
    _fill(etree.SubElement(root, _soap("Body")), namespace, operation, children)
    body = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    # Text of others cannot contain the mark, for its `<` would be written as `&lt;`.
    gap = body.find(_MARK)
    return (body, 0) if gap < 0 else (body.replace(_MARK, b"", 1), gap)


_MARK = b"<?gap ?>"


def _soap(name: str) -> str:
    return f"{{{ENVELOPE}}}{name}"


def _fill(parent: Element, namespace: str, name: str, children: Children) -> None:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", nsmap={"v": namespace})
    _append(element, children)


def _append(parent: Element, children: Children) -> None:
    for name, content in children:
        element = etree.SubElement(parent, name)
        match content:
            case Gap():
                element.append(etree.ProcessingInstruction("gap"))
            case str():
                _write(element, name, content)
            case _:
                _append(element, content)


def _write(element: Element, name: str, text: str) -> None:
    try:
        element.text = text
    except ValueError as error:
        raise BadInput("A text holds characters that XML does not allow.", field=(name,)) from error


# ── Reading ───────────────────────────────────────────────────────────────────────────────────


def parse_envelope(body: bytes) -> Element | Fault:
    """What stands in the envelope's body: the answer's element, or the fault.

    Raises `Malformed`, without echoing a byte, for everything else: a DTD or entities, depth over
    `MAX_DEPTH`, more than `MAX_ELEMENTS` elements, any other encoding than UTF-8, no envelope.
    """
    root = _tree(body)
    if root.tag != _soap("Envelope"):
        raise Malformed("The vendor's answer is not a SOAP 1.1 envelope.")
    payload = next(root.iterchildren(_soap("Body")), None)
    answer = None if payload is None else next(payload.iterchildren("*"), None)
    if answer is None:
        raise Malformed("The vendor's SOAP envelope is empty.")
    return _fault(answer) if answer.tag == _soap("Fault") else answer


def child(element: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next(_named(element, name), None)


def text(element: Element, name: str) -> str | None:
    """The text of the first child of that name, without white space around it; None when empty."""
    found = child(element, name)
    return None if found is None else _text(found)


def texts(element: Element) -> dict[str, str]:
    """The texts of all children that hold only text, the first of each name; none that is empty."""
    answer: dict[str, str] = {}
    for each in element.iterchildren("*"):
        content = _text(each)
        if content is not None and len(each) == 0:
            answer.setdefault(_local(each), content)
    return answer


def _fault(element: Element) -> Fault:
    return Fault(
        code=text(element, "faultcode") or "",
        message=text(element, "faultstring") or "",
        detail=child(element, "detail"),
    )


def _named(element: Element, name: str) -> Iterator[Element]:
    return element.iterchildren(name, f"{{*}}{name}")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element) -> str | None:
    return (element.text or "").strip() or None


def _tree(body: bytes) -> Element:
    _bound(body)
    # Parsers are not shared: one that refused a document keeps its errors. UTF-8 is imposed, so
    # that no other encoding hides a DOCTYPE from the search above.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        # The parser's own words quote the document: not even as the cause.
        raise Malformed("The vendor's answer is not well-formed XML.") from None
    if _TOO_DEEP(root):
        raise Malformed("The vendor's answer nests too deep.")
    return root


_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")

_START_TAG = re.compile(rb"""<[^/!?<>](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+""")


def _bound(body: bytes) -> None:
    """Refuse in linear time what would cost the parser more than that, or leave traces in it."""
    if len(body) > MAX_BYTES:
        raise Malformed("The vendor's answer is too long.")
    if b"<!DOCTYPE" in body:
        raise Malformed("The vendor's answer has a document type, which SOAP forbids.")
    # No match holds a further `<`, so there are at least as many matches as elements.
    tags = _START_TAG.findall(body) if body.count(b"<") <= 2 * MAX_ELEMENTS else None
    if tags is None or len(tags) > MAX_ELEMENTS:
        raise Malformed("The vendor's answer has too many elements.")
    if (
        sum(map(len, set(tags))) > MAX_TAG_BYTES
        or sum(len(tag) for tag in tags if b"=" in tag) > MAX_ATTRIBUTE_BYTES
    ):
        raise Malformed("The vendor's answer has too many names or attributes.")
