"""Writes that start long works at a vendor."""

from dataclasses import dataclass

from msgspec import Struct, structs

from ...contract import Made
from ...domain.changes import ActivityExport, BackupExport, Import, ImportFile, NewBackup
from ...domain.exports import check_activity
from ...domain.failures import BadInput, Failure, NotFound
from ...domain.intents import IntentState, Subject, SubjectKind
from ...domain.jobs import JobKind, JobStatus, JobValues
from ...domain.model import ClientRecord, VendorAccount
from ...storage.values import KeepJob, RetellJob
from .journaling import Journaling
from .kinds import Desk, Kept, Kind
from .writing import Outcome, Writing, refused

# ── What the journal keeps ────────────────────────────────────────────────────────────────────


class Export(Struct, frozen=True, kw_only=True):
    """A backup to export."""

    account: int
    export: BackupExport


class Backup(Struct, frozen=True, kw_only=True):
    """A backup to make of a record's data."""

    record: int
    new: NewBackup


class Sending(Struct, frozen=True, kw_only=True):
    """An import's file on its way; never its content."""

    job: int
    details: Import


class Waiting(Struct, frozen=True, kw_only=True):
    """A job that waits for its file to be read or sent."""

    record: int
    source: ActivityExport | Import


async def _exported(desk: Desk, made: Export, what: Made) -> Kept:
    keep = KeepJob(
        account=made.account,
        values=JobValues(title=title(made.export), kind=JobKind.EXPORT, status=JobStatus.RUNNING),
        vendor_id=what.vendor_id,
        client_vendor_id=made.export.vendor_id,
        source=made.export,
    )
    return Kept(changes=(keep,), warnings=what.warnings)


async def _backed_up(_: Desk, made: Backup, what: Made) -> Kept:
    return Kept(result=Subject(SubjectKind.RECORD, made.record), warnings=what.warnings)


async def _sent(_: Desk, made: Sending, what: Made) -> Kept:
    values = JobValues(title=title(made.details), kind=JobKind.IMPORT, status=JobStatus.SUBMITTED)
    return Kept(changes=(RetellJob(job=made.job, values=values, vendor_id=what.vendor_id),))


START_EXPORT = Kind(
    operation="startExport",
    choose=lambda operations: operations.start_export,
    arguments=Export,
    values=lambda made: made.export,
    keep=_exported,
    by_hand=lambda made, vendor_id: Made(vendor_id) if vendor_id else None,
)

START_BACKUP = Kind(
    operation="startBackup",
    choose=lambda operations: operations.start_backup,
    arguments=Backup,
    values=lambda made: made.new,
    keep=_backed_up,
    by_hand=lambda made, _: Made(made.new.vendor_id),
)


def _not_sent(made: Sending, state: IntentState) -> tuple[RetellJob, ...]:
    """What did not take effect may be sent again; of what is unknown nobody knows."""
    status = JobStatus.WAITING if state is IntentState.FAILED else JobStatus.UNKNOWN
    values = JobValues(title=title(made.details), kind=JobKind.IMPORT, status=status)
    return (RetellJob(job=made.job, values=values),)


SEND_IMPORT = Kind(
    operation="sendImport",
    choose=lambda operations: operations.start_import,
    arguments=Sending,
    values=lambda made: ImportFile(details=made.details),
    keep=_sent,
    by_hand=lambda made, vendor_id: Made(vendor_id) if vendor_id else None,
    otherwise=_not_sent,
)


def title(source: ActivityExport | BackupExport | Import) -> str:
    """What a job does, in a few words."""
    match source:
        case ActivityExport(first=first, last=last):
            return f"Activity of {first}" if first == last else f"Activity of {first} to {last}"
        case BackupExport(backup=backup):
            return "Export of the last backup" if backup is None else f"Export of backup {backup}"
        case Import(name=name):
            return f"Import {name}"


# ── The writes ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class JobChanges:
    """Start exports, imports and backups; `record` is a row id, and the `vendor_id` in the values
    is filled in here."""

    journaling: Journaling

    async def export(
        self, writing: Writing, record: int, source: ActivityExport | BackupExport
    ) -> Outcome:
        """An export; the result is the JOB."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        try:
            row, account = await self._record(writing, record)
            source = structs.replace(source, vendor_id=row.vendor_id)
            operations = self.journaling.connector.operations(account, writing.inquiry)
            if isinstance(source, BackupExport):
                if operations.start_export is None:
                    raise self.journaling.unsupported(account, "startExport")
                arguments = Export(account=account.id, export=source)
                return await self.journaling.write(writing, account, START_EXPORT, arguments)
            if operations.export_activity is None:
                raise self.journaling.unsupported(account, "startExport")
            check_activity(source, self.journaling.clock.now())
        except Failure as failure:
            return refused(failure, "recordId")
        return await self._wait(writing, row, account, source, JobKind.EXPORT)

    async def import_(self, writing: Writing, record: int, details: Import) -> Outcome:
        """An import, which waits for its file; the result is the JOB."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        try:
            row, account = await self._record(writing, record)
            operations = self.journaling.connector.operations(account, writing.inquiry)
            if operations.start_import is None:
                raise self.journaling.unsupported(account, "startImport")
            details = structs.replace(details, vendor_id=row.vendor_id)
            for name in ("name", "format"):
                if not getattr(details, name).strip():
                    raise BadInput("It must not be empty.", field=(name,))
        except Failure as failure:
            return refused(failure, "recordId")
        return await self._wait(writing, row, account, details, JobKind.IMPORT)

    async def backup(self, writing: Writing, record: int, objects: tuple[str, ...]) -> Outcome:
        """A backup now; the result is the RECORD."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        try:
            row, account = await self._record(writing, record)
        except Failure as failure:
            return refused(failure, "recordId")
        arguments = Backup(record=record, new=NewBackup(vendor_id=row.vendor_id, objects=objects))
        return await self.journaling.write(writing, account, START_BACKUP, arguments)

    async def _wait(
        self,
        writing: Writing,
        row: ClientRecord,
        account: VendorAccount,
        source: ActivityExport | Import,
        kind: JobKind,
    ) -> Outcome:
        keep = KeepJob(
            account=account.id,
            values=JobValues(title=title(source), kind=kind, status=JobStatus.WAITING),
            client_vendor_id=row.vendor_id,
            source=source,
        )
        arguments = Waiting(record=row.id, source=source)
        return await self.journaling.record(writing, arguments, Kept(changes=(keep,)), account)

    async def _record(self, writing: Writing, record: int) -> tuple[ClientRecord, VendorAccount]:
        storage = self.journaling.storage
        row = (await storage.records(writing.agency, [record])).get(record)
        account = None if row is None else await storage.account(writing.agency, row.account)
        if row is None or account is None:
            raise NotFound("There is no such record.")
        return row, account
