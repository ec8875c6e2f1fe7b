"""A job begins with the write that hands over its file: both are in the journal, or neither."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.failures import Conflict
from gateway.domain.jobs import JobKind, JobStatus, JobValues
from gateway.storage.values import KeepJob, NewIntent, RetellJob

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WAITING = JobValues(title="Import", kind=JobKind.IMPORT, status=JobStatus.WAITING)


async def waiting(tenant: Any) -> int:
    id: int = await tenant.change(KeepJob(account=tenant.bronto, values=WAITING))
    return id


async def status(tenant: Any, job: int) -> JobStatus:
    found = await tenant.storage.jobs(tenant.agency, [job])
    told: JobStatus = found[job].values.status
    return told


async def begin(tenant: Any, job: int, key: str | None = None) -> Any:
    intent = NewIntent(
        operation="sendImport", caller="ann", fingerprint="f", arguments=b"{}", key=key, job=job
    )
    until = NOON + timedelta(minutes=1)
    return await tenant.storage.begin(tenant.agency, intent, at=NOON, lease_until=until)


async def test_a_job_that_waits_runs_from_the_moment_its_write_is_journaled(harbour: Any) -> None:
    job = await waiting(harbour)
    _, is_new = await begin(harbour, job)
    assert is_new
    assert await status(harbour, job) is JobStatus.RUNNING


async def test_a_job_begins_once_and_the_second_write_leaves_no_intent(harbour: Any) -> None:
    job = await waiting(harbour)
    await begin(harbour, job, "first")
    with pytest.raises(Conflict):
        await begin(harbour, job, "second")
    assert await harbour.storage.keyed(harbour.agency, "sendImport", "second") is None
    again, is_new = await begin(harbour, job, "first")
    assert (again.key, is_new) == ("first", False)


async def test_a_job_of_another_agency_does_not_begin(harbour: Any, meadow: Any) -> None:
    job = await waiting(harbour)
    with pytest.raises(Conflict):
        await begin(meadow, job, "k")
    assert await meadow.storage.keyed(meadow.agency, "sendImport", "k") is None
    assert await status(harbour, job) is JobStatus.WAITING


async def test_a_write_is_withdrawn_together_with_what_its_beginning_changed(harbour: Any) -> None:
    job = await waiting(harbour)
    intent, _ = await begin(harbour, job)
    undone = RetellJob(job=job, values=WAITING)
    with pytest.raises(Conflict):
        await harbour.storage.withdraw(harbour.agency, intent.id, 2, [undone], at=NOON)
    assert await status(harbour, job) is JobStatus.RUNNING
    await harbour.storage.withdraw(harbour.agency, intent.id, intent.epoch, [undone], at=NOON)
    assert await status(harbour, job) is JobStatus.WAITING
    assert await harbour.storage.intents(harbour.agency, [intent.id]) == {}
