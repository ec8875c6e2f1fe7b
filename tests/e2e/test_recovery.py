"""What a gateway that starts again makes of writes that were under way when the last one ended."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.directory.changes.clients import Creation
from gateway.domain.changes import BrontoPatch, NewClient
from gateway.domain.details import BrontoAllocations
from gateway.domain.failures import ErrorCode
from gateway.domain.intents import RESTING, Intent, IntentState, Problem
from gateway.domain.vendor import VendorName
from gateway.storage.values import NewIntent
from gateway.upstream.exchange import Reply
from tests.gateways import Gateway

ALLOTTED = BrontoAllocations(can_exceed=False, emails=1, contacts=1, hosting=1)
NEW = {
    VendorName.AGENCYACCESS: NewClient(name="Ana", email="ana@example.org", language="Dutch"),
    VendorName.BRONTO: NewClient(name="Nordlicht", bronto=BrontoPatch(allocations=ALLOTTED)),
}


@pytest.fixture
async def gateway(gateway: Gateway) -> Gateway:
    gateway.runtime.recovery.pause = 0.001
    return gateway


async def interrupted(
    gateway: Gateway, vendor: VendorName, *steps: str, **arguments: Any
) -> Intent:
    """A createClient that came as far as these steps, by a process that is no more."""
    storage, clock = gateway.runtime.storage, gateway.runtime.clock
    agency = next(each for each in await storage.agencies() if each.name == "Harbour")
    account = next(each for each in await storage.accounts(agency.id) if each.vendor is vendor)
    made = Creation(account=account.id, new=NEW[vendor])
    intent, _ = await storage.begin(
        agency.id,
        NewIntent(
            operation="createClient",
            caller="key",
            fingerprint="f",
            arguments=arguments.get("raw", msgspec.json.encode(made)),
            vendor=vendor,
            account=account.id,
        ),
        at=clock.now(),
        lease_until=clock.now() + timedelta(hours=1),
    )
    for step in steps:
        if step == "sending":
            await storage.sending(agency.id, intent.id, intent.epoch)
        else:
            answers = gateway.runtime.recovery.journaling.answers
            reply = Reply(200, arguments["answer"], at=clock.now())
            sealed = arguments.get("sealed") or answers.keep(account, intent.id, reply)
            await storage.answered(agency.id, intent.id, intent.epoch, sealed)
    return intent


async def after(gateway: Gateway, intent: Intent) -> Intent:
    """The intent once its lease is over and the recovery, this or the gateway's own, is done."""
    gateway.later(7200)
    for _ in range(200):
        await gateway.runtime.recovery.once()
        found = await found_again(gateway, intent)
        if found.state in RESTING:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def found_again(gateway: Gateway, intent: Intent) -> Intent:
    return (await gateway.runtime.storage.intents(intent.agency, [intent.id]))[intent.id]


def problem_of(intent: Intent) -> Problem:
    (problem,) = intent.problems
    return problem


async def test_what_was_never_sent_failed_and_may_be_tried_again(gateway: Gateway) -> None:
    intent = await after(gateway, await interrupted(gateway, VendorName.AGENCYACCESS))
    assert intent.state is IntentState.FAILED
    assert problem_of(intent).retryable
    assert await gateway.sandbox.all_calls() == {}


async def test_an_answer_that_was_not_read_is_judged_and_nothing_is_sent(gateway: Gateway) -> None:
    state = gateway.sandbox.state(VendorName.AGENCYACCESS)["agencies"]["Harbour"]
    id = next(iter(state["clients"]))
    answer = msgspec.json.encode({"error": False, "data": id})
    begun = await interrupted(
        gateway, VendorName.AGENCYACCESS, "sending", "answered", answer=answer
    )
    intent = await after(gateway, begun)
    assert intent.state is IntentState.DONE
    assert intent.result is not None
    assert await gateway.sandbox.all_calls() == {"AGENCYACCESS": {"clients/retrieve": 1}}


async def test_what_was_sent_to_a_vendor_that_cannot_tell_is_a_persons(gateway: Gateway) -> None:
    intent = await after(gateway, await interrupted(gateway, VendorName.AGENCYACCESS, "sending"))
    assert intent.state is IntentState.NEEDS_HUMAN
    assert problem_of(intent).code is ErrorCode.OUTCOME_UNKNOWN
    assert "createClient" in problem_of(intent).message
    assert await gateway.sandbox.all_calls() == {}


async def test_an_answer_that_cannot_be_opened_any_more_is_a_persons(gateway: Gateway) -> None:
    begun = await interrupted(
        gateway, VendorName.AGENCYACCESS, "sending", "answered", answer=b"", sealed=b"\x01" * 300
    )
    assert (await after(gateway, begun)).state is IntentState.NEEDS_HUMAN


async def test_a_write_about_a_client_that_was_erased_is_a_persons(gateway: Gateway) -> None:
    begun = await interrupted(gateway, VendorName.BRONTO, "sending", raw=b"{}")
    assert (await after(gateway, begun)).state is IntentState.NEEDS_HUMAN


async def test_where_the_vendor_shows_nothing_the_write_failed(gateway: Gateway) -> None:
    intent = await after(gateway, await interrupted(gateway, VendorName.BRONTO, "sending"))
    assert intent.state is IntentState.FAILED
    assert problem_of(intent).retryable
    assert "addAccounts" not in await gateway.sandbox.calls(VendorName.BRONTO)


async def test_a_vendor_that_is_out_of_service_is_asked_three_times_and_then_a_person(
    gateway: Gateway,
) -> None:
    await gateway.sandbox.faults(VendorName.BRONTO, {"fault": "status", "code": 503})
    intent = await after(gateway, await interrupted(gateway, VendorName.BRONTO, "sending"))
    assert intent.state is IntentState.NEEDS_HUMAN
    assert (await gateway.sandbox.calls(VendorName.BRONTO)).total() <= 9


async def test_nobody_takes_over_what_another_process_still_works_on(gateway: Gateway) -> None:
    begun = await interrupted(gateway, VendorName.AGENCYACCESS, "sending")
    assert await gateway.runtime.recovery.once() == 0
    found = await found_again(gateway, begun)
    assert (found.state, found.epoch) == (IntentState.SENDING, begun.epoch)
