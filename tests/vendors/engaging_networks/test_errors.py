"""Every error of the vendor page (4 and 5.3), and any other reply: a failure, never an echo."""

import json
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    SessionExpired,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.upstream.exchange import Call, Reply
from gateway.vendors.engaging_networks.errors import classify

CANARY = "c0ffee00-dead-4bad-8bad-canarycanary"
AT = datetime(2026, 3, 10, tzinfo=UTC)
OPERATIONS = (
    "authenticate",
    "data.service/EaSupporterCount",
    "page.list",
    "supporter.fields",
    "supporter.get",
    "export.service",
    "import.service",
)


def call(operation: str, region: str = "us") -> Call:
    return Call(operation=operation, slot="api_key", region=region)


def reply(status: int, body: Any = b"", headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, raw, headers, at=AT)


def message(text: str, message_id: int = 10000000) -> dict[str, Any]:
    return {"message": text, "messageId": message_id, "developerMessage": ""}


def judged(asked: Call, answer: Reply) -> Failure | None:
    """What the classify policy would raise."""
    try:
        return classify(asked, answer)
    except Failure as failure:
        return failure


INVALID_KEY = f"Invalid api key [{CANARY}]"
NO_USER = f"A user was not found for api key[{CANARY}]"
SOURCE = (
    "Authentication call is being made from an unregistered source address for this ENS api key"
)
INACTIVE = (
    f"The user specified by api key [{CANARY}] is not active or does not have access to EN services"
)
QUOTA = f"The user with username [{CANARY}] has exceeded its api limit"
ENDED = "Invalid ens-auth-token"
FORMAT = f"Error: the format {CANARY} does not match the first line of your file".encode()
SUPPORT = b"Error: we are unable to process your file, please contact support"
HTML = b"<!doctype html><title>Sign in</title>"

TABLE = [
    ("authenticate", 401, message(INVALID_KEY), CredentialRefused, "another region than us"),
    ("authenticate", 401, message(NO_USER), CredentialRefused, "no API user"),
    ("authenticate", 401, message(SOURCE), CredentialRefused, "remote addresses"),
    ("authenticate", 401, message(INACTIVE), CredentialRefused, "not active"),
    ("authenticate", 401, message(QUOTA), Throttled, "quota"),
    ("authenticate", 401, message(ENDED), CredentialRefused, "refused the API key"),
    ("authenticate", 403, message(SOURCE), CredentialRefused, "remote addresses"),
    ("authenticate", 200, HTML, Malformed, "not valid JSON"),
    ("page.list", 401, message(QUOTA), Throttled, "quota"),
    ("page.list", 403, message(QUOTA), Throttled, "quota"),
    ("page.list", 401, message(ENDED), SessionExpired, "session"),
    ("page.list", 401, message("Something else"), CredentialRefused, "refused the API key"),
    ("page.list", 401, HTML, CredentialRefused, "refused the API key"),
    ("page.list", 401, [], CredentialRefused, "refused the API key"),
    ("page.list", 400, message("fields not present", 10000005), BadInput, "input"),
    ("page.list", 403, b"", CapabilityMissing, "permission"),
    ("page.list", 404, message("Unable to find an page with pageId 9", 353979450), NotFound, "no"),
    ("page.list", 404, message("Failed to get pages", -1767273746), NotFound, "no such"),
    ("supporter.get", 204, b"", NotFound, "no such"),
    ("supporter.get", 404, HTML, NotFound, "no such"),
    ("supporter.get", 429, b"", Throttled, "quota"),
    ("supporter.get", 200, HTML, Malformed, "not valid JSON"),
    ("supporter.get", 200, b"", Malformed, "not valid JSON"),
    ("supporter.get", 302, b"", Malformed, "unexpected status (302)"),
    ("supporter.get", 418, b"", Malformed, "unexpected status (418)"),
    ("supporter.get", 500, HTML, VendorError, "failed (500)"),
    ("supporter.get", 502, HTML, Unavailable, "out of service (502)"),
    ("supporter.get", 503, HTML, Unavailable, "out of service (503)"),
    ("supporter.get", 504, HTML, Unavailable, "out of service (504)"),
    (
        "data.service/EaSupporterCount",
        200,
        {"error": f"Invalid token specified [{CANARY}] from 203.0.113.9"},
        CredentialRefused,
        "public token",
    ),
    (
        "data.service/EaSupporterCount",
        200,
        {"error": f"Unknown service {CANARY}"},
        VendorError,
        "reported an error",
    ),
    ("data.service/EaSupporterCount", 200, {"error": {"a": 1}}, VendorError, "reported an error"),
    ("data.service/EaSupporterCount", 200, HTML, Malformed, "not valid JSON"),
    ("data.service/EaSupporterCount", 200, [], Malformed, "not a JSON object"),
    # Not "no such object": the service itself is not there, so the host must be wrong.
    ("data.service/EaSupporterCount", 404, HTML, Malformed, "unexpected status (404)"),
    ("data.service/EaSupporterCount", 429, b"", Throttled, "rate limit"),
    ("data.service/EaSupporterCount", 503, b"", Unavailable, "out of service (503)"),
    ("export.service", 200, f"\n\nERROR: token {CANARY}".encode(), CredentialRefused, "private"),
    ("export.service", 200, b"\xef\xbb\xbf\r\nError: the token", CredentialRefused, "private"),
    ("export.service", 200, b"ERROR: date out of range", BadInput, "these days"),
    ("export.service", 200, b"ERROR: not allowed", CapabilityMissing, "may not export"),
    ("export.service", 200, f"\n\nERROR: {CANARY}".encode(), VendorError, "reported an error"),
    ("export.service", 200, b"\n<AOXmlResponse>", Malformed, "not CSV"),
    ("export.service", 200, b'{"error": "no"}', Malformed, "not CSV"),
    ("export.service", 401, b"", CredentialRefused, "private"),
    ("export.service", 403, b"", CapabilityMissing, "may not use bulk"),
    ("export.service", 404, HTML, Malformed, "unexpected status (404)"),
    ("export.service", 502, HTML, Unavailable, "out of service (502)"),
    ("import.service", 200, FORMAT, BadInput, "first line"),
    ("import.service", 200, SUPPORT, BadInput, "no reason"),
    ("import.service", 200, f"Error: token {CANARY}".encode(), CredentialRefused, "private"),
    ("import.service", 200, b"Error: uploaded. Your job # is 17", Malformed, "unclear"),
    ("import.service", 413, HTML, BadInput, "too large"),
    ("import.service", 429, b"", Throttled, "rate limit"),
    # Nobody knows whether these took effect.
    ("import.service", 404, HTML, Malformed, "unexpected status (404)"),
    ("import.service", 500, HTML, VendorError, "failed (500)"),
    ("import.service", 503, b"", Unavailable, "out of service (503)"),
]


