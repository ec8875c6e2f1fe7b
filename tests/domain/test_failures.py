"""The tree of failures: the drawing in the module's docstring is what the classes are."""

import inspect
import re

import pytest

from gateway.domain import failures
from gateway.domain.failures import BadInput, ErrorCode, Failure
from gateway.domain.vendor import VendorName

_DRAWN = re.compile(r"^ {4}([│ ├└─]*)(\w+)\s+([A-Z_]+)\s{2,}\S", re.MULTILINE)


def drawn() -> dict[str, tuple[str, str]]:
    """Each drawn failure with its parent and code."""
    tree: dict[str, tuple[str, str]] = {}
    branch: list[str] = ["Failure"]
    for edge, name, code in _DRAWN.findall(failures.__doc__ or ""):
        depth = len(edge) // 4
        branch = [*branch[:depth], name]
        tree[name] = (branch[depth - 1], code)
    return tree


def defined() -> dict[str, type[Failure]]:
    """Each failure that the module defines, but the root."""
    return {
        name: kind
        for name, kind in inspect.getmembers(failures, inspect.isclass)
        if issubclass(kind, Failure) and kind is not Failure
    }


def test_the_drawn_tree_equals_the_classes() -> None:
    assert drawn() == {
        name: (kind.__base__.__name__, kind.code.value) for name, kind in defined().items()
    }


def test_the_drawn_tree_is_read_at_all() -> None:
    assert drawn()["CircuitOpen"] == ("Unavailable", "VENDOR_UNAVAILABLE")


def test_every_code_but_internal_has_a_failure_of_its_own() -> None:
    codes = {kind.code for kind in defined().values()}

    assert codes == set(ErrorCode) - {ErrorCode.INTERNAL}


def test_a_code_is_spelled_as_its_name() -> None:
    assert [code.value for code in ErrorCode] == [code.name for code in ErrorCode]


@pytest.mark.parametrize("kind", defined().values())
def test_a_failure_carries_its_message_and_knows_nothing_it_was_not_told(
    kind: type[Failure],
) -> None:
    failure = kind("It went wrong.", vendor=VendorName.OWN)

    assert str(failure) == failure.message == "It went wrong."
    assert failure.vendor is VendorName.OWN
    assert (failure.account, failure.retry_after, failure.sent) == (None, None, None)


def test_bad_input_names_the_field() -> None:
    assert BadInput("Too long.", field=("input", "name")).field == ("input", "name")


@pytest.mark.parametrize(
    "kind",
    [failures.NotFound, failures.BadInput, failures.Conflict, failures.CapabilityMissing],
)
def test_what_would_fail_again_is_neither_retried_nor_covered_by_an_older_value(
    kind: type[Failure],
) -> None:
    assert not kind.retryable
    assert not kind.fallback


@pytest.mark.parametrize(
    "kind",
    [
        failures.Unavailable,
        failures.CircuitOpen,
        failures.DeadlineExceeded,
        failures.Throttled,
        failures.Malformed,
        failures.VendorError,
    ],
)
def test_when_the_vendor_could_not_be_asked_an_older_value_may_answer(kind: type[Failure]) -> None:
    assert kind.retryable
    assert kind.fallback
