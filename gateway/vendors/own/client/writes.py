"""Own's writes: a backup now, and the export of a backup.

No read of Own tells which backup or job was begun by whom, so a lost answer stays unknown: neither
write has a `find`, and neither has a field for the intent's mark.
"""

from collections.abc import Sequence

from ....contract import Made
from ....domain.changes import BackupExport, BackupFormat, NewBackup
from ....domain.failures import BadInput
from ....domain.vendor import VendorName
from .. import mapping
from .calls import Calls, number

_DIALECTS = {
    BackupFormat.SQL_MYSQL: "mysql",
    BackupFormat.SQL_ORACLE: "oracle",
    BackupFormat.SQL_POSTGRESQL: "postgresql",
    BackupFormat.SQL_MSSQL: "mssql",
}

LAST = "last"
"""Own's word for the last backup that ended, with or without errors (vendor page 5)."""


class Writes:
    """The writes of one account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def start_backup(self, new: NewBackup, mark: str) -> Made:
        """Back up a whole service, or some of its objects; made is the service, for Own's answer
        is empty and the backup has no id yet."""
        place = self._calls.place(new.vendor_id)
        scope = "backup_specific_objects_now" if new.objects else "backup_now"
        form = _named("list_of_objects", new.objects)
        await self._calls.post(scope, place.region, f"services/{place.id}/{scope}", form)
        return Made(new.vendor_id)

    async def start_export(self, export: BackupExport, mark: str) -> Made:
        """Export a backup to a file that Own keeps; made is Own's job."""
        place = self._calls.place(export.vendor_id)
        backup = LAST if export.backup is None else number(export.backup, "backup")
        path = f"services/{place.id}/backups/{backup}/export"
        reply = await self._calls.post("export", place.region, path, _export_form(export))
        return Made(f"{place.region}/{mapping.started(reply)}")


def _export_form(export: BackupExport) -> tuple[tuple[str, str], ...]:
    dialect = _DIALECTS.get(export.format)
    return (
        ("export_format", "sql" if dialect else "csv"),
        ("include_attachments", "true" if export.include_attachments else "false"),
        *((("sql_dialect", dialect),) if dialect else ()),
        *_named("objects", export.objects),
    )


def _named(name: str, objects: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Objects as fields; a blank one is refused, for Own might take it for "all"."""
    if not all(map(str.strip, objects)):
        raise BadInput(
            "objects must hold names of Salesforce objects.",
            field=("objects",),
            vendor=VendorName.OWN,
        )
    return tuple((name, one) for one in objects)
