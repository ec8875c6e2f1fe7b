"""Exports, imports and other long works at a vendor."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from ..domain import jobs
from ..domain.changes import ActivityExport, Import
from ..domain.jobs import JobKind, JobStatus
from ..domain.vendor import VendorName
from ..storage.values import Window
from .context import Context, Info, View, find
from .describe import field, field_of
from .filters import JobFilter, job_filter
from .paging import Connection, connection
from .scalars import global_id, row_of
from .user_error import UserError
from .values import Node, Provenance

if TYPE_CHECKING:
    from .account import VendorAccount
    from .client import Client


@strawberry.type(description="An export, an import or another long work at a vendor.")
class Job(Node):
    """A job; one that goes on at its vendor is read when a field asks how far it is."""

    id: strawberry.ID = strawberry.field(description="Opaque id of the job.")
    view: strawberry.Private[View]
    row: strawberry.Private[jobs.Job]

    @classmethod
    def of(cls, view: View, row: jobs.Job) -> "Job":
        """The job as the schema shows it."""
        return cls(id=global_id("J", row.id), view=view, row=row)

    @field
    def vendor(self) -> VendorName:
        """The vendor."""
        return self.row.vendor

    @field
    def account(self) -> Annotated["VendorAccount", strawberry.lazy(".account")]:
        """The account in which it runs."""
        from .account import VendorAccount

        return VendorAccount.of(self.view, self.view.roster.account(self.row.account))

    @field
    async def client(self) -> Annotated["Client", strawberry.lazy(".client")] | None:
        """The client whose data it concerns; null when the vendor does not tell."""
        from .client import Client

        if self.row.client is None:
            return None
        found = await self.view.clients_by_id.load(self.row.client)
        return None if found is None else Client.of(self.view, found)

    @field
    def vendor_id(self) -> str | None:
        """The job's id at the vendor; null until it has one."""
        return self.row.vendor_id

    @field
    def kind(self) -> JobKind:
        """What sort of job it is."""
        return self.row.values.kind

    @field
    def title(self) -> str:
        """What it does, in a few words."""
        return self.row.values.title

    @field
    async def status(self) -> JobStatus:
        """State of the job."""
        return (await self._values()).status

    @field
    async def progress(self) -> float | None:
        """How much is done, from 0 to 1; null when it cannot be told."""
        return (await self._values()).progress

    @field
    async def row_count(self) -> int | None:
        """Rows that went through so far; null when they are not counted."""
        return (await self._values()).row_count

    @field
    def created_at(self) -> datetime | None:
        """When it was started; null when the vendor does not tell."""
        return self.row.created_at

    @field
    async def finished_at(self) -> datetime | None:
        """When it ended; null until then."""
        return (await self._values()).finished_at

    @field
    def file_url(self) -> str | None:
        """Address at this gateway from which an export's CSV is read with GET, or to which an
        import's CSV is sent with PUT, with the caller's usual key; null where there is nothing to
        read or to send."""
        path = file_path(self.row)
        return None if path is None else f"{self.view.context.asked.base_url}{path}{self.id}"

    @field
    async def results(self) -> list[str]:
        """What the vendor reports as result, in its words."""
        return list((await self._values()).results)

    @field
    async def error(self) -> UserError | None:
        """Why it failed; null when it did not."""
        problem = (await self._values()).problem
        return None if problem is None else UserError.of(problem)

    @field_of(Provenance)
    async def provenance(self) -> object:
        """Where these values come from."""
        return (await self.view.jobs.load(self.row)).provenance

    async def _values(self) -> jobs.JobValues:
        return (await self.view.jobs.load(self.row)).row.values


def file_path(row: jobs.Job) -> str | None:
    """Where the gateway hands out or takes in the file of a job; None where it has none.

    An export may be read again as often as wanted; an import is handed over once.
    """
    status = row.values.status
    if isinstance(row.source, ActivityExport) and status is not JobStatus.SUBMITTED:
        return "/exports/"
    if isinstance(row.source, Import) and status is JobStatus.WAITING:
        return "/imports/"
    return None


Filter = Annotated[
    JobFilter | None,
    strawberry.argument(description="Only those that meet every condition given."),
]


async def jobs_of(view: View, asked: JobFilter | None, wanted: Window) -> Connection[Job]:
    """A page of the agency's jobs."""
    filter = job_filter(asked)

    async def count() -> int:
        return await view.roster.count_jobs(filter)

    page = await view.roster.page_jobs(filter, wanted)
    return connection(page, lambda row: Job.of(view, row), count)


async def job_by_id(context: Context, id: str) -> Job:
    """The job of that id, in any of the caller's agencies."""
    found = await find(context, row_of("J", id), lambda view: view.jobs_by_id)
    return Job.of(found.view, found.row)


@strawberry.type
class JobQuery:
    """The jobs' part of Query."""

    @field
    async def job(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the job.")],
    ) -> Job | None:
        """One export, import or other job; null with NOT_FOUND when there is none."""
        return await job_by_id(info.context, id)
