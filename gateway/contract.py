"""What a vendor is. Read this first, then `vendors/agencyaccess/`, then `upstream/stack.py`.

A vendor is a value, not a subclass: facts as data, plus `connect`, which answers a frozen record
of optional async operations. What a vendor cannot do is simply None, so capabilities cannot drift
from code; for each None the support table says who answers instead, and why.

Every read takes many keys and answers a mapping with one outcome for each key, so a vendor with a
bulk endpoint and one without look alike to the loader. An outcome is a value with its provenance,
a Failure, or None for "no such object".
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from .domain.changes import (
    ActivityExport,
    BackupExport,
    ClientUpdate,
    ImportFile,
    LinkUpdate,
    NewBackup,
    NewClient,
    NewLink,
    NewToken,
    TokenRevocation,
    TokenUpdate,
)
from .domain.details import (
    BrontoList,
    EngagingNetworksField,
    EngagingNetworksPage,
    EngagingNetworksSupporter,
    Login,
    OwnBackup,
    OwnBackupObject,
    VendorEvent,
)
from .domain.failures import Failure
from .domain.jobs import JobValues, ListedJob
from .domain.model import (
    ClientValues,
    LinkValues,
    Outcome,
    Seen,
    TokenFacts,
    TokenKind,
    VendorAccount,
)
from .domain.secret import Secret
from .domain.vendor import VendorName
from .upstream.exchange import Exchange
from .upstream.laws import Laws

K = TypeVar("K")
V = TypeVar("V")
W = TypeVar("W")
M = TypeVar("M")

# ── Operations ────────────────────────────────────────────────────────────────────────────────

Read = Callable[[Sequence[K]], Awaitable[Mapping[K, Outcome[V]]]]
"""A batch read: one outcome for each key asked for, whatever else goes wrong."""


@dataclass(frozen=True, slots=True)
class ListedClient:
    """One row of a vendor's client list."""

    vendor_id: str
    values: ClientValues


