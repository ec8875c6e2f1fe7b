"""Where values come from: the vendor in this operation, the gateway's memory, or an old one."""

from typing import Any

from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import VENDORS
from tests.conftest import Open
from tests.gateways import Gateway, Sandbox

SOURCES = """
{
  clients(first: 100) { nodes { records { vendor provenance { source asOf stale } } } }
  links(first: 100) { nodes { vendor provenance { source asOf stale } } }
  tokens(first: 100) { nodes { vendor held kind provenance { source asOf stale } } }
}
"""

LINKS = "{ links(first: 100) { nodes { vendorId status provenance { source stale } } } }"

DOWN = {"fault": "status", "code": 503}


def rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    records = [record for client in data["clients"]["nodes"] for record in client["records"]]
    return [*records, *data["links"]["nodes"]]


def sources(data: dict[str, Any]) -> set[tuple[str, bool]]:
    return {(row["provenance"]["source"], row["provenance"]["stale"]) for row in rows(data)}


async def test_what_a_vendor_said_in_this_operation_is_live(gateway: Gateway) -> None:
    data = (await gateway.query(SOURCES)).whole

    assert sources(data) == {("LIVE", False)}
    bronto = [token for token in data["tokens"]["nodes"] if token["vendor"] == "BRONTO"]
    assert {token["provenance"]["source"] for token in bronto} == {"LIVE"}


async def test_what_it_said_a_moment_ago_is_cached_and_as_old_as_it_is(gateway: Gateway) -> None:
    first = (await gateway.query(SOURCES)).whole

    second = (await gateway.query(SOURCES)).whole

    assert sources(second) == {("CACHED", False)}
    moments = [[row["provenance"]["asOf"] for row in rows(data)] for data in (first, second)]
    assert sorted(moments[0]) == sorted(moments[1])


async def test_what_no_vendor_tells_is_the_ledgers_and_never_stale(gateway: Gateway) -> None:
    gateway.later(86_400)

    tokens = (await gateway.query(SOURCES)).whole["tokens"]["nodes"]

    told = [token["provenance"] for token in tokens if token["vendor"] != "BRONTO"]
    assert {(one["source"], one["stale"]) for one in told} == {("LEDGER", False)}


async def test_past_its_freshness_a_value_is_asked_for_again(gateway: Gateway) -> None:
    before = (await gateway.query(SOURCES)).whole
    gateway.later(3600)
    gateway.sandbox.forget()

    after = (await gateway.query(SOURCES)).whole

    # CACHED where the list's own refresh, which nobody waits for, was the quicker one.
    assert sources(after) <= {("LIVE", False), ("CACHED", False)}
    newest = max(row["provenance"]["asOf"] for row in rows(before))
    assert min(row["provenance"]["asOf"] for row in rows(after)) > newest
    assert set(await gateway.sandbox.all_calls()) == {vendor.name for vendor in VENDORS}


async def test_a_link_that_is_settled_stays_cached_longer_than_one_under_way(
    open_gateway: Open,
) -> None:
    async with open_gateway() as gateway:
        await gateway.query(LINKS)

    async with open_gateway() as gateway:
        gateway.later(60)
        links = (await gateway.query(LINKS)).whole["links"]["nodes"]

    assert {(link["status"], link["provenance"]["source"]) for link in links} == {
        ("PENDING", "LIVE"),
        ("PARTIAL", "LIVE"),
        ("COMPLETE", "CACHED"),
        ("SKIPPED", "CACHED"),
    }


async def test_an_old_value_in_place_of_a_vendor_that_is_down_is_no_error(
    gateway: Gateway,
) -> None:
    await gateway.query(SOURCES)
    gateway.later(3600)
    for vendor in VENDORS:
        await gateway.sandbox.faults(vendor, DOWN)

    answer = await gateway.query(SOURCES)

    assert answer.errors == []
    assert sources(answer.data) == {("LEDGER", True)}
    assert {told["failure"] for told in answer.vendors.values()} == {"VENDOR_UNAVAILABLE"}
    assert all(told["stale"] for told in answer.vendors.values())


async def test_a_link_from_the_ledger_of_an_earlier_process_is_told_as_stale(
    open_gateway: Open, world: Sandbox
) -> None:
    async with open_gateway() as gateway:
        before = (await gateway.query(LINKS)).whole["links"]["nodes"]
    await world.faults(VendorName.AGENCYACCESS, DOWN)

    async with open_gateway() as gateway:
        gateway.later(3600)
        answer = await gateway.query(LINKS)

    links = answer.whole["links"]["nodes"]
    known = {link["vendorId"]: link["status"] for link in before}
    assert {link["vendorId"]: link["status"] for link in links} == known
    assert {link["provenance"]["source"] for link in links} == {"LEDGER"}
    told = answer.vendors["AGENCYACCESS"]
    assert (told["stale"], told["failure"]) == (True, "VENDOR_UNAVAILABLE")


async def test_a_vendor_that_is_well_again_is_live_again(gateway: Gateway) -> None:
    await gateway.query(SOURCES)
    gateway.later(3600)
    await gateway.sandbox.faults(VendorName.AGENCYACCESS, DOWN)
    await gateway.query(SOURCES)
    await gateway.sandbox.faults(VendorName.AGENCYACCESS)
    gateway.later(60)
    await gateway.query(LINKS)  # one call tries whether the vendor is well; the rest wait for it
    gateway.later(60)

    links = (await gateway.query(LINKS)).whole["links"]["nodes"]

    under_way = [link for link in links if link["status"] in ("PENDING", "PARTIAL")]
    assert {link["provenance"]["source"] for link in under_way} == {"LIVE"}
