"""No known secret and no query of a URL gets into a log line, however it is written there."""

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.caller import AgencyId
from gateway.domain.model import SealedCredential
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.telemetry import redaction
from gateway.telemetry.redaction import DOTS, Redactor

AWKWARD = 'k/+=é"&<\\\n7f3b9c?'


def knowing(*values: str) -> Redactor:
    redactor = Redactor()
    for value in values:
        redactor.register(Secret(value))
    return redactor


FORMS = {
    "raw": lambda v: v,
    "JSON": lambda v: json.dumps(v),
    "JSON, not ASCII": lambda v: json.dumps(v, ensure_ascii=False),
    "repr": repr,
    "URL": lambda v: quote(v, safe=""),
    "URL path": quote,
    "URL form": quote_plus,
    "URL, lower case": lambda v: quote(v, safe="").lower() if v.islower() else quote(v, safe=""),
    "hex": lambda v: v.encode().hex(),
    "HEX": lambda v: v.encode().hex().upper(),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 without padding": lambda v: base64.b64encode(v.encode()).decode().rstrip("="),
    "XML": html.escape,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [AWKWARD, "7a9c02d4-0bd1", "x" * 300])
def test_a_known_secret_is_replaced_in_every_form(form: str, value: str) -> None:
    written = FORMS[form](value)
    text = knowing(value).text(f"before {written} after")
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert DOTS in text
    assert len(text) <= len("before  after") + len(DOTS) + 4  # quotes, padding, an odd sextet


@given(st.text(min_size=6, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_wherever_it_stands(value: str, before: str, after: str) -> None:
    redactor = knowing(value)
    assert value not in redactor.text(before + value + after)
    assert json.dumps(value)[1:-1] not in redactor.text(json.dumps([before, value, after]))


@given(st.binary(max_size=9), st.binary(max_size=9), st.sampled_from(["b64", "urlsafe"]))
def test_a_secret_within_a_longer_base64_text_is_found(
    before: bytes, after: bytes, kind: str
) -> None:
    """As in `Basic`, where the account stands before the secret."""
    encode = base64.b64encode if kind == "b64" else base64.urlsafe_b64encode
    secret = "7a9c02d4-0bd1-canary"
    text = knowing(secret).text(encode(before + secret.encode() + after).decode())
    kept = text.replace(DOTS, "")
    assert DOTS in text
    assert len(kept) <= len(encode(before + after)) + 8


def test_secrets_that_overlap_or_contain_one_another_go_as_one() -> None:
    redactor = knowing("abcdefgh", "efghijkl", "abcdefghijklmnop")
    assert redactor.text("<abcdefghijkl>") == f"<{DOTS}>"
    assert redactor.text("<abcdefghijklmnop>") == f"<{DOTS}>"
    assert redactor.text("<abcdefgh><efghijkl>") == f"<{DOTS}><{DOTS}>"


def test_short_values_are_not_looked_for() -> None:
    assert knowing("a", "login").text("a login") == "a login"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("GET https://a.test/p?key=k HTTP/1.1", f"GET https://a.test/p?{DOTS} HTTP/1.1"),
        ('"GET /graphql?query=%7Bx%7D HTTP/1.1" 200', f'"GET /graphql?{DOTS} HTTP/1.1" 200'),
        ("url='https://a.test/p?bare'", f"url='https://a.test/p?{DOTS}'"),
        ("postgresql://app:pw@db/x?y=1", f"postgresql://{DOTS}@db/x?{DOTS}"),
        ("/p?a=1&b=2#f", f"/p?{DOTS}"),
        ("Really? Yes, a=b.", "Really? Yes, a=b."),
        ("https://a.test/path", "https://a.test/path"),
    ],
)
def test_a_url_is_shown_without_query_and_account(text: str, redacted: str) -> None:
    assert Redactor().text(text) == redacted


def test_values_are_redacted_within_lists_tables_and_numbers() -> None:
    redactor = knowing("1234567890", "canary-7f3b9c")
    value = {
        "canary-7f3b9c": [1234567890, {"deep": ("x canary-7f3b9c",)}, b"canary-7f3b9c", 7, None],
        "error": ValueError("canary-7f3b9c"),
        "secret": Secret("something else"),
        "good": True,
    }
    assert redactor.value(value) == {
        DOTS: [DOTS, {"deep": [f"x {DOTS}"]}, DOTS, 7, None],
        "error": DOTS,
        "secret": DOTS,
        "good": True,
    }


def test_what_the_vault_reveals_is_known_at_once() -> None:
    credential = SealedCredential(
        id=1,
        agency=AgencyId(1),
        account=1,
        vendor=VendorName.OWN,
        account_name="Main",
        slot="api_token",
        holder="",
        generation=1,
        envelope=b"",
        token=1,
    )
    redactor = Redactor()
    opened = redactor.watching(lambda _: Secret("canary-7f3b9c"))(credential)
    assert opened == Secret("canary-7f3b9c")
    assert redactor.text("canary-7f3b9c") == DOTS


def test_the_number_of_known_secrets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "KNOWN", 3)
    redactor = knowing("first-secret", "second-secret", "third-secret")
    redactor.register(Secret("first-secret"))
    redactor.register(Secret("fourth-secret"))
    assert redactor.text("second-secret") == "second-secret"
    assert redactor.text("first-secret third-secret fourth-secret") == " ".join([DOTS] * 3)
    for number in range(100):
        redactor.register(Secret(f"secret number {number}"))
    assert len(redactor._known) < 100
    assert len(redactor._lengths) < 100


def test_a_redactor_shows_nothing_of_what_it_knows() -> None:
    assert repr(knowing("canary-7f3b9c")) == "Redactor(1 secrets)"


@pytest.mark.parametrize("hostile", ["?", "a://", "http://?", "x?a", "://@", "canary-7f3b9"])
def test_a_hostile_line_costs_no_more_than_its_length(hostile: str) -> None:
    redactor = knowing(*(f"canary-7f3b9c-{number}" for number in range(1000)))
    started = time.process_time()
    redactor.text(hostile * 10_000)
    assert time.process_time() - started < 5
