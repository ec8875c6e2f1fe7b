"""Files that pass through the gateway: an export's CSV on its way out, an import's on its way in.

Nothing of their content is kept.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from msgspec import structs

from ...domain.caller import AgencyId
from ...domain.changes import ActivityExport, Import, ImportFile
from ...domain.clock import Deadline
from ...domain.csv_rows import CsvRows
from ...domain.failures import BadInput, Conflict, Failure, NotFound
from ...domain.intents import Problem
from ...domain.jobs import Job, JobStatus, JobValues
from ...domain.model import VendorAccount
from ..connect import Inquiry
from .jobs import SEND_IMPORT, Sending
from .journaling import Journaling
from .writing import Outcome, Writing, refused

LONGEST = 6 * 3600.0
"""Seconds that an export may take: vendors stream for hours (vendor page, section 2)."""

UPLOAD = 20.0
"""Seconds that an import's file may take beyond what other writes may; with the lease of a write
little enough that one which was interrupted is settled or flagged a minute after a restart."""

PAUSE = 1.0
"""Seconds between two notes of how many rows went through."""

_ANY = frozenset(JobStatus)


@dataclass(frozen=True, slots=True)
class Files:
    """Reads exports and hands over imports; one reader of a file at a time."""

    journaling: Journaling
    _open: set[tuple[AgencyId, int]] = field(default_factory=set)

    async def export(
        self, agency: AgencyId, job: int, inquiry: Inquiry
    ) -> AsyncGenerator[bytes, None]:
        """The CSV of an export job, in pieces; the job tells the rows so far.

        Raises `NotFound` when there is no such file, `Conflict` while someone else reads it, and
        the vendor's Failure, in the middle too.
        """
        row, account = await self._job(agency, job)
        if not isinstance(row.source, ActivityExport):
            raise NotFound("There is no file of this job.")
        own = Inquiry(
            deadline=Deadline(self.journaling.clock.monotonic() + LONGEST),
            request_id=inquiry.request_id,
            observe=inquiry.observe,
        )
        read = self.journaling.connector.operations(account, own).export_activity
        if read is None:
            raise self.journaling.unsupported(account, "startExport")
        if (agency, job) in self._open:
            raise Conflict("The file is being read already.")
        self._open.add((agency, job))
        try:
            async with aclosing(self._told(agency, row, read(row.source))) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._open.discard((agency, job))

    async def _told(
        self, agency: AgencyId, row: Job, pieces: AsyncIterator[bytes]
    ) -> AsyncGenerator[bytes, None]:
        """The pieces, while the job is told how far they are."""
        clock, rows, told_at = self.journaling.clock, CsvRows(), float("-inf")
        ended: JobValues | None = None
        try:
            async for piece in pieces:
                rows.feed(piece)
                if clock.monotonic() - told_at >= PAUSE:
                    told_at = clock.monotonic()
                    await self._tell(agency, row.id, _values(row, rows, JobStatus.RUNNING))
                yield piece
            ended = _values(row, rows, JobStatus.DONE)
        except Failure as failure:
            ended = _values(row, rows, JobStatus.FAILED, Problem.of(failure))
            raise
        except BaseException:
            # Whoever read it has left: it can be read again. Told by another task, for where this
            # one is cancelled (as anyio does it) nothing can be waited for any more.
            waiting = structs.replace(_values(row, rows, JobStatus.WAITING), finished_at=None)
            self.journaling.spawn(self._tell(agency, row.id, waiting))
            raise
        finally:
            if ended is not None:
                told = structs.replace(ended, finished_at=clock.now())
                await self._tell(agency, row.id, told)

    async def import_(self, writing: Writing, job: int, content: bytes) -> Outcome:
        """Hand an import's file to the vendor, once; the result is the JOB."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        try:
            row, account = await self._job(writing.agency, job)
            if not isinstance(row.source, Import):
                raise NotFound("There is no file to send for this job.")
            if not content.strip():
                raise BadInput("The file is empty.", field=("body",))
        except Failure as failure:
            return refused(failure)
        deadline = Deadline(journaling.clock.monotonic() + journaling.patience + UPLOAD)
        try:
            return await journaling.write(
                replace(writing, inquiry=replace(writing.inquiry, deadline=deadline)),
                account,
                SEND_IMPORT,
                Sending(job=job, details=row.source),
                values=ImportFile(details=row.source, content=content),
                longer=UPLOAD,
                job=job,
            )
        except Conflict as conflict:
            return refused(conflict)

    async def _job(self, agency: AgencyId, job: int) -> tuple[Job, VendorAccount]:
        storage = self.journaling.storage
        row = (await storage.jobs(agency, [job])).get(job)
        account = None if row is None else await storage.account(agency, row.account)
        if row is None or account is None:
            raise NotFound("There is no such job.")
        return row, account

    async def _tell(self, agency: AgencyId, job: int, values: JobValues) -> None:
        await self.journaling.storage.retell_job(agency, job, values, only=_ANY)


def _values(
    row: Job, rows: CsvRows, status: JobStatus, problem: Problem | None = None
) -> JobValues:
    """How far the file is; its header is no row."""
    return structs.replace(
        row.values, status=status, row_count=max(0, rows.begun - 1), problem=problem
    )
