"""The values of the storage port: windows and pages, conditions, and what comes in to be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from ..domain.caller import AgencyId, Scope
from ..domain.changes import ActivityExport, BackupExport, Import
from ..domain.intents import IntentState, Problem, Subject
from ..domain.jobs import JobKind, JobStatus, JobValues
from ..domain.model import (
    ClientStatus,
    ClientValues,
    LinkStatus,
    LinkValues,
    TokenFacts,
    TokenKind,
    TokenStatus,
)
from ..domain.vendor import VendorName

T = TypeVar("T")


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list: the `first` after a cursor, or the `last` before one.

    Exactly one of `first` and `last` is set. Cursors are opaque (`Page.cursors`); one that is not
    ours, or of another order, raises `BadInput` naming `after` or `before`.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, with one cursor for each item; stable while rows come and go around it."""

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool


class ClientOrder(Enum):
    """The order of clients; those without the value come last."""

    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    CREATED_ASC = "CREATED_ASC"
    CREATED_DESC = "CREATED_DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFilter:
    """Conditions on clients; None does not ask. All that are given must hold.

    `search`: words that all appear in the name, e-mail address, company or website of a record,
    in any letter case. Record conditions may be met by different records.
    """

    search: str | None = None
    email: str | None = None
    vendors: tuple[VendorName, ...] | None = None
    account: int | None = None
    vendor_id: str | None = None
    statuses: tuple[ClientStatus, ...] | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFilter:
    """Conditions on links; None does not ask."""

    vendors: tuple[VendorName, ...] | None = None
    account: int | None = None
    vendor_id: str | None = None
    client: int | None = None
    statuses: tuple[LinkStatus, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFilter:
    """Conditions on tokens; None does not ask. `statuses` as `domain.tokens.status` has them."""

    vendors: tuple[VendorName, ...] | None = None
    account: int | None = None
    client: int | None = None
    kinds: tuple[TokenKind, ...] | None = None
    statuses: tuple[TokenStatus, ...] | None = None
    expires_within_days: int | None = None
    now: datetime | None = None
    """Needed with `statuses` and `expires_within_days`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Conditions on jobs; None does not ask."""

    account: int | None = None
    client: int | None = None
    kinds: tuple[JobKind, ...] | None = None
    statuses: tuple[JobStatus, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFilter:
    """Conditions on intents; None does not ask. Parts are never listed, only their whole."""

    vendors: tuple[VendorName, ...] | None = None
    states: tuple[IntentState, ...] | None = None


# ── Values that come in ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SeenClient:
    """What a vendor said of one client of an account; values None: there is no such client."""

    account: int
    vendor_id: str
    values: ClientValues | None
    at: datetime


@dataclass(frozen=True, slots=True)
class SeenLink:
    """What a vendor said of one link of an account; values None: it says there is no such link."""

    account: int
    vendor_id: str
    values: LinkValues | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ToldToken:
    """A token to record; `expires_at` and `ends` are the caller's reading of the vendor's law."""

    facts: TokenFacts
    expires_at: datetime | None
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A credential to store with its Token row; `envelope` is sealed, `told` never holds the value.

    `seal` could not know the row's id beforehand: the vault binds (agency, vendor, account name,
    slot, holder) and a random record id inside the envelope.
    """

    slot: str
    holder: str
    envelope: bytes
    told: ToldToken


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to add, with its credentials."""

    vendor: VendorName
    name: str
    regions: tuple[str, ...] = ()
    base_url: str | None = None
    options: Mapping[str, str]
    capabilities: tuple[str, ...] = ()
    credentials: tuple[NewCredential, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A caller's API key as stored: found by its public id, proved by its digest."""

    id: str
    name: str
    digest: bytes
    agencies: tuple[AgencyId, ...]
    scopes: frozenset[Scope]
    used_scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who changed what, when; `detail` holds no secret."""

    id: int
    agency: AgencyId | None
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str]


class Resource(Enum):
    """What an account's vendor can list."""

    CLIENTS = "clients"
    TOKENS = "tokens"
    JOBS = "jobs"


@dataclass(frozen=True, slots=True)
class Listing:
    """When a list of an account last came back whole; region "" where the vendor has none."""

    account: int
    resource: Resource
    region: str
    at: datetime


# ── Writes ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntent:
    """A write to journal; fields as `domain.intents.Intent`.

    `job`: one that waits, and runs from the moment that the write is in the journal.
    """

    operation: str
    caller: str
    fingerprint: str
    arguments: bytes
    key: str | None = None
    parent: int | None = None
    vendor: VendorName | None = None
    account: int | None = None
    job: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a write ended: a settled state or NEEDS_HUMAN, and what is told of it.

    `result` None: what the first of the changes that makes a row has made.
    """

    state: IntentState
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    result: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepClient:
    """A record that a write made or changed, or that was read to be adopted; gives a RECORD.

    `values` None: it could not be read back, the row is only told of. A new record belongs to
    `client`, else to the client with that label, else to a new one that gets the label. `Conflict`
    when `client` and label name two clients, or a known record has another client; but one without
    label that has this record only, as a list makes them, is merged into the one that is wanted.
    """

    account: int
    vendor_id: str
    values: ClientValues | None
    client: int | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepLink:
    """A link that a write made or changed, or that was read to be adopted; gives a LINK."""

    account: int
    vendor_id: str
    client_vendor_id: str
    values: LinkValues | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepToken:
    """A token that was issued, registered or changed; gives a TOKEN.

    Merged by `facts.key`. With `credential` the gateway holds its value from now on, in place of
    what that slot and holder had. `listed` as in `Token`.
    """

    account: int
    told: ToldToken
    credential: NewCredential | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetellToken:
    """New facts for the row of a token, whose key stays; gives a TOKEN. `revoked` says that it is
    dead: its credential, if one is held, is removed."""

    token: int
    told: ToldToken | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceCredential:
    """A new value for a held credential: next generation, same Token row; gives that TOKEN."""

    account: int
    credential: NewCredential


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelClient:
    """A client's label; `Conflict` when another client of the agency has it. Gives the CLIENT."""

    client: int
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeClients:
    """All records of `sources` become those of `into`, whose id the others answer with from now
    on; `Conflict` when more than one has a label. Gives the CLIENT that remains."""

    into: int
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitClient:
    """Some, not all, records of one client become a new CLIENT's, without label."""

    records: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeClient:
    """Erases a client: its records with their values, its links, the told tokens of its records
    (held ones lose their name only), and what the journal keeps of its arguments."""

    client: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepJob:
    """A new job that the gateway began; gives a JOB."""

    account: int
    values: JobValues
    vendor_id: str | None = None
    client_vendor_id: str | None = None
    source: ActivityExport | BackupExport | Import | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetellJob:
    """What is known of a job now; gives the JOB. `vendor_id` None leaves it."""

    job: int
    values: JobValues
    vendor_id: str | None = None


Change = (
    KeepClient
    | KeepLink
    | KeepToken
    | RetellToken
    | ReplaceCredential
    | LabelClient
    | MergeClients
    | SplitClient
    | PurgeClient
    | KeepJob
    | RetellJob
)
"""What a settled write changes in the ledger, in the transaction that settles it."""
