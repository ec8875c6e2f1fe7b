"""The README's first query: what it answers, and what it costs each vendor, to the call."""

import asyncio
from pathlib import Path
from typing import Any

from gateway.sandbox.seed import VENDORS
from gateway.web.app import FIRST_QUERY
from tests.e2e.cold import customers, first_query, held, together
from tests.gateways import Gateway

ALL = {vendor.name for vendor in VENDORS}

WITH_IDS = """
query Everything {
  agency {
    id name
    accounts { id name }
    clients(first: 100) { nodes {
      id label email
      records { id vendor vendorId name }
      links { nodes { id vendorId } }
      tokens { nodes { id name hint } }
    } }
    links(first: 100) { nodes { id vendorId } }
    tokens(first: 100) { nodes { id name hint user } }
  }
}
"""


def clients(answer: Any) -> list[dict[str, Any]]:
    return list(answer["agency"]["clients"]["nodes"])


async def test_the_first_query_of_the_readme_is_the_one_that_the_explorer_opens_with() -> None:
    readme = Path(__file__).parents[2] / "README.md"

    assert FIRST_QUERY.split("\n", 1)[1] in readme.read_text()


async def test_it_answers_clients_of_all_four_vendors(gateway: Gateway) -> None:
    found = clients((await gateway.query(FIRST_QUERY)).whole)

    assert all(client["name"] for client in found)
    records = [record for client in found for record in client["records"]]
    assert {record["vendor"] for record in records} == ALL
    assert {
        vendor: sum(record["vendor"] == vendor.name for record in records) for vendor in VENDORS
    } == {vendor: customers("Harbour", vendor) for vendor in VENDORS}
    assert {record["status"] for record in records} == {"ACTIVE"}


async def test_each_record_tells_where_it_comes_from(gateway: Gateway) -> None:
    found = clients((await gateway.query(FIRST_QUERY)).whole)

    for record in (record for client in found for record in client["records"]):
        assert record["provenance"]["source"] == "LIVE"
        assert record["provenance"]["asOf"].endswith("Z")


async def test_links_have_a_status_derived_from_their_services(gateway: Gateway) -> None:
    found = clients((await gateway.query(FIRST_QUERY)).whole)

    links = [link for client in found for link in client["links"]["nodes"]]
    assert len(links) == len(held(gateway.sandbox, "Harbour")["links"])
    assert {link["status"] for link in links} == {"COMPLETE", "PARTIAL", "PENDING", "SKIPPED"}
    for link in links:
        granted = [service["granted"] for service in link["services"]]
        skipped = [service["skipped"] for service in link["services"]]
        assert (link["status"] == "COMPLETE") == all(granted)
        assert (link["status"] == "SKIPPED") == all(skipped)
        assert (link["status"] == "PENDING") == (not any(granted) and not any(skipped))


async def test_tokens_end_when_their_vendors_law_says(gateway: Gateway) -> None:
    tokens = (await gateway.query(FIRST_QUERY)).whole["agency"]["tokens"]["nodes"]

    assert {token["vendor"] for token in tokens} == ALL
    own = next(token for token in tokens if token["vendor"] == "OWN")
    assert own["status"] == "EXPIRING"
    assert own["createdAt"] < own["expiresAt"]
    assert own["expiresInDays"] == 24
    assert all(token["expiresAt"] is None for token in tokens if token["vendor"] != "OWN")
    assert {token["status"] for token in tokens if token["vendor"] == "BRONTO"} == {"ACTIVE"}


async def test_cold_it_costs_exactly_the_calls_of_the_design(gateway: Gateway) -> None:
    answer = await gateway.query(FIRST_QUERY)

    expected = first_query(gateway.sandbox, "Harbour")
    assert await gateway.sandbox.all_calls() == expected
    assert {vendor: told["calls"] for vendor, told in answer.vendors.items()} == {
        vendor: sum(calls.values()) for vendor, calls in expected.items()
    }


async def test_a_second_time_it_costs_no_call_and_answers_the_same(gateway: Gateway) -> None:
    first = await gateway.query(WITH_IDS)
    gateway.sandbox.forget()

    second = await gateway.query(WITH_IDS)

    assert second.whole == first.whole
    assert await gateway.sandbox.all_calls() == {}
    assert all(told["calls"] == 0 for told in second.vendors.values())


async def test_twenty_at_once_cost_the_calls_of_one(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.query(FIRST_QUERY) for _ in range(20)))

    assert await gateway.sandbox.all_calls() == first_query(gateway.sandbox, "Harbour")
    names = [[client["name"] for client in clients(answer.whole)] for answer in answers]
    assert all(sorted(each) == sorted(names[0]) for each in names)


async def test_two_agencies_at_once_share_no_call(gateway: Gateway) -> None:
    await asyncio.gather(
        *(gateway.query(FIRST_QUERY, agency=agency) for agency in ("Harbour", "Meadow") * 5)
    )

    each = (first_query(gateway.sandbox, agency) for agency in ("Harbour", "Meadow"))
    assert await gateway.sandbox.all_calls() == together(*each)


async def test_two_agencies_at_once_are_answered_nothing_in_common(gateway: Gateway) -> None:
    asked = (
        gateway.query(document, agency=agency)
        for agency in ("Harbour", "Meadow") * 5
        for document in (FIRST_QUERY, WITH_IDS)
    )
    answers = [answer.whole["agency"] for answer in await asyncio.gather(*asked)]

    ours, theirs = (
        set().union(*(_own_words(answer) for answer in answers if answer["name"] == agency))
        for agency in ("Harbour", "Meadow")
    )
    assert len(ours) > 50
    assert len(theirs) > 50
    assert ours & theirs == set()


def _own_words(answer: dict[str, Any]) -> set[str]:
    """What only this agency may know: ids of all sorts, and the ends of its tokens."""
    words = {answer["id"]} if "id" in answer else set()
    words |= {account["id"] for account in answer.get("accounts", ())}
    rows = [*answer["tokens"]["nodes"], *answer.get("links", {}).get("nodes", ())]
    for client in answer["clients"]["nodes"]:
        rows += [client, *client["records"], *client["links"]["nodes"], *client["tokens"]["nodes"]]
    for row in rows:
        words |= {row[key] for key in ("id", "vendorId", "hint") if row.get(key)}
    return words
