"""A mutation's input as bytes, the same for the same input however it was written down.

The bytes hold secrets: they go into a keyed digest and nowhere else.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry

from ...domain.secret import Secret

_KEY = "idempotency_key"


def canonical(operation: str, input: Any) -> bytes:
    """The operation's name and its input, without the key that makes it repeatable."""
    plain = {name: value for name, value in _plain(input).items() if name != _KEY}
    return json.dumps([operation, plain], sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """As JSON has it; what was left out stays out, for null is something else."""
    match value:
        case Enum():
            return value.name
        case Secret():
            return value.reveal()
        case datetime() | date():
            return value.isoformat()
        case list():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            told = {each.name: getattr(value, each.name) for each in fields(value)}
            return {name: _plain(one) for name, one in told.items() if one is not strawberry.UNSET}
        case _:
            return value
