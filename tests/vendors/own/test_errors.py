"""Every answer of Own's that is no good one, as the failure that it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    ContractBroken,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    SessionExpired,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call
from gateway.vendors.own.client import exchange_token
from gateway.vendors.own.errors import classify

from .scene import account, payload, reply

CANARY = "canary-7d21"
PAGE = f"<!doctype html><html><title>{CANARY}</title></html>".encode()
OPERATIONS = (
    "services",
    "services/get",
    "backups",
    "backups/get",
    "backups/objects",
    "jobs",
    "jobs/get",
    "events",
)
ADDRESSED = ("services/get", "backups", "backups/get", "backups/objects", "jobs/get")
WRITES = ("backup_now", "backup_specific_objects_now", "export")
DID_NOTHING = (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialRefused,
    NotFound,
    Throttled,
)
"""What tells the journal that a write did not take effect."""


def region_call(operation: str) -> Call:
    return Call(operation=operation, slot="api_token", region="app1", safe=True)


def written(operation: str) -> Call:
    return Call(operation=operation, slot="api_token", region="app1", journaled=True)


TOKEN = exchange_token(account("app1"))
calls = st.sampled_from([TOKEN, *map(region_call, OPERATIONS)])


def own_error(word: str) -> dict[str, str]:
    """The shape of a region's error."""
    return {"error": word, "message": CANARY}


def oauth_error(code: str) -> dict[str, str]:
    """The shape of the auth host's error."""
    return {"error": code, "error_description": CANARY}


class TestAtTheAuthHost:
    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (400, "invalid_grant", CredentialRefused),
            (401, "invalid_client", CredentialRefused),
            (400, "invalid_client", CredentialRefused),
            (401, "whatever", CredentialRefused),
            (400, "invalid_scope", VendorError),
            (400, "unsupported_grant_type", VendorError),
            (400, "invalid_request", VendorError),
            (400, "whatever", VendorError),
            (403, "access_denied", CapabilityMissing),
            (404, "whatever", Malformed),
            (429, "too_many", Throttled),
            (500, "server_error", VendorError),
            (503, "temporarily_unavailable", Unavailable),
        ],
    )
    def test_each_error_has_its_failure(self, status: int, code: str, kind: type[Failure]) -> None:
        assert type(classify(TOKEN, reply(oauth_error(code), status))) is kind

    def test_a_token_that_is_gone_is_told_with_both_reasons(self) -> None:
        failure = classify(TOKEN, reply(oauth_error("invalid_grant"), 400))

        assert failure is not None
        assert "revoked" in failure.message
        assert "180 days" in failure.message

    @pytest.mark.parametrize("status", [400, 401])
    def test_an_error_that_cannot_be_read_blames_no_credential(self, status: int) -> None:
        assert type(classify(TOKEN, reply(b"not json", status))) is Malformed

    @pytest.mark.parametrize("body", [[], {"error": 7}, {}, "invalid_grant"])
    def test_a_400_without_a_code_blames_no_credential(self, body: object) -> None:
        assert type(classify(TOKEN, reply(body, 400))) is VendorError

    def test_it_never_says_that_an_object_or_a_session_is_missing(self) -> None:
        """NotFound would archive a client, SessionExpired would log in for ever."""
        for status in range(200, 600):
            failure = classify(TOKEN, reply(oauth_error("whatever"), status))

            assert not isinstance(failure, NotFound | SessionExpired)


class TestAtARegion:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, BadInput),
            (401, SessionExpired),
            (403, CapabilityMissing),
            (409, Conflict),
            (422, BadInput),
            (418, Malformed),
            (204, Malformed),
            (302, Malformed),
            (429, Throttled),
            (500, VendorError),
            (502, Unavailable),
            (503, Unavailable),
            (504, Unavailable),
            (599, VendorError),
        ],
    )
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_each_status_has_its_failure(
        self, operation: str, status: int, kind: type[Failure]
    ) -> None:
        failure = classify(region_call(operation), reply(own_error("Some"), status))

        assert type(failure) is kind

    @pytest.mark.parametrize("operation", ADDRESSED)
    def test_the_pages_404_says_that_there_is_no_such_object(self, operation: str) -> None:
        assert type(classify(region_call(operation), reply(payload("error"), 404))) is NotFound

    @pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - set(ADDRESSED)))
    def test_a_404_for_a_list_means_that_something_else_answered(self, operation: str) -> None:
        assert type(classify(region_call(operation), reply(payload("error"), 404))) is Malformed

    @pytest.mark.parametrize("body", [b"", b"plain words"])
    def test_a_bearers_end_needs_no_readable_body(self, body: bytes) -> None:
        assert type(classify(region_call("services"), reply(body, 401))) is SessionExpired


