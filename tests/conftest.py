"""Fixtures for tests of the whole: vendors on real ports, a gateway over them, two agencies.

`-p tests.loopback` (no socket leaves this machine), `-p tests.profiles` (generated cases) and
`-p tests.answered` (which fields of the schema were answered) are loaded by pyproject.toml.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from gateway.config import Profile
from gateway.web.app import face
from tests import gateways
from tests.gateways import Gateway, Sandbox, Template

ONE_OF = """
query OneOf($vendor: VendorName!) {
  clients(first: 1, filter: { vendors: [$vendor] }) { nodes { name } }
}
"""

Open = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What every gateway begins with."""
    return asyncio.run(gateways.template(tmp_path_factory.mktemp("template")))


@pytest.fixture
async def world() -> AsyncIterator[Sandbox]:
    """The vendors, with both agencies as their customers."""
    async with gateways.open_sandbox() as world:
        yield world


@pytest.fixture
def folder(template: Template, tmp_path: Path) -> Path:
    """A gateway's data: both agencies, as their operator told of them."""
    return template.copy(tmp_path / "data")


@pytest.fixture
def open_gateway(world: Sandbox, folder: Path, template: Template) -> Open:
    """Opens a gateway with settings, redactor or face of the test's own, as often as it likes."""
    return partial(gateways.open_gateway, world, folder, template.keys)


@pytest.fixture
async def gateway(open_gateway: Open) -> AsyncIterator[Gateway]:
    """A gateway with cold caches, at which nobody has asked anything."""
    async with open_gateway() as gateway:
        yield gateway


@dataclass(frozen=True)
class Demo:
    """A gateway as `gateway demo` shows it; a client's name for each vendor that knows it."""

    url: str
    client_names: dict[str, str]


@pytest.fixture
async def demo(open_gateway: Open, template: Template) -> AsyncIterator[Demo]:
    """A gateway with its explorer, signed in as the first agency."""
    headers = {"Authorization": f"Bearer {template.keys['Harbour']}"}
    async with open_gateway(face=face(Profile.DEVELOPMENT, headers)) as gateway:
        names = {}
        for vendor in gateway.sandbox.running.vendors:
            page = (await gateway.query(ONE_OF, variables={"vendor": vendor.name})).whole["clients"]
            names[vendor.name] = page["nodes"][0]["name"]
        yield Demo(gateway.url, names)
