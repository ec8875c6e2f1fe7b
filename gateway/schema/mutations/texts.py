"""Texts that no vendor and no list could do anything with, wherever they stand in an input."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from strawberry.utils.str_converters import to_camel_case

LONGEST = 10_000
"""Characters of one text at the most."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""C0, DEL and C1, but for tabs and line breaks, which stand in messages."""

Path = tuple[str, ...]


def unfit(input: Any) -> Iterator[tuple[Path, str]]:
    """The fields of an input whose text is unfit, and why; never the text, nor a `Secret`."""
    match input:
        case str():
            if len(input) > LONGEST:
                yield (), f"At most {LONGEST} characters are taken."
            elif _CONTROL.search(input):
                yield (), "Control characters are not taken."
        case list():
            for place, each in enumerate(input):
                yield from _below(str(place), each)
        case _ if is_dataclass(input):
            for each in fields(input):
                name = to_camel_case(each.name.rstrip("_"))
                yield from _below(name, getattr(input, each.name))


def _below(name: str, value: Any) -> Iterator[tuple[Path, str]]:
    return (((name, *path), why) for path, why in unfit(value))
