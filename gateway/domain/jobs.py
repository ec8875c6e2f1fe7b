"""Jobs: exports, imports and other long works at a vendor."""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from .changes import ActivityExport, BackupExport, Import
from .intents import Problem
from .vendor import VendorName


class JobKind(Enum):
    """Sorts of job."""

    EXPORT = "EXPORT"
    IMPORT = "IMPORT"
    OTHER = "OTHER"


class JobStatus(Enum):
    """State of a job."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    SUBMITTED = "SUBMITTED"
    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class JobValues(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A job as its vendor, or the work of this gateway on it, tells; `progress` is in [0, 1]."""

    title: str
    kind: JobKind = JobKind.OTHER
    status: JobStatus = JobStatus.UNKNOWN
    progress: float | None = None
    row_count: int | None = None
    finished_at: datetime | None = None
    results: tuple[str, ...] = ()
    problem: Problem | None = None


class ListedJob(Struct, frozen=True):
    """One row of a vendor's list of jobs; `vendor_id` is `region/id` where it has regions."""

    vendor_id: str
    values: JobValues


class Job(Struct, frozen=True, kw_only=True):
    """A job, as the ledger remembers it.

    `vendor_id` None: the vendor has given none yet, or never will. `source`: what its file is, for
    a job whose file passes through the gateway. `client` follows from `client_vendor_id`, as a
    link's does. `started`: the gateway began it. `seen_at`: when the vendor last told of it.
    """

    id: int
    account: int
    vendor: VendorName
    vendor_id: str | None
    client: int | None
    client_vendor_id: str | None
    values: JobValues
    started: bool
    created_at: datetime | None
    told_at: datetime
    source: ActivityExport | BackupExport | Import | None = None
    seen_at: datetime | None = None
