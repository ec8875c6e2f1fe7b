"""Mutations that start long works at a vendor."""

from typing import Annotated

import strawberry

from ...domain.caller import Scope
from ...domain.changes import ActivityExport, BackupExport, BackupFormat, Import
from ...domain.failures import BadInput
from ...guards.marks import requires
from ..context import Info
from ..describe import input_type, marked_field, optional
from ..scalars import Day, given
from .draft import Draft
from .inputs import Repeatable, several
from .payloads import StartBackupPayload, StartExportPayload, StartImportPayload


@input_type
class ActivityExportInput:
    """Supporters' activity to export: one row for each thing that a supporter did, as CSV."""

    from_: Day = strawberry.field(
        name="from",
        description="First day, not before `EngagingNetworksDetails.exportableFrom`.",
    )
    to: Day | None = optional(
        "Last day, not after `EngagingNetworksDetails.exportableTo`; the first day when absent."
    )
    standard_layout: bool = strawberry.field(
        default=True,
        description="Whether to use the layout that is the same for all accounts, instead of the"
        " account's own.",
    )
    activity_types: list[str] | None = optional(
        "Only these activities, in the vendor's codes, such as `PET`; all when absent."
    )


@input_type
class BackupExportInput:
    """A backup to export."""

    backup_vendor_id: str | None = optional(
        "The backup, by `OwnBackup.vendorId`; the last one that ended when absent."
    )
    format: BackupFormat = strawberry.field(
        default=BackupFormat.CSV, description="Format of the files."
    )
    include_attachments: bool = strawberry.field(
        default=False, description="Whether to export attachments too."
    )
    objects: list[str] | None = optional(
        "Only these Salesforce objects, by `OwnBackupObject.name`; all when absent."
    )


@strawberry.input(
    one_of=True, description="One kind of data to export; a further vendor may add a field."
)
class ExportSourceInput:
    """One kind of data to export."""

    activity: ActivityExportInput | None = optional("What supporters did, from Engaging Networks.")
    backup: BackupExportInput | None = optional("A backup, from Own.")


@input_type
class StartExportInput(Repeatable):
    """What to export."""

    record_id: strawberry.ID = strawberry.field(
        description="The client's record at the vendor whose data is exported."
    )
    source: ExportSourceInput = strawberry.field(
        description="What to export, by the kind of data that the vendor has."
    )


@input_type
class StartImportInput(Repeatable):
    """What to import."""

    record_id: strawberry.ID = strawberry.field(
        description="The client's record at the vendor that takes the data."
    )
    name: str = strawberry.field(description="Name by which the import is known at the vendor.")
    format: str = strawberry.field(
        description="Name of the import format that is saved at the vendor, or"
        " `importTransactions`; the file's first line must match it."
    )
    segment_id: str | None = optional("Id at the vendor of a segment to put the supporters into.")
    segment_name: str | None = optional("Name of a segment to put the supporters into.")


@input_type
class StartBackupInput(Repeatable):
    """What to back up."""

    record_id: strawberry.ID = strawberry.field(
        description="The client's record at the vendor whose data is backed up."
    )
    objects: list[str] | None = optional("Only these Salesforce objects, by name; all when absent.")


@strawberry.type
class JobMutation:
    """The jobs' part of Mutation."""

    @marked_field(requires(Scope.EXPORTS_READ))
    async def start_export(
        self,
        info: Info,
        input: Annotated[StartExportInput, strawberry.argument(description="What to export.")],
    ) -> StartExportPayload | None:
        """Start an export of a client's data; the answer is a job to read the file from, or to
        watch where the vendor keeps the file."""
        draft = Draft.of(info, input)
        record = await draft.row("R", input.record_id, "recordId")
        source, export = _source(input.source), info.context.changes.jobs.export
        return StartExportPayload(
            written=await draft.write(lambda writing: export(writing, record, source))
        )

    @marked_field(requires(Scope.IMPORTS_WRITE))
    async def start_import(
        self,
        info: Info,
        input: Annotated[
            StartImportInput,
            strawberry.argument(description="Where the file goes, and how to read it."),
        ],
    ) -> StartImportPayload | None:
        """Start an import of supporters or transactions; the answer is a job that waits for its CSV
        to be sent."""
        draft = Draft.of(info, input)
        record = await draft.row("R", input.record_id, "recordId")
        details = Import(
            vendor_id="",
            name=input.name,
            format=input.format,
            segment_id=given(input.segment_id),
            segment_name=given(input.segment_name),
        )
        start = info.context.changes.jobs.import_
        return StartImportPayload(
            written=await draft.write(lambda writing: start(writing, record, details))
        )

    @marked_field(requires(Scope.CLIENTS_WRITE))
    async def start_backup(
        self,
        info: Info,
        input: Annotated[StartBackupInput, strawberry.argument(description="What to back up.")],
    ) -> StartBackupPayload | None:
        """Have a vendor back up a client's data now."""
        draft = Draft.of(info, input)
        record = await draft.row("R", input.record_id, "recordId")
        objects, backup = several(input.objects), info.context.changes.jobs.backup
        return StartBackupPayload(
            written=await draft.write(lambda writing: backup(writing, record, objects))
        )


def _source(asked: ExportSourceInput) -> ActivityExport | BackupExport:
    """What the one source that is given means; the record's id at the vendor is filled in later."""
    match given(asked.activity), given(asked.backup):
        case ActivityExportInput() as activity, None:
            last = given(activity.to)
            return ActivityExport(
                vendor_id="",
                first=activity.from_,
                last=activity.from_ if last is None else last,
                standard_layout=activity.standard_layout,
                activity_types=several(activity.activity_types),
            )
        case None, BackupExportInput() as backup:
            return BackupExport(
                vendor_id="",
                backup=given(backup.backup_vendor_id),
                format=backup.format,
                include_attachments=backup.include_attachments,
                objects=several(backup.objects),
            )
    raise BadInput("Give exactly one source.", field=("input", "source"))
