"""Writes rows of `jobs`: what the gateway began, and what vendors list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from ..domain.caller import AgencyId
from ..domain.failures import Conflict, NotFound
from ..domain.intents import Subject, SubjectKind
from ..domain.jobs import JobStatus, JobValues, ListedJob
from .account_rows import Owner, add_row, find_row, owner
from .columns import vendor_key
from .connection import Connection
from .database import any_of, is_id
from .rows import encoded, job_columns, job_values
from .tables import jobs
from .values import KeepJob, RetellJob


def relisted(begun: JobValues, listed: JobValues) -> JobValues:
    """What a list tells of a job that the gateway began and knows better what it is."""
    return msgspec.structs.replace(listed, kind=begun.kind, title=begun.title)


async def keep_job(
    connection: Connection, agency: AgencyId, change: KeepJob, at: datetime
) -> Subject:
    """`values.KeepJob`; a row that a list made of it before becomes this one."""
    mine = await owner(connection, agency, change.account)
    vendor_id = vendor_key(change.vendor_id)
    known = None if vendor_id is None else await find_row(connection, jobs, mine, vendor_id)
    columns = {
        "client_vendor_id": vendor_key(change.client_vendor_id),
        "source": None if change.source is None else encoded(change.source),
        "started": True,
        "created_at": at,
        "seen_at": None if vendor_id is None else at,
    }
    if known is None:
        columns |= job_columns(change.values)
        id = await add_row(connection, jobs, mine, vendor_id, columns, at)
    else:
        # A list told of it just before its beginning could be settled.
        columns |= job_columns(relisted(change.values, job_values(known.json))) | {"told_at": at}
        id = known.id
        await _change(connection, agency, id, columns)
    return Subject(SubjectKind.JOB, id)


async def begin_job(connection: Connection, agency: AgencyId, id: int) -> None:
    """A job that waited runs from now on; `Conflict` when it does not wait, or there is none."""
    this = (
        jobs.c.agency == agency,
        jobs.c.id == (id if is_id(id) else 0),
        jobs.c.status == JobStatus.WAITING.value,
    )
    row = (await connection.execute(select(jobs).where(*this))).one_or_none()
    if row is None:
        raise Conflict("The job does not wait for a file any more.")
    running = msgspec.structs.replace(job_values(row.json), status=JobStatus.RUNNING)
    await _change(connection, agency, id, job_columns(running))


async def retell_job(
    connection: Connection, agency: AgencyId, change: RetellJob, at: datetime
) -> Subject:
    """`values.RetellJob`."""
    this = (jobs.c.agency == agency, jobs.c.id == (change.job if is_id(change.job) else 0))
    row = (await connection.execute(select(jobs).where(*this))).one_or_none()
    if row is None:
        raise NotFound("There is no such job.")
    columns = job_columns(change.values)
    vendor_id = vendor_key(change.vendor_id)
    if vendor_id is not None:
        await _absorb(connection, Owner(agency, row.account, row.vendor), vendor_id, row.id)
        columns |= {"vendor_id": vendor_id, "seen_at": at}
    await _change(connection, agency, row.id, columns)
    return Subject(SubjectKind.JOB, row.id)


async def take_list(
    connection: Connection, owner: Owner, listed: Sequence[ListedJob], at: datetime
) -> None:
    """Keep what a list told of jobs at that moment."""
    told = {id: job.values for job in listed if (id := vendor_key(job.vendor_id)) is not None}
    mine = select(jobs).where(jobs.c.agency == owner.agency, jobs.c.account == owner.account)
    known = {
        row.vendor_id: row
        for condition in any_of(jobs.c.vendor_id, told)
        for row in await connection.execute(mine.where(condition))
    }
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for id, values in told.items():
        row = known.get(id)
        if row is None:
            first = {**owner.columns(), "vendor_id": id, "started": False, "told_at": at}
            new.append(first | job_columns(values) | {"seen_at": at})
        elif row.seen_at is None or row.seen_at <= at:
            now = relisted(job_values(row.json), values) if row.started else values
            changed.append({"row": row.id} | job_columns(now) | {"seen_at": at})
    if new:
        await connection.execute(insert(jobs), new)
    if changed:
        this = (jobs.c.agency == owner.agency, jobs.c.id == bindparam("row"))
        await connection.execute(update(jobs).where(*this), changed)


async def _change(
    connection: Connection, agency: AgencyId, id: int, columns: dict[str, Any]
) -> None:
    this = (jobs.c.agency == agency, jobs.c.id == id)
    await connection.execute(update(jobs).where(*this).values(**columns))


async def _absorb(connection: Connection, owner: Owner, vendor_id: str, into: int) -> None:
    """A list told of a job before it was known to be this one: one row remains."""
    double = (
        jobs.c.agency == owner.agency,
        jobs.c.account == owner.account,
        jobs.c.vendor_id == vendor_id,
        jobs.c.id != into,
    )
    await connection.execute(delete(jobs).where(*double))
