"""The database itself: its file, its schema, its failures, its life."""

import asyncio
import sqlite3
import stat
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from gateway.domain.failures import BadInput, Conflict, StorageUnavailable
from gateway.storage.migration import config
from gateway.storage.port import Storage
from gateway.storage.sql import open_storage
from gateway.storage.tables import metadata
from gateway.storage.values import IntentFilter

# ── Schema ────────────────────────────────────────────────────────────────────────────────────


async def test_the_migrations_make_what_the_tables_say(storage: Any) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    def foreign_keys(connection: Connection) -> set[Any]:
        return {
            (table, key["constrained_columns"][0], key["options"].get("ondelete"))
            for table in metadata.tables
            for key in inspect(connection).get_foreign_keys(table)
        }

    async with storage._database.read() as connection:
        assert await connection.run_sync(differences) == []
        found = await connection.run_sync(foreign_keys)
    assert found == {
        (table.name, key.parent.name, key.ondelete)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
    }


async def test_migrating_twice_is_harmless(empty_url: str, noon: datetime) -> None:
    storage = await open_storage(empty_url)
    try:
        assert not await storage.schema_is_current()
        await asyncio.gather(storage.migrate(), storage.migrate())
        assert await storage.schema_is_current()
        agency = await storage.add_agency("Harbour", actor="ops", at=noon)
        await storage.migrate()
        assert await storage.agencies() == (agency,)
    finally:
        await storage.close()


async def test_a_database_of_the_first_release_is_brought_up_to_date(empty_url: str) -> None:
    storage: Any = await open_storage(empty_url)
    try:
        async with storage._database.write() as connection:
            await connection.run_sync(lambda inner: command.upgrade(config(inner), "0001"))
            first = "INSERT INTO agencies (id, name, name_key) VALUES (7, 'Harbour', 'harbour')"
            await connection.execute(text(first))
        assert not await storage.schema_is_current()

        await storage.migrate()
        assert await storage.schema_is_current()
        assert [agency.id for agency in await storage.agencies()] == [7]
        assert await storage.count_intents(7, IntentFilter()) == 0
    finally:
        await storage.close()


async def test_a_newer_schema_is_left_alone(empty_url: str) -> None:
    storage: Any = await open_storage(empty_url)
    try:
        await storage.migrate()
        async with storage._database.write() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

        assert not await storage.schema_is_current()
        with pytest.raises(StorageUnavailable, match="does not know"):
            await storage.migrate()
    finally:
        await storage.close()


# ── Failures ──────────────────────────────────────────────────────────────────────────────────


async def test_a_failure_of_the_database_tells_its_kind_and_no_value(
    empty_url: str, noon: datetime
) -> None:
    storage = await open_storage(empty_url)
    try:
        await storage.ping()
        with pytest.raises(StorageUnavailable) as failed:
            await storage.add_agency("A secret name", actor="A secret actor", at=noon)
    finally:
        await storage.close()
    told = "".join(traceback.format_exception(failed.value))
    assert "secret" not in told.split("StorageUnavailable:")[1]
    assert "INSERT" not in told
    assert failed.value.message in (
        "The gateway's storage cannot answer (SQLITE_ERROR).",
        "The gateway's storage cannot answer (42P01).",
    )


