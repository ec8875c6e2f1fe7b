"""Own's double on a socket, called by a script and by the gateway's own stack."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from .script import Script
from .served import Gateway, Time, calling, serving


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    time = Time()
    async with serving(time) as served, aiohttp.ClientSession() as http:
        yield Script(served, time, http)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    time = Time()
    async with serving(time) as vendor, calling(vendor, time) as bound:
        yield Gateway(vendor, bound, time)
