"""Bodies of Own's writes: form-urlencoded or multipart, as its users' scripts send them."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from urllib.parse import parse_qsl

from .wire import error


class Form:
    """A body's fields; a list is a field that is repeated, with or without `[]` behind its name.

    The vendor page does not tell which, and all known scripts repeat the bare name. What is empty
    counts as absent.
    """

    def __init__(self, kind: str, body: bytes) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in _pairs(kind, body):
            if value:
                self._fields.setdefault(name.removesuffix("[]"), []).append(value)

    def needed(self, name: str) -> str:
        """A required field."""
        if name not in self._fields:
            raise error(HTTPStatus.BAD_REQUEST, f"{name} is missing")
        return self._fields[name][-1]

    def given(self, name: str) -> str | None:
        """A field that may be absent."""
        return self._fields.get(name, [None])[-1]

    def several(self, name: str) -> list[str]:
        """A list; empty when it is absent."""
        return self._fields.get(name, [])

    def choice(self, name: str, *words: str) -> str | None:
        """A field that may be absent, and else must be one of these words."""
        found = self.given(name)
        if found is not None and found not in words:
            raise error(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} does not have a valid value")
        return found

    def flag(self, name: str) -> bool | None:
        """`true` or `false`, in any letter case, as Python's scripts write it."""
        found = self.given(name)
        if found is not None and found.lower() not in ("true", "false"):
            raise error(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} does not have a valid value")
        return None if found is None else found.lower() == "true"


def _pairs(kind: str, body: bytes) -> list[tuple[str, str]]:
    if kind.startswith("application/x-www-form-urlencoded"):
        return parse_qsl(body.decode(errors="replace"))
    if not kind.startswith("multipart/form-data"):
        return []
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    whole = BytesParser(policy=HTTP).parsebytes(head + body)
    return [
        (str(part.get_param("name", "", "content-disposition")), _text(part))
        for part in whole.iter_parts()
    ]


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode(errors="replace") if isinstance(content, bytes) else ""
