"""Jobs: begun by the gateway or listed by a vendor, one row for each."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.changes import ActivityExport, BackupExport, Import
from gateway.domain.failures import ErrorCode, NotFound
from gateway.domain.intents import Problem
from gateway.domain.jobs import Job, JobKind, JobStatus, JobValues, ListedJob
from gateway.domain.vendor import VendorName
from gateway.storage.job_rows import relisted
from gateway.storage.values import (
    JobFilter,
    KeepJob,
    Listing,
    Resource,
    RetellJob,
    Window,
)

ALL = Window(first=100)


async def jobs(tenant: Any, **filter: Any) -> list[Job]:
    """The agency's jobs, newest first."""
    asked = JobFilter(**filter)
    page = await tenant.storage.page_jobs(tenant.agency, asked, ALL)
    assert await tenant.storage.count_jobs(tenant.agency, asked) == len(page.items)
    return list(page.items)


async def take(
    tenant: Any, at: datetime, region: str = "", account: int | None = None, **listed: JobValues
) -> None:
    """A vendor lists these jobs."""
    prefix = f"{region}/" if region else ""
    told = [ListedJob(f"{prefix}{id}", values) for id, values in listed.items()]
    await tenant.storage.take_jobs(tenant.agency, account or tenant.bronto, region, told, at)


def running(title: str = "Backup", **values: Any) -> JobValues:
    return JobValues(title=title, status=JobStatus.RUNNING, **values)


# ── Begun here ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "source",
    [
        None,
        ActivityExport(vendor_id="1", first=date(2026, 1, 1), last=date(2026, 1, 2)),
        BackupExport(vendor_id="1", backup="9", objects=("Account",)),
        Import(vendor_id="1", name="January", format="f"),
    ],
)
async def test_a_job_that_the_gateway_began_is_kept_whole(
    harbour: Any, later: Any, source: Any
) -> None:
    await harbour.lists(harbour.bronto, ["c"])
    problem = Problem(code=ErrorCode.CONFLICT, message="No.")
    values = running("Export", kind=JobKind.EXPORT, progress=0.5, results=("a",), problem=problem)
    keep = KeepJob(
        account=harbour.bronto,
        values=values,
        vendor_id="j",
        client_vendor_id="c",
        source=source,
    )
    id = await harbour.change(keep, at=later(1))

    assert await harbour.storage.jobs(harbour.agency, [id]) == {
        id: Job(
            id=id,
            account=harbour.bronto,
            vendor=VendorName.BRONTO,
            vendor_id="j",
            client=await harbour.client_of("c"),
            client_vendor_id="c",
            values=values,
            started=True,
            created_at=later(1),
            told_at=later(1),
            source=source,
            seen_at=later(1),
        )
    }


async def test_a_job_without_vendors_id_gets_it_later(harbour: Any, later: Any) -> None:
    keep = KeepJob(account=harbour.bronto, values=JobValues(title="Import"))
    first, second = [await harbour.change(keep) for _ in range(2)]
    assert first != second
    assert {job.seen_at for job in await jobs(harbour)} == {None}

    retell = RetellJob(job=first, values=running("Import"), vendor_id="j")
    assert await harbour.change(retell, at=later(2)) == first
    job = (await harbour.storage.jobs(harbour.agency, [first]))[first]
    assert (job.vendor_id, job.values, job.seen_at) == ("j", running("Import"), later(2))

    await harbour.change(RetellJob(job=first, values=JobValues(title="Import")), at=later(3))
    job = (await harbour.storage.jobs(harbour.agency, [first]))[first]
    assert (job.vendor_id, job.values.status) == ("j", JobStatus.UNKNOWN)


async def test_a_job_that_is_listed_before_its_beginning_is_settled_is_one_job(
    harbour: Any, later: Any
) -> None:
    await take(harbour, later(0), j=running("As listed", progress=0.2))
    (listed,) = await jobs(harbour)
    values = JobValues(title="Export", kind=JobKind.EXPORT)
    keep = KeepJob(account=harbour.bronto, values=values, vendor_id="j")
    id = await harbour.change(keep, at=later(1))

    (job,) = await jobs(harbour)
    assert job.id == id == listed.id
    assert job.started
    assert job.created_at == later(1)
    assert job.values == running("Export", kind=JobKind.EXPORT, progress=0.2)


