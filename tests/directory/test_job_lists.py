"""Lists of jobs: asked of vendors that have one, by region, and taken into the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from gateway.background import Spawn
from gateway.directory.learning import Learner
from gateway.directory.listing import Lister, listed_regions
from gateway.directory.roster import Directory, Roster
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock
from gateway.domain.failures import Unavailable
from gateway.domain.jobs import Job, JobValues, ListedJob
from gateway.domain.model import Agency, Provenance, Source, VendorAccount
from gateway.domain.vendor import VendorName
from gateway.storage.values import JobFilter, Listing, Page, Resource, Window
from gateway.vendors import load
from tests.directory.fakes import HARBOUR, NOON, Script, Watched, account, ago, live

OWN = account(1, VendorName.OWN, "app1", "useast2")
ACCESS = account(2, VendorName.AGENCYACCESS)
DOWN = Unavailable("Down.", vendor=VendorName.OWN)
FIRST = Window(first=10)
ROW = Job(
    id=7,
    account=1,
    vendor=VendorName.OWN,
    vendor_id="app1/7",
    client=None,
    client_vendor_id=None,
    values=JobValues(title="A job"),
    started=False,
    created_at=None,
    told_at=NOON,
)


@dataclass
class Shelf:
    """Takes note of what is kept."""

    known: list[Listing] = field(default_factory=list)
    taken: list[tuple[Any, ...]] = field(default_factory=list)

    async def listings(self, agency: AgencyId) -> tuple[Listing, ...]:
        return tuple(self.known)

    async def take_jobs(
        self, agency: AgencyId, account: int, region: str, jobs: Sequence[ListedJob], at: Any
    ) -> None:
        self.taken.append((agency, account, region, [job.vendor_id for job in jobs], at))

    async def page_jobs(self, agency: AgencyId, filter: JobFilter, window: Window) -> Page[Job]:
        return Page((ROW,), ("c",), False, False)

    async def count_jobs(self, agency: AgencyId, filter: JobFilter) -> int:
        return 1


def lists(outcomes: dict[str, Any]) -> Any:
    async def list_jobs(regions: Sequence[str]) -> Any:
        return {region: outcomes[region] for region in regions}

    return list_jobs


def listed(*ids: str) -> Any:
    return live(tuple(ListedJob(id, JobValues(title=id)) for id in ids))


def roster(
    spawn: Spawn, clock: Clock, script: Script, shelf: Shelf, *accounts: VendorAccount
) -> Roster:
    connector = script.connector(clock)
    lister = Lister(
        ledger=shelf,  # type: ignore[arg-type]
        connector=connector,
        clock=clock,
        spawn=spawn,
        unobserved=lambda request_id: Watched(clock).inquiry,
        patience=10.0,
    )
    directory = Directory(
        storage=shelf,  # type: ignore[arg-type]
        connector=connector,
        lister=lister,
        learner=Learner(shelf, clock),  # type: ignore[arg-type]
        clock=clock,
    )
    return Roster(directory, Agency(HARBOUR, "Harbour"), accounts, Watched(clock).inquiry)


async def test_jobs_are_listed_once_for_page_and_count_where_a_vendor_can(
    spawn: Spawn, clock: Clock
) -> None:
    script, shelf = Script(), Shelf()
    script.play(
        VendorName.OWN,
        list_jobs=lists({"app1": listed("app1/7"), "useast2": listed("useast2/8", "useast2/9")}),
    )
    ours = roster(spawn, clock, script, shelf, OWN, ACCESS)
    assert (await ours.page_jobs(JobFilter(), FIRST)).items == (ROW,)
    assert await ours.count_jobs(JobFilter()) == 1
    assert script.calls == [(VendorName.OWN, "list_jobs", ("app1", "useast2"))]
    assert shelf.taken == [
        (HARBOUR, 1, "app1", ["app1/7"], NOON),
        (HARBOUR, 1, "useast2", ["useast2/8", "useast2/9"], NOON),
    ]
    (followed,) = await ours.following.follow([replace(ROW, seen_at=NOON)])
    assert followed.provenance == Provenance(Source.LIVE, NOON)
    assert ours.problems == []


async def test_a_region_that_fails_is_told_and_costs_the_other_nothing(
    spawn: Spawn, clock: Clock
) -> None:
    script, shelf = Script(), Shelf()
    outcomes: dict[str, Any] = {"app1": DOWN, "useast2": listed("useast2/8")}
    script.play(VendorName.OWN, list_jobs=lists(outcomes))
    ours = roster(spawn, clock, script, shelf, OWN)
    await ours.page_jobs(JobFilter(), FIRST)
    assert [taken[2] for taken in shelf.taken] == ["useast2"]
    assert ours.problems == [DOWN]
    (followed,) = await ours.following.follow([replace(ROW, seen_at=NOON)])
    assert followed.provenance == Provenance(Source.CACHED, NOON)


async def test_a_list_that_is_fresh_or_of_another_account_is_not_asked_for(
    spawn: Spawn, clock: Clock
) -> None:
    script = Script()
    known = [Listing(1, Resource.JOBS, region, ago(30)) for region in OWN.regions]
    await roster(spawn, clock, script, Shelf(known), OWN).page_jobs(JobFilter(), FIRST)
    await roster(spawn, clock, script, Shelf(), OWN).page_jobs(JobFilter(account=2), FIRST)
    assert script.calls == []


async def test_a_whole_list_that_fails_is_one_problem(spawn: Spawn, clock: Clock) -> None:
    script = Script()

    async def list_jobs(regions: Sequence[str]) -> Any:
        raise DOWN

    script.play(VendorName.OWN, list_jobs=list_jobs)
    ours = roster(spawn, clock, script, Shelf(), OWN)
    await ours.page_jobs(JobFilter(), FIRST)
    assert ours.problems == [DOWN]


def test_a_vendor_without_a_list_of_jobs_has_no_regions_to_list() -> None:
    assert listed_regions(load(VendorName.OWN), OWN, Resource.JOBS) == ("app1", "useast2")
    assert listed_regions(load(VendorName.AGENCYACCESS), ACCESS, Resource.JOBS) == ()
