"""A database with one agency for each test, and what runs beside requests."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.background import Spawn, background
from gateway.domain.clock import Clock
from gateway.storage.port import Storage
from gateway.storage.sql import open_storage
from tests.directory.fakes import NOON, Hands


async def _migrated(path: Path) -> None:
    storage = await open_storage(f"sqlite:///{path}")
    await storage.migrate()
    for name in ("Harbour", "Meadow"):
        await storage.add_agency(name, actor="test", at=NOON)
    await storage.close()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both agencies, 1 and 2, without accounts."""
    path = tmp_path_factory.mktemp("directory") / "gateway.sqlite"
    asyncio.run(_migrated(path))
    return path


@pytest.fixture
async def storage(database: Path, tmp_path: Path) -> AsyncIterator[Storage]:
    shutil.copy(database, tmp_path / "gateway.sqlite")
    opened = await open_storage(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    yield opened
    await opened.close()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> Clock:
    return hands.clock


@pytest.fixture
async def spawn() -> AsyncIterator[Spawn]:
    async with background() as spawn:
        yield spawn