@dataclass(frozen=True, slots=True)
class Verification:
    """What the cheapest harmless call showed of one credential.

    `failure` None: the vendor accepted it. `capabilities`: the vendor's words for what it may or
    may not do, as far as the call showed. `clients`: vendor ids of clients that it revealed where
    the vendor has no list (Engaging Networks).
    """

    slot: str
    holder: str
    failure: Failure | None = None
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write(Generic[W, M]):
    """A write, with the values that it takes and what it makes.

    `send(values, mark)` makes exactly one journaled call (`Call.journaled`), after whatever reads
    it needs and before any other; it raises the Failure that stood in its way. The mark is the
    intent's: it rides in what is made, where the vendor has a field for it, so that it is found
    again. `find(values, mark)` tells, by reading alone, whether an earlier sending took effect:
    what it made, or None for "it did not"; it raises `OutcomeUnknown` when the reads do not tell.
    No `find`: no read of the vendor can tell.
    """

    send: Callable[[W, str], Awaitable[M]]
    find: Callable[[W, str], Awaitable[M | None]] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a write made or changed, by the vendor's id; `invite_url` where a link's answer has it.

    `warnings` are remarks on a write that went well, a sentence each.
    """

    vendor_id: str
    invite_url: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that a vendor made: its facts, and the value, which only the vault may keep."""

    facts: TokenFacts
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What one account can do, bound to one caller; None = the vendor cannot.

    `list_clients` takes the account's regions ("" where the vendor has none) and answers, per
    region, the complete list. `list_tokens` answers all tokens that the vendor would list.
    Keys are vendor ids unless said otherwise.
    """

    verify: Callable[[], Awaitable[tuple[Verification, ...]]]
    list_clients: Read[str, tuple[ListedClient, ...]] | None = None
    get_clients: Read[str, ClientValues] | None = None
    get_links: Read[str, LinkValues] | None = None
    list_tokens: Callable[[], Awaitable[Seen[tuple[TokenFacts, ...]]]] | None = None
    logins: Callable[[], Awaitable[Seen[tuple[Login, ...]]]] | None = None
    events: Callable[[str | None], Awaitable[Seen[tuple[VendorEvent, ...]]]] | None = None
    """By region-qualified id of the event before; None starts at the beginning of time."""

    lists_of: Read[str, tuple[BrontoList, ...]] | None = None
    fields_of: Read[str, tuple[EngagingNetworksField, ...]] | None = None
    find_supporters: Read[tuple[str, str], EngagingNetworksSupporter] | None = None
    """By (vendor id, e-mail address)."""
    pages_of: Read[tuple[str, str, str], tuple[EngagingNetworksPage, ...]] | None = None
    """By (vendor id, type, status); status "" means all."""
    backups_of: Read[str, tuple[OwnBackup, ...]] | None = None
    last_backups: Read[str, OwnBackup] | None = None
    backup_objects_of: Read[tuple[str, str], tuple[OwnBackupObject, ...]] | None = None
    """By (vendor id, backup's vendor id)."""

    list_jobs: Read[str, tuple[ListedJob, ...]] | None = None
    """By region, as `list_clients`."""
    get_jobs: Read[str, JobValues] | None = None

    create_client: Write[NewClient, Made] | None = None
    update_client: Write[ClientUpdate, Made] | None = None
    create_link: Write[NewLink, Made] | None = None
    update_link: Write[LinkUpdate, Made] | None = None
    issue_token: Write[NewToken, Issued] | None = None
    update_token: Write[TokenUpdate, TokenFacts] | None = None
    revoke_token: Write[TokenRevocation, Made] | None = None
    """`Made.vendor_id` is the key of the token that is no more."""

    start_backup: Write[NewBackup, Made] | None = None
    start_export: Write[BackupExport, Made] | None = None
    """Makes a job of the vendor's, which keeps the file: `Made.vendor_id` is the job's."""
    start_import: Write[ImportFile, Made] | None = None
    """Hands over the whole file; `Made.vendor_id` is the vendor's number of the job."""
    export_activity: Callable[[ActivityExport], AsyncIterator[bytes]] | None = None
    """The CSV in pieces, its header once; raises a Failure in the middle when it is cut short."""


COMMON: Mapping[str, str] = {
    "verify": "VendorAccount.status",
    "list_clients": "clients",
    "get_clients": "client",
    "get_links": "link",
    "list_tokens": "tokens",
    "logins": "VendorAccount.logins",
    "events": "VendorAccount.events",
    "list_jobs": "Agency.jobs",
    "get_jobs": "Agency.jobs",
    "create_client": "createClient",
    "update_client": "updateClient",
    "create_link": "createLink",
    "update_link": "updateLink",
    "issue_token": "issueToken",
    "update_token": "updateToken",
    "revoke_token": "revokeToken",
    "start_backup": "startBackup",
    "start_export": "startExport",
    "export_activity": "startExport",
    "start_import": "startImport",
}
"""Operations that every vendor must have or explain, with their names in the GraphQL schema.

A name that two operations share is LIVE where a vendor has one of them.
"""

PARTICULAR: Mapping[str, str] = {
    "lists_of": "BrontoDetails.lists",
    "fields_of": "EngagingNetworksDetails.supporterFields",
    "find_supporters": "EngagingNetworksDetails.supporter",
    "pages_of": "EngagingNetworksDetails.pages",
    "backups_of": "OwnDetails.backups",
    "last_backups": "OwnDetails.lastBackup",
    "backup_objects_of": "OwnBackup.objects",
}
"""Operations that belong to one vendor's details, and are in no other's support table."""


# ── Facts ─────────────────────────────────────────────────────────────────────────────────────


class SupportLevel(Enum):
    """Who answers an operation: the vendor, the gateway's memory, or nobody."""

    LIVE = "LIVE"
    LEDGER = "LEDGER"
    ABSENT = "ABSENT"


@dataclass(frozen=True, slots=True)
class Support:
    """One row of the support table; `reason` is a sentence, None when LIVE."""

    level: SupportLevel
    reason: str | None = None


class TokenManager(Enum):
    """Who can make and revoke a token."""

    API = "API"
    DASHBOARD = "DASHBOARD"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLaw:
    """What a vendor allows with one kind of token."""

    kind: TokenKind
    max_live_per_holder: int | None
    revoke_first: bool
    shown_once: bool
    expires_after_days: int | None
    managed_by: TokenManager
    how_to: str


class SlotShape(Enum):
    """How a slot of the credential file is filled: one string, a list, or an object by holder."""

    ONE = "one"
    LIST = "list"
    BY_HOLDER = "by_holder"


@dataclass(frozen=True, slots=True)
class CredentialSlot:
    """A slot of the credential file, and the kind of token in it."""

    name: str
    kind: TokenKind
    shape: SlotShape = SlotShape.ONE


@dataclass(frozen=True, slots=True)
class PlatformService:
    """A service that an access link may ask for; no levels where the service has none."""

    name: str
    access_levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform of services."""

    name: str
    services: tuple[PlatformService, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFreshness:
    """Seconds for which a value in the ledger is as good as the vendor's own.

    `settled_link` is for links that are COMPLETE or SKIPPED, which change seldom.
    """

    client: float
    link: float = 30.0
    settled_link: float = 600.0
    tokens: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor: facts as data, and how to connect.

    `regions`: those an account covers when its operator names none; empty: the vendor has no
    regions. `listed_fields`: the fields of `ClientValues` that `list_clients` tells; None: all.
    `slots` in the order of the credential file; a bare string fills the first. `options` are keys
    of that file that are public. `support` is by schema name (`COMMON`, `PARTICULAR`). `summary`
    tells a caller what the vendor is, in a sentence. `reveals_clients`: there is no list, but
    `verify` tells of the account's clients, so an account is verified when it is added.
    `one_region`: an account lives in exactly one of the regions.
    """

    name: VendorName
    title: str
    documentation: tuple[str, ...]
    laws: Laws
    slots: tuple[CredentialSlot, ...]
    token_laws: tuple[TokenLaw, ...]
    support: Mapping[str, Support]
    ledger: LedgerFreshness
    connect: Callable[[Exchange, VendorAccount], Operations]
    options: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    listed_fields: frozenset[str] | None = None
    permissions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    summary: str = ""
    reveals_clients: bool = False
    one_region: bool = False
    platforms: tuple[Platform, ...] = ()

    def token_law(self, kind: TokenKind) -> TokenLaw | None:
        """The law for a kind of token, if the vendor has that kind."""
        return next((law for law in self.token_laws if law.kind is kind), None)