async def test_a_conflict_quotes_nothing(storage: Storage, noon: datetime) -> None:
    await storage.add_agency("Harbour", actor="ops", at=noon)
    with pytest.raises(Conflict) as refused:
        await storage.add_agency("Harbour", actor="ops", at=noon)
    assert "Harbour" not in "".join(traceback.format_exception_only(refused.value))
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "http://host", "://"],
)
async def test_another_sort_of_url_is_bad_input(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        await open_storage(url)
    assert refused.value.field == ("storage", "url")


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    storage = await open_storage(f"postgresql://gateway:hunter2@127.0.0.1:{unused_tcp_port}/db")
    try:
        with pytest.raises(StorageUnavailable) as failed:
            await storage.ping()
    finally:
        await storage.close()
    assert "hunter2" not in str(failed.value)


async def test_a_refused_login_is_unavailable(postgres: Any) -> None:
    storage = await open_storage(postgres.get_uri("nowhere"))
    try:
        with pytest.raises(StorageUnavailable, match="3D000"):
            await storage.ping()
    finally:
        await storage.close()


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────


async def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "gateway.sqlite"
    storage = await open_storage(f"sqlite+aiosqlite:///{path}")
    await storage.migrate()
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await storage.close()


async def test_a_file_that_cannot_be_made_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable):
        await open_storage("sqlite:////proc/nowhere/gateway.sqlite")


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("not a database, but long enough to be read as one" * 100)
    storage = await open_storage(f"sqlite:///{path}")
    with pytest.raises(StorageUnavailable, match="SQLITE_NOTADB"):
        await storage.ping()
    await storage.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_writes_are_durable_and_erase_what_they_replace(storage: Any) -> None:
    async with storage._database.read() as connection:
        settings = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_lock_of_another_process_is_waited_for_and_then_unavailable(
    url: str, noon: datetime
) -> None:
    storage = await open_storage(url, busy_timeout=0.2)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        started = asyncio.get_running_loop().time()
        with pytest.raises(StorageUnavailable, match="SQLITE_BUSY"):
            await storage.add_agency("Harbour", actor="ops", at=noon)
        assert 0.15 < asyncio.get_running_loop().time() - started < 3
        assert await storage.agencies() == ()  # who reads does not wait

        waiting = asyncio.create_task(storage.add_agency("Harbour", actor="ops", at=noon))
        await asyncio.sleep(0.05)
        other.execute("COMMIT")
        await waiting
    finally:
        other.close()
        await storage.close()


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_row_that_another_process_holds_is_waited_for_and_then_unavailable(
    url: str, noon: datetime
) -> None:
    storage = await open_storage(url, busy_timeout=0.3)
    other = await asyncpg.connect(url)
    try:
        agency = await storage.add_agency("Harbour", actor="ops", at=noon)
        async with other.transaction():
            await other.execute("SELECT * FROM agencies FOR UPDATE")
            with pytest.raises(StorageUnavailable, match="55P03"):
                await storage.learn_capability(agency.id, 1, "X", True)
            assert await storage.agencies() == (agency,)  # who reads does not wait
        await storage.learn_capability(agency.id, 1, "X", True)
    finally:
        await other.close()
        await storage.close()


# ── Life ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_restart_keeps_everything(
    url: str, storage: Storage, harbour: Any, noon: datetime
) -> None:
    await harbour.tell(harbour.bronto, "b", "acme")
    await harbour.lists(harbour.bronto, ["b", "c"])
    before = (
        await storage.accounts(harbour.agency),
        await storage.clients(harbour.agency, range(9)),
        await storage.audit(None, 99),
        await storage.listings(harbour.agency),
    )
    await storage.close()

    again = await open_storage(url)
    assert await again.schema_is_current()
    assert before == (
        await again.accounts(harbour.agency),
        await again.clients(harbour.agency, range(9)),
        await again.audit(None, 99),
        await again.listings(harbour.agency),
    )
    await again.close()


async def test_a_cancelled_write_leaves_nothing_and_no_lock(storage: Any, noon: datetime) -> None:
    agency = await storage.add_agency("Harbour", actor="ops", at=noon)
    begun, never = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with storage._database.write(agency.id) as connection:
            await connection.execute(text("DELETE FROM audit"))
            begun.set()
            await never.wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await storage.audit(agency.id, 9)) == 1
    await storage.add_agency("Meadow", actor="ops", at=noon)


async def test_writers_cancelled_at_any_moment_do_no_harm(harbour: Any, noon: datetime) -> None:
    async def told(number: int) -> None:
        await harbour.tell(harbour.bronto, str(number), "acme")

    tasks = [asyncio.create_task(told(number)) for number in range(30)]
    for turn, task in enumerate(tasks):
        for _ in range(turn % 7):
            await asyncio.sleep(0.001)
        if turn % 2:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    found = await harbour.clients(label="acme")
    assert {str(number) for number in range(0, 30, 2)} <= set(found[0])
    trail = await harbour.storage.audit(harbour.agency, 100)
    assert len([row for row in trail if row.action == "client.tell"]) == len(found[0])


async def test_writers_of_two_processes_do_not_hurt_each_other(
    url: str, harbour: Any, noon: datetime
) -> None:
    other = await open_storage(url)
    try:
        told = await asyncio.gather(
            *(
                storage.tell_client(
                    harbour.agency, harbour.bronto, str(number % 5), "acme", actor="a", at=noon
                )
                for number in range(20)
                for storage in (harbour.storage, other)
            )
        )
    finally:
        await other.close()
    assert len({id for id, _ in told}) == 5
    assert sum(is_new for _, is_new in told) == 5
    assert len(await harbour.clients()) == 1


async def test_readers_go_on_while_somebody_writes(storage: Any, harbour: Any) -> None:
    async with storage._database.write(harbour.agency) as connection:
        await connection.execute(text("DELETE FROM clients"))
        async with asyncio.timeout(5):
            readers = [storage.accounts(harbour.agency) for _ in range(12)]
            assert len({len(found) for found in await asyncio.gather(*readers)}) == 1
