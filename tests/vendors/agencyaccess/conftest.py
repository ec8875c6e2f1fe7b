"""AgencyAccess's double on a real port, and the adapter behind the stack before it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.domain.clock import Clock
from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import world
from gateway.sandbox.server import Running, sandbox
from gateway.upstream.transport import LOOPBACK, open_transport

from .bench import Bench, opener
from .wire import Wire


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with sandbox(world(), vendors=[VendorName.AGENCYACCESS]) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def base_url(running: Running) -> str:
    return running.vendors[VendorName.AGENCYACCESS].base_url


@pytest.fixture
async def wire(running: Running, http: aiohttp.ClientSession) -> Wire:
    vendor = running.vendors[VendorName.AGENCYACCESS]
    return Wire(vendor.base_url, vendor.double, http)


@pytest.fixture
async def bench(wire: Wire, running: Running, http: aiohttp.ClientSession) -> AsyncIterator[Bench]:
    clock = Clock()
    async with open_transport(clock, opener(wire), LOOPBACK) as transport:
        yield Bench(wire, running, http, transport, clock)
