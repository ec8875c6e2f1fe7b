"""A sandbox on real sockets, and a client that talks to its vendors and to its controls."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import world
from gateway.sandbox.server import Running, sandbox


@dataclass(frozen=True)
class Heard:
    """What a client heard, to the end."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Visitor:
    """Someone who calls AgencyAccess as Harbour, and who holds the controls."""

    def __init__(self, running: Running, session: aiohttp.ClientSession) -> None:
        self.running = running
        self.session = session
        vendor = running.vendors[VendorName.AGENCYACCESS]
        self.double: Any = vendor.double
        self.url = vendor.base_url
        self.key = vendor.described["agencies"]["Harbour"]["api_key"]
        self.client_id = next(iter(self.double.state()["agencies"]["Harbour"]["clients"]))

    async def control(
        self, method: str, path: str, body: Any = None, vendor: str = "AGENCYACCESS"
    ) -> Any:
        """A control's answer, which must be good."""
        status, answer = await self.try_control(method, path, body, vendor)
        assert status == 200, answer
        return answer

    async def try_control(
        self, method: str, path: str, body: Any = None, vendor: str = "AGENCYACCESS"
    ) -> tuple[int, Any]:
        """A control's status and answer."""
        url = f"{self.running.control}/{vendor}/{path}"
        async with self.session.request(method, url, json=body) as response:
            return response.status, await response.json()

    async def read(self, seconds: float | None = None) -> Heard:
        """Read one client, for at most so many seconds."""
        return await self._heard(
            "GET",
            "clients/retrieve",
            params={"id": self.client_id},
            timeout=aiohttp.ClientTimeout(total=seconds),
        )

    async def write(self) -> Heard:
        """Make a client."""
        nora = {"name": "Nora Blum", "email": "nora@blum.example", "language": "English"}
        return await self._heard("POST", "clients/create", json=nora)

    async def _heard(self, method: str, operation: str, **options: Any) -> Heard:
        async with self.session.request(
            method,
            f"{self.url}/api/{operation}",
            headers={"X-Auth": self.key},
            allow_redirects=False,
            **options,
        ) as response:
            return Heard(response.status, response.headers.copy(), await response.read())

    async def until_called(self) -> None:
        """Ask again and again, each time over the socket, until a call has arrived."""
        while not await self.calls():
            pass

    async def calls(self) -> list[dict[str, Any]]:
        """What the sandbox has recorded."""
        calls: list[dict[str, Any]] = await self.control("GET", "calls")
        return calls


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    async with (
        sandbox(world(), vendors=[VendorName.AGENCYACCESS]) as running,
        aiohttp.ClientSession() as session,
    ):
        # Else it sends a GET again by itself when the connection breaks, and counts are off.
        session._retry_connection = False
        yield Visitor(running, session)
