"""The audit trail: written in the transaction of the change itself."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from ..domain.caller import AgencyId
from .connection import Connection
from .database import Part
from .tables import audit
from .values import AuditRow


async def record(
    connection: Connection,
    agency: AgencyId | None,
    *,
    actor: str,
    at: datetime,
    action: str,
    subject: str,
    detail: Mapping[str, str | None] | None = None,
) -> None:
    """Write who did what to what; `detail` holds no secret, and what is None in it is left out."""
    told = {key: value for key, value in (detail or {}).items() if value is not None}
    row = {
        "agency": agency,
        "at": at,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": msgspec.json.encode(told).decode(),
    }
    await connection.execute(insert(audit), row)


class AuditTrail(Part):
    """`port.Audit` in SQL."""

    async def audit(self, agency: AgencyId | None, limit: int) -> tuple[AuditRow, ...]:
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if agency is not None:
            statement = statement.where(audit.c.agency == agency)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(
            AuditRow(
                id=row.id,
                agency=row.agency,
                at=row.at,
                actor=row.actor,
                action=row.action,
                subject=row.subject,
                detail=msgspec.json.decode(row.detail, type=dict[str, str]),
            )
            for row in rows
        )
