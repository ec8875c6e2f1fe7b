"""An update of a client with a label: the ledger's part of a write that vendors are told of."""

from typing import Any

from gateway.domain.vendor import VendorName
from tests.e2e.mutations import UPDATE, effects, new_client, settled, write
from tests.gateways import Gateway

AA = VendorName.AGENCYACCESS


async def two_clients(gateway: Gateway) -> tuple[str, str]:
    """One that has the label `taken`, and one without any."""
    await new_client(gateway, label="taken")
    second = await new_client(gateway, name="Bea", email="bea@example.org")
    return "taken", str(second["client"]["id"])


async def label_of(gateway: Gateway, client: str) -> Any:
    answer = await gateway.query(f'{{ client(id: "{client}") {{ label }} }}')
    return answer.whole["client"]["label"]


async def test_another_clients_label_alone_is_refused_and_leaves_no_intent(
    gateway: Gateway,
) -> None:
    label, client = await two_clients(gateway)
    told = await write(gateway, UPDATE, id=client, label=label)
    assert told["intent"] is None
    assert [each["code"] for each in told["userErrors"]] == ["CONFLICT"]
    assert told["userErrors"][0]["field"] == ["input", "label"]
    assert await label_of(gateway, client) is None


async def test_another_clients_label_is_told_beside_what_the_vendor_took(gateway: Gateway) -> None:
    label, client = await two_clients(gateway)
    before = len(await effects(gateway, AA))
    told = await write(gateway, UPDATE, id=client, label=label, company="Bea SL")
    assert told["intent"]["state"] == "DONE"
    assert [each["code"] for each in told["userErrors"]] == ["CONFLICT"]
    assert told["userErrors"][0]["field"] == ["input", "label"]
    assert told["client"]["company"] == "Bea SL"
    assert await label_of(gateway, client) is None
    assert len(await effects(gateway, AA)) == before + 1


async def test_a_label_is_kept_when_a_lost_answer_turns_out_well(gateway: Gateway) -> None:
    gateway.runtime.recovery.pause = 0.01
    _, client = await two_clients(gateway)
    lost = {"fault": "reset", "match": {"operation": "clients/update"}, "effect": "before"}
    await gateway.sandbox.faults(AA, lost)
    asked = {"id": client, "label": "new", "company": "Bea SL", "idempotencyKey": "k"}
    told = await write(gateway, UPDATE, **asked)
    assert [each["code"] for each in told["userErrors"]] == ["OUTCOME_UNKNOWN"]
    intent = await settled(gateway, told["intent"]["id"])
    assert intent["state"] == "DONE"
    assert await label_of(gateway, client) == "new"
    again = await write(gateway, UPDATE, **asked)
    assert again["intent"]["state"] == "DONE"
    assert again["client"]["label"] == "new"
