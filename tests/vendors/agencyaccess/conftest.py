"""AgencyAccess's double on a real port."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import world
from gateway.sandbox.server import sandbox

from .wire import Wire


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    name = VendorName.AGENCYACCESS
    async with sandbox(world(), vendors=[name]) as running, aiohttp.ClientSession() as session:
        vendor = running.vendors[name]
        yield Wire(vendor.base_url, vendor.double, session)
