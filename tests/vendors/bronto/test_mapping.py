"""Bronto's answers as our values."""

from contextlib import suppress
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.details import BrontoAllocations, BrontoContact, BrontoDetails, BrontoList
from gateway.domain.failures import ContractBroken
from gateway.domain.model import ClientStatus, ClientValues, TokenFacts, TokenKind
from gateway.domain.secret import Secret
from gateway.upstream.codec import Element
from gateway.upstream.laws import Session
from gateway.vendors.bronto.mapping import reading

from .answers import V4, answer, fault, reply

ACCOUNT = """
<id>0bc503ec00000000000000000000001ef8f4</id><name>Rivers &amp; Co</name>
<status>unrestricted</status>
<generalSettings><useSSL>true</useSSL><usageAlertEmail>alert@rivers.example</usageAlertEmail>
 <currentContacts>12</currentContacts><maxContacts>5000000000</maxContacts>
 <currentMonthlyEmails>7</currentMonthlyEmails><currentHostingSize>1</currentHostingSize>
 <maxHostingSize>10</maxHostingSize><bounceLimit>3</bounceLimit></generalSettings>
<contactInformation><organization>Rivers</organization><firstName>Ana</firstName>
 <lastName>Ruiz</lastName><email>ana@rivers.example</email><phone/><city>Cádiz</city>
 <zip>11001</zip></contactInformation>
<formatSettings><timeZone>Europe/Madrid</timeZone><locale>es_ES</locale></formatSettings>
<allocations><canExceedAllocation>0</canExceedAllocation><emails>200</emails>
 <contacts>100</contacts><hosting>5</hosting><logins>2</logins><api>1</api>
 <startDate>2019-04-01T09:30:00.000-04:00</startDate><bundle>professional</bundle></allocations>
<somethingNew><id>other</id></somethingNew>
"""

TOKEN = """
<id>AAAA-SECRET</id><name>sync-east</name><permissions>3</permissions><active>true</active>
<created>2019-04-01T09:30:00.000-04:00</created><modified>2019-04-02T10:00:00.000-04:00</modified>
<accountId>ACC1</accountId>
"""


def row(inner: str, operation: str = "readAccounts") -> Element:
    (only,) = reading.rows(answer(operation, inner), operation)
    return only


def token(inner: str) -> TokenFacts:
    return reading.token(row(inner, "readApiTokens"), lambda value: f"surrogate of {len(value)}")


def test_an_account_with_all_its_groups() -> None:
    assert reading.client(row(ACCOUNT)) == ClientValues(
        name="Rivers & Co",
        email="ana@rivers.example",
        company="Rivers",
        status=ClientStatus.ACTIVE,
        details=BrontoDetails(
            contact=BrontoContact(first_name="Ana", last_name="Ruiz", city="Cádiz", zip="11001"),
            time_zone="Europe/Madrid",
            locale="es_ES",
            usage_alert_email="alert@rivers.example",
            current_contacts=12,
            max_contacts=5_000_000_000,
            current_monthly_emails=7,
            current_hosting_size=1,
            max_hosting_size=10,
            allocations=BrontoAllocations(
                can_exceed=False,
                emails=200,
                contacts=100,
                hosting=5,
                logins=2,
                api=True,
                bundle="professional",
                starts_at=datetime(2019, 4, 1, 13, 30, tzinfo=UTC),
            ),
        ),
    )


def test_an_account_without_groups_tells_little_and_is_whole() -> None:
    assert reading.client(row("<id>a</id>")) == ClientValues(details=BrontoDetails())


def test_a_listed_account_is_not_whole() -> None:
    values = reading.listed(row("<id>a</id><name>A</name><status>restricted</status>"))
    assert values == ClientValues(name="A", status=ClientStatus.RESTRICTED, complete=False)
    assert reading.account_id(row("<id> a </id>")) == "a"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("unrestricted", ClientStatus.ACTIVE),
        ("restricted", ClientStatus.RESTRICTED),
        ("inactive", ClientStatus.INACTIVE),
        ("Inactive", ClientStatus.INACTIVE),
        ("frozen", ClientStatus.UNKNOWN),
        (None, None),
    ],
)
def test_states_in_our_words(word: str | None, status: ClientStatus | None) -> None:
    assert reading.status(word) is status


@given(st.text())
def test_any_other_word_is_an_unknown_state(word: str) -> None:
    known = {"unrestricted", "restricted", "inactive"}
    assert (reading.status(word) is ClientStatus.UNKNOWN) == (word.casefold() not in known)


def test_a_clients_token_goes_by_its_surrogate() -> None:
    assert token(TOKEN) == TokenFacts(
        key="surrogate of 11",
        kind=TokenKind.CLIENT,
        name="sync-east",
        active=True,
        permissions=("READ", "WRITE"),
        created_at=datetime(2019, 4, 1, 13, 30, tzinfo=UTC),
        modified_at=datetime(2019, 4, 2, 14, tzinfo=UTC),
        client_vendor_id="ACC1",
    )
    assert "SECRET" not in repr(token(TOKEN))


def test_a_token_without_an_account_is_the_agencys() -> None:
    for absent in ("", "<accountId/>", "<accountId> </accountId>"):
        facts = token(f"<id>x</id><permissions>7</permissions><active>0</active>{absent}")
        assert (facts.kind, facts.client_vendor_id) == (TokenKind.AGENCY, None)
        assert facts.active is False


