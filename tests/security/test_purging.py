"""A client that is erased leaves nothing of its person in any file."""

import asyncio
from typing import Any

from gateway.domain.vendor import VendorName
from tests.conftest import Open
from tests.e2e import canaries
from tests.e2e.mutations import (
    CLIENT,
    CREATE,
    CREATE_LINK,
    GOOGLE_ADS,
    PURGE,
    RESOLVE,
    UPDATE,
    account_of,
    new_client,
    settled,
    write,
)
from tests.gateways import Gateway

AA = VendorName.AGENCYACCESS
PERSON = {
    "name": "Zoraida-Purged Quijano",
    "email": "zoraida.purged@example.org",
    "metadata": [{"key": "crm", "value": "number-of-the-purged"}],
}
TRACES = {
    "Zoraida-Purged",
    "zoraida.purged@example.org",
    "number-of-the-purged",
    "label-of-the-purged",
    "Dear Purged",
    "Purged GmbH",
}


async def a_life_at_the_gateway(gateway: Gateway) -> str:
    """A client with writes that went well, that failed and whose outcome is unknown; its id."""
    made = await new_client(gateway, **PERSON, label="label-of-the-purged", idempotencyKey="k-1")
    id = made["client"]["id"]
    await write(gateway, UPDATE, id=id, company="Purged GmbH")
    asking: dict[str, Any] = {"clientId": id, "services": [GOOGLE_ADS]}
    asking["thankYouMessage"] = "Dear Purged"
    for fault in ({"fault": "status", "code": 400}, {"fault": "status", "code": 500}):
        for operation, document, input in (
            ("links/create", CREATE_LINK, asking),
            ("clients/update", UPDATE, {"id": id, "name": "Zoraida-Purged Anew"}),
            (
                "clients/create",
                CREATE,
                {
                    "accountId": await account_of(gateway, AA),
                    "clientId": id,
                    "language": "Spanish",
                    **PERSON,
                },
            ),
        ):
            await gateway.sandbox.faults(AA, {**fault, "match": {"operation": operation}})
            await write(gateway, document, **input)
    await gateway.sandbox.faults(AA)
    assert (await write(gateway, CREATE_LINK, **asking))["userErrors"] == []
    return str(id)


async def test_nothing_of_an_erased_client_stays_in_any_file(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        gateway.runtime.recovery.pause = 0.01
        id = await a_life_at_the_gateway(gateway)
        await asyncio.sleep(0.1)
        assert canaries.found_in(canaries.files(gateway.folder), TRACES)
        purged = await write(gateway, PURGE, id=id)
        assert purged["userErrors"] == []
        assert (await gateway.query(CLIENT, variables={"id": id})).codes == ["NOT_FOUND"]
        await asyncio.sleep(0.1)
        running = canaries.files(gateway.folder)
    places = {f"{name} while it runs": held for name, held in running.items()}
    places |= canaries.files(gateway.folder)
    assert canaries.found_in(places, TRACES) == []


async def test_a_client_is_not_erased_under_a_write_that_would_bring_it_back(
    gateway: Gateway,
) -> None:
    id = (await new_client(gateway, **PERSON))["client"]["id"]
    late = {"fault": "latency", "ms": 600, "match": {"operation": "clients/update"}}
    await gateway.sandbox.faults(AA, late)
    asked = {"input": {"id": id, "name": "Zoraida-Purged Anew"}}
    writing = asyncio.ensure_future(gateway.query(UPDATE, variables=asked))
    await asyncio.sleep(0.4)
    assert (await gateway.sandbox.calls(AA))["clients/update"] == 1
    early = await write(gateway, PURGE, id=id)
    assert [(each["code"], each["retryable"]) for each in early["userErrors"]] == [
        ("CONFLICT", True)
    ]
    assert early["intent"] is None
    assert (await writing).whole["updateClient"]["userErrors"] == []
    assert (await write(gateway, PURGE, id=id))["userErrors"] == []


async def test_a_write_that_waits_for_a_person_is_settled_after_the_erasure_too(
    gateway: Gateway,
) -> None:
    gateway.runtime.recovery.pause = 0.01
    client = (await new_client(gateway, **PERSON))["client"]["id"]
    lost = {"fault": "status", "code": 500, "match": {"operation": "links/create"}}
    await gateway.sandbox.faults(AA, lost)
    intents = []
    for _ in range(2):
        asked = await write(gateway, CREATE_LINK, clientId=client, services=[GOOGLE_ADS])
        intents.append(asked["intent"]["id"])
        assert (await settled(gateway, intents[-1]))["state"] == "NEEDS_HUMAN"
    assert (await write(gateway, PURGE, id=client))["userErrors"] == []
    for intent, took_effect, state in zip(intents, (True, False), ("DONE", "FAILED"), strict=True):
        told = await write(gateway, RESOLVE, id=intent, tookEffect=took_effect, vendorId="any")
        assert told["userErrors"] == []
        assert told["intent"]["state"] == state
        assert told["intent"]["result"] is None
