"""Payloads as on the vendor page, and all that a careless or hostile vendor may send instead."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.details import EngagingNetworksDetails, EngagingNetworksField
from gateway.domain.failures import ContractBroken, Malformed
from gateway.domain.model import ClientStatus, ClientValues
from gateway.upstream.exchange import Reply
from gateway.vendors.engaging_networks import mapping

AT = datetime(2026, 3, 10, tzinfo=UTC)

PAGE = {
    "id": 946,
    "campaignId": 3557,
    "name": "Save the river",
    "title": "",
    "type": "dc",
    "subType": "PET",
    "clientId": 7,
    "createdOn": 1_465_981_693_000,
    "modifiedOn": "1696332536000",
    "campaignBaseUrl": "https://act.example.org/",
    "campaignStatus": "live",
    "defaultLocale": "en-GB",
    "somethingNew": {"a": 1},
}


def reply(payload: Any) -> Reply:
    return Reply(200, json.dumps(payload).encode(), at=AT)


def counted(*columns: tuple[str, Any]) -> Reply:
    return reply({"rows": [{"columns": [{"name": n, "value": v} for n, v in columns]}]})


# ── Imports ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(26)
@pytest.mark.parametrize(
    "text",
    [
        "March was uploaded successfully. Your job # is 900000017. You will receive an email.",
        "<p>your JOB # is 900000017</p>\n",
        "Your job # is 900000017. (Your job # is 900000017.)",
    ],
)
def test_a_job_has_the_number_in_its_sentence(text: str) -> None:
    assert mapping.import_job(Reply(200, text.encode(), at=AT)) == "900000017"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Uploaded successfully.",
        "Your job # is unknown",
        f"Your job # is {'9' * 30}",
        "Your job # is 5 was uploaded successfully. Your job # is 17.",
    ],
)
def test_a_sentence_without_one_number_says_nothing(text: str) -> None:
    with pytest.raises(Malformed, match="names no job"):
        mapping.import_job(Reply(200, text.encode(), at=AT))


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"expires":3600000,"ens-auth-token":"tok"}', 3600),
        ('{"ens-auth-token":"tok","expires":3600000}', 3600),
        ('{"ens-auth-token":"tok","expires":"3600000","more":1}', 3600),
        ('{"ens-auth-token":"tok","expires":2000}', 2),
        ('{"ens-auth-token":"tok","expires":1773000000000}', 86_400),
    ],
)
def test_a_session_lasts_as_many_milliseconds_as_it_says_but_at_most_a_day(
    body: str, seconds: float
) -> None:
    session = mapping.session(Reply(200, body.encode(), at=AT))

    assert (session.token.reveal(), session.seconds, session.sliding) == ("tok", seconds, False)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"ens-auth-token": "canary"},
        {"expires": 3600000},
        {"ens-auth-token": "", "expires": 3600000},
        {"ens-auth-token": "canary", "expires": 0},
        {"ens-auth-token": "canary", "expires": -1},
        {"ens-auth-token": "canary", "expires": "nan"},
        {"ens-auth-token": "canary", "expires": "2026-03-10"},
        {"ens-auth-token": "canary", "expires": True},
        {"ens-auth-token": ["canary"], "expires": 3600000},
    ],
)
def test_a_session_that_lacks_something_breaks_the_contract_and_shows_no_token(
    payload: Any,
) -> None:
    with pytest.raises(ContractBroken) as caught:
        mapping.session(reply(payload))
    assert "canary" not in str(caught.value)


# ── The account ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        counted(("clientId", "7"), ("supporterCount", "48312")),
        counted(("SUPPORTER_COUNT", "48312"), ("CLIENT_ID", "7")),
        counted(("clientId", 7), ("supporterCount", 48312)),
    ],
)
@pytest.mark.case(29)
def test_the_supporter_count_tells_the_client_id_in_any_casing(answer: Reply) -> None:
    details = EngagingNetworksDetails(supporter_count=48312)

    assert mapping.client(answer) == (
        "7",
        ClientValues(status=ClientStatus.ACTIVE, details=details),
    )


@pytest.mark.parametrize("count", [None, "", "many", "-1", "9" * 5000, "4٢", 1.5])
def test_a_supporter_count_that_is_no_number_is_not_known(count: Any) -> None:
    _, values = mapping.client(counted(("clientId", "7"), ("supporterCount", count)))

    assert values.details == EngagingNetworksDetails(supporter_count=None)


@pytest.mark.parametrize(
    "answer",
    [
        reply({"rows": []}),
        Reply(200, b"", at=AT),
        counted(("supporterCount", "1")),
        counted(("clientId", "../7")),
        reply({"rows": [{"columns": {}}]}),
        reply({"rows": None}),
    ],
)
@pytest.mark.case(29)
def test_an_answer_without_a_client_id_breaks_the_contract(answer: Reply) -> None:
    with pytest.raises(ContractBroken):
        mapping.client(answer)


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────


def test_a_page_has_its_times_in_milliseconds_and_an_address_under_its_base() -> None:
    (page,) = mapping.pages(reply([PAGE]))

    assert page.vendor_id == "946"
    assert (page.name, page.title, page.type, page.sub_type) == (
        "Save the river",
        None,
        "dc",
        "PET",
    )
    assert (page.status, page.locale) == ("live", "en-GB")
    assert page.url == "https://act.example.org/page/946"
    assert page.created_at == datetime(2016, 6, 15, 9, 8, 13, tzinfo=UTC)
    assert page.modified_at == datetime(2023, 10, 3, 11, 28, 56, tzinfo=UTC)


@pytest.mark.parametrize("base", [None, "", "javascript:alert(1)", "act.example.org", "//x"])
def test_a_page_without_a_web_address_as_its_base_has_none(base: str | None) -> None:
    (page,) = mapping.pages(reply([{"id": 1, "campaignBaseUrl": base}]))

    assert page.url is None


def test_a_page_whose_id_is_no_number_has_the_base_alone() -> None:
    (page,) = mapping.pages(reply([{"id": "a/b", "campaignBaseUrl": "https://a.example"}]))

    assert page.url == "https://a.example"


def test_a_page_needs_nothing_but_its_id() -> None:
    (page,) = mapping.pages(reply([{"id": "12"}]))

    assert (page.vendor_id, page.name, page.created_at) == ("12", None, None)
    with pytest.raises(ContractBroken, match="id"):
        mapping.pages(reply([{"name": "x"}]))


@pytest.mark.parametrize("made", [10**30, "soon", -(10**18)])
def test_a_page_made_at_an_impossible_time_breaks_the_contract(made: Any) -> None:
    with pytest.raises(ContractBroken, match=r"createdOn|time is out of range"):
        mapping.pages(reply([{"id": 1, "createdOn": made}]))


@given(
    st.lists(st.tuples(st.integers(1, 99), st.none() | st.integers(0, 3)), unique_by=lambda p: p[0])
)
def test_pages_are_newest_first_then_by_descending_id_whatever_the_vendors_order(
    made: list[tuple[int, int | None]],
) -> None:
    pages = mapping.pages(reply([{"id": n, "createdOn": day} for n, day in made]))

    expected = sorted(made, key=lambda p: (-1 if p[1] is None else p[1], p[0]), reverse=True)
    assert [int(page.vendor_id) for page in pages] == [n for n, _ in expected]


# ── Fields and supporters ─────────────────────────────────────────────────────────────────────


def test_a_field_that_is_not_tagged_has_no_tag() -> None:
    raw = [
        {"id": 1, "name": "Email Address", "tag": "Email Address", "property": "emailAddress"},
        {"id": 2, "name": "Favourite river", "tag": "Not Tagged", "property": "NOT_TAGGED_19"},
        {"id": 3, "name": "No tag at all"},
    ]

    assert mapping.fields(reply(raw)) == (
        EngagingNetworksField(name="Email Address", tag="Email Address"),
        EngagingNetworksField(name="Favourite river", tag=None),
        EngagingNetworksField(name="No tag at all", tag=None),
    )


@pytest.mark.case(13)
def test_a_supporter_in_strings_and_one_in_numbers_are_the_same() -> None:
    shared = {"Email Address": "ana@example.org", "First Name": "Ana", "Age": "32", "City": ""}
    texts = {"supporterId": "9001", "suppressed": "false", **shared}
    numbers = {"supporterId": 9001, "suppressed": False, **shared}

    found = mapping.supporter(reply(texts), "ANA@example.org")
    assert found == mapping.supporter(reply(numbers), "ANA@example.org")
    assert found is not None
    assert (found.vendor_id, found.email, found.suppressed) == ("9001", "ana@example.org", False)
    assert found.fields == (
        ("Email Address", "ana@example.org"),
        ("First Name", "Ana"),
        ("Age", "32"),
    )


@pytest.mark.parametrize(
    ("raw", "suppressed"),
    [
        *((yes, True) for yes in (True, "true", "Y", 1)),
        *((no, False) for no in (False, "false", "N", 0)),
        *((silent, None) for silent in (None, "", "perhaps")),
    ],
)
@pytest.mark.case(13)
def test_false_as_a_string_is_not_true(raw: Any, suppressed: bool | None) -> None:
    found = mapping.supporter(reply({"supporterId": 1, "suppressed": raw}), "a@example.org")

    assert found is not None
    assert found.suppressed is suppressed


@pytest.mark.parametrize(
    "questions",
    [
        [
            {"id": 279, "name": "Opt in", "type": "OPTIN", "response": "Y"},
            {"id": 784, "name": "Why?", "type": "GENERAL", "response": None},
        ],
        {"Opt in": "Y", "Why?": ""},
    ],
)
def test_questions_are_read_as_a_list_and_as_an_object(questions: Any) -> None:
    found = mapping.supporter(reply({"supporterId": 1, "questions": questions}), "a@example.org")

    assert found is not None
    assert found.questions == (("Opt in", "Y"),)


def test_memberships_and_other_objects_are_no_fields_and_other_values_become_text() -> None:
    raw = {"supporterId": 1, "memberships": [{}], "Deep": {"a": 1}, "Yes": True, "N": 3, "F": 0.5}
    found = mapping.supporter(reply(raw), "a@example.org")

    assert found is not None
    assert found.email == "a@example.org"
    assert found.fields == (("Yes", "true"), ("N", "3"), ("F", "0.5"))


@pytest.mark.case(11)
def test_an_empty_list_in_place_of_a_supporter_is_nobody() -> None:
    assert mapping.supporter(reply([]), "a@example.org") is None


def test_a_supporter_without_an_id_breaks_the_contract_by_name() -> None:
    with pytest.raises(ContractBroken, match="supporterId"):
        mapping.supporter(reply({"Email Address": "a@example.org"}), "a@example.org")


# ── Anything at all ───────────────────────────────────────────────────────────────────────────

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "rows", "columns", "name", "value", "supporterId", "createdOn", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_any_json_is_a_value_or_a_failure_of_ours(payload: Any) -> None:
    answer = reply(payload)
    for read in (mapping.session, mapping.client, mapping.pages, mapping.fields):
        with suppress(ContractBroken):
            assert read(answer) is not None
    with suppress(ContractBroken):
        found = mapping.supporter(answer, "a@example.org")
        assert found is None or found.vendor_id
