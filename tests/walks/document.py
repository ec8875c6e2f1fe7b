"""An executable document: what happens to the world, what is asked, answered, and called.

A document is prose with fenced blocks, read in their order:

- `json world`: what happens first. `agency` who asks from here on; `later` so many seconds pass;
  `faults` by vendor, as `PUT /V/faults` takes them; `warm`: this operation was run before.
- `graphql query`, and if it has any, `json variables`.
- `json response`: what is answered, to the letter but for placeholders (below).
- `json calls`: every call that the vendors received because of it, counted by operation.

Placeholders stand for what differs in each run: `<time>`, `<day>`, `<cursor>`, `<text>` and `<ms>`
for any such; `<id:NAME>` for an id, the same wherever the name is, in variables of later steps too.
Within a text, `<port>` is that of a vendor.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

_BLOCK = re.compile(r"^```(?:json|graphql) (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"<(time|day|cursor|text|ms)>|<id:([^>]+)>")
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")
_ID = re.compile(r"[A-Za-z0-9_-]{4,}")


@dataclass
class Step:
    """One question and all that came of it; `at` is where its blocks stand in the document."""

    world: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    response: Any = None
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    at: dict[str, tuple[int, int]] = field(default_factory=dict)


def steps(text: str) -> list[Step]:
    """The document's steps; each ends with its calls."""
    found, step = [], Step()
    for block in _BLOCK.finditer(text):
        kind, content = block[1], block[2]
        assert kind in Step.__dataclass_fields__, f"a block cannot be {kind}"
        setattr(step, kind, content if kind == "query" else json.loads(content))
        step.at[kind] = block.span(2)
        if kind == "calls":
            found.append(step)
            step = Step()
    assert not step.at, "the last step has no calls"
    return found


class Names:
    """What the names in placeholders stand for."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def filled(self, value: Any) -> Any:
        """A value with ids in the place of their placeholders."""
        if isinstance(value, dict):
            return {key: self.filled(held) for key, held in value.items()}
        if isinstance(value, list):
            return [self.filled(held) for held in value]
        place = _PLACE.fullmatch(value) if isinstance(value, str) else None
        return self._ids[place[2]] if place else value

    def differences(self, expected: Any, actual: Any, path: str = "") -> Iterator[str]:
        """Where the actual value is another than the expected one; ids are remembered."""
        if isinstance(expected, dict) and isinstance(actual, dict):
            if list(expected) != list(actual):
                yield f"{path}: {list(actual)} instead of {list(expected)}"
                return
            for key, held in expected.items():
                yield from self.differences(held, actual[key], f"{path}.{key}")
        elif isinstance(expected, list) and isinstance(actual, list):
            if len(expected) != len(actual):
                yield f"{path}: {len(actual)} items instead of {len(expected)}"
            for number, (held, found) in enumerate(zip(expected, actual, strict=False)):
                yield from self.differences(held, found, f"{path}[{number}]")
        elif not self._fits(expected, actual):
            yield f"{path}: {actual!r} instead of {expected!r}"

    def _fits(self, expected: Any, actual: Any) -> bool:
        place = _PLACE.fullmatch(expected) if isinstance(expected, str) else None
        if isinstance(actual, str) and place is None:
            return bool(expected == _PORT.sub("<port>", actual))
        if place is None:
            return type(expected) is type(actual) and bool(expected == actual)
        if not isinstance(actual, str):
            return place[1] == "ms" and isinstance(actual, int)
        match place[1]:
            case "time":
                return actual.endswith("Z") and datetime.fromisoformat(actual) is not None
            case "day":
                return date.fromisoformat(actual) is not None
            case "text" | "cursor":
                return actual != ""
            case _:
                known = self._ids.setdefault(place[2], actual)
                others = [name for name, id in self._ids.items() if id == actual]
                return known == actual and others == [place[2]] and bool(_ID.fullmatch(actual))

    # ── To write a document's response from what was answered ─────────────────────────────────

    def described(self, value: Any, key: str = "") -> Any:
        """A value with placeholders for what differs in each run."""
        if isinstance(value, dict):
            return {name: self.described(held, name) for name, held in value.items()}
        if isinstance(value, list):
            return [self.described(held, key) for held in value]
        if key == "retryAfterMs" and value is not None:
            return "<ms>"
        if not isinstance(value, str):
            return value
        if key in ("id", "account") and _ID.fullmatch(value):
            return f"<id:{self._name(value)}>"
        if "ursor" in key:
            return "<cursor>"
        if key == "requestId":
            return "<text>"
        if re.fullmatch(r"202[6-9]-\d\d-\d\d", value):
            return "<day>"
        if re.fullmatch(r"202[6-9]-\d\d-\d\dT.*Z", value):
            return "<time>"
        return _PORT.sub("<port>", value)

    def _name(self, id: str) -> str:
        """The name of an id: of a new one its type, and which one of that type it is."""
        for name, known in self._ids.items():
            if known == id:
                return name
        letters = urlsafe_b64decode(id + "=" * (-len(id) % 4)).decode().partition(":")[0]
        kind = _KINDS[letters]
        count = sum(name.startswith(f"{kind}-") for name in self._ids)
        self._ids[f"{kind}-{count + 1}"] = id
        return f"{kind}-{count + 1}"


_KINDS = {
    "A": "agency",
    "VA": "account",
    "C": "client",
    "R": "record",
    "L": "link",
    "T": "token",
    "J": "job",
    "I": "intent",
}
