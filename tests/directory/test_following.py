"""Jobs that go on at a vendor are asked for; others, and those told of just now, are not."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.directory.following import GOING_ON, MOST_AT_ONCE, Following, remembered
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock
from gateway.domain.failures import Unavailable
from gateway.domain.jobs import Job, JobKind, JobStatus, JobValues
from gateway.domain.model import Provenance, Seen, Source
from gateway.domain.vendor import VendorName
from gateway.vendors import load
from tests.directory.fakes import (
    HARBOUR,
    NOON,
    Script,
    Watched,
    account,
    ago,
    answering,
    failing,
    live,
)

OWN = account(1, VendorName.OWN, "app1")
ACCESS = account(2, VendorName.AGENCYACCESS)
DOWN = Unavailable("Down.", vendor=VendorName.OWN)
FRESH = load(VendorName.OWN).ledger


def job(id: int = 7, status: JobStatus = JobStatus.RUNNING, **fields: Any) -> Job:
    return Job(
        **{
            "id": id,
            "account": 1,
            "vendor": VendorName.OWN,
            "vendor_id": f"app1/{id}",
            "client": None,
            "client_vendor_id": None,
            "values": JobValues(title="Ours", kind=JobKind.EXPORT, status=status),
            "started": True,
            "created_at": None,
            "told_at": ago(500),
            **fields,
        }
    )


def theirs(status: JobStatus = JobStatus.RUNNING, progress: float | None = 0.5) -> JobValues:
    return JobValues(title="Theirs", status=status, progress=progress)


class Jobs:
    """Takes note of what is told anew."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    async def retell_job(self, agency: AgencyId, job: int, values: JobValues, **named: Any) -> bool:
        self.told.append((agency, job, values.status, named))
        return True


class Scene:
    """Following over a scripted vendor."""

    def __init__(self, clock: Clock, **plays: Any) -> None:
        self.script, self.jobs = Script(), Jobs()
        self.script.play(VendorName.OWN, **plays)
        self.following = Following(
            agency=HARBOUR,
            inquiry=Watched(clock).inquiry,
            connector=self.script.connector(clock),
            clock=clock,
            jobs=self.jobs,  # type: ignore[arg-type]
            account=lambda id: {1: OWN, 2: ACCESS}[id],
            listed_at=lambda _: None,
        )


async def test_jobs_of_an_account_are_asked_for_in_one_call(clock: Clock) -> None:
    outcomes = {"app1/7": live(theirs()), "app1/8": live(theirs(progress=0.9))}
    scene = Scene(clock, get_jobs=answering(outcomes))
    first, second, again = await scene.following.follow([job(7), job(8), job(7)])
    assert scene.script.calls == [(VendorName.OWN, "get_jobs", ["app1/7", "app1/8"])]
    assert (first.row.values.progress, second.row.values.progress) == (0.5, 0.9)
    assert first == again
    assert first.provenance == Provenance(Source.LIVE, NOON)
    assert scene.jobs.told == []


async def test_what_the_gateway_began_keeps_its_name_and_sort(clock: Clock) -> None:
    outcomes = {"app1/7": live(theirs()), "app1/8": live(theirs())}
    scene = Scene(clock, get_jobs=answering(outcomes))
    ours, other = await scene.following.follow([job(7), job(8, started=False)])
    assert (ours.row.values.title, ours.row.values.kind) == ("Ours", JobKind.EXPORT)
    assert (other.row.values.title, other.row.values.kind) == ("Theirs", JobKind.OTHER)


async def test_a_new_state_is_kept_unless_another_was_told_meanwhile(clock: Clock) -> None:
    scene = Scene(clock, get_jobs=answering({"app1/7": live(theirs(JobStatus.DONE))}))
    (followed,) = await scene.following.follow([job()])
    assert followed.row.values.status is JobStatus.DONE
    only = {"only": frozenset({JobStatus.RUNNING})}
    assert scene.jobs.told == [(HARBOUR, 7, JobStatus.DONE, only)]


async def test_what_the_reply_cache_answers_is_shown_and_not_kept(clock: Clock) -> None:
    cached = Seen(theirs(JobStatus.DONE), Provenance(Source.CACHED, ago(5)))
    stale = Seen(theirs(JobStatus.DONE), Provenance(Source.CACHED, ago(90), stale=True))
    scene = Scene(clock, get_jobs=answering({"app1/7": cached, "app1/8": stale}))
    first, second = await scene.following.follow([job(7), job(8)])
    assert first.provenance == cached.provenance
    assert second.provenance == Provenance(Source.LEDGER, ago(90), stale=True)
    assert scene.jobs.told == []


@pytest.mark.parametrize("read", [failing(DOWN), answering({"app1/7": DOWN}), answering({})])
async def test_while_the_vendor_cannot_tell_the_ledger_answers(clock: Clock, read: Any) -> None:
    rows = [job(seen_at=ago(100)), job(seen_at=ago(11)), job()]
    for row, wanted in zip(
        rows,
        (
            Provenance(Source.LEDGER, ago(100), stale=True),
            Provenance(Source.CACHED, ago(11)),
            Provenance(Source.LEDGER, ago(500), stale=True),
        ),
        strict=True,
    ):
        (followed,) = await Scene(clock, get_jobs=read).following.follow([row])
        assert followed == (row, wanted)


async def test_how_far_many_are_is_left_to_the_list(clock: Clock) -> None:
    rows = [job(id) for id in range(1, MOST_AT_ONCE + 2)]
    scene = Scene(clock, get_jobs=answering({}))
    assert [each.row for each in await scene.following.follow(rows)] == rows
    assert scene.script.calls == []
    await scene.following.follow(rows[1:])
    assert len(scene.script.calls) == 1


@pytest.mark.parametrize(
    "row",
    [
        *(job(status=status) for status in sorted(set(JobStatus) - GOING_ON, key=str)),
        job(vendor_id=None),
        job(seen_at=ago(9)),
        job(account=2, vendor=VendorName.AGENCYACCESS),
    ],
)
async def test_nobody_is_asked_of_what_is_over_unknown_there_or_just_told(
    clock: Clock, row: Job
) -> None:
    scene = Scene(clock, get_jobs=failing(AssertionError()))
    (followed,) = await scene.following.follow([row])
    assert followed.row == row
    assert scene.script.calls == []


@pytest.mark.parametrize(
    ("seen", "listed", "wanted"),
    [
        (None, None, Provenance(Source.LEDGER, ago(500))),
        (ago(10), ago(10), Provenance(Source.LIVE, ago(10))),
        (ago(10), ago(5), Provenance(Source.CACHED, ago(10))),
        (ago(59), None, Provenance(Source.CACHED, ago(59))),
        (ago(61), None, Provenance(Source.LEDGER, ago(61), stale=True)),
    ],
)
def test_what_a_vendor_tells_grows_old_and_what_the_gateway_knows_does_not(
    seen: datetime | None, listed: datetime | None, wanted: Provenance
) -> None:
    assert remembered(replace(job(), seen_at=seen), listed, FRESH, NOON) == wanted
