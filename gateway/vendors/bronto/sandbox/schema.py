"""The types of the WSDL: what may stand in a request, and in which order an answer is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from .wire import Element, Fault

WSDL = Path(__file__).parents[1].joinpath("bronto.wsdl").read_bytes()

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True, slots=True)
class _Field:
    type: str
    required: bool
    many: bool


_Types = Mapping[str, Mapping[str, _Field]]


def decode(type: str, element: Element) -> Any:
    """An element as its type wants it: a dict, or a plain value; fault 107 when it is not so.

    Children must stand in no namespace, be known and, if mandatory, be there; in any order, and
    each once unless the type says otherwise. Enumerations are left to who uses them.
    """
    fields = _TYPES.get(type)
    if fields is None:
        return _plain(type, (element.text or "").strip(), len(element))
    found: dict[str, Any] = {}
    for child in element.iterchildren("*"):
        field = fields.get(str(child.tag))
        if field is None:
            raise Fault(107)
        if child.get(_NIL) in ("true", "1"):
            continue
        value = decode(field.type, child)
        if field.many:
            found.setdefault(child.tag, []).append(value)
        elif child.tag in found:
            raise Fault(107)
        else:
            found[child.tag] = value
    if any(field.required and name not in found for name, field in fields.items()):
        raise Fault(107)
    return found


def encode(type: str, parent: Element, value: Mapping[str, Any]) -> None:
    """Writes a value's fields into an element, in the order of its type; None is left out."""
    for name, field in _TYPES[type].items():
        told = value.get(name)
        for one in told if field.many and told is not None else (told,):
            if one is not None:
                element = etree.SubElement(parent, name)
                if field.type in _TYPES:
                    encode(field.type, element, one)
                else:
                    element.text = _text(one)


def knows(operation: str) -> bool:
    """Whether the WSDL has that operation."""
    return f"{operation}Response" in _TYPES


def _plain(type: str, text: str, children: int) -> Any:
    if children:
        raise Fault(107)
    try:
        match type:
            case "int" | "long" | "integer":
                return int(text)
            case "boolean":
                return {"true": True, "1": True, "false": False, "0": False}[text]
            case "dateTime":
                datetime.fromisoformat(text)
    except (KeyError, ValueError):
        raise Fault(107) from None
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _types() -> _Types:
    description = etree.fromstring(WSDL)
    types = {
        str(kind.get("name")): {
            str(each.get("name")): _Field(
                type=str(each.get("type")).partition(":")[2],
                required=each.get("minOccurs") is None,
                many=each.get("maxOccurs") == "unbounded",
            )
            for each in kind.iter(f"{_XS}element")
        }
        for kind in description.iter(f"{_XS}complexType")
    }
    # Not in the WSDL, but in the vendor's help and its own SDK (vendor page 4).
    types["readAccounts"]["status"] = _Field("string", required=False, many=False)
    return types


_TYPES = _types()
