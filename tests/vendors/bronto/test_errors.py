"""Every documented fault of Bronto has its meaning, and every other is a failure all the same."""

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
    SessionExpired,
    Throttled,
    Unavailable,
    Unsupported,
    VendorError,
)
from gateway.domain.vendor import VendorName
from gateway.upstream.codec import Fault
from gateway.upstream.exchange import Call, Reply
from gateway.vendors.bronto.errors import classify, fault_code, of_item

from .answers import AT, answer, call, fault, reply

TOKEN = "CANARY00-1111-2222-3333-444455556666"

# Code, the vendor's message (vendor page 6), and what we make of it.
DOCUMENTED: list[tuple[int, str, type[Failure]]] = [
    (101, "There was an unknown API error. Please try your request again shortly.", VendorError),
    (102, f"Authentication failed for token: {TOKEN}", CredentialRefused),
    (103, "Your session is invalid. Please log in again.", SessionExpired),
    (104, "You do not have valid access for this method.", CapabilityMissing),
    (105, "You must specify at least one item in the input array.", BadInput),
    (106, "Unable to verify parameter x", BadInput),
    (107, "There was an error in your soap request. Please examine the request.", SessionExpired),
    (108, "The API is currently undergoing maintenance.", Unavailable),
    (109, "This site is currently marked as 'inactive'", CapabilityMissing),
    (110, "Required fields are missing: x", BadInput),
    (111, f"Your IP address does not have access for token {TOKEN}.", CredentialRefused),
    (112, "Invalid filter type (must be AND or OR).", BadInput),
    (113, "There was an error reading your query results.", VendorError),
    (114, "Page size exceeds the maximum allowed limit of 5000.", BadInput),
    (115, "Page size is lower than the minimum allowed limit of 1.", BadInput),
    (117, "The API function has been deprecated.", Unsupported),
    (118, "Page size is smaller than the minimum.", BadInput),
    (119, "This site is currently locked.", VendorError),
    (120, "The site associated with this session is invalid or does not exist.", CredentialRefused),
    (121, "The API token you provided is inactive.", CredentialRefused),
]


@pytest.mark.parametrize(("code", "message", "kind"), DOCUMENTED)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_documented_fault_has_its_kind_on_any_status(
    code: int, message: str, kind: type[Failure], status: int
) -> None:
    for shape in (
        fault(f"{code}: {message}", code, status),
        fault(f"{code}: {message}", None, status),
        fault(message, code, status),
    ):
        failure = classify(call(), shape)
        assert type(failure) is kind
        assert failure.vendor is VendorName.BRONTO
        assert "CANARY" not in f"{failure!r}"
        assert message not in failure.message


def test_the_end_of_a_query_is_no_failure() -> None:
    assert classify(call(), fault("116: End of result set.", 116)) is None


@pytest.mark.parametrize("code", [0, 100, 122, 701, 702, 999_999])
def test_an_undocumented_fault_is_told_by_its_number(code: int) -> None:
    failure = classify(call(), fault(f"{code}: canary", code))
    assert type(failure) is VendorError
    assert str(code) in failure.message
    assert "canary" not in failure.message


@pytest.mark.parametrize(
    "message", ["", "canary", ": canary", "12a: x", "9" * 50 + ": x", "-103: x"]
)
def test_a_fault_without_a_number_is_the_vendors_error(message: str) -> None:
    failure = classify(call(), fault(message, "x"))
    assert type(failure) is VendorError
    assert "canary" not in failure.message


def test_the_detail_wins_over_the_message() -> None:
    assert type(classify(call(), fault("103: x", 102))) is CredentialRefused


@pytest.mark.parametrize(
    ("operation", "slot", "wanted"),
    [
        ("readAccounts", "client_tokens", "All Clients token (credential slot agency_token)"),
        ("readApiTokens", "client_tokens", "All Clients token (credential slot agency_token)"),
        ("readLists", "agency_token", "assigned to that client account (credential slot"),
        ("readLists", "client_tokens", "permission READ"),
        ("readAccounts", "agency_token", "permission READ"),
    ],
)
def test_a_fault_for_want_of_access_says_which_token_has_it(
    operation: str, slot: str, wanted: str
) -> None:
    failure = classify(call(operation, slot), fault("104: x", 104))
    assert isinstance(failure, CapabilityMissing)
    assert wanted in failure.message


