"""AgencyAccess's answers that are no good ones (vendor page 1 and 5.1)."""

import json
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Reply
from gateway.vendors.agencyaccess.errors import classify

CANARY = "canary-3c88"

CAPABILITIES = {
    "clients/create": "Create Customer",
    "clients/retrieve": "Retrieve Customer",
    "clients/update": "Edit Customer",
    "links/create": "Create Link",
    "links/retrieve": "Retrieve Link",
    "links/update": "Edit Link",
}

STATUSES: list[tuple[int, type[Failure]]] = [
    (400, BadInput),
    (401, CredentialRefused),
    (403, CapabilityMissing),
    (404, NotFound),
    (409, Conflict),
    (429, Throttled),
    (500, VendorError),
    (501, VendorError),
    (502, Unavailable),
    (503, Unavailable),
    (504, Unavailable),
    (418, Malformed),
    (201, Malformed),
    (302, Malformed),
]

operations = st.sampled_from(sorted(CAPABILITIES))


def call(operation: str) -> Call:
    return Call(operation=operation, slot="api_key")


def reply(status: int, body: object) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, raw, at=datetime(2024, 1, 1, tzinfo=UTC))


def judged(operation: str, status: int, body: object) -> Failure | None:
    """What an answer means; a failure may be returned or raised."""
    try:
        return classify(call(operation), reply(status, body))
    except Failure as failure:
        return failure


@pytest.mark.parametrize(("operation", "case"), list(product(CAPABILITIES, STATUSES)))
def test_each_status_of_each_endpoint_has_its_failure(
    operation: str, case: tuple[int, type[Failure]]
) -> None:
    status, kind = case

    assert type(judged(operation, status, {"error": True, "msg": CANARY})) is kind


@pytest.mark.parametrize(("operation", "capability"), CAPABILITIES.items())
def test_a_403_names_the_capability_that_the_key_lacks(operation: str, capability: str) -> None:
    failure = judged(operation, 403, {"error": True, "msg": CANARY})

    assert failure is not None
    assert capability in failure.message


@given(operation=operations, data=st.text() | st.dictionaries(st.text(), st.text()))
def test_a_200_without_an_error_is_good(operation: str, data: object) -> None:
    assert judged(operation, 200, {"error": False, "data": data}) is None


@given(operation=operations, data=st.none() | st.text())
def test_a_200_that_reports_an_error_is_the_vendors_error(operation: str, data: object) -> None:
    failure = judged(operation, 200, {"error": True, "msg": CANARY, "data": data})

    assert type(failure) is VendorError


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"\xff", {}, [], "x", {"error": "false"}, {"error": 0}, None]
)
def test_a_200_without_the_envelope_is_malformed(body: object) -> None:
    assert type(judged("clients/retrieve", 200, body)) is Malformed


@pytest.mark.parametrize(
    ("status", "kind"), [(401, CredentialRefused), (500, VendorError), (503, Unavailable)]
)
def test_a_bad_status_needs_no_readable_body(status: int, kind: type[Failure]) -> None:
    assert type(judged("links/retrieve", status, b"not json")) is kind


@given(operation=operations, status=st.integers(100, 599), body=st.binary(max_size=50))
def test_all_that_is_not_good_is_a_failure_and_nothing_else_is_raised(
    operation: str, status: int, body: bytes
) -> None:
    assert judged(operation, status, body) is not None


@given(operation=operations, status=st.integers(100, 599))
def test_the_vendors_own_words_are_never_repeated(operation: str, status: int) -> None:
    for body in ({"error": True, "msg": CANARY}, CANARY.encode()):
        failure = judged(operation, status, body)

        assert failure is not None
        assert CANARY not in repr(failure) + failure.message


@given(operation=operations, status=st.integers(201, 599))
def test_every_failure_names_the_vendor(operation: str, status: int) -> None:
    failure = judged(operation, status, {"error": True, "msg": "no"})

    assert failure is not None
    assert failure.vendor is VendorName.AGENCYACCESS