async def test_a_job_that_is_listed_before_its_id_is_known_is_one_job(
    harbour: Any, later: Any
) -> None:
    id = await harbour.change(KeepJob(account=harbour.bronto, values=JobValues(title="Import")))
    await take(harbour, later(1), j=running())
    await take(harbour, later(1), j=running(), account=harbour.agencyaccess)
    await harbour.change(RetellJob(job=id, values=running("Import"), vendor_id="j"), at=later(2))

    assert [job.id for job in await jobs(harbour, account=harbour.bronto)] == [id]
    assert len(await jobs(harbour, account=harbour.agencyaccess)) == 1


async def test_only_jobs_of_the_agency_can_be_retold(harbour: Any, meadow: Any) -> None:
    keep = KeepJob(account=meadow.bronto, values=running())
    theirs = await meadow.change(keep)
    for job in (theirs, 2**63, 0):
        with pytest.raises(NotFound):
            await harbour.change(RetellJob(job=job, values=JobValues(title="Mine")))
    with pytest.raises(NotFound):
        await harbour.change(keep)
    assert [job.values for job in await jobs(meadow)] == [running()]
    assert await jobs(harbour) == []


# ── Listed ────────────────────────────────────────────────────────────────────────────────────


async def test_a_list_adds_changes_and_removes_nothing(harbour: Any, later: Any) -> None:
    await take(harbour, later(0), a=running("A"), b=running("B"))
    await take(harbour, later(1), b=JobValues(title="B2", status=JobStatus.DONE), c=running("C"))

    found = {job.vendor_id: job for job in await jobs(harbour)}
    assert [job.vendor_id for job in await jobs(harbour)] == ["c", "a", "b"]
    assert found["b"].values == JobValues(title="B2", status=JobStatus.DONE)
    assert (found["b"].told_at, found["b"].seen_at) == (later(0), later(1))
    assert (found["a"].values, found["a"].seen_at) == (running("A"), later(0))
    assert {job.started for job in found.values()} == {False}
    assert {job.created_at for job in found.values()} == {None}
    assert await harbour.storage.listings(harbour.agency) == (
        Listing(harbour.bronto, Resource.JOBS, "", later(1)),
    )


async def test_an_older_list_says_nothing_any_more(harbour: Any, later: Any) -> None:
    await take(harbour, later(1), a=running("A", progress=0.9))
    await take(harbour, later(0), a=running("A", progress=0.1), b=running("B"))
    assert [job.values.progress for job in await jobs(harbour)] == [0.9]


async def test_what_the_gateway_began_keeps_its_name_and_kind(harbour: Any, later: Any) -> None:
    source = BackupExport(vendor_id="1")
    begun = JobValues(title="Export", kind=JobKind.EXPORT)
    keep = KeepJob(account=harbour.bronto, values=begun, vendor_id="j", source=source)
    await harbour.change(keep)
    await take(harbour, later(1), j=running("Job 17", kind=JobKind.OTHER, row_count=3))

    (job,) = await jobs(harbour)
    assert job.values == running("Export", kind=JobKind.EXPORT, row_count=3)
    assert (job.source, job.seen_at) == (source, later(1))


async def test_regions_are_listed_each_for_itself(harbour: Any, later: Any) -> None:
    await take(harbour, later(2), region="eu", a=running())
    await take(harbour, later(1), region="us", a=running())
    stray = [ListedJob("eu/b", running())]
    await harbour.storage.take_jobs(harbour.agency, harbour.bronto, "us", stray, later(3))

    assert sorted(str(job.vendor_id) for job in await jobs(harbour)) == ["eu/a", "us/a"]


async def test_a_list_of_another_agencys_account_is_not_kept(
    harbour: Any, meadow: Any, later: Any
) -> None:
    await take(harbour, later(0), account=meadow.bronto, a=running())
    assert await jobs(harbour) == await jobs(meadow) == []
    assert await harbour.storage.listings(meadow.agency) == ()


