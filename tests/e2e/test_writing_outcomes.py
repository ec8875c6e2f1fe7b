"""A write is never silently repeated or lost, whatever becomes of its answer."""

import asyncio
from typing import Any

import pytest

from gateway.domain.vendor import VendorName
from tests.e2e.mutations import (
    ADOPT,
    ANA,
    CREATE,
    CREATE_LINK,
    GOOGLE_ADS,
    RESOLVE,
    account_of,
    effects,
    ids,
    new_bronto_client,
    new_client,
    settled,
    write,
)
from tests.gateways import Gateway


async def test_the_same_key_answers_the_first_outcome_and_another_input_conflicts(
    gateway: Gateway,
) -> None:
    made = await new_client(gateway, idempotencyKey="k-1")
    again = await new_client(gateway, idempotencyKey="k-1")
    other = await new_client(gateway, idempotencyKey="k-1", name="Somebody Else")
    assert again["record"]["id"] == made["record"]["id"]
    assert again["intent"]["id"] == made["intent"]["id"]
    assert other["intent"] is None
    assert [each["code"] for each in other["userErrors"]] == ["CONFLICT"]
    assert other["userErrors"][0]["field"] == ["input", "idempotencyKey"]
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "code": 500},
        {"fault": "reset", "after_bytes": 0},
        {"fault": "malformed"},
        {"fault": "html"},
    ],
    ids=lambda fault: fault["fault"],
)
async def test_a_lost_answer_is_told_and_never_sent_again(
    gateway: Gateway, fault: dict[str, Any]
) -> None:
    match = {"operation": "clients/create"}
    await gateway.sandbox.faults(
        VendorName.AGENCYACCESS, {**fault, "match": match, "effect": "before"}
    )
    made = await new_client(gateway, idempotencyKey="k-3")
    assert made["client"] is None
    assert made["intent"]["state"] == "UNKNOWN"
    assert [each["code"] for each in made["userErrors"]] == ["OUTCOME_UNKNOWN"]
    again = await new_client(gateway, idempotencyKey="k-3")
    assert again["intent"]["id"] == made["intent"]["id"]
    assert [each["code"] for each in again["userErrors"]] == ["OUTCOME_UNKNOWN"]
    assert (await gateway.sandbox.calls(VendorName.AGENCYACCESS))["clients/create"] == 1
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == 1


async def test_another_agency_cannot_write_with_ids_that_are_not_its_own(gateway: Gateway) -> None:
    account = await account_of(gateway, VendorName.AGENCYACCESS)
    before = await gateway.sandbox.all_calls()
    made = await write(gateway, CREATE, agency="Meadow", accountId=account, **ANA)
    assert made["intent"] is None
    assert [each["code"] for each in made["userErrors"]] == ["NOT_FOUND"]
    assert made["userErrors"][0]["field"] == ["input", "accountId"]
    assert await gateway.sandbox.all_calls() == before


async def test_a_lost_answer_of_bronto_is_found_again_by_reading(gateway: Gateway) -> None:
    gateway.runtime.recovery.pause = 0.01
    match = {"operation": "addAccounts"}
    await gateway.sandbox.faults(
        VendorName.BRONTO, {"fault": "reset", "after_bytes": 0, "match": match, "effect": "before"}
    )
    made = await new_bronto_client(gateway)
    assert [each["code"] for each in made["userErrors"]] == ["OUTCOME_UNKNOWN"]
    intent = await settled(gateway, made["intent"]["id"])
    assert intent["state"] == "DONE"
    assert intent["result"]["__typename"] == "Client"
    assert (await gateway.sandbox.calls(VendorName.BRONTO))["addAccounts"] == 1


