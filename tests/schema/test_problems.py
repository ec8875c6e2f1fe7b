"""What a caller is told of a failure, and what of a fault."""

import json
from typing import Any

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import failures
from gateway.domain.failures import BadInput, ErrorCode, Failure, NotFound, Throttled
from gateway.domain.vendor import VendorName
from gateway.schema import problems
from gateway.schema.scalars import global_id

CANARY = "canary-7f3b9c"
KINDS = [
    kind for kind in vars(failures).values() if isinstance(kind, type) and issubclass(kind, Failure)
]
FIELDS = {"code", "vendor", "account", "retryable", "retryAfterMs", "requestId"}


class Faults:
    """A log."""

    def __init__(self) -> None:
        self.told: list[tuple[BaseException, str]] = []

    def __call__(self, fault: BaseException, request_id: str) -> None:
        self.told.append((fault, request_id))


@pytest.mark.parametrize("kind", KINDS)
def test_each_failure_has_its_code_and_the_same_fields(kind: type[Failure]) -> None:
    shown = problems.failure(kind("A sentence."), "r1")
    assert shown["message"] == "A sentence."
    assert shown["extensions"] == {
        "code": kind.code.value,
        "vendor": None,
        "account": None,
        "retryable": kind.retryable,
        "retryAfterMs": None,
        "requestId": "r1",
    }


def test_a_failure_of_a_vendor_names_vendor_account_and_pause() -> None:
    cause = Throttled("No room.", vendor=VendorName.OWN, account=7, retry_after=0.0101)
    extensions = problems.failure(cause, "r1")["extensions"]
    assert (extensions["vendor"], extensions["account"]) == ("OWN", global_id("VA", 7))
    assert extensions["retryAfterMs"] == 11


def test_bad_input_names_the_field() -> None:
    shown = problems.failure(BadInput("Too many.", field=("ids", "3")), "r1")
    assert shown["extensions"]["field"] == ["ids", "3"]


@given(st.sampled_from([KeyError, RuntimeError, ValueError, ExceptionGroup, OSError]))
def test_a_fault_tells_a_caller_nothing_and_the_log_all(kind: type[Exception]) -> None:
    fault = kind(CANARY, [Failure(CANARY)]) if kind is ExceptionGroup else kind(CANARY)
    log = Faults()
    shown = problems.error(GraphQLError(CANARY, original_error=fault, path=["a", 0]), "r1", log)
    assert CANARY not in json.dumps(shown)
    assert shown["extensions"]["code"] == ErrorCode.INTERNAL.value
    assert (shown["path"], shown["extensions"]["requestId"]) == (["a", 0], "r1")
    assert log.told == [(fault, "r1")]


def error(**about: Any) -> tuple[dict[str, Any], Faults]:
    log = Faults()
    return problems.error(GraphQLError("A sentence.", **about), "r1", log), log


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (None, "DOCUMENT_REFUSED"),
        (GraphQLError("Int cannot represent 'x'"), "BAD_USER_INPUT"),
        (NotFound("No such object."), "NOT_FOUND"),
    ],
)
def test_what_is_the_callers_doing_is_no_fault(cause: Any, code: str) -> None:
    shown, log = error(original_error=cause)
    assert shown["extensions"]["code"] == code
    assert set(shown["extensions"]) == FIELDS
    assert log.told == []


def test_a_place_is_told_where_there_is_one() -> None:
    assert set(error()[0]) == {"message", "extensions"}
    assert error(path=["a", "b", 1])[0]["path"] == ["a", "b", 1]