async def test_a_job_with_an_endless_id_is_left_out(harbour: Any, later: Any) -> None:
    told = [ListedJob("x" * 501, running()), ListedJob("y", running())]
    await harbour.storage.take_jobs(harbour.agency, harbour.bronto, "", told, later(0))
    assert [job.vendor_id for job in await jobs(harbour)] == ["y"]


# ── One reader at a time ──────────────────────────────────────────────────────────────────────


async def test_a_job_is_retold_only_from_the_states_that_are_named(harbour: Any) -> None:
    storage, agency = harbour.storage, harbour.agency
    waiting = JobValues(title="Export", status=JobStatus.WAITING)
    id = await harbour.change(KeepJob(account=harbour.bronto, values=waiting))
    only = frozenset({JobStatus.WAITING, JobStatus.FAILED})

    assert await storage.retell_job(agency, id, running("Export"), only=only)
    assert not await storage.retell_job(agency, id, waiting, only=only)
    (job,) = await jobs(harbour, statuses=(JobStatus.RUNNING,))
    assert job.values == running("Export")
    assert not await storage.retell_job(agency, id, waiting, only=frozenset())
    assert not await storage.retell_job(agency, 2**63, waiting, only=frozenset(JobStatus))


async def test_nobody_retells_another_agencys_job(harbour: Any, meadow: Any) -> None:
    id = await meadow.change(KeepJob(account=meadow.bronto, values=running()))
    every = frozenset(JobStatus)
    assert not await harbour.storage.retell_job(
        harbour.agency, id, JobValues(title="Mine"), only=every
    )
    assert [job.values for job in await jobs(meadow)] == [running()]
    assert await harbour.storage.jobs(harbour.agency, [id]) == {}


# ── Reading ───────────────────────────────────────────────────────────────────────────────────


async def test_jobs_are_found_by_account_client_kind_and_status(harbour: Any) -> None:
    await harbour.lists(harbour.bronto, ["c"])
    client = await harbour.client_of("c")
    done = JobValues(title="Export", kind=JobKind.EXPORT, status=JobStatus.DONE)
    mine = await harbour.change(KeepJob(account=harbour.bronto, values=done, client_vendor_id="c"))
    other = await harbour.change(KeepJob(account=harbour.agencyaccess, values=running()))

    for filter, found in (
        ({}, [mine, other]),
        ({"account": harbour.bronto}, [mine]),
        ({"account": 2**63}, []),
        ({"client": client}, [mine]),
        ({"client": 0}, []),
        ({"kinds": (JobKind.EXPORT,)}, [mine]),
        ({"kinds": (JobKind.OTHER,), "statuses": (JobStatus.RUNNING,)}, [other]),
        ({"statuses": ()}, []),
    ):
        assert [job.id for job in await jobs(harbour, **filter)] == found


async def test_jobs_are_paged_newest_first(harbour: Any, later: Any) -> None:
    for minute in range(5):
        await take(harbour, later(minute), **{f"j{minute}": running()})
    storage, agency, any_job = harbour.storage, harbour.agency, JobFilter()
    first = await storage.page_jobs(agency, any_job, Window(first=2))
    await take(harbour, later(9), j9=running())
    rest = await storage.page_jobs(agency, any_job, Window(first=9, after=first.cursors[-1]))

    read = [job.vendor_id for page in (first, rest) for job in page.items]
    assert read == ["j4", "j3", "j2", "j1", "j0"]


async def test_jobs_go_with_their_account(harbour: Any, later: Any) -> None:
    await take(harbour, later(0), j=running())
    await harbour.storage.remove_account(harbour.agency, harbour.bronto, actor="a", at=later(1))
    assert await jobs(harbour) == []


# ── Merging, pure ─────────────────────────────────────────────────────────────────────────────

values = st.builds(
    JobValues,
    title=st.sampled_from("ab"),
    kind=st.sampled_from(JobKind),
    status=st.sampled_from(JobStatus),
    progress=st.none() | st.floats(0, 1),
    results=st.sampled_from([(), ("r",)]),
)


@given(values, values)
def test_a_list_tells_all_but_what_a_job_is(begun: JobValues, listed: JobValues) -> None:
    both = relisted(begun, listed)
    assert (both.title, both.kind) == (begun.title, begun.kind)
    assert relisted(listed, both) == listed
    assert relisted(begun, both) == both
