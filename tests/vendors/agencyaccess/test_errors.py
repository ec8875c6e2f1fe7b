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


WRITES = ("clients/create", "clients/update", "links/create", "links/update")
REFUSED = (BadInput, CapabilityMissing, Conflict, CredentialRefused, NotFound, Throttled)
"""Kinds of failure that say of a write: the vendor surely did nothing."""

writes = st.sampled_from(WRITES)


def call(operation: str) -> Call:
    return Call(operation=operation, slot="api_key")


def write(operation: str, body: object = None) -> Call:
    raw = b"" if body is None else json.dumps(body).encode()
    return Call(operation=operation, slot="api_key", method="POST", body=raw, journaled=True)


def reply(status: int, body: object) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, raw, at=datetime(2024, 1, 1, tzinfo=UTC))


def judged(operation: str | Call, status: int, body: object) -> Failure | None:
    """What an answer means, to a read unless a write is given; it may be returned or raised."""
    asked = operation if isinstance(operation, Call) else call(operation)
    try:
        return classify(asked, reply(status, body))
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


class TestOfAWrite:
    """Some answers say that surely nothing was done; all others leave it unknown."""

    @pytest.mark.parametrize("operation", WRITES)
    @pytest.mark.parametrize(("status", "kind"), STATUSES)
    def test_each_status_is_a_refusal_or_leaves_it_unknown(
        self, operation: str, status: int, kind: type[Failure]
    ) -> None:
        failure = judged(write(operation), status, {"error": True, "msg": CANARY})

        # The client that a link is for is a part of the input; and any 2xx is read.
        other = {(404, "links/create"): BadInput, (201, operation): BadInput}
        assert type(failure) is other.get((status, operation), kind)
        assert isinstance(failure, REFUSED) is (status in (400, 401, 403, 404, 409, 429, 201))

    @given(operation=writes, status=st.integers(100, 599), body=st.binary(max_size=50))
    def test_what_cannot_be_read_is_a_refusal_only_where_the_status_says_so(
        self, operation: str, status: int, body: bytes
    ) -> None:
        failure = judged(write(operation), status, body)

        assert failure is not None
        assert isinstance(failure, REFUSED) is (status in (400, 401, 403, 404, 409, 429))

    @pytest.mark.case(21)
    @given(operation=writes, status=st.integers(200, 299), said=st.none() | st.text() | st.just(7))
    def test_an_error_in_a_good_status_is_a_refusal(
        self, operation: str, status: int, said: object
    ) -> None:
        failure = judged(write(operation), status, {"error": True, "msg": said})

        assert isinstance(failure, REFUSED)

    @given(operation=writes, status=st.integers(200, 299), data=st.text())
    def test_any_good_status_without_an_error_is_good(
        self, operation: str, status: int, data: str
    ) -> None:
        assert judged(write(operation), status, {"error": False, "data": data}) is None

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ("Please provide a valid clientID", ("clientId",)),
            ("Please provide a valid clientID.", ("clientId",)),
            ("Please provide valid requestedAccounts", ("services",)),
            ("Please provide a valid requestedServices", ("services",)),
            ("Please provide a valid internalAccountID", ("services",)),
            ("Please provide a valid redirectURL", ("redirectUrl",)),
            ("Please provide a valid email", ("email",)),
            ("Please provide a valid canary", ()),
            ("Please provide a valid clientID or canary", ()),
            ("canary", ()),
            (None, ()),
        ],
    )
    @pytest.mark.parametrize("status", [200, 400])
    def test_a_sentence_that_is_known_names_the_field_of_the_input(
        self, status: int, said: str | None, field: tuple[str, ...]
    ) -> None:
        failure = judged(write("links/create"), status, {"error": True, "msg": said})

        assert isinstance(failure, BadInput)
        assert failure.field == field
        assert "canary" not in failure.message

    @pytest.mark.case(13, 14)
    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({"intakeForm": True}, "intake form is disabled"),
            ({"intakeForm": False}, "limit"),
            ({}, "limit"),
            (None, "limit"),
            ([], "limit"),
        ],
    )
    def test_a_conflict_on_a_link_tells_what_it_can_be(self, body: object, told: str) -> None:
        failure = judged(write("links/create", body), 409, {"error": True, "msg": CANARY})

        assert isinstance(failure, Conflict)
        assert told in failure.message

    @pytest.mark.case(14)
    @pytest.mark.parametrize("status", [200, 400, 403, 409])
    def test_a_limit_that_is_spoken_of_is_the_plans(self, status: int) -> None:
        body = {"error": True, "msg": "Access link limit reached"}

        assert isinstance(judged(write("links/create"), status, body), Conflict)
        assert not isinstance(judged(write("clients/create"), 403, body), Conflict)
