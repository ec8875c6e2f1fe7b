"""From an account to its operations: each call is bound to its account, deadline and hosts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.contract import Operations
from gateway.directory.connect import Connector
from gateway.domain.failures import Conflict, Failure, Malformed
from gateway.domain.model import VendorAccount
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Exchange, Reply
from gateway.vendors import load
from tests.directory.fakes import HARBOUR, Hands, Watched, account, surrogate


class Bound:
    """A connector whose vendor sends one call, and what came down."""

    def __init__(self, **laws: Any) -> None:
        self.sent: list[Call] = []
        self.reply = Reply(200, b"{}", at=datetime.now(UTC))
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
        if call.tap is not None:
            await call.tap.pour(self.reply)
        return self.reply


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


class Diary:
    """A journal that nothing is told to here."""

    async def sending(self) -> None:
        raise AssertionError("told by the stack alone")

    async def answered(self, reply: Reply) -> None:
        raise AssertionError("told by the stack alone")


READ = Call(operation="services", slot="api_token", path="/services", region="app1")
WRITE = replace(READ, operation="backups/start", method="POST", journaled=True)


async def test_a_journal_goes_down_with_each_call() -> None:
    bound, diary = Bound(), Diary()
    bound.connector.operations(OWN, bound.watched.inquiry, journal=diary)
    await bound.exchanges[0].send(WRITE)
    assert bound.sent[0].bound.journal is diary
    bound.connector.operations(OWN, bound.watched.inquiry)
    await bound.exchanges[1].send(READ)
    assert bound.sent[1].bound.journal is None


async def test_a_stream_carries_its_origin() -> None:
    bound = Bound()
    bound.reply = Reply(200, b"a,b", at=datetime.now(UTC))
    bound.connector.operations(OWN, bound.watched.inquiry)
    async with bound.exchanges[0].stream(replace(READ, safe=True)) as stream:
        assert [piece async for piece in stream.chunks] == [b"a,b"]
    (call,) = bound.sent
    assert (call.bound.account, call.bound.request_id, call.safe) == (OWN, "r1", False)


async def test_a_kept_answer_is_judged_in_the_place_of_sending_and_reads_go_on() -> None:
    bound = Bound(classify=lambda call, reply: None)
    kept = Reply(200, b'{"id": 1}', at=datetime.now(UTC))
    bound.connector.operations(OWN, bound.watched.inquiry, journal=Diary(), answer=lambda: kept)
    (exchange,) = bound.exchanges
    assert await exchange.send(WRITE) is kept
    assert bound.sent == []
    assert await exchange.send(READ) is bound.reply
    assert [call.operation for call in bound.sent] == ["services"]


async def test_a_kept_answer_that_is_bad_fails_as_it_would_have_in_the_stack() -> None:
    asked: list[Call] = []

    def law(call: Call, reply: Reply) -> Failure | None:
        asked.append(call)
        return Conflict("There is one of that name.")

    bound = Bound(classify=law)
    kept = Reply(409, b"", at=datetime.now(UTC))
    bound.connector.operations(OWN, bound.watched.inquiry, answer=lambda: kept)
    with pytest.raises(Conflict) as caught:
        await bound.exchanges[0].send(WRITE)
    failure = caught.value
    assert (failure.vendor, failure.account, failure.sent) == (VendorName.OWN, OWN.id, True)
    assert bound.sent == []
    (call,) = asked
    assert (call.operation, call.bound.account) == ("backups/start", OWN)


async def test_a_kept_answer_is_held_against_the_rules_for_all_vendors() -> None:
    bound = Bound(classify=lambda call, reply: None)
    kept = Reply(200, b"<html>Log in</html>", at=datetime.now(UTC))
    bound.connector.operations(OWN, bound.watched.inquiry, answer=lambda: kept)
    with pytest.raises(Malformed):
        await bound.exchanges[0].send(WRITE)
    assert bound.sent == []


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
