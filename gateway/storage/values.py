"""The values of the storage port: windows and pages, conditions, and what comes in to be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from ..domain.caller import AgencyId, Scope
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
