"""Jobs: exports, imports and other works, as the ledger remembers them."""

from datetime import date
from typing import Any

import pytest

from gateway.domain.changes import ActivityExport, BackupExport, Import
from gateway.domain.failures import ErrorCode
from gateway.domain.intents import Problem
from gateway.domain.jobs import JobKind, JobStatus
from gateway.schema.job import file_path
from gateway.storage.values import JobFilter
from tests.directory.fakes import NOON
from tests.schema.asking import FOREIGN, OURS, Desk, id, job

JOB = id("J", OURS)
ACTIVITY = ActivityExport(vendor_id="1", first=date(2026, 11, 9), last=date(2026, 11, 15))
BACKUP = BackupExport(vendor_id="app1/1")
IMPORT = Import(vendor_id="1", name="Fair", format="f")
ALL = """query All($id: ID!) { job(id: $id) {
  id vendor account { id } client { id } vendorId kind title status progress rowCount createdAt
  finishedAt fileUrl results error { code } provenance { source asOf stale }
} }"""


def keep(desk: Desk, **fields: Any) -> None:
    """This is the caller's job."""
    desk.directory.rosters[1].rows["jobs"][OURS] = job(**fields)


async def test_a_job_tells_how_far_it_is() -> None:
    desk = Desk()
    problem = Problem(code=ErrorCode.VENDOR_ERROR, message="It broke.")
    values = {"progress": 0.5, "row_count": 7, "finished_at": NOON, "results": ("a", "b")}
    keep(
        desk,
        status=JobStatus.FAILED,
        values={**values, "problem": problem},
        vendor_id="app1/77",
        client=OURS,
        source=ACTIVITY,
    )
    noon = "2026-12-01T12:00:00.000Z"
    assert (await desk.ask(ALL, {"id": JOB})).payload == {
        "id": JOB,
        "vendor": "OWN",
        "account": {"id": id("VA", OURS)},
        "client": {"id": id("C", OURS)},
        "vendorId": "app1/77",
        "kind": "EXPORT",
        "title": "A job",
        "status": "FAILED",
        "progress": 0.5,
        "rowCount": 7,
        "createdAt": noon,
        "finishedAt": noon,
        "fileUrl": f"https://gateway.test/exports/{JOB}",
        "results": ["a", "b"],
        "error": {"code": "VENDOR_ERROR"},
        "provenance": {"source": "LEDGER", "asOf": noon, "stale": False},
    }


async def test_a_job_that_just_began_knows_little() -> None:
    desk = Desk()
    keep(desk, client=OURS + 5, created_at=None)
    told = (await desk.ask(ALL, {"id": JOB})).payload
    unknown = ("client", "vendorId", "progress", "rowCount", "createdAt", "finishedAt")
    assert [told[name] for name in (*unknown, "fileUrl", "error")] == [None] * 8
    assert told["results"] == []


@pytest.mark.parametrize("way", ["job", "node"])
async def test_a_job_of_another_agency_is_not_found(way: str) -> None:
    document = f"query Q($id: ID!) {{ {way}(id: $id) {{ id }} }}"
    answer = await Desk().ask(document, {"id": id("J", FOREIGN)})
    assert answer.data == {way: None}
    assert answer.codes == ["NOT_FOUND"]


async def test_a_job_is_a_node() -> None:
    document = "query Q($id: ID!) { node(id: $id) { ... on Job { id title } } }"
    answer = await Desk(scopes=frozenset()).ask(document, {"id": JOB})
    assert answer.payload == {"id": JOB, "title": "A job"}


@pytest.mark.parametrize("status", JobStatus)
@pytest.mark.parametrize(
    ("source", "path", "when"),
    [
        (ACTIVITY, "/exports/", set(JobStatus) - {JobStatus.SUBMITTED}),
        (IMPORT, "/imports/", {JobStatus.WAITING}),
        (BACKUP, None, set(JobStatus)),
        (None, None, set(JobStatus)),
    ],
)
def test_an_export_may_be_read_again_and_an_import_is_sent_once(
    source: Any, path: str | None, when: set[JobStatus], status: JobStatus
) -> None:
    assert file_path(job(status=status, source=source)) == (path if status in when else None)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, JobFilter()),
        ({}, JobFilter()),
        (
            {"accountId": id("VA", 7), "clientId": id("C", 8), "kinds": ["EXPORT"], "statuses": []},
            JobFilter(account=7, client=8, kinds=(JobKind.EXPORT,), statuses=()),
        ),
        ({"accountId": "nonsense", "clientId": id("L", 8)}, JobFilter(account=-1, client=-1)),
        ({"accountId": None, "kinds": None}, JobFilter()),
    ],
)
async def test_jobs_are_paged_under_conditions(asked: object, wanted: JobFilter) -> None:
    desk = Desk(agencies=(1,), scopes=frozenset())
    document = """query Jobs($filter: JobFilter) { agency { jobs(first: 5, filter: $filter) {
      nodes { id } totalCount edges { node { id } }
    } } }"""
    page = (await desk.ask(document, {"filter": asked})).payload["jobs"]
    assert [node["id"] for node in page["nodes"]] == [JOB, id("J", OURS + 1)]
    assert page["totalCount"] == 2
    assert desk.directory.rosters[1].wanted == [wanted]
