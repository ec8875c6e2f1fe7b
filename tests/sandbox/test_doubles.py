"""What the harness needs of every vendor's double, for each vendor that the enum names."""

import json
from importlib import import_module
from typing import Any

import aiohttp
import pytest

from gateway.domain.clock import Clock
from gateway.domain.vendor import VendorName
from gateway.double import Double
from gateway.sandbox.seed import world
from gateway.sandbox.server import sandbox
from gateway.vendors import load

every_vendor = pytest.mark.parametrize("name", VendorName, ids=lambda name: name.value)


def double(name: VendorName) -> Double:
    made: Double = import_module(f"gateway.vendors.{name.value}.sandbox").create(world(), Clock())
    return made


def strings(value: Any) -> set[str]:
    """Every string in a JSON value, keys aside."""
    match value:
        case str():
            return {value}
        case dict():
            return set().union(*map(strings, value.values()))
        case list() | tuple():
            return set().union(*map(strings, value))
        case _:
            return set()


@every_vendor
def test_a_world_survives_json_and_a_reset(name: VendorName) -> None:
    first, second = double(name), double(name)
    state = json.loads(json.dumps(first.state()))
    second.reset(state)
    assert json.loads(json.dumps(second.state())) == state
    assert second.effects() == []
    assert second.describe("http://vendor") == first.describe("http://vendor")


@every_vendor
def test_a_reset_restores_the_seed(name: VendorName) -> None:
    one = double(name)
    before = json.dumps(one.state())
    one.reset(None)
    assert json.dumps(one.state()) == before


@every_vendor
def test_a_state_that_is_told_cannot_be_used_to_change_the_world(name: VendorName) -> None:
    one = double(name)
    before = json.dumps(one.state())
    one.state().clear()
    assert json.dumps(one.state()) == before


@every_vendor
def test_both_agencies_have_accounts_with_credentials_in_known_slots(name: VendorName) -> None:
    vendor = load(name)
    for agency in world().agencies:
        accounts = double(name).accounts(agency.name)
        assert accounts
        for account in accounts:
            known = {slot.name for slot in vendor.slots} | set(vendor.options)
            assert set(account.credentials) <= known
            assert account.credentials


@every_vendor
def test_no_credential_is_shared_by_two_agencies(name: VendorName) -> None:
    public = set(load(name).options)
    one = double(name)
    secrets = [
        strings(
            [
                {key: value for key, value in account.credentials.items() if key not in public}
                for account in one.accounts(agency.name)
            ]
        )
        for agency in world().agencies
    ]
    assert all(secrets)
    assert not secrets[0] & secrets[1]


@every_vendor
def test_ledger_lines_are_of_the_contract(name: VendorName) -> None:
    needed = {
        "client": {"vendorId"},
        "link": {"vendorId", "clientVendorId"},
        "token": {"kind", "name"},
    }
    allowed = {
        "client": {"vendorId", "client"},
        "link": {"vendorId", "clientVendorId"},
        "token": {"kind", "name", "user", "createdAt", "hint", "clientVendorId"},
    }
    for agency in world().agencies:
        for account in double(name).accounts(agency.name):
            for line in account.ledger:
                kind, fields = line["type"], set(line) - {"type"}
                assert needed[kind] <= fields <= allowed[kind]
                json.dumps(line)


@every_vendor
def test_clients_are_labelled_by_the_company_of_a_customer_who_is_there(name: VendorName) -> None:
    for agency in world().agencies:
        there = {one.company for one in agency.customers if name in one.vendors}
        labels = [
            line["client"]
            for account in double(name).accounts(agency.name)
            for line in account.ledger
            if line["type"] == "client" and "client" in line
        ]
        assert set(labels) <= there


@every_vendor
def test_an_unknown_action_is_refused_in_a_sentence(name: VendorName) -> None:
    one = double(name)
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        one.dashboard({"action": "fly"})
    assert one.effects() == []


async def test_all_vendors_run_side_by_side_and_are_described() -> None:
    async with sandbox(world()) as running, aiohttp.ClientSession() as session:
        line = json.loads(json.dumps(running.describe()))
        assert set(line) == {"control", "vendors"}
        assert set(line["vendors"]) == {name.name for name in VendorName}
        for name, vendor in line["vendors"].items():
            assert set(vendor["agencies"]) == {"Harbour", "Meadow"}
            async with session.get(f"{line['control']}/{name}/world") as response:
                state = await response.json()
            reset = {"world": state}
            async with session.post(f"{line['control']}/{name}/reset", json=reset) as response:
                assert response.status == 200
            async with session.get(f"{line['control']}/{name}/world") as response:
                assert await response.json() == state


async def test_a_request_that_makes_no_sense_is_answered_and_recorded_by_every_vendor() -> None:
    async with sandbox(world()) as running, aiohttp.ClientSession() as session:
        for name, vendor in running.vendors.items():
            async with session.post(f"{vendor.base_url}/no/such/thing", data=b"\xff") as response:
                status = response.status
            async with session.get(f"{running.control}/{name.name}/calls") as response:
                [call] = await response.json()
            assert 400 <= status < 600
            assert (call["status"], call["applied"]) == (status, False)
