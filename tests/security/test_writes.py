"""Writes under attack: many at once, cut off, refused, and with storage gone in the middle.

The vendors' ledgers of effects are the truth here, not what the gateway says.
"""

import asyncio
from typing import Any

import pytest

from gateway.domain.failures import StorageUnavailable
from gateway.domain.intents import SETTLED, IntentState
from gateway.domain.vendor import VendorName
from gateway.storage.values import IntentFilter, Window
from tests.e2e.mutations import (
    ALLOCATIONS,
    ANA,
    CREATE,
    RESOLVE,
    UPDATE,
    account_of,
    effects,
    new_bronto_client,
    new_client,
    settled,
    write,
)
from tests.gateways import Gateway

AA = VendorName.AGENCYACCESS
BRONTO = VendorName.BRONTO


async def journal(gateway: Gateway) -> list[Any]:
    """All intents of all agencies, parts too."""
    storage = gateway.runtime.storage
    found: list[Any] = []
    for each in await storage.agencies():
        page = await storage.page_intents(each.id, IntentFilter(), Window(first=100))
        found += page.items
        for parts in (await storage.parts(each.id, [one.id for one in page.items])).values():
            found += parts
    return found


def slow(operation: str, ms: int, **match: int) -> dict[str, Any]:
    """The vendor acts, and answers, that much later."""
    return {"fault": "latency", "ms": ms, "match": {"operation": operation, **match}}


async def the_effects_of(gateway: Gateway, vendor: VendorName, count: int) -> list[Any]:
    """The vendor's effects, when there are so many of them."""
    for _ in range(200):
        found = await effects(gateway, vendor)
        if len(found) >= count:
            return found
        await asyncio.sleep(0.02)
    return await effects(gateway, vendor)


async def end_of(gateway: Gateway, document: str, asked: dict[str, Any]) -> Any:
    """What a repeat with the same key is answered once the first is not under way any more."""
    for _ in range(200):
        (payload,) = (await gateway.query(document, variables=asked)).whole.values()
        if payload["intent"]["state"] not in ("PENDING", "UNKNOWN"):
            return payload
        await asyncio.sleep(0.02)
    return payload


async def test_twenty_callers_with_one_key_at_once_make_one_client(gateway: Gateway) -> None:
    account = await account_of(gateway, AA)
    made = await asyncio.gather(
        *(write(gateway, CREATE, accountId=account, idempotencyKey="one", **ANA) for _ in range(20))
    )
    assert len(await effects(gateway, AA)) == 1
    assert len({each["intent"]["id"] for each in made}) == 1
    told = [error for each in made for error in each["userErrors"]]
    assert {error["code"] for error in told} <= {"CONFLICT"}
    assert all(error["retryable"] for error in told)


@pytest.mark.parametrize("patience", ["50ms", "300ms"])
async def test_a_caller_whose_time_is_up_is_not_told_to_send_it_again(
    gateway: Gateway, patience: str
) -> None:
    account = await account_of(gateway, AA)
    await gateway.sandbox.faults(AA, slow("clients/create", 1000))
    asked = {"input": {"accountId": account, "idempotencyKey": "k", **ANA}}
    left = await gateway.query(CREATE, variables=asked, headers={"X-Request-Timeout": patience})
    payload = (left.data or {}).get("createClient") or {}
    told = [error["extensions"] for error in left.errors] + payload.get("userErrors", [])
    assert told
    assert {error["code"] for error in told} <= {"OUTCOME_UNKNOWN", "DEADLINE_EXCEEDED"}
    if await journal(gateway):
        assert "OUTCOME_UNKNOWN" in {error["code"] for error in told}
        assert not any(error["retryable"] for error in told)
    again = await end_of(gateway, CREATE, asked)
    assert again["userErrors"] == []
    assert again["client"] is not None
    assert len(await effects(gateway, AA)) == 1


async def test_a_caller_that_hangs_up_leaves_a_write_that_ends(gateway: Gateway) -> None:
    account = await account_of(gateway, AA)
    await gateway.sandbox.faults(AA, slow("clients/create", 300))
    asked = {"input": {"accountId": account, "idempotencyKey": "k", **ANA}}
    asking = asyncio.ensure_future(gateway.query(CREATE, variables=asked))
    await asyncio.sleep(0.15)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    again = await end_of(gateway, CREATE, asked)
    assert again["userErrors"] == []
    assert len(await effects(gateway, AA)) == 1


