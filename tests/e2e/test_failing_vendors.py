"""Each vendor in turn fails in every way: it costs its own branch, and nobody else's.

Cold, what has no value is null with one error for each record, list or link. With older values at
hand those are answered instead, told as stale, and nothing is an error.
"""

import asyncio
from typing import Any

import pytest

from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import VENDORS
from tests.conftest import Open
from tests.e2e.cold import customers, held
from tests.gateways import Answer, Gateway, Sandbox

QUERY = """
query Everything {
  agency {
    clients(first: 100) { nodes {
      vendors
      records { vendor vendorId name status provenance { source stale } }
      links { nodes { vendor vendorId status services { granted } provenance { source stale } } }
      tokens { nodes { vendor status } }
    } }
    tokens(first: 100) { nodes { vendor kind status provenance { source stale } } }
  }
}
"""

FAULTS: dict[str, dict[str, Any]] = {
    "hangs": {"fault": "hang"},
    "resets": {"fault": "reset"},
    "is out of service": {"fault": "status", "code": 503},
    "answers a page": {"fault": "html"},
    "answers nonsense": {"fault": "malformed"},
}
UNREACHABLE = {"VENDOR_UNAVAILABLE"}
UNREADABLE = {"VENDOR_BAD_RESPONSE"}
CODES = {
    # Once the breaker has opened nobody waits any more.
    "hangs": {"DEADLINE_EXCEEDED", "VENDOR_UNAVAILABLE"},
    "resets": UNREACHABLE,
    "is out of service": UNREACHABLE,
    "answers a page": UNREADABLE,
    "answers nonsense": UNREADABLE,
}

every_fault = pytest.mark.parametrize("how", FAULTS)
every_vendor = pytest.mark.parametrize("broken", VENDORS, ids=lambda name: name.value)


def records(answer: Answer) -> list[dict[str, Any]]:
    return [
        record
        for client in answer.data["agency"]["clients"]["nodes"]
        for record in client["records"]
    ]


def links(answer: Answer) -> list[dict[str, Any]]:
    return [
        link
        for client in answer.data["agency"]["clients"]["nodes"]
        for link in client["links"]["nodes"]
    ]


async def ask(gateway: Gateway) -> Answer:
    """Ask with three seconds to answer in, and no more than they allow."""
    answer = await gateway.query(QUERY, headers={"X-Request-Timeout": "3s"})
    assert answer.status == 200
    assert answer.seconds < 4
    return answer


def assert_others_are_whole(answer: Answer, broken: VendorName, world: Sandbox) -> None:
    """All that the three vendors know that are well, at its best."""
    for vendor in set(VENDORS) - {broken}:
        rows = [record for record in records(answer) if record["vendor"] == vendor.name]
        assert len(rows) == customers("Harbour", vendor)
        assert {row["status"] for row in rows} == {"ACTIVE"}
        assert all(row["name"] for row in rows)
        assert not any(row["provenance"]["stale"] for row in rows)
        assert answer.vendors[vendor.name]["failure"] is None
        assert answer.vendors[vendor.name]["stale"] is False
        assert {error["extensions"]["vendor"] for error in answer.errors} <= {broken.name}
    if broken is not VendorName.AGENCYACCESS:
        assert len(links(answer)) == len(held(world, "Harbour")["links"])
        assert all(link["services"] for link in links(answer))
    tokens = answer.data["agency"]["tokens"]["nodes"]
    assert {vendor.name for vendor in VENDORS} == {token["vendor"] for token in tokens}


@every_fault
@every_vendor
async def test_cold_it_costs_its_own_branch_and_a_typed_error_for_each_thing_that_is_missing(
    gateway: Gateway, broken: VendorName, how: str
) -> None:
    await gateway.sandbox.faults(broken, FAULTS[how])

    answer = await ask(gateway)

    assert_others_are_whole(answer, broken, gateway.sandbox)
    assert answer.vendors[broken.name]["failure"] in CODES[how]
    mine = [record for record in records(answer) if record["vendor"] == broken.name]
    assert len(mine) == customers("Harbour", broken)
    for record in mine:
        assert record["name"] is None
        assert record["status"] == "UNVERIFIED"
        assert record["provenance"] == {"source": "LEDGER", "stale": True}
    assert_typed(answer, broken, how)
    assert sorted(_missing(answer)) == sorted(_expected(gateway, broken))


