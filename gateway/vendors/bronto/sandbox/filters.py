"""Bronto's filters: criteria that join by AND or OR (vendor page 5)."""

from collections.abc import Callable
from typing import Any, TypeAlias

from .seed import Json
from .wire import Fault

_Test: TypeAlias = Callable[[Json], bool]


def passing(filter: Json | None, rows: list[Json]) -> list[Json]:
    """The rows that pass a filter; ids of one field are alternatives, no criteria let all pass."""
    if filter is None:
        return rows
    join = _JOINS.get(filter.get("type") or "AND")
    if join is None:
        raise Fault(112)
    tests = _tests(filter)
    return [row for row in rows if not tests or join(test(row) for test in tests)]


_JOINS: dict[str, Callable[[Any], bool]] = {"AND": all, "OR": any}


def _tests(filter: Json) -> list[_Test]:
    tests = [_one_of(field, set(filter[field])) for field in ("id", "accountId") if field in filter]
    for field in ("name", "username"):
        tests += [_compared(field, each) for each in filter.get(field, ())]
    return tests


def _one_of(field: str, values: set[str]) -> _Test:
    return lambda row: row.get(field) in values


def _compared(field: str, criterion: Json) -> _Test:
    operator = _OPERATORS.get(criterion.get("operator") or "")
    if operator is None:
        raise Fault(106, "operator")
    value = criterion.get("value") or ""
    return lambda row: operator(str(row.get(field) or ""), value)


# Of the vendor's 20 operators those that make sense for a text.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "EqualTo": lambda text, value: text == value,
    "NotEqualTo": lambda text, value: text != value,
    "StartsWith": lambda text, value: text.startswith(value),
    "EndsWith": lambda text, value: text.endswith(value),
    "DoesNotStartWith": lambda text, value: not text.startswith(value),
    "DoesNotEndWith": lambda text, value: not text.endswith(value),
    "Contains": lambda text, value: value in text,
    "DoesNotContain": lambda text, value: value not in text,
}