async def test_an_update_whose_caller_left_is_settled_when_its_last_part_is(
    gateway: Gateway,
) -> None:
    made = await new_client(gateway)
    await gateway.sandbox.faults(AA, slow("clients/update", 700))
    asked = {"input": {"id": made["client"]["id"], "name": "Other", "idempotencyKey": "u"}}
    left = await gateway.query(UPDATE, variables=asked, headers={"X-Request-Timeout": "500ms"})
    assert not any(error["extensions"]["retryable"] for error in left.errors)
    again = await end_of(gateway, UPDATE, asked)
    assert again["userErrors"] == []
    assert (again["intent"]["state"], again["client"]["name"]) == ("DONE", "Other")
    assert [part["changed"] for part in again["outcomes"]] == [True]
    assert all(each.state in SETTLED for each in await journal(gateway))
    assert len(await effects(gateway, AA)) == 2


async def test_updates_at_once_do_not_undo_each_other(gateway: Gateway) -> None:
    id = (await new_client(gateway))["client"]["id"]
    await gateway.sandbox.faults(AA, slow("clients/update", 200))
    one, two = await asyncio.gather(
        write(gateway, UPDATE, id=id, name="New Name"),
        write(gateway, UPDATE, id=id, email="new@example.org"),
    )
    assert one["userErrors"] == two["userErrors"] == []
    assert await last_client(gateway) == ("New Name", "new@example.org")


async def test_an_update_that_its_caller_has_left_does_not_undo_the_next(gateway: Gateway) -> None:
    id = (await new_client(gateway))["client"]["id"]
    await gateway.sandbox.faults(AA, slow("clients/update", 900, nth=1))
    asked = {"input": {"id": id, "name": "New Name"}}
    await gateway.query(UPDATE, variables=asked, headers={"X-Request-Timeout": "500ms"})
    two = await write(gateway, UPDATE, id=id, email="new@example.org")
    assert two["userErrors"] == []
    await the_effects_of(gateway, AA, 3)
    assert await last_client(gateway) == ("New Name", "new@example.org")


async def last_client(gateway: Gateway) -> tuple[str, str]:
    """Name and e-mail address of the client that was created last, at the vendor."""
    clients = gateway.sandbox.state(AA)["agencies"]["Harbour"]["clients"]
    held = list(clients.values() if isinstance(clients, dict) else clients)[-1]
    return held["name"], held["email"]


async def test_a_session_that_ended_is_renewed_and_the_write_sent_once_more(
    gateway: Gateway,
) -> None:
    await new_bronto_client(gateway, name="First")
    state = gateway.sandbox.state(BRONTO)
    await gateway.sandbox.control("POST", BRONTO, "reset", {"world": {**state, "sessions": {}}})
    gateway.sandbox.forget()
    made = await new_bronto_client(gateway, name="Second")
    assert made["userErrors"] == []
    assert made["intent"]["state"] == "DONE"
    calls = await gateway.sandbox.calls(BRONTO)
    assert calls["addAccounts"] <= 2
    assert [each["name"] for each in await effects(gateway, BRONTO) if "name" in each].count(
        "Second"
    ) <= 1
    names = [
        each["name"] for each in gateway.sandbox.state(BRONTO)["agencies"]["Harbour"]["accounts"]
    ]
    assert names.count("Second") == 1


async def test_a_write_that_is_throttled_is_not_sent_again_by_the_gateway(gateway: Gateway) -> None:
    fault = {"fault": "status", "code": 429, "headers": {"Retry-After": "1"}}
    await gateway.sandbox.faults(AA, {**fault, "match": {"operation": "clients/create"}})
    made = await new_client(gateway)
    assert made["intent"]["state"] == "FAILED"
    (error,) = made["userErrors"]
    assert (error["code"], error["retryable"], error["retryAfterMs"]) == (
        "RATE_LIMITED",
        True,
        1000,
    )
    assert (await gateway.sandbox.calls(AA))["clients/create"] == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["begin", "sending", "answered", "settle", "doubt", "withdraw"])
async def test_without_storage_nothing_is_sent_unknown_or_told_to_be_repeatable(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, name: str, when: str
) -> None:
    account = await account_of(gateway, AA)
    if name == "doubt":
        reset = {"fault": "reset", "match": {"operation": "clients/create"}, "effect": "before"}
        await gateway.sandbox.faults(AA, reset)
    storage, gone = gateway.runtime.storage, True
    real = getattr(storage, name)

    async def away(self: Any, *args: Any, **more: Any) -> Any:
        """Gone before the method does its work, or when it says that it has done it."""
        if gone and when == "before":
            raise StorageUnavailable("The gateway's storage cannot answer (test).")
        made = await real(*args, **more)
        if gone:
            raise StorageUnavailable("The gateway's storage cannot answer (test).")
        return made

    monkeypatch.setattr(type(storage), name, away)
    given = ANA if name != "withdraw" else {**ANA, "language": "Klingon"}
    asked = {"input": {"accountId": account, "idempotencyKey": "k", **given}}
    answer = await gateway.query(CREATE, variables=asked)
    sent = (await gateway.sandbox.calls(AA))["clients/create"]
    assert sent == (0 if name in ("begin", "sending", "withdraw") else 1)
    payload = answer.data["createClient"] or {"userErrors": []}
    told = [error["extensions"] for error in answer.errors] + payload["userErrors"]
    assert [error["retryable"] for error in told] == [sent == 0]
    assert [error["code"] for error in told] == [
        "STORAGE_UNAVAILABLE" if sent == 0 else "OUTCOME_UNKNOWN"
    ]

    gone = False
    gateway.later(60)
    gateway.runtime.recovery.pause = 0.01
    await gateway.runtime.recovery.once()
    for intent in await journal(gateway):
        answered = name in ("answered", "settle") and (name, when) != ("answered", "before")
        if sent == 0:
            assert intent.state is IntentState.FAILED
        else:
            assert intent.state is (IntentState.DONE if answered else IntentState.NEEDS_HUMAN)
    assert (await gateway.sandbox.calls(AA))["clients/create"] == sent
    assert len(await effects(gateway, AA)) == sent