class TestAfterAWrite:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, BadInput),
            (401, SessionExpired),
            (403, CapabilityMissing),
            (404, NotFound),
            (409, Conflict),
            (422, BadInput),
            (429, Throttled),
        ],
    )
    @pytest.mark.parametrize("operation", WRITES)
    def test_a_refusal_says_that_nothing_was_done(
        self, operation: str, status: int, kind: type[Failure]
    ) -> None:
        failure = classify(written(operation), reply(own_error("Some"), status))

        assert type(failure) is kind
        assert isinstance(failure, DID_NOTHING)

    @pytest.mark.parametrize("status", [204, 206, 302, 402, 405, 408, 418, 500, 502, 503, 504, 599])
    @pytest.mark.parametrize("operation", WRITES)
    def test_any_other_status_leaves_it_in_doubt(self, operation: str, status: int) -> None:
        failure = classify(written(operation), reply(own_error("Some"), status))

        assert isinstance(failure, Malformed | VendorError | Unavailable)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"ok"', b"null", PAGE])
    @pytest.mark.parametrize("status", [200, 201, 202])
    @pytest.mark.parametrize("operation", WRITES)
    def test_a_2xx_that_is_not_the_pages_object_leaves_it_in_doubt(
        self, operation: str, status: int, body: bytes
    ) -> None:
        assert isinstance(classify(written(operation), reply(body, status)), Malformed)

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
    def test_a_web_page_in_place_of_a_refusal_leaves_it_in_doubt(self, status: int) -> None:
        """A proxy or a filter may speak after the request went through."""
        assert type(classify(written("export"), reply(PAGE, status, "text/html"))) is Malformed

    @pytest.mark.parametrize("status", [200, 201, 202])
    @pytest.mark.parametrize("operation", WRITES)
    def test_the_pages_object_is_good(self, operation: str, status: int) -> None:
        assert classify(written(operation), reply({"job_id": 1}, status)) is None

    def test_a_201_is_good_for_no_read(self) -> None:
        assert type(classify(region_call("services"), reply([], 201))) is Malformed


class TestAnyAnswer:
    @pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404])
    @pytest.mark.parametrize("call", [TOKEN, region_call("services"), region_call("services/get")])
    def test_a_web_page_proves_nothing_whatever_its_status(self, call: Call, status: int) -> None:
        for kind in ("text/html; charset=utf-8", "application/json"):
            assert type(classify(call, reply(PAGE, status, kind))) is Malformed

    @pytest.mark.parametrize(
        ("status", "kind"), [(429, Throttled), (500, VendorError), (503, Unavailable)]
    )
    def test_a_page_with_a_telling_status_is_what_the_status_says(
        self, status: int, kind: type[Failure]
    ) -> None:
        assert type(classify(region_call("services"), reply(PAGE, status, "text/html"))) is kind

    @pytest.mark.parametrize("body", [b"", b"[", b"\xff\xfe", b"NaN", b"[" * 100_000])
    def test_a_200_that_is_no_json_is_malformed(self, body: bytes) -> None:
        for call in (TOKEN, region_call("services")):
            assert type(classify(call, reply(body))) is Malformed

    @given(call=calls, body=st.none() | st.booleans() | st.integers() | st.text())
    def test_a_200_of_another_shape_breaks_the_contract(self, call: Call, body: object) -> None:
        assert type(classify(call, reply(body))) is ContractBroken

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_a_200_of_the_right_shape_is_good_and_the_other_one_is_not(
        self, operation: str
    ) -> None:
        call = region_call(operation)
        array, thing = classify(call, reply([])), classify(call, reply({}))
        listed = operation not in ("services/get", "backups/get", "jobs/get")

        assert (array is None, thing is None) == (listed, not listed)

    @given(call=calls, status=st.integers(100, 599), body=st.binary(max_size=60))
    def test_nothing_but_a_200_is_good_and_all_else_is_a_failure_of_owns(
        self, call: Call, status: int, body: bytes
    ) -> None:
        failure = classify(call, reply(body, status))

        assert status == 200 or failure is not None
        assert failure is None or failure.vendor is VendorName.OWN

    @given(call=calls, status=st.integers(300, 599))
    def test_the_vendors_own_words_are_never_repeated(self, call: Call, status: int) -> None:
        for body in (own_error(CANARY), oauth_error(CANARY), oauth_error("invalid_grant"), PAGE):
            failure = classify(call, reply(body, status))

            assert failure is not None
            assert CANARY not in repr(failure) + failure.message