@pytest.mark.parametrize(("operation", "status", "body", "kind", "words"), TABLE)
@pytest.mark.case(2, 3, 7, 17, 19, 27)
def test_each_documented_error_is_the_failure_that_it_means(
    operation: str, status: int, body: Any, kind: type[Failure], words: str
) -> None:
    failure = judged(call(operation), reply(status, body))

    assert type(failure) is kind
    assert words in str(failure)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("authenticate", {"expires": 3600000, "ens-auth-token": CANARY}),
        ("supporter.get", []),
        ("page.list", []),
        ("data.service/EaSupporterCount", {"rows": []}),
        ("data.service/EaSupporterCount", {"rows": [], "error": None}),
        ("data.service/EaSupporterCount", b" \n"),
        ("export.service", b"Supporter Email,Campaign Type,Campaign ID,\n"),
        ("export.service", b'"Error: a column",b\n'),
        ("export.service", b""),
        ("import.service", b"It was uploaded successfully. Your job # is 17."),
    ],
)
def test_a_good_reply_and_an_empty_one_are_no_failure(operation: str, body: Any) -> None:
    assert judged(call(operation), reply(200, body)) is None


def test_an_exceeded_quota_never_looks_like_an_ended_session_or_a_bad_key() -> None:
    for operation in ("authenticate", "page.list", "supporter.get", "supporter.fields"):
        failure = judged(call(operation), reply(401, message(QUOTA)))
        assert not isinstance(failure, CredentialRefused)


def test_a_refused_page_type_or_address_names_the_field() -> None:
    for operation, field in (("page.list", ("type",)), ("supporter.get", ("email",))):
        failure = judged(call(operation), reply(400, message("no")))
        assert isinstance(failure, BadInput)
        assert failure.field == field


texts = st.one_of(
    st.sampled_from(
        [INVALID_KEY, NO_USER, SOURCE, INACTIVE, QUOTA, ENDED, "Invalid token specified"]
    ),
    st.text(max_size=40),
).map(lambda text: f"{text} {CANARY}")
bodies = st.one_of(
    texts.map(lambda text: json.dumps(message(text)).encode()),
    texts.map(lambda text: json.dumps({"error": text}).encode()),
    texts.map(lambda text: json.dumps([text]).encode()),
    texts.map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=60),
)


@given(st.sampled_from(OPERATIONS), st.integers(100, 599), bodies)
def test_whatever_comes_back_is_a_failure_of_ours_and_echoes_nothing(
    operation: str, status: int, body: bytes
) -> None:
    failure = judged(call(operation), reply(status, body))

    assert failure is None or isinstance(failure, Failure)
    assert failure is not None or status == 200
    if failure is not None:
        shown = "".join(traceback.format_exception(failure)) + repr(failure) + repr(vars(failure))
        assert CANARY not in shown