async def test_a_vendor_that_cannot_be_reached_was_not_written_to(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await account_of(gateway, AA)
    hosts = type(gateway.runtime.connector)._hosts
    monkeypatch.setattr(
        type(gateway.runtime.connector),
        "_hosts",
        lambda self, one: {**hosts(self, one), "api": "http://127.0.0.1:9"},
    )
    made = await write(gateway, CREATE, accountId=account, **ANA)
    (error,) = made["userErrors"]
    assert (error["code"], error["retryable"]) == ("VENDOR_UNAVAILABLE", True)
    assert made["intent"]["state"] == "FAILED"


async def test_one_vendor_that_hangs_keeps_no_other_part_of_an_update(gateway: Gateway) -> None:
    client = await new_client(gateway, label="one")
    bronto = await new_bronto_client(gateway, label="one")
    assert bronto["client"]["id"] == client["client"]["id"]
    await gateway.sandbox.faults(
        BRONTO, {"fault": "hang", "seconds": 30, "match": {"operation": "updateAccounts"}}
    )
    asked = {"input": {"id": client["client"]["id"], "name": "New", "idempotencyKey": "k"}}
    told = await gateway.query(UPDATE, variables=asked, headers={"X-Request-Timeout": "1500ms"})
    payload = told.data["updateClient"]
    parts = {part["record"]["vendor"]: part for part in payload["outcomes"]}
    assert parts["AGENCYACCESS"]["changed"] is True
    assert parts["AGENCYACCESS"]["userErrors"] == []
    assert parts["BRONTO"]["changed"] is False
    assert [each["code"] for each in parts["BRONTO"]["userErrors"]] == ["OUTCOME_UNKNOWN"]
    assert payload["intent"]["state"] == "UNKNOWN"
    again = (await gateway.query(UPDATE, variables=asked)).data["updateClient"]
    assert again["intent"]["id"] == payload["intent"]["id"]
    assert len(again["outcomes"]) == 2
    assert (await gateway.sandbox.calls(BRONTO))["updateAccounts"] == 1
    assert (await gateway.sandbox.calls(AA))["clients/update"] == 1


@pytest.mark.parametrize("vendor_id", ["nobody-knows-this", "x" * 9000, "a b/../c", "\ufffe"])
async def test_what_a_person_says_was_made_must_be_there(gateway: Gateway, vendor_id: str) -> None:
    gateway.runtime.recovery.pause = 0.01
    lost = {"fault": "status", "code": 500, "match": {"operation": "clients/create"}}
    await gateway.sandbox.faults(AA, lost)
    intent = (await new_client(gateway))["intent"]["id"]
    assert (await settled(gateway, intent))["state"] == "NEEDS_HUMAN"
    told = await write(gateway, RESOLVE, id=intent, tookEffect=True, vendorId=vendor_id)
    (error,) = told["userErrors"]
    assert error["field"] == ["input", "vendorId"]
    assert (await settled(gateway, intent))["state"] == "NEEDS_HUMAN"
    assert (await write(gateway, RESOLVE, id=intent, tookEffect=False))["userErrors"] == []


async def test_a_repeat_is_answered_whatever_has_become_of_the_client_since(
    gateway: Gateway,
) -> None:
    client = (await new_client(gateway, email="first@example.org"))["client"]["id"]
    bronto = await account_of(gateway, BRONTO)
    given = {"accountId": bronto, "clientId": client, "label": "one", "idempotencyKey": "k"}
    given |= {"name": "Nordlicht", "bronto": {"allocations": ALLOCATIONS}}
    made = await write(gateway, CREATE, **given)
    assert made["userErrors"] == []
    await write(gateway, UPDATE, id=client, label="another")
    again = await write(gateway, CREATE, **given)
    assert again["userErrors"] == []
    assert again["intent"] == made["intent"]
