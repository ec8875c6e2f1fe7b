"""What agencies, clients, links and tokens are, whatever the vendor.

Values (`ClientValues`, `LinkValues`, `TokenFacts`) are what a vendor said; rows (`Client`,
`ClientRecord`, `Link`, `Token`) are what the ledger remembers of it, with ids of our own.
Frozen msgspec structs: the ledger keeps values as JSON, and gets them back as they were.
"""

from datetime import datetime
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from .caller import AgencyId
from .details import ClientDetails
from .failures import Failure
from .vendor import VendorName

T = TypeVar("T")


class Source(Enum):
    """Who answered: see "What an answer's source means" in docs/operating.md."""

    LIVE = "LIVE"
    CACHED = "CACHED"
    LEDGER = "LEDGER"


class Provenance(Struct, frozen=True):
    """Where a value comes from, when the vendor gave it, and whether that is too long ago."""

    source: Source
    as_of: datetime
    stale: bool = False


class Seen(Struct, Generic[T], frozen=True):
    """A value with its provenance."""

    value: T
    provenance: Provenance


Outcome = Seen[T] | Failure | None
"""What a read answers for one key: the value, why it could not be had, or None: no such thing."""


class Ref(NamedTuple):
    """An object at a vendor: `vendor_id` is `region/id` where the vendor has regions."""

    account: int
    vendor_id: str


class Entry(Struct, frozen=True):
    """A key and a value that someone else chose."""

    key: str
    value: str


class ClientStatus(Enum):
    """State of a client at a vendor."""

    ACTIVE = "ACTIVE"
    RESTRICTED = "RESTRICTED"
    INACTIVE = "INACTIVE"
    ARCHIVED = "ARCHIVED"
    UNVERIFIED = "UNVERIFIED"
    UNKNOWN = "UNKNOWN"