def test_only_what_may_be_repeated_takes_a_bad_request_for_a_stale_session() -> None:
    assert type(classify(call(safe=False), fault("107: x", 107))) is VendorError


# ── Writes ────────────────────────────────────────────────────────────────────────────────────


def written(operation: str = "addAccounts") -> Call:
    return Call(operation=operation, slot="agency_token", method="POST", journaled=True)


# What surely was not done, and what nobody knows (the kinds that leave an intent UNKNOWN).
OF_A_WRITE: list[tuple[int, type[Failure]]] = [
    (101, VendorError),
    (102, CredentialRefused),
    (103, SessionExpired),
    (104, CapabilityMissing),
    (105, BadInput),
    (106, BadInput),
    (107, VendorError),
    (108, Unavailable),
    (109, CapabilityMissing),
    (110, BadInput),
    (111, CredentialRefused),
    (112, BadInput),
    (113, VendorError),
    (116, VendorError),
    (117, Unsupported),
    (119, Conflict),
    (120, CredentialRefused),
    (121, CredentialRefused),
    (999, VendorError),
]


@pytest.mark.parametrize(("code", "kind"), OF_A_WRITE)
def test_a_write_is_refused_only_by_what_proves_that_it_was_not_done(
    code: int, kind: type[Failure]
) -> None:
    failure = classify(written(), fault(f"{code}: {TOKEN}", code))
    assert type(failure) is kind
    assert TOKEN not in failure.message


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (109, Conflict),
        (701, NotFound),
        (702, Conflict),
        (703, NotFound),
        (704, NotFound),
        (705, BadInput),
        (104, CapabilityMissing),
        (106, BadInput),
        (110, BadInput),
        (101, VendorError),
        (113, VendorError),
        (108, Unavailable),
        (0, VendorError),
        (4711, VendorError),
        (None, VendorError),
    ],
)
def test_one_refused_item_has_its_kind_by_its_number(code: int | None, kind: type[Failure]) -> None:
    failure = of_item(written(), code)
    assert type(failure) is kind
    assert failure.vendor is VendorName.BRONTO


@pytest.mark.parametrize("operation", ["addAccounts", "updateAccounts", "addApiTokens"])
def test_a_write_without_access_says_which_token_and_permission_it_needs(operation: str) -> None:
    failure = classify(written(operation), fault("104: x", 104))
    assert isinstance(failure, CapabilityMissing)
    assert "All Clients token (credential slot agency_token)" in failure.message
    assert "permission WRITE" in failure.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Malformed),
        (302, Malformed),
        (401, Malformed),
        (404, Malformed),
        (429, Throttled),
        (500, VendorError),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_without_an_envelope_the_status_counts(status: int, kind: type[Failure]) -> None:
    failure = classify(call(), Reply(status, b"<html>canary</html>", at=AT))
    assert type(failure) is kind
    assert "canary" not in failure.message


def test_a_good_answer_is_good_on_status_200_only() -> None:
    assert classify(call(), answer("readAccounts")) is None
    assert type(classify(call(), Reply(503, answer("x").body, at=AT))) is Unavailable


def test_an_empty_envelope_is_malformed() -> None:
    assert type(classify(call(), reply(""))) is Malformed


@given(st.integers(100, 599), st.binary(max_size=200))
def test_whatever_is_answered_is_classified_and_never_echoed(status: int, body: bytes) -> None:
    assert isinstance(classify(call(), Reply(status, body, at=AT)), Failure)


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
)


@given(
    XML_TEXT, st.none() | st.integers() | XML_TEXT.filter(lambda text: not set(text) & set("<&"))
)
def test_whatever_a_fault_says_is_a_failure_that_does_not_repeat_it(
    message: str, code: object
) -> None:
    failure = classify(call(), fault(f"{message} {TOKEN}", code))
    assert failure is None or TOKEN not in f"{failure!r}"


@given(st.integers(0, 999_999))
def test_the_number_is_read_from_the_message_when_there_is_no_detail(code: int) -> None:
    assert fault_code(Fault("soap:Server", f" {code} : anything", None)) == code
