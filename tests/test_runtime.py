"""The composition root: what it opens it closes, and what cannot run does not start."""

import asyncio
import gc
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway import vault
from gateway.background import background
from gateway.config import Settings, load
from gateway.directory.accounts import AccountFacts
from gateway.domain.failures import BadInput, Failure, StorageUnavailable
from gateway.domain.model import ClientValues
from gateway.domain.vendor import VendorName
from gateway.runtime import configured, insecure_hosts, open_runtime, ready_storage
from gateway.storage.port import Storage
from gateway.storage.values import SeenClient
from gateway.telemetry.redaction import Redactor
from gateway.upstream.laws import RateScope
from gateway.vendors import load as load_vendor


def settings(folder: Path, **environ: str) -> Settings:
    """The configuration of a gateway whose data is in the folder."""
    given = {
        "HOME": str(folder),
        "GATEWAY_STORAGE__URL": f"sqlite:///{folder / 'gateway.db'}",
        "GATEWAY_VAULT__KEYS": f"file:{folder / 'keys.json'}",
        **{f"GATEWAY_{name}": value for name, value in environ.items()},
    }
    return load(environ=given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vault.create(tmp_path / "keys.json")
    return tmp_path


async def test_everything_is_there_while_it_is_open_and_nothing_is_left_after(
    folder: Path,
) -> None:
    tasks, threads = len(asyncio.all_tasks()), threading.active_count()
    async with open_runtime(settings(folder), redactor=Redactor()) as runtime:
        await runtime.storage.ping()
        assert set(runtime.connector.vendors) == set(VendorName)
        inquiry = runtime.inquiry()
        assert 9.0 < inquiry.deadline.remaining(runtime.clock) <= 10.0
        assert inquiry.request_id != runtime.inquiry().request_id
    assert len(asyncio.all_tasks()) == tasks
    gc.collect()
    assert threading.active_count() <= threads


async def test_what_was_learned_last_is_written_before_the_end(folder: Path) -> None:
    async with open_runtime(settings(folder), redactor=Redactor()) as runtime:
        agency = await runtime.storage.add_agency("Harbour", actor="t", at=runtime.clock.now())
        facts = AccountFacts(vendor=VendorName.AGENCYACCESS, name="Main", credentials="k" * 20)
        account, _ = await runtime.accounts.add(agency.id, facts, runtime.inquiry(), actor="t")
        seen = SeenClient(account.id, "a1", ClientValues(name="Ana"), runtime.clock.now())
        runtime.directory.learner.note(agency.id, seen)
    async with open_runtime(settings(folder), redactor=Redactor()) as runtime:
        exported = await runtime.storage.export(agency.id)
    assert [line["vendorId"] for line in exported] == ["a1"]


async def test_without_a_key_ring_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gateway vault init"):
        async with open_runtime(settings(tmp_path, VAULT__KEYS=""), redactor=Redactor()):
            pytest.fail("it started")
    with pytest.raises(Failure, match="cannot be read"):
        async with open_runtime(settings(tmp_path), redactor=Redactor()):
            pytest.fail("it started")


@pytest.mark.parametrize("current", [True, False])
async def test_another_database_than_sqlite_is_migrated_by_command_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch, current: bool
) -> None:
    done: list[str] = []

    class Database:
        async def migrate(self) -> None:
            done.append("migrate")

        async def schema_is_current(self) -> bool:
            return current

        async def close(self) -> None:
            done.append("close")

    async def open_storage(url: str) -> Any:
        return Database()

    monkeypatch.setattr("gateway.runtime.open_storage", open_storage)
    asked = settings(folder, STORAGE__URL="postgresql://db/gateway")
    if current:
        assert isinstance(await ready_storage(asked), Database)
        assert done == []
    else:
        with pytest.raises(StorageUnavailable, match="gateway storage migrate"):
            await ready_storage(asked)
        assert done == ["close"]


async def test_a_failure_within_closes_what_was_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Storage] = []
    ready = ready_storage

    async def watched(asked: Settings) -> Storage:
        storage = await ready(asked)
        close = storage.close

        async def noted() -> None:
            await close()
            closed.append(storage)

        storage.close = noted  # type: ignore[method-assign]
        return storage

    monkeypatch.setattr("gateway.runtime.ready_storage", watched)
    with pytest.raises(ZeroDivisionError):
        async with open_runtime(settings(folder), redactor=Redactor()):
            raise ZeroDivisionError
    assert len(closed) == 1
    assert len(asyncio.all_tasks()) == 1


# ── What the configuration changes of a vendor ────────────────────────────────────────────────


def test_without_configuration_a_vendor_is_as_its_facts_say(folder: Path) -> None:
    for name in VendorName:
        vendor = load_vendor(name)
        assert configured(vendor, settings(folder)) == vendor


def test_hosts_limits_and_freshness_are_the_configurations(folder: Path) -> None:
    asked = settings(
        folder,
        VENDORS__OWN__BASE_URL="https://{region}.own.example",
        VENDORS__OWN__AUTH_URL="https://auth.own.example",
        VENDORS__OWN__LIMITS='[{count = 3, period = "2s", scope = "account"}]',
        VENDORS__OWN__FRESHNESS='{backups = "5s", events = "1s"}',
        VENDORS__BRONTO__AUTH_URL="https://auth.bronto.example",
    )
    own = configured(load_vendor(VendorName.OWN), asked)
    assert own.laws.hosts == {
        "api": "https://{region}.own.example",
        "auth": "https://auth.own.example",
    }
    assert [(rate.count, rate.seconds, rate.scope) for rate in own.laws.limits] == [
        (3, 2.0, RateScope.ACCOUNT)
    ]
    before = load_vendor(VendorName.OWN).laws.freshness
    assert own.laws.freshness["backups"] == replace(before["backups"], fresh=5.0)
    assert own.laws.freshness["events"].fresh == 1.0
    assert own.laws.freshness["services"] == before["services"]
    assert "auth" not in configured(load_vendor(VendorName.BRONTO), asked).laws.hosts


def test_in_production_no_host_is_called_by_plain_http(folder: Path) -> None:
    assert insecure_hosts(settings(folder)) == frozenset()
    development = settings(
        folder, HTTP__PROFILE="development", VENDORS__INSECURE_HOSTS='["double.test"]'
    )
    assert {"127.0.0.1", "double.test"} <= insecure_hosts(development)


# ── Work in the background ────────────────────────────────────────────────────────────────────


async def test_work_under_way_ends_with_its_owner() -> None:
    ended: list[str] = []

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async with background() as spawn:
        spawn(work("a"))
        spawn(work("b"))
        await asyncio.sleep(0)
    assert sorted(ended) == ["a", "b"]
    assert len(asyncio.all_tasks()) == 1


async def test_work_that_is_begun_at_the_end_ends_too() -> None:
    async def last() -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            spawn(last())

    async with background() as spawn:
        spawn(work())
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_one_piece_that_fails_is_logged_and_takes_nothing_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = asyncio.Event()

    async def fails() -> None:
        raise ZeroDivisionError

    async def goes_on() -> None:
        await asyncio.sleep(0)
        done.set()

    async with background() as spawn:
        spawn(fails())
        spawn(goes_on())
        await done.wait()
    assert "Work in the background failed." in caplog.text