def assert_typed(answer: Answer, broken: VendorName, how: str) -> None:
    """Each error tells what a program needs to act on it."""
    for error in answer.errors:
        told = error["extensions"]
        assert told["code"] in CODES[how]
        assert told["vendor"] == broken.name
        assert told["account"]
        assert told["retryable"] is True
        assert told["requestId"] == answer.headers["X-Request-Id"]


def _missing(answer: Answer) -> list[str]:
    """What each error stands for: a record, a link, or a list."""
    told = []
    for error in answer.errors:
        path = error.get("path")
        told.append("list" if path is None else path[4])
    return told


def _expected(gateway: Gateway, broken: VendorName) -> list[str]:
    # Bronto lists clients and tokens, Own clients; an account's regions are not told apart.
    lists = {VendorName.BRONTO: 2, VendorName.OWN: 1}
    told = ["records"] * customers("Harbour", broken) + ["list"] * lists.get(broken, 0)
    if broken is VendorName.AGENCYACCESS:
        told += ["links"] * len(held(gateway.sandbox, "Harbour")["links"])
    return told


@every_fault
@every_vendor
async def test_older_values_are_answered_in_its_place_and_told_as_stale(
    gateway: Gateway, broken: VendorName, how: str
) -> None:
    before = await gateway.query(QUERY)
    gateway.later(7200)
    await gateway.sandbox.faults(broken, FAULTS[how])

    answer = await ask(gateway)

    assert answer.errors == []
    assert_others_are_whole(answer, broken, gateway.sandbox)
    assert_stale(before, answer, broken)
    assert answer.vendors[broken.name]["failure"] in CODES[how]


@every_vendor
async def test_after_a_restart_the_ledger_still_knows_them(
    open_gateway: Open, world: Sandbox, broken: VendorName
) -> None:
    async with open_gateway() as gateway:
        before = await gateway.query(QUERY)
    await world.faults(broken, FAULTS["is out of service"])

    async with open_gateway() as gateway:
        gateway.later(7200)
        answer = await ask(gateway)

    assert answer.errors == []
    assert_others_are_whole(answer, broken, world)
    assert_stale(before, answer, broken)


def assert_stale(before: Answer, answer: Answer, broken: VendorName) -> None:
    """The broken vendor's records and links are those of before, and say that they are old."""
    assert answer.vendors[broken.name]["stale"] is True
    for rows in (records, links):
        known = {row["vendorId"]: row for row in rows(before) if row["vendor"] == broken.name}
        mine = [row for row in rows(answer) if row["vendor"] == broken.name]
        assert len(mine) == len(known)
        for row in mine:
            old = {"source": "LEDGER", "stale": True}
            assert row == {**known[row["vendorId"]], "provenance": old}


HEALTH = "{ agency { accounts { vendor status health { state since reason } } } }"


async def test_an_account_whose_vendor_fails_tells_since_when_and_why(gateway: Gateway) -> None:
    await gateway.sandbox.faults(VendorName.AGENCYACCESS, FAULTS["is out of service"])
    await gateway.query(QUERY)
    gateway.sandbox.forget()

    accounts = (await gateway.query(HEALTH)).whole["agency"]["accounts"]

    health = {account["vendor"]: account["health"] for account in accounts}
    assert health["AGENCYACCESS"]["state"] == "DOWN"
    assert health["AGENCYACCESS"]["since"].endswith("Z")
    assert "VENDOR_UNAVAILABLE" in health["AGENCYACCESS"]["reason"]
    well = {"state": "UP", "since": None, "reason": None}
    assert [health[name] for name in ("BRONTO", "ENGAGING_NETWORKS", "OWN")] == [well] * 3
    assert await gateway.sandbox.all_calls() == {}


async def agencyaccess(gateway: Gateway) -> dict[str, Any]:
    """The agency's account there, as it is told of now."""
    accounts = (await gateway.query(HEALTH)).whole["agency"]["accounts"]
    return next(one for one in accounts if one["vendor"] == "AGENCYACCESS")


async def test_an_account_whose_vendor_is_well_again_is_up_since_then(gateway: Gateway) -> None:
    await gateway.sandbox.faults(VendorName.AGENCYACCESS, FAULTS["is out of service"])
    await gateway.query(QUERY)
    await gateway.sandbox.faults(VendorName.AGENCYACCESS)
    gateway.later(60)
    await gateway.query(QUERY)

    account = await agencyaccess(gateway)
    assert account["health"]["state"] == "UP"
    assert account["health"]["since"] is not None
    async with asyncio.timeout(5):  # that the key was accepted is written down beside the answer
        while account["status"] != "ACTIVE":
            account = await agencyaccess(gateway)
