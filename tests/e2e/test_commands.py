"""`gateway demo` and `gateway sandbox` as tools outside rely on them."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.domain.vendor import VendorName
from gateway.sandbox import seed
from gateway.web.app import FIRST_QUERY
from tests.e2e import processes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

EVERYTHING = """
{
  viewer { scopes }
  agencies { nodes { name } }
  agency { accounts { logins { username } events { nodes { vendorId } } } }
}
"""

VENDORS = {vendor.name for vendor in VendorName}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post(http: aiohttp.ClientSession, url: str, key: str, document: str) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    async with http.post(url, json={"query": document}, headers=headers) as response:
        assert response.status == 200
        return await response.json()


def keys_of(value: Any) -> Any:
    """The shape of a JSON object: its keys, and theirs."""
    return {key: keys_of(held) for key, held in value.items()} if isinstance(value, dict) else None


async def test_the_demos_first_line_tells_all_that_a_tool_needs(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    words = ("demo", "--json", "--port", "0", "--sandbox-port", "0")
    async with processes.gateway(*words, home=tmp_path) as demo:
        told = await demo.line()

        assert list(told) == ["url", "graphql", "control", "keys", "vendors"]
        assert told["graphql"] == f"{told['url']}graphql"
        assert list(told["keys"]) == ["Harbour", "Meadow"]
        assert told["vendors"].keys() == VENDORS
        assert {vendor.name: keys_of(told["vendors"][vendor.name]) for vendor in seed.VENDORS} == {
            "AGENCYACCESS": {"base_url": None},
            "BRONTO": {"base_url": None, "wsdl": None},
            "ENGAGING_NETWORKS": {"base_url": None},
            "OWN": {"auth_url": None, "regions": {"app1": None, "emea1": None}},
        }
        async with http.get(f"{told['control']}/OWN/calls") as response:
            assert await response.json() == []
        for agency, key in told["keys"].items():
            answer = await post(http, told["graphql"], key, FIRST_QUERY)
            assert "errors" not in answer
            assert answer["data"]["agency"]["name"] == agency
            assert {
                vendor
                for client in answer["data"]["agency"]["clients"]["nodes"]
                for vendor in client["vendors"]
            } == VENDORS
        async with http.get(told["url"]) as response:
            assert "graphiql" in (await response.text()).lower()


async def test_the_demos_keys_may_do_everything_within_their_agency_and_nothing_elsewhere(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    words = ("demo", "--json", "--port", "0", "--sandbox-port", "0")
    async with processes.gateway(*words, home=tmp_path) as demo:
        told = await demo.line()

        for agency, key in told["keys"].items():
            answer = await post(http, told["graphql"], key, EVERYTHING)
            assert "errors" not in answer
            assert "agencies:admin" in answer["data"]["viewer"]["scopes"]
            assert answer["data"]["agencies"]["nodes"] == [{"name": agency}]


async def test_the_sandboxs_first_line_has_addresses_and_credentials(tmp_path: Path) -> None:
    async with processes.gateway("sandbox", "--json", "--port", "0", home=tmp_path) as sandbox:
        told = await sandbox.line()

    assert list(told) == ["control", "vendors"]
    assert told["vendors"].keys() == VENDORS
    access, bronto, networks, own = (told["vendors"][name.name] for name in seed.VENDORS)
    assert access.keys() == {"base_url", "agencies"}
    assert bronto.keys() == {"base_url", "wsdl", "agencies"}
    assert networks.keys() == {"base_url", "agencies"}
    assert own.keys() == {"auth_url", "regions", "agencies"}
    for agency in ("Harbour", "Meadow"):
        assert access["agencies"][agency].keys() == {"api_key"}
        assert bronto["agencies"][agency].keys() == {"agency_token", "client_tokens"}
        assert own["agencies"][agency].keys() == {"api_token", "client_id"}
        for account in networks["agencies"][agency]:
            assert account.keys() == {"public_token", "private_token", "api_key"}


async def test_with_a_port_the_controls_are_there_and_the_vendors_after_it(tmp_path: Path) -> None:
    first = processes.free_ports(1 + len(VendorName))
    words = ("sandbox", "--json", "--port", str(first))
    async with processes.gateway(*words, home=tmp_path) as sandbox:
        told = await sandbox.line()

    assert told["control"] == f"http://127.0.0.1:{first}"
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", str(told["vendors"]))}
    assert ports == set(range(first + 1, first + 1 + len(VendorName)))


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "words", [("demo", "--port", "0", "--sandbox-port", "0"), ("sandbox", "--port", "0")]
)
async def test_a_signal_ends_it_within_five_seconds_and_well(
    tmp_path: Path, words: tuple[str, ...], by: signal.Signals
) -> None:
    async with processes.gateway(*words, "--json", home=tmp_path) as command:
        await command.line()

        code, seconds, complaints = await command.end(by)

    assert (code, complaints) == (0, "")
    assert seconds < 5
    assert os.listdir(tmp_path) == []


async def test_a_request_under_way_at_a_vendor_that_hangs_does_not_hold_up_the_end(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    words = ("demo", "--json", "--port", "0", "--sandbox-port", "0")
    async with processes.gateway(*words, home=tmp_path) as demo:
        told = await demo.line()
        faults = f"{told['control']}/AGENCYACCESS/faults"
        async with http.put(faults, json=[{"fault": "hang"}]) as response:
            assert response.status == 200
        headers = {"Authorization": f"Bearer {told['keys']['Harbour']}"}
        asking = asyncio.ensure_future(
            http.post(told["graphql"], json={"query": FIRST_QUERY}, headers=headers)
        )
        await _called(http, f"{told['control']}/AGENCYACCESS/calls")
        code, seconds, complaints = await demo.end()
        answer = await (await asking).json()

    assert code == 0
    assert seconds < 5
    assert "Traceback" not in complaints
    assert answer["errors"][0]["extensions"]["retryable"] is True


async def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for words in (
            ("sandbox", "--port", port),
            ("demo", "--port", "0", "--sandbox-port", port),
            ("demo", "--port", port, "--sandbox-port", "0"),
        ):
            async with processes.gateway(*words, "--json", home=tmp_path) as command:
                code, output, complaints = await command.ended()
            assert (code, output) == (1, "")
            assert port in complaints
            assert len(complaints.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == []


async def _called(http: aiohttp.ClientSession, url: str) -> None:
    """Wait until the vendor was called."""
    calls: list[Any] = []
    while not calls:
        async with http.get(url) as response:
            calls = await response.json()