class ClientValues(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client as one vendor knows it; None where the vendor does not tell.

    `complete` is false for what a listing tells in passing (`Vendor.listed_fields`).
    """

    name: str | None = None
    email: str | None = None
    company: str | None = None
    website: str | None = None
    language: str | None = None
    status: ClientStatus | None = None
    kind: str | None = None
    created_at: datetime | None = None
    metadata: tuple[Entry, ...] = ()
    details: ClientDetails | None = None
    complete: bool = True


class LinkStatus(Enum):
    """How far a client has come with an access link."""

    PENDING = "PENDING"
    PARTIAL = "PARTIAL"
    COMPLETE = "COMPLETE"
    SKIPPED = "SKIPPED"
    UNVERIFIED = "UNVERIFIED"


class LinkedAccount(Struct, frozen=True):
    """The agency's own account on a platform, to which a client grants access."""

    internal_account_id: str
    google_ads_mcc_account_id: str | None = None


class LinkService(Struct, frozen=True, kw_only=True):
    """One service that a link asks for, and what became of it."""

    platform: str
    service: str
    access_level: str | None = None
    requested: bool = True
    granted: bool = False
    skipped: bool = False
    linked_accounts: tuple[LinkedAccount, ...] = ()


class IntakeForm(Struct, frozen=True):
    """The form that a client fills in beside granting."""

    requested: bool
    complete: bool


class Recipient(Struct, frozen=True):
    """Someone who gets copies of the vendor's mails."""

    email: str
    name: str | None = None


class LinkValues(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access link as its vendor knows it."""

    client_vendor_id: str
    status: LinkStatus
    services: tuple[LinkService, ...] = ()
    intake_form: IntakeForm | None = None
    cc: tuple[Recipient, ...] = ()
    created_at: datetime | None = None
    last_reminder_at: datetime | None = None
    redirect_url: str | None = None
    thank_you_message: str | None = None
    retain_tokens: bool | None = None
    static_link_ref: str | None = None
    invite_url: str | None = None


class TokenKind(Enum):
    """Kinds of token."""

    API_KEY = "API_KEY"
    AGENCY = "AGENCY"
    CLIENT = "CLIENT"
    USER = "USER"
    PRIVATE = "PRIVATE"
    PUBLIC = "PUBLIC"
    OTHER = "OTHER"


class TokenStatus(Enum):
    """State of a token."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    EXPIRING = "EXPIRING"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


class TokenFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a token, never its value.

    `key` tells tokens of one account apart: a keyed surrogate of the value or of the vendor's id
    (`Exchange.surrogate`), never the id itself where that is the secret. `active` is None where
    the vendor does not tell.
    """

    key: str
    kind: TokenKind
    name: str | None = None
    hint: str | None = None
    user: str | None = None
    active: bool | None = None
    permissions: tuple[str, ...] | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    client_vendor_id: str | None = None


class Agency(Struct, frozen=True):
    """A company that runs customers over several vendors, kept apart from every other."""

    id: AgencyId
    name: str


class SealedCredential(Struct, frozen=True, kw_only=True):
    """One credential as storage keeps it: only the vault can open `envelope`.

    Identified by (agency, account, slot, holder): the holder tells several of one slot apart, as
    Bronto's client tokens by account id, and is "" elsewhere. `generation` grows with each
    replacement, so that nothing cached or signed in under the old value is used again. `token` is
    the id of its Token row. `vendor` and `account_name` are the account's, copied from its row:
    with the agency they name an account before it has an id, so that the vault can bind an
    envelope to it. An account's vendor and name never change, else its envelopes do not open.
    """

    id: int
    agency: AgencyId
    account: int
    vendor: VendorName
    account_name: str
    slot: str
    holder: str
    generation: int
    envelope: bytes
    token: int
    refused: bool = False


class VendorAccount(Struct, frozen=True, kw_only=True):
    """An agency's account at a vendor: one set of credentials, good for one or more regions.

    `options` are the public parts of the credential set, such as Own's client id; `base_url`
    overrides the vendor's host. `capabilities` is what the operator declared.
    """

    id: int
    agency: AgencyId
    vendor: VendorName
    name: str
    regions: tuple[str, ...] = ()
    base_url: str | None = None
    options: dict[str, str] = {}
    capabilities: tuple[str, ...] = ()
    credentials: tuple[SealedCredential, ...] = ()
    verified_at: datetime | None = None

    def credential(self, slot: str, holder: str = "") -> SealedCredential | None:
        """The credential of that slot and holder, if the account has one."""
        for held in self.credentials:
            if held.slot == slot and held.holder == holder:
                return held
        return None


class ClientRecord(Struct, frozen=True, kw_only=True):
    """A client at one vendor, as the ledger remembers it.

    `seen_at` is when the vendor last told any of `values`, `complete_at` when it last told all;
    both None while the record is only told of (UNVERIFIED). `archived` : missing from a complete
    listing.
    """

    id: int
    client: int
    account: int
    vendor: VendorName
    vendor_id: str
    values: ClientValues | None
    told_at: datetime
    seen_at: datetime | None = None
    complete_at: datetime | None = None
    archived: bool = False

    @property
    def ref(self) -> Ref:
        """What the vendor's adapter is asked with."""
        return Ref(self.account, self.vendor_id)


class Client(Struct, frozen=True, kw_only=True):
    """The agency's customer, with one record at each vendor that knows it, oldest record first."""

    id: int
    label: str | None
    records: tuple[ClientRecord, ...]


class Link(Struct, frozen=True, kw_only=True):
    """An access link, as the ledger remembers it; `values` None while it is only told of."""

    id: int
    account: int
    vendor: VendorName
    vendor_id: str
    client: int | None
    values: LinkValues | None
    told_at: datetime
    seen_at: datetime | None = None

    @property
    def ref(self) -> Ref:
        """What the vendor's adapter is asked with."""
        return Ref(self.account, self.vendor_id)


class Token(Struct, frozen=True, kw_only=True):
    """A token, as the ledger remembers it.

    `held`: the gateway holds its sealed value. `listed`: the vendor's listing tells of it, else it
    is a fact that only people know. `verified_at`, `refused_at`: when the vendor last accepted or
    refused it. `expires_at` is computed when the row is written, from the vendor's law; `ends`:
    tokens of its kind end by that law, so that one of unknown making has an unknown end.
    """

    id: int
    account: int
    vendor: VendorName
    client: int | None
    facts: TokenFacts
    held: bool
    listed: bool
    told_at: datetime
    seen_at: datetime | None = None
    expires_at: datetime | None = None
    ends: bool = False
    verified_at: datetime | None = None
    refused_at: datetime | None = None
    revoked_at: datetime | None = None
