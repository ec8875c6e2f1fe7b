"""Takes out of log lines what must not be in them: known secrets, and the queries of URLs."""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from ..domain.model import SealedCredential
from ..domain.secret import Secret

T = TypeVar("T")

DOTS = "•••"
SHORTEST = 6
"""Values of fewer characters are not looked for: they are in too much that is no secret."""

KNOWN = 5_000
"""So many secrets are looked for; the one not seen for longest is forgotten first."""

# A query with or without a host before it, and the account in a URL. The bound on the first part
# keeps hostile lines from costing more than their length.
_QUERY = re.compile(r"([a-z][a-z0-9+.-]{0,20}://[^\s?\"'<>]{0,2048})\?[^\s\"'<>]+", re.IGNORECASE)
_BARE_QUERY = re.compile(r"\?[^\s?=\"'<>]{1,200}=[^\s\"'<>]*")
_ACCOUNT = re.compile(r"([a-z][a-z0-9+.-]{0,20}://)[^\s/?#\"'<>]{0,512}@", re.IGNORECASE)


class Redactor:
    """Knows the secrets that were revealed in this process, in every form they are sent in."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._known: Counter[str] = Counter()
        self._lengths: dict[str, Counter[int]] = {}

    def register(self, secret: Secret) -> None:
        """From now on, dots stand for this value."""
        value = secret.reveal()
        if len(value) < SHORTEST:
            return
        if value not in self._forms:
            self._forms[value] = frozenset(_forms(value))
            for form in self._forms[value]:
                self._known[form] += 1
                self._lengths.setdefault(form[:SHORTEST], Counter())[len(form)] += 1
        self._forms.move_to_end(value)
        if len(self._forms) > KNOWN:
            self._forget()

    def watching(
        self, opener: Callable[[SealedCredential], Secret]
    ) -> Callable[[SealedCredential], Secret]:
        """The vault's opener, with all that it reveals registered."""

        def open_and_register(credential: SealedCredential) -> Secret:
            secret = opener(credential)
            self.register(secret)
            return secret

        return open_and_register

    def text(self, text: str) -> str:
        """The text without secrets, without queries and without accounts in URLs."""
        text = self._without_secrets(text)
        text = _ACCOUNT.sub(rf"\1{DOTS}@", text)
        text = _QUERY.sub(rf"\1?{DOTS}", text)
        return _BARE_QUERY.sub(f"?{DOTS}", text)

    def value(self, value: object) -> object:
        """A value for a log line, redacted within; what is no plain value becomes its text."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            shown = self.text(str(value))
            return shown if DOTS in shown else value
        if isinstance(value, Mapping):
            return self.table(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(held) for held in value]
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        return self.text(str(value))

    def table(self, table: Mapping[Any, object]) -> dict[str, object]:
        """A table, redacted in its keys and values."""
        return {self.text(str(key)): self.value(held) for key, held in table.items()}

    def _without_secrets(self, text: str) -> str:
        """One pass over the text, whatever the number of secrets; those that overlap go as one."""
        parts, end = [], 0
        for at in range(len(text) - SHORTEST + 1):
            for length in self._lengths.get(text[at : at + SHORTEST], ()):
                if text[at : at + length] in self._known:
                    if at >= end:
                        parts += [text[end:at], DOTS]
                    end = max(end, at + length)
        return "".join(parts) + text[end:]

    def _forget(self) -> None:
        _, forms = self._forms.popitem(last=False)
        for form in forms:
            _take(self._known, form)
            lengths = self._lengths[form[:SHORTEST]]
            _take(lengths, len(form))
            if not lengths:
                del self._lengths[form[:SHORTEST]]

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} secrets)"


def _take(counter: Counter[T], key: T) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _forms(value: str) -> Iterator[str]:
    """The value as it may stand in a header, body, URL, dump or log line."""
    raw = value.encode("utf-8", "surrogatepass")
    yield value
    yield html.escape(value)
    yield repr(value)[1:-1]
    for exact in (True, False):
        yield json.dumps(value, ensure_ascii=exact)[1:-1]
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)
    yield raw.hex()
    yield raw.hex().upper()
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
        yield from _inner_base64(raw, encode)


def _inner_base64(raw: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """The characters that `raw` alone decides within the base64 of a longer text around it, which
    may begin at any of three offsets (as in `Basic`: account, colon, secret)."""
    for offset, first in ((0, 0), (1, 2), (2, 3)):
        coded = encode(bytes(offset) + raw).decode()
        yield coded[first : (offset + len(raw)) * 8 // 6]
