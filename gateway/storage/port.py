"""What the rest of the gateway asks of storage, in Protocols small enough to read in one sitting.

The agency is the first argument everywhere and part of every WHERE: an id of another agency is
simply not there. All raise `StorageUnavailable` when the database cannot answer. Moments are aware
UTC. Every change of what an operator or caller decides writes its audit row in the same
transaction; what vendors tell is not audited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, Protocol, TypeVar

from ..domain.caller import AgencyId, Scope
from ..domain.model import (
    Agency,
    Client,
    ClientRecord,
    ClientStatus,
    ClientValues,
    Link,
    LinkStatus,
    LinkValues,
    SealedCredential,
    Token,
    TokenFacts,
    TokenKind,
    TokenStatus,
    VendorAccount,
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


@dataclass(frozen=True, slots=True)
class Listing:
    """When a list of an account last came back whole; region "" where the vendor has none."""

    account: int
    resource: Resource
    region: str
    at: datetime


# ── The port ──────────────────────────────────────────────────────────────────────────────────


class Agencies(Protocol):
    """Agencies and their accounts at vendors."""

    async def add_agency(self, name: str, *, actor: str, at: datetime) -> Agency:
        """A new agency; `Conflict` when the name is taken."""

    async def agencies(self) -> tuple[Agency, ...]:
        """All agencies, by name."""

    async def agency(self, agency: AgencyId) -> Agency | None:
        """One agency."""

    async def page_agencies(self, ids: Sequence[AgencyId], window: Window) -> Page[Agency]:
        """A page of these agencies, by name."""

    async def add_account(
        self, agency: AgencyId, account: NewAccount, *, actor: str, at: datetime
    ) -> VendorAccount:
        """A new account with its credentials and their Token rows (`held`), in one transaction.

        `Conflict` when the agency has an account of that vendor and name. A Token row of the same
        `facts.key` that exists already becomes the held one.
        """

    async def accounts(self, agency: AgencyId) -> tuple[VendorAccount, ...]:
        """The agency's accounts with their sealed credentials, by vendor and name."""

    async def account(self, agency: AgencyId, account: int) -> VendorAccount | None:
        """One account."""

    async def remove_account(
        self, agency: AgencyId, account: int, *, actor: str, at: datetime
    ) -> bool:
        """Remove an account, its sealed credentials and all that the ledger knows by it."""

    async def replace_credential(
        self,
        agency: AgencyId,
        account: int,
        credential: NewCredential,
        *,
        actor: str,
        at: datetime,
    ) -> SealedCredential:
        """A new value for (slot, holder), or the first: next generation, same Token row."""

    async def rewrap(self, agency: AgencyId, credential: int, envelope: bytes) -> None:
        """The same value under another key of the key ring: no new generation."""

    async def mark_credential(
        self, agency: AgencyId, credential: int, *, accepted: bool, at: datetime
    ) -> None:
        """The vendor accepted or refused a credential: on it, its Token row and its account."""

    async def learn_capability(
        self, agency: AgencyId, account: int, name: str, granted: bool
    ) -> None:
        """What the vendor's answers showed of an account's capabilities."""

    async def learned_capabilities(self, agency: AgencyId, account: int) -> Mapping[str, bool]:
        """All that was learned."""


class Callers(Protocol):
    """Callers' API keys."""

    async def add_key(self, key: StoredKey, *, actor: str) -> None:
        """Store a new key."""

    async def key(self, id: str) -> StoredKey | None:
        """A key by its public id, revoked or not."""

    async def keys(self) -> tuple[StoredKey, ...]:
        """All keys, newest first."""

    async def revoke_key(self, id: str, *, actor: str, at: datetime) -> bool:
        """Revoke a key; False when there is none, or it is revoked already."""

    async def touch_key(self, id: str, scopes: frozenset[Scope], at: datetime) -> None:
        """The key was used now, with these scopes."""


