"""Reads jobs, and keeps what vendors list of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, update

from ..domain.caller import AgencyId
from ..domain.jobs import Job, JobStatus, JobValues, ListedJob
from .account_rows import owners
from .database import Part, is_id
from .job_rows import take_list
from .listings import list_came
from .owned import Owned
from .pages import Order
from .rows import job, job_columns
from .tables import jobs as table
from .values import JobFilter, Page, Resource, Window

# `told_at` of a job that the gateway began is its creation.
_NEWEST = Order("JOBS_NEWEST", table.c.told_at, table.c.id, descending=True, moments=True)
_jobs = Owned(table, _NEWEST, job)


class Jobs(Part):
    """`port.Jobs` in SQL."""

    async def page_jobs(self, agency: AgencyId, filter: JobFilter, window: Window) -> Page[Job]:
        conditions = tuple(_conditions(agency, filter))
        return (await _jobs.page(self._database, agency, conditions, window, None))[0]

    async def count_jobs(self, agency: AgencyId, filter: JobFilter) -> int:
        conditions = tuple(_conditions(agency, filter))
        return (await _jobs.count(self._database, agency, conditions, None))[0]

    async def jobs(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Job]:
        return await _jobs.by_id(self._database, agency, ids)

    async def take_jobs(
        self, agency: AgencyId, account: int, region: str, jobs: Sequence[ListedJob], at: datetime
    ) -> None:
        prefix = f"{region}/" if region else ""
        listed = [each for each in jobs if each.vendor_id.startswith(prefix)]
        async with self._database.write(agency) as connection:
            mine = (await owners(connection, agency)).get(account)
            if mine is not None and await list_came(
                connection, agency, account, Resource.JOBS, region, at
            ):
                await take_list(connection, mine, listed, at)

    async def retell_job(
        self, agency: AgencyId, job: int, values: JobValues, *, only: frozenset[JobStatus]
    ) -> bool:
        if not is_id(agency) or not is_id(job):
            return False
        this = (table.c.agency == agency, table.c.id == job)
        still = table.c.status.in_(sorted(status.value for status in only))
        retold = update(table).where(*this, still).values(**job_columns(values))
        async with self._database.write() as connection:
            return (await connection.execute(retold)).rowcount > 0


def _conditions(agency: AgencyId, filter: JobFilter) -> Iterable[ColumnElement[bool]]:
    if filter.account is not None:
        yield table.c.account == (filter.account if is_id(filter.account) else 0)
    if filter.client is not None:
        yield _jobs.of_client(agency, filter.client)
    if filter.kinds is not None:
        yield table.c.kind.in_([kind.value for kind in filter.kinds])
    if filter.statuses is not None:
        yield table.c.status.in_([status.value for status in filter.statuses])
