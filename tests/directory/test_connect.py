"""From an account to its operations: each call is bound to its account, deadline and hosts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.contract import Operations
from gateway.directory.connect import Connector
from gateway.domain.model import VendorAccount
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Exchange, Reply
from gateway.vendors import load
from tests.directory.fakes import HARBOUR, Hands, Watched, account, surrogate


class Bound:
    """A connector whose vendor sends one call, and what came down."""

    def __init__(self, **laws: Any) -> None:
        self.sent: list[Call] = []
        self.exchanges: list[Exchange] = []
        own = load(VendorName.OWN)
        vendor = replace(own, connect=self._connect, laws=replace(own.laws, **laws))
        self.hands = Hands()
        self.watched = Watched(self.hands.clock)
        self.connector = Connector(
            vendors={VendorName.OWN: vendor},
            proceed=self._proceed,
            surrogate=surrogate,
            clock=self.hands.clock,
        )

    def _connect(self, exchange: Exchange, account: VendorAccount) -> Operations:
        self.exchanges.append(exchange)

        async def verify() -> Any:
            call = Call(operation="services", slot="api_token", path="/services", region="app1")
            await exchange.send(call)

        return Operations(verify=verify)

    async def _proceed(self, call: Call) -> Reply:
        self.sent.append(call)
        return Reply(200, b"{}", at=datetime.now(UTC))


OWN = account(3, VendorName.OWN, "app1", "useast2")


async def test_making_operations_sends_nothing_and_a_call_carries_its_origin() -> None:
    bound = Bound()
    inquiry = bound.watched.inquiry
    operations = bound.connector.operations(OWN, inquiry)
    assert bound.sent == []
    await operations.verify()
    (call,) = bound.sent
    assert call.bound.account == OWN
    assert call.bound.deadline == inquiry.deadline
    assert call.bound.request_id == "r1"
    assert call.bound.observe == inquiry.observe
    assert call.url == "https://app1.owndata.com/services"


async def test_an_accounts_own_address_takes_the_place_of_the_vendors() -> None:
    bound = Bound()
    elsewhere = VendorAccount(
        id=3,
        agency=HARBOUR,
        vendor=VendorName.OWN,
        name="Main",
        regions=("app1",),
        base_url="https://{region}.proxy.example:8443",
    )
    await bound.connector.operations(elsewhere, bound.watched.inquiry).verify()
    assert bound.sent[0].url == "https://app1.proxy.example:8443/services"
    assert bound.connector.hosts(elsewhere) == {"app1.proxy.example:8443", "auth.owndata.com"}


def test_the_hosts_of_an_account_are_those_of_its_regions() -> None:
    bound = Bound()
    assert bound.connector.hosts(OWN) == {
        "app1.owndata.com",
        "useast2.owndata.com",
        "auth.owndata.com",
    }


@pytest.mark.parametrize("value", ["a", "b"])
def test_a_surrogate_is_the_accounts_own(value: str) -> None:
    bound = Bound()
    bound.connector.operations(OWN, bound.watched.inquiry)
    bound.connector.operations(account(4, VendorName.OWN, name="Other"), bound.watched.inquiry)
    mine, others = (exchange.surrogate(value) for exchange in bound.exchanges)
    assert mine == surrogate(HARBOUR, VendorName.OWN, "Main", value)
    assert mine != others
