"""Our envelopes against the WSDL: zeep, a public SOAP client, must write and read the same."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.contract import Operations
from gateway.domain.caller import AgencyId
from gateway.domain.changes import (
    BrontoPatch,
    ClientPatch,
    ClientUpdate,
    NewClient,
    NewToken,
    TokenRevocation,
    TokenUpdate,
)
from gateway.domain.clock import Clock
from gateway.domain.details import BrontoAllocations
from gateway.domain.model import ClientValues, SealedCredential, VendorAccount
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Reply
from gateway.vendors import bronto
from gateway.vendors.bronto import VENDOR

from .answers import V4, answer

WSDL = Path(bronto.__file__).with_name("bronto.wsdl")
SESSION = "7d1c3a52-0000-4000-8000-00000000aa01"


@pytest.fixture(scope="module")
def oracle() -> Iterator[zeep.Client]:
    with requests.Session() as session:
        yield zeep.Client(str(WSDL), transport=zeep.Transport(session=session))


def content(element: Any) -> Any:
    """An element without its prefixes: tag, text and children."""
    return (element.tag, (element.text or "").strip(), [content(each) for each in element])


def filled(call: Call, secret: str) -> Any:
    """What transport would send."""
    return content(
        etree.fromstring(call.body[: call.gap] + secret.encode() + call.body[call.gap :])
    )


def expected(oracle: zeep.Client, operation: str, **arguments: Any) -> Any:
    headers = {} if operation == "login" else {"sessionHeader": {"sessionId": SESSION}}
    message = oracle.create_message(
        oracle.service, operation, _soapheaders=headers or None, **arguments
    )
    return content(message)


ACCOUNT = VendorAccount(
    id=1,
    agency=AgencyId(1),
    vendor=VendorName.BRONTO,
    name="Bronto",
    credentials=tuple(
        SealedCredential(
            id=1,
            agency=AgencyId(1),
            account=1,
            vendor=VendorName.BRONTO,
            account_name="Bronto",
            slot=slot,
            holder=holder,
            generation=1,
            envelope=b"",
            token=1,
        )
        for slot, holder in (("agency_token", ""), ("client_tokens", "ACC1"))
    ),
)


class Listening:
    """An exchange that answers every call with an empty page and remembers it."""

    clock = Clock()

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def send(self, call: Call) -> Reply:
        self.calls.append(call)
        return answer(call.operation)

    def surrogate(self, value: str) -> str:
        return "surrogate"


async def asked(read: Callable[[Operations], Any]) -> list[Call]:
    exchange = Listening()
    await read(VENDOR.connect(exchange, ACCOUNT))
    return exchange.calls


def test_a_login_is_written_as_zeep_writes_it(oracle: zeep.Client) -> None:
    for slot, scheme in VENDOR.laws.schemes.items():
        assert scheme.login is not None
        call = scheme.login.call(ACCOUNT)
        assert call.slot == slot
        assert call.confidential
        assert filled(call, "TOKEN-1") == expected(oracle, "login", apiToken="TOKEN-1")


async def test_a_list_of_accounts_is_asked_for_as_zeep_would(oracle: zeep.Client) -> None:
    async def read(operations: Operations) -> None:
        assert operations.list_clients is not None
        await operations.list_clients([""])

    (call,) = await asked(read)
    assert filled(call, SESSION) == expected(
        oracle, "readAccounts", filter={"type": "AND"}, includeInfo=False, pageNumber=1
    )


async def test_accounts_are_asked_for_by_id_as_zeep_would(oracle: zeep.Client) -> None:
    ids = ["a", "b & <c>", "ü"]

    async def read(operations: Operations) -> None:
        assert operations.get_clients is not None
        await operations.get_clients(ids)

    (call,) = await asked(read)
    assert filled(call, SESSION) == expected(
        oracle,
        "readAccounts",
        filter={"type": "OR", "id": ids},
        includeInfo=True,
        pageNumber=1,
    )


@pytest.mark.parametrize(
    ("name", "operation"), [("list_tokens", "readApiTokens"), ("logins", "readLogins")]
)
async def test_confidential_lists_are_asked_for_as_zeep_would(
    oracle: zeep.Client, name: str, operation: str
) -> None:
    (call,) = await asked(lambda operations: getattr(operations, name)())
    assert call.confidential
    assert filled(call, SESSION) == expected(
        oracle, operation, filter={"type": "AND"}, pageNumber=1
    )


async def test_contact_lists_are_asked_for_as_zeep_would(oracle: zeep.Client) -> None:
    async def read(operations: Operations) -> None:
        assert operations.lists_of is not None
        await operations.lists_of(["ACC1"])

    (call,) = await asked(read)
    assert (call.slot, call.holder) == ("client_tokens", "ACC1")
    assert filled(call, SESSION) == expected(
        oracle, "readLists", filter={"type": "AND"}, pageNumber=1
    )


async def test_probes_are_written_as_zeep_would_and_never_answered_by_a_cache(
    oracle: zeep.Client,
) -> None:
    agency, client = await asked(lambda operations: operations.verify())
    nothing = {"type": "OR", "id": ["0" * 36]}
    assert filled(agency, SESSION) == expected(
        oracle, "readAccounts", filter=nothing, includeInfo=False, pageNumber=1
    )
    assert filled(client, SESSION) == expected(oracle, "readLists", filter=nothing, pageNumber=1)
    assert not agency.safe
    assert not client.safe


async def test_every_read_is_a_post_with_an_empty_action_that_may_be_shared() -> None:
    (call,) = await asked(lambda operations: operations.list_tokens())  # type: ignore[misc]
    assert (call.method, call.path, call.query) == ("POST", "/v4/", ())
    assert dict(call.headers) == {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    assert call.safe


# ── Writes ────────────────────────────────────────────────────────────────────────────────────

ALLOTTED = BrontoAllocations(can_exceed=False, emails=1, contacts=2, hosting=3)
OLD = """<id>a</id><name>A</name><status>unrestricted</status>
<generalSettings><useSSL>true</useSSL></generalSettings>
<contactInformation><email>a@a.example</email></contactInformation>
<allocations><emails>5</emails><startDate>2019-04-01T09:30:00-04:00</startDate></allocations>"""
TOKEN = """<id>SECRET</id><name>n</name><permissions>3</permissions><active>true</active>
<accountId>a</accountId>"""
DONE = "<results><id>x</id><isError>false</isError><errorCode>0</errorCode></results>"


class Holding(Listening):
    """An exchange whose first page holds one row, and whose writes go well."""

    async def send(self, call: Call) -> Reply:
        self.calls.append(call)
        if call.journaled:
            return answer(call.operation, DONE)
        first = b"<pageNumber>1</pageNumber>" in call.body
        row = OLD if call.operation == "readAccounts" else TOKEN
        return answer(call.operation, *([row] if first else []))


async def written(write: Callable[[Operations], Any]) -> Call:
    """The one journaled call of a write, which comes last."""
    exchange = Holding()
    await write(VENDOR.connect(exchange, ACCOUNT))
    *reads, call = exchange.calls
    assert call.journaled
    assert not any(each.journaled or each.safe for each in reads)
    return call


async def test_a_new_account_is_written_as_zeep_writes_it(oracle: zeep.Client) -> None:
    new = NewClient(
        name="A & <b>",
        email="a@b.example",
        company="B",
        bronto=BrontoPatch(
            allocations=ALLOTTED, usage_alert_email="c@d.example", locale="en_US", time_zone="UTC"
        ),
    )
    call = await written(lambda operations: operations.create_client.send(new, "m"))  # type: ignore[union-attr]
    assert filled(call, SESSION) == expected(
        oracle,
        "addAccounts",
        accounts={
            "name": "A & <b>",
            "generalSettings": {"sendUsageAlerts": True, "usageAlertEmail": "c@d.example"},
            "contactInformation": {"organization": "B", "email": "a@b.example"},
            "formatSettings": {"timeZone": "UTC", "locale": "en_US"},
            "allocations": {
                "canExceedAllocation": False,
                "emails": 1,
                "contacts": 2,
                "hosting": 3,
            },
        },
    )


async def test_a_changed_account_is_written_as_zeep_writes_it(oracle: zeep.Client) -> None:
    change = ClientUpdate(
        vendor_id="a", current=ClientValues(name="A"), patch=ClientPatch(company="C", active=False)
    )
    call = await written(lambda operations: operations.update_client.send(change, "m"))  # type: ignore[union-attr]
    assert filled(call, SESSION) == expected(
        oracle,
        "updateAccounts",
        accounts={
            "id": "a",
            "status": "inactive",
            "generalSettings": {"useSSL": True},
            "contactInformation": {"organization": "C", "email": "a@a.example"},
            "allocations": {
                "emails": 5,
                "startDate": datetime.fromisoformat("2019-04-01T09:30:00-04:00"),
            },
        },
    )


async def test_writes_of_tokens_are_written_as_zeep_writes_them(oracle: zeep.Client) -> None:
    new = NewToken(client_vendor_id="a", name="n", permissions=("READ", "WRITE"))
    change = TokenUpdate(client_vendor_id="a", key="surrogate", permissions=("SEND",), name="o")
    revocation = TokenRevocation(client_vendor_id="a", key="surrogate")
    added = await written(lambda operations: operations.issue_token.send(new, "m"))  # type: ignore[union-attr]
    changed = await written(lambda operations: operations.update_token.send(change, "m"))  # type: ignore[union-attr]
    deleted = await written(lambda operations: operations.revoke_token.send(revocation, "m"))  # type: ignore[union-attr]
    named = {"name": "n [m]", "permissions": 3, "active": True, "accountId": "a"}
    assert filled(added, SESSION) == expected(oracle, "addApiTokens", tokens=named)
    altered = {"id": "SECRET", "name": "o", "permissions": 4, "active": True}
    assert filled(changed, SESSION) == expected(oracle, "updateApiTokens", tokens=altered)
    dead = {"id": "SECRET", "permissions": 3, "active": True}
    assert filled(deleted, SESSION) == expected(oracle, "deleteApiTokens", tokens=dead)
    assert all(call.confidential for call in (added, changed, deleted))


@given(
    st.lists(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1), unique=True)
)
async def test_any_printable_id_arrives_as_it_is(ids: list[str]) -> None:
    async def read(operations: Operations) -> None:
        assert operations.get_clients is not None
        assert await operations.get_clients(ids) == dict.fromkeys(ids)

    wanted = [each for each in ids if each.strip() and each.isprintable()]
    calls = await asked(read)
    sent = [
        each.text
        for call in calls
        for each in etree.fromstring(call.body).iterfind(f".//{{{V4}}}readAccounts/filter/id")
    ]
    assert sent == wanted


def test_the_wsdl_has_the_vendors_names(oracle: zeep.Client) -> None:
    (service,) = oracle.wsdl.services.values()
    (port,) = service.ports.values()
    assert service.name == "BrontoSoapApiImplService"
    assert port.name == "BrontoSoapApiImplPort"
    assert port.binding.name.localname == "BrontoSoapApiImplServiceSoapBinding"
    assert port.binding_options["address"] == "https://api.bronto.com/v4/"
