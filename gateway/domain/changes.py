"""What callers want written at a vendor, as values: the arguments of the contract's writes.

They are kept in the journal as JSON and hold no secret. In a patch UNSET leaves a value as it is
and None clears it.
"""

from datetime import date
from enum import Enum

from msgspec import UNSET, Struct, UnsetType

from .details import BrontoAllocations, BrontoContact
from .model import ClientValues, Entry, LinkService

Text = str | None | UnsetType


class BrontoPatch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Bronto takes beyond name, e-mail address and company; in the groups None stays as is."""

    allocations: BrontoAllocations | None = None
    contact: BrontoContact | None = None
    time_zone: str | None = None
    locale: str | None = None
    usage_alert_email: Text = UNSET


class NewClient(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client to create at a vendor."""

    name: str
    email: str | None = None
    company: str | None = None
    website: str | None = None
    language: str | None = None
    metadata: tuple[Entry, ...] = ()
    bronto: BrontoPatch | None = None


class EntryPatch(Struct, frozen=True):
    """An entry to set; value None takes it away."""

    key: str
    value: str | None


class ClientPatch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to change about a client at a vendor."""

    name: Text = UNSET
    email: Text = UNSET
    company: Text = UNSET
    website: Text = UNSET
    language: Text = UNSET
    metadata: tuple[EntryPatch, ...] = ()
    active: bool | None = None
    bronto: BrontoPatch | None = None


class ClientUpdate(Struct, frozen=True, kw_only=True):
    """A change of one client: `current` is what the vendor said just before."""

    vendor_id: str
    current: ClientValues
    patch: ClientPatch


class NewLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access link to create; `redirect_url` begins with `https://`."""

    client_vendor_id: str
    services: tuple[LinkService, ...]
    intake_form: bool = False
    send_email: bool = False
    thank_you_message: str | None = None
    redirect_url: str | None = None
    retain_tokens: bool = False


class LinkUpdate(Struct, frozen=True, kw_only=True):
    """Services to send anew: only those that differ, for sending asks the client to grant again."""

    vendor_id: str
    services: tuple[LinkService, ...]


class NewToken(Struct, frozen=True, kw_only=True):
    """A token for a vendor to make; permissions in the vendor's words (`Vendor.permissions`)."""

    client_vendor_id: str
    name: str
    permissions: tuple[str, ...]


class TokenUpdate(Struct, frozen=True, kw_only=True):
    """A change of a token, found by `key` (`TokenFacts.key`); None stays as it is."""

    client_vendor_id: str | None
    key: str
    name: str | None = None
    permissions: tuple[str, ...] | None = None
    active: bool | None = None


class TokenRevocation(Struct, frozen=True, kw_only=True):
    """A token to kill, found by `key`."""

    client_vendor_id: str | None
    key: str


class NewBackup(Struct, frozen=True, kw_only=True):
    """A backup to start; no objects means all."""

    vendor_id: str
    objects: tuple[str, ...] = ()


class BackupFormat(Enum):
    """Format of an exported backup."""

    CSV = "CSV"
    SQL_MYSQL = "SQL_MYSQL"
    SQL_ORACLE = "SQL_ORACLE"
    SQL_POSTGRESQL = "SQL_POSTGRESQL"
    SQL_MSSQL = "SQL_MSSQL"


class BackupExport(Struct, frozen=True, kw_only=True, tag=True):
    """A backup to export; `backup` None means the last one that ended."""

    vendor_id: str
    backup: str | None = None
    format: BackupFormat = BackupFormat.CSV
    include_attachments: bool = False
    objects: tuple[str, ...] = ()


class ActivityExport(Struct, frozen=True, kw_only=True, tag=True):
    """Supporters' activity to read, day by day, both days included; no types means all."""

    vendor_id: str
    first: date
    last: date
    standard_layout: bool = True
    activity_types: tuple[str, ...] = ()


class Import(Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A file of supporters or transactions to hand to a vendor; `name` as known there."""

    vendor_id: str
    name: str
    format: str
    segment_id: str | None = None
    segment_name: str | None = None


class ImportFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An import with its CSV; the journal keeps it without the content."""

    details: Import
    content: bytes = b""