class Ledger(Protocol):
    """What the gateway remembers: clients with their records, links, and facts of tokens."""

    # Reading
    async def page_clients(
        self, agency: AgencyId, filter: ClientFilter, order: ClientOrder, window: Window
    ) -> Page[Client]:
        """A page of clients with all their records."""

    async def count_clients(self, agency: AgencyId, filter: ClientFilter) -> int:
        """How many clients there are over all pages."""

    async def clients(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Client]:
        """Clients by id; those not found are left out."""

    async def records(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, ClientRecord]:
        """Records by id."""

    async def page_links(
        self,
        agency: AgencyId,
        filter: LinkFilter,
        window: Window,
        clients: Sequence[int] | None = None,
    ) -> Mapping[int, Page[Link]]:
        """Newest first (then by id). With `clients`, one page for each of these clients; without,
        one page of all under key 0. One statement however many clients."""

    async def count_links(
        self, agency: AgencyId, filter: LinkFilter, clients: Sequence[int] | None = None
    ) -> Mapping[int, int]:
        """How many, keyed as `page_links`."""

    async def links(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Link]:
        """Links by id."""

    async def page_tokens(
        self,
        agency: AgencyId,
        filter: TokenFilter,
        window: Window,
        clients: Sequence[int] | None = None,
    ) -> Mapping[int, Page[Token]]:
        """Soonest to expire first, those that never do last (then by id); keyed as links."""

    async def count_tokens(
        self, agency: AgencyId, filter: TokenFilter, clients: Sequence[int] | None = None
    ) -> Mapping[int, int]:
        """How many, keyed as `page_tokens`."""

    async def tokens(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Token]:
        """Tokens by id."""

    async def listings(self, agency: AgencyId) -> tuple[Listing, ...]:
        """When each list last came back whole."""

    # Learning from vendors
    async def learn(
        self, agency: AgencyId, clients: Sequence[SeenClient], links: Sequence[SeenLink]
    ) -> None:
        """Keep what vendors said. Never older over newer, and what a listing tells in passing
        (`complete` false) never erases what it does not tell (fields None, metadata, details)
        of complete values. Values None archive the record (a link's row is kept as it was)."""

    async def take_clients(
        self,
        agency: AgencyId,
        account: int,
        region: str,
        clients: Sequence[SeenClient],
        at: datetime,
    ) -> None:
        """A complete list of an account's region: unknown ones make a Client each, missing ones
        become archived, those that are back are not archived any more; the listing is recorded.
        With a region, only records whose vendor id begins with `region/` are concerned."""

    async def take_tokens(
        self, agency: AgencyId, account: int, tokens: Sequence[ToldToken], at: datetime
    ) -> None:
        """A complete list of an account's tokens: same merging by `facts.key`; listed ones that are
        missing now become revoked. A token's client is the one with a record of
        `facts.client_vendor_id` in that account. Held rows keep `held`."""

    # Being told
    async def tell_client(
        self,
        agency: AgencyId,
        account: int,
        vendor_id: str,
        label: str | None,
        *,
        actor: str,
        at: datetime,
    ) -> tuple[int, bool]:
        """A client that exists at a vendor: the record's id, and whether it was new.

        Same label, same Client. A known record with another label raises `Conflict` when its
        Client has a label already; else its records move to the labelled Client when that exists.
        """

    async def tell_link(
        self,
        agency: AgencyId,
        account: int,
        vendor_id: str,
        client_vendor_id: str,
        *,
        actor: str,
        at: datetime,
    ) -> tuple[int, bool]:
        """A link that exists at a vendor; its client is told of too when unknown."""

    async def tell_token(
        self, agency: AgencyId, account: int, token: ToldToken, *, actor: str, at: datetime
    ) -> tuple[int, bool]:
        """A token that the gateway does not hold, merged by `facts.key`."""

    async def export(self, agency: AgencyId) -> tuple[Mapping[str, str], ...]:
        """Ledger lines (contract page) that import to the same clients, links and told tokens."""


class Audit(Protocol):
    """The audit trail."""

    async def audit(self, agency: AgencyId | None, limit: int) -> tuple[AuditRow, ...]:
        """The newest rows, of one agency or of all."""


class Storage(Agencies, Callers, Ledger, Audit, Protocol):
    """The whole port, with its life."""

    async def migrate(self) -> None:
        """Bring the database to the newest schema."""

    async def schema_is_current(self) -> bool:
        """Whether the database has the newest schema."""

    async def ping(self) -> None:
        """Raise `StorageUnavailable` unless the database answers."""

    async def close(self) -> None:
        """Close all connections."""
