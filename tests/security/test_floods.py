"""Floods and values that do not fit: each is refused or costs its own field, and nobody waits."""

import asyncio
import json
import time
from urllib.parse import urlsplit

import pytest

from gateway.config import Profile
from gateway.domain.vendor import VendorName
from gateway.web.app import face
from tests.conftest import Open
from tests.gateways import Gateway


async def test_answers_on_a_kept_connection_do_not_wait_for_acknowledgements(
    gateway: Gateway,
) -> None:
    """asyncio sets TCP_NODELAY only where the socket names its protocol: else 44 ms an answer."""
    took = []
    for _ in range(6):
        begun = time.perf_counter()
        async with gateway.sandbox.http.get(f"{gateway.url}livez") as got:
            await got.read()
        took.append(time.perf_counter() - begun)
    assert sorted(took)[2] < 0.03


async def test_a_number_of_a_vendor_that_does_not_fit_costs_its_field_and_is_the_vendors(
    gateway: Gateway,
) -> None:
    world = gateway.sandbox.state(VendorName.OWN)
    world = json.loads(json.dumps(world, default=str))
    for region in world["agencies"]["Harbour"]["regions"].values():
        for service in region["services"]:
            service["num_items"] = 2**53
    await gateway.sandbox.control("POST", VendorName.OWN, "reset", {"world": world})
    document = """
    { clients(filter: { vendors: OWN }) { nodes { records(vendors: [OWN]) {
      name details { ... on OwnDetails { itemCount } }
    } } } }
    """
    answer = await gateway.query(document)
    assert set(answer.codes) == {"VENDOR_CONTRACT"}
    assert all(
        record["name"] for node in answer.data["clients"]["nodes"] for record in node["records"]
    )


async def test_a_flood_of_variables_is_refused_before_it_is_read(gateway: Gateway) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    answer = await gateway.query(document, variables={"ids": ["x"] * 200_000})
    assert answer.codes == ["DOCUMENT_REFUSED"]
    assert "values" in answer.errors[0]["message"]


async def test_no_name_is_suggested_for_a_wrong_variable(open_gateway: Open) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        document = "query ($f: ClientFilter) { clients(filter: $f) { totalCount } }"
        answer = await gateway.query(document, variables={"f": {"serch": "x"}})
    assert "Did you mean" not in json.dumps(answer.body)


async def test_a_literal_of_5000_digits_is_the_callers_fault(gateway: Gateway) -> None:
    answer = await gateway.query("{ clients(first: " + "9" * 5_000 + ") { totalCount } }")
    assert answer.codes == ["DOCUMENT_REFUSED"]


@pytest.mark.parametrize(
    "document",
    [
        "{ "
        + " ".join(
            f"a{n}: __schema {{ types {{ name fields {{ name args {{ name }} }} }} }}"
            for n in range(200)
        )
        + " }",
        "{ "
        + " ".join(f"a{n}: vendors {{ support {{ operation level reason }} }}" for n in range(300))
        + " }",
    ],
)
async def test_lists_do_not_multiply_a_document_without_end(
    open_gateway: Open, document: str
) -> None:
    async with open_gateway(face=face(Profile.DEVELOPMENT)) as gateway:
        answer = await gateway.query(document)
    assert "DOCUMENT_REFUSED" in answer.codes


async def test_a_body_that_does_not_come_is_given_up_at_the_deadline(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(gateway.url).port)
    head = (
        "POST /graphql HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"X-API-Key: {gateway.keys['Harbour']}",
        "X-Request-Timeout: 300ms",
        "Content-Length: 99",
    )
    writer.write(("\r\n".join(head) + "\r\n\r\n{").encode())
    try:
        async with asyncio.timeout(2):
            assert b" 408 " in await reader.readline()
    finally:
        writer.close()


BACKUP = """
{ clients(filter: { vendors: OWN }, first: 1) { nodes { records(vendors: [OWN]) {
  details { ... on OwnDetails { lastBackup { vendorId status } } } } } } }
"""


async def test_a_reply_that_breaks_its_contract_never_takes_a_good_ones_place(
    gateway: Gateway,
) -> None:
    before = await gateway.query(BACKUP)
    world = json.loads(json.dumps(gateway.sandbox.state(VendorName.OWN), default=str))
    for backups in _lists(world, "backups"):
        for backup in backups:
            backup["status"] = {"not": "a word"}
    await gateway.sandbox.control("POST", VendorName.OWN, "reset", {"world": world})
    gateway.later(90)
    for _ in range(2):
        after = await gateway.query(BACKUP)
        assert after.data == before.data
        assert after.errors == []
        assert after.body["extensions"]["vendors"]["OWN"]["failure"] == "VENDOR_CONTRACT"


def _lists(value: object, name: str) -> list[list[dict[str, object]]]:
    """All lists under that name, however deep."""
    found = []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value or ()):
        if key == name and isinstance(inner, list):
            found.append(inner)
        elif isinstance(inner, dict | list):
            found += _lists(inner, name)
    return found