def test_what_a_token_does_not_tell_is_unknown() -> None:
    assert token("<id>x</id>") == TokenFacts(key="surrogate of 1", kind=TokenKind.AGENCY)


@given(st.integers(-(2**40), 2**40))
def test_permissions_are_the_bits_that_have_words(mask: int) -> None:
    words = {"READ": 1, "WRITE": 2, "SEND": 4}
    told = reading.permissions(mask)
    assert sum(words[each] for each in told) == mask & 7
    assert list(told) == [each for each in words if each in told]


def test_a_time_without_a_zone_counts_as_utc() -> None:
    facts = token("<id>x</id><created>2019-04-01T09:30:00</created>")
    assert facts.created_at == datetime(2019, 4, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_out_of_range_breaks_the_contract(moment: str) -> None:
    with pytest.raises(ContractBroken):
        token(f"<id>x</id><created>{moment}</created>")


def test_a_login_keeps_no_password() -> None:
    login = reading.login(
        row(
            "<username>ana</username><password>CANARY</password>"
            "<contactInformation><firstName>Ana</firstName><email>a@b.example</email>"
            "</contactInformation><permissionAdmin>true</permissionAdmin>"
            "<permissionApi>false</permissionApi><permissionListCreate>1</permissionListCreate>",
            "readLogins",
        )
    )
    assert (login.username, login.name, login.email) == ("ana", "Ana", "a@b.example")
    assert login.permissions == ("Admin", "ListCreate")
    assert "CANARY" not in repr(login)


def test_a_list_of_contacts() -> None:
    raw = "<id>0bbd</id><name>news</name><label>News</label><activeCount>3</activeCount>"
    assert reading.contact_list(row(raw, "readLists")) == BrontoList(
        vendor_id="0bbd", name="news", label="News", active_count=3
    )


def test_a_login_gives_a_session_of_twenty_minutes_that_slides() -> None:
    session = reading.session(answer("login", " 7d1c3a52-0000-4000-8000-00000000aa01 "))
    assert session == Session(Secret("7d1c3a52-0000-4000-8000-00000000aa01"), 1200, sliding=True)
    assert "7d1c" not in repr(session)


@pytest.mark.parametrize("rows", [(), ("",), (" ",)])
def test_a_login_without_a_session_breaks_the_contract(rows: tuple[str, ...]) -> None:
    with pytest.raises(ContractBroken):
        reading.session(answer("login", *rows))


def test_the_end_of_a_query_is_an_empty_page_however_it_is_told() -> None:
    assert reading.rows(answer("readAccounts"), "readAccounts") == []
    assert reading.rows(fault("116: End of result set.", 116), "readAccounts") == []
    nil = '<return xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    empty = reply(f'<a:readAccountsResponse xmlns:a="{V4}">{nil}</a:readAccountsResponse>')
    assert reading.rows(empty, "readAccounts") == []


def test_the_answer_to_another_question_breaks_the_contract() -> None:
    for wrong in (answer("readLists"), reply("<readAccountsResponse/>")):
        with pytest.raises(ContractBroken):
            reading.rows(wrong, "readAccounts")


def test_qualified_children_are_read_as_well() -> None:
    inner = (
        "<a:return><a:id>x</a:id><a:contactInformation><a:email>e</a:email></a:contactInformation>"
    )
    whole = reply(
        f'<a:readAccountsResponse xmlns:a="{V4}">{inner}</a:return></a:readAccountsResponse>'
    )
    (only,) = reading.rows(whole, "readAccounts")
    assert reading.client(only).email == "e"


@pytest.mark.parametrize(
    ("inner", "field"),
    [
        ("<name>x</name>", "id"),
        ("<id><x/></id>", "id"),
        ("<id>a</id><generalSettings><maxContacts>CANARY</maxContacts></generalSettings>", "max"),
        ("<id>a</id><allocations><api>CANARY</api></allocations>", "api"),
        ("<id>a</id><allocations><startDate>CANARY</startDate></allocations>", "startDate"),
    ],
)
def test_a_broken_account_names_the_field_and_not_its_value(inner: str, field: str) -> None:
    with pytest.raises(ContractBroken) as told:
        reading.client(row(inner))
    assert field in told.value.message
    assert "CANARY" not in f"{told.value!r} {told.value.__cause__!r}"


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
FIELDS = st.sampled_from(
    (
        "id",
        "name",
        "status",
        "permissions",
        "active",
        "created",
        "accountId",
        "contactInformation",
        "allocations",
        "emails",
        "generalSettings",
        "maxContacts",
        "password",
        "username",
        "firstName",
        "startDate",
    )
)
XML = st.recursive(
    XML_TEXT.map(escape),
    lambda inner: st.lists(st.tuples(FIELDS, inner), max_size=6).map(
        lambda pairs: "".join(f"<{name}>{content}</{name}>" for name, content in pairs)
    ),
    max_leaves=12,
)


@given(XML)
def test_whatever_is_in_a_row_it_is_a_value_or_a_broken_contract(inner: str) -> None:
    for each in reading.rows(answer("x", inner), "x"):
        for read in (
            reading.client,
            reading.listed,
            reading.login,
            reading.contact_list,
            lambda row: reading.token(row, str),
        ):
            with suppress(ContractBroken):
                assert read(each) is not None
