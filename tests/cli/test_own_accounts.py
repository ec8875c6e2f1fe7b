"""One's own accounts, from nothing, as the README has it: against vendors on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.domain.vendor import VendorName
from gateway.sandbox import seed
from gateway.sandbox.server import Running, sandbox
from tests.cli.conftest import Ran, Shell


@pytest.fixture
async def vendors() -> AsyncIterator[Running]:
    async with sandbox(seed.world()) as running:
        yield running


@pytest.fixture
def shell(gateway: Shell, vendors: Running) -> Shell:
    """Commands that find the sandbox in the vendors' place."""
    gateway.environ["GATEWAY_HTTP__PROFILE"] = "development"
    for name, vendor in vendors.vendors.items():
        gateway.environ[f"GATEWAY_VENDORS__{name.name}__BASE_URL"] = vendor.hosts["api"]
        if "auth" in vendor.hosts:
            gateway.environ[f"GATEWAY_VENDORS__{name.name}__AUTH_URL"] = vendor.hosts["auth"]
    return gateway


async def run(shell: Shell, *words: object, given: str | None = None) -> Ran:
    """A command in a thread of its own, while the vendors answer in this one."""
    return await asyncio.to_thread(shell, *words, given=given)


async def add(shell: Shell, vendors: Running, vendor: VendorName) -> tuple[Any, Any]:
    """Harbour's first account at a vendor, by its credential file; and what it would import."""
    seeded = vendors.vendors[vendor].double.accounts("Harbour")[0]
    file = shell.file(f"{vendor.value}.json", seeded.credentials)
    regions = [word for region in seeded.regions for word in ("--region", region)]
    made = ["--created-at", f"{seeded.created_at:%Y-%m-%d}"] if seeded.created_at else []
    ran = await run(
        shell,
        *("account", "add", "--agency", "Harbour", "--vendor", vendor.value),
        *("--name", seeded.name, "--credential-file", file, *regions, *made, "--json"),
    )
    assert ran.err == ""
    return ran.json["id"], [{**line, "account": seeded.name} for line in seeded.ledger]


def secrets(value: Any) -> list[str]:
    """All texts of a credential file that are no ids."""
    match value:
        case str():
            return [value]
        case dict():
            return [each for inner in value.values() for each in secrets(inner)]
        case _:
            return [each for inner in value for each in secrets(inner)]


async def test_six_commands_lead_from_nothing_to_a_key_and_a_calendar(
    shell: Shell, vendors: Running
) -> None:
    assert (await run(shell, "vault", "init", "--out", shell.folder / "keys.json")).code == 0
    assert (await run(shell, "agency", "add", "Harbour")).code == 0
    _, agencyaccess = await add(shell, vendors, VendorName.AGENCYACCESS)
    _, own = await add(shell, vendors, VendorName.OWN)
    known = shell.file("known.jsonl", "\n".join(map(json.dumps, agencyaccess + own)))
    imported = await run(shell, "ledger", "import", known, "--agency", "Harbour", "--json")
    assert imported.json["lines"] == imported.json["new"] == len(agencyaccess + own) > 0
    issued = await run(
        shell, "key", "issue", "--agency", "Harbour", "--scope", "clients:read", "--json"
    )
    assert issued.json["key"].startswith("gw_")
    expiring = await run(shell, "token", "list", "--expiring", "180d", "--json")
    assert {row["vendor"] for row in expiring.json} == {"OWN"}

    printed = "".join(shell.printed)
    for name in (VendorName.AGENCYACCESS, VendorName.OWN):
        for secret in secrets(vendors.vendors[name].double.accounts("Harbour")[0].credentials):
            assert secret not in printed
    assert printed.count(issued.json["key"]) == 1


@pytest.mark.parametrize("vendor", VendorName, ids=lambda name: name.value)
async def test_a_check_tells_what_each_credential_may_do(
    shell: Shell, vendors: Running, vendor: VendorName
) -> None:
    await asyncio.to_thread(shell.with_agency)
    id, _ = await add(shell, vendors, vendor)
    checked = await run(shell, "account", "check", id, "--json")
    assert checked.json
    assert all(row["accepted"] and row["problem"] is None for row in checked.json)
    (row,) = (await run(shell, "account", "list", "--json")).json
    assert row["verifiedAt"] is not None
    held = vendors.vendors[vendor].double.accounts("Harbour")[0].credentials
    assert not [each for each in secrets(held) if each in "".join(shell.printed)]


async def test_a_wrong_credential_is_told_and_exits_with_1(shell: Shell, vendors: Running) -> None:
    await asyncio.to_thread(shell.with_agency)
    file = shell.file("wrong.json", {"api_key": "canary-7f3b9c-canary"})
    words = ("account", "add", "--agency", "Harbour", "--vendor", "agencyaccess")
    added = await run(shell, *words, "--name", "Main", "--credential-file", file, "--json")
    checked = await run(shell, "account", "check", added.json["id"], "--json")
    assert checked.code == 1
    (row,) = json.loads(checked.out)
    assert (row["credential"], row["accepted"]) == ("api_key", False)
    assert row["problem"]
    (listed,) = (await run(shell, "account", "list", "--json")).json
    assert listed["credentials"] == ["api_key (refused)"]
    assert "canary" not in "".join(shell.printed)
    assert (await run(shell, "account", "check", 99)).line


async def test_a_refresh_lists_what_vendors_can_list(shell: Shell, vendors: Running) -> None:
    await asyncio.to_thread(shell.with_agency)
    for vendor in (VendorName.BRONTO, VendorName.OWN):
        await add(shell, vendors, vendor)
    refreshed = await run(shell, "ledger", "refresh", "--agency", "Harbour", "--json")
    assert all(row["problem"] is None for row in refreshed.json)
    assert {row["list"] for row in refreshed.json} == {"clients", "tokens", "jobs"}
    exported = await run(shell, "ledger", "export", "--agency", "Harbour", "--json")
    assert len(exported.json) > 3
    assert "CLIENT" in {row["kind"] for row in (await run(shell, "token", "list", "--json")).json}