async def test_a_client_whose_creation_was_lost_settles_it_when_it_is_adopted(
    gateway: Gateway,
) -> None:
    gateway.runtime.recovery.pause = 0.01
    match = {"operation": "clients/create"}
    reset = {"fault": "reset", "after_bytes": 0, "match": match, "effect": "before"}
    await gateway.sandbox.faults(VendorName.AGENCYACCESS, reset)
    made = await new_client(gateway)
    intent = await settled(gateway, made["intent"]["id"])
    assert (intent["state"], intent["error"]["code"]) == ("NEEDS_HUMAN", "OUTCOME_UNKNOWN")
    (effect,) = await effects(gateway, VendorName.AGENCYACCESS)
    vendor_id = next(iter(ids(effect)))
    account = await account_of(gateway, VendorName.AGENCYACCESS)
    adopted = await write(gateway, ADOPT, accountId=account, vendorId=vendor_id)
    assert adopted["userErrors"] == []
    await gateway.runtime.recovery.once()
    assert (await settled(gateway, made["intent"]["id"]))["state"] == "DONE"


async def test_a_person_settles_what_nobody_else_can(gateway: Gateway) -> None:
    gateway.runtime.recovery.pause = 0.01
    client = (await new_client(gateway))["client"]["id"]
    match = {"operation": "links/create"}
    reset = {"fault": "reset", "after_bytes": 0, "match": match, "effect": "before"}
    await gateway.sandbox.faults(VendorName.AGENCYACCESS, reset)
    asked = await write(gateway, CREATE_LINK, clientId=client, services=[GOOGLE_ADS])
    intent = asked["intent"]["id"]
    assert (await settled(gateway, intent))["state"] == "NEEDS_HUMAN"
    await gateway.sandbox.faults(VendorName.AGENCYACCESS)
    without = await write(gateway, RESOLVE, id=intent, tookEffect=True)
    assert without["userErrors"][0]["field"] == ["input", "vendorId"]
    effect = (await effects(gateway, VendorName.AGENCYACCESS))[-1]
    found = await write(gateway, RESOLVE, id=intent, tookEffect=True, vendorId=ids(effect)[0])
    assert found["userErrors"] == []
    assert found["intent"]["state"] == "DONE"
    assert found["intent"]["result"]["__typename"] == "Link"
    again = await write(gateway, RESOLVE, id=intent, tookEffect=False)
    assert [each["code"] for each in again["userErrors"]] == ["CONFLICT"]


CAPABILITIES = """
{ agency { accounts(vendors: [AGENCYACCESS]) { capabilities { name granted source } } } }
"""


async def test_what_a_key_may_not_do_is_learned_from_the_vendors_refusal(gateway: Gateway) -> None:
    state = gateway.sandbox.state(VendorName.AGENCYACCESS)
    state["agencies"]["Harbour"]["capabilities"] = ["Create Customer"]
    await gateway.sandbox.control("POST", VendorName.AGENCYACCESS, "reset", {"world": state})
    made = await new_client(gateway)
    # A key that may only create: the write went well, and what could not be read back is told.
    assert made["userErrors"] == []
    assert made["intent"]["state"] == "DONE"
    assert len(made["warnings"]) == 1
    learned = {}
    for _ in range(100):
        (account,) = (await gateway.query(CAPABILITIES)).whole["agency"]["accounts"]
        learned = {each["name"]: each["granted"] for each in account["capabilities"]}
        if len(learned) >= 2:
            break
        await asyncio.sleep(0.02)
    assert learned["CREATE_CUSTOMER"] is True
    assert learned["RETRIEVE_CUSTOMER"] is False


JOURNAL = """
{ agency { intents(first: 5) {
  totalCount
  edges { cursor node { id operation state account { id } } }
} } }
"""


async def test_the_journal_lists_writes_newest_first_with_their_accounts(gateway: Gateway) -> None:
    made = await new_client(gateway)
    link = await write(gateway, CREATE_LINK, clientId=made["client"]["id"], services=[GOOGLE_ADS])
    told = (await gateway.query(JOURNAL)).whole["agency"]["intents"]
    assert told["totalCount"] == 2
    assert [each["node"]["id"] for each in told["edges"]] == [
        link["intent"]["id"],
        made["intent"]["id"],
    ]
    account = await account_of(gateway, VendorName.AGENCYACCESS)
    assert {each["node"]["account"]["id"] for each in told["edges"]} == {account}
    assert len({each["cursor"] for each in told["edges"]}) == 2
    other = (await gateway.query(JOURNAL, agency="Meadow")).whole["agency"]["intents"]
    assert other == {"totalCount": 0, "edges": []}
