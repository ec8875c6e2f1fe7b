"""Our envelopes against the WSDL: zeep, a public SOAP client, must write and read the same."""

from collections.abc import Callable, Iterator
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
from gateway.domain.clock import Clock
from gateway.domain.model import SealedCredential, VendorAccount
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
