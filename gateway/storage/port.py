"""What the rest of the gateway asks of storage, in Protocols small enough to read in one sitting.

The agency is the first argument everywhere and part of every WHERE: an id of another agency is
simply not there. All raise `StorageUnavailable` when the database cannot answer. Moments are aware
UTC. Every change of what an operator or caller decides writes its audit row in the same
transaction; what vendors tell is not audited.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ..domain.caller import AgencyId, Scope
from ..domain.intents import Intent, IntentState, Problem
from ..domain.jobs import Job, JobStatus, JobValues, ListedJob
from ..domain.model import (
    Agency,
    Client,
    ClientRecord,
    Link,
    SealedCredential,
    Token,
    VendorAccount,
)
from .values import (
    AuditRow,
    Change,
    ClientFilter,
    ClientOrder,
    IntentFilter,
    JobFilter,
    LinkFilter,
    Listing,
    NewAccount,
    NewCredential,
    NewIntent,
    Page,
    SeenClient,
    SeenLink,
    Settlement,
    StoredKey,
    TokenFilter,
    ToldToken,
    Window,
)


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


class Journal(Protocol):
    """The journal of writes. What these methods write is durable when they return.

    All that take an epoch raise `Conflict` when it is not the intent's: another process has taken
    over, and what the one before says does not count any more.
    """

    async def begin(
        self, agency: AgencyId, intent: NewIntent, *, at: datetime, lease_until: datetime
    ) -> tuple[Intent, bool]:
        """A new intent, PENDING, and True; or the one of the same (agency, operation, key) that
        exists, and False. `NotFound` when the agency has no such account or parent, `BadInput` when
        the key has not 1 to 255 characters, `Conflict` when its job does not wait."""

    async def keyed(self, agency: AgencyId, operation: str, key: str) -> Intent | None:
        """The intent that a caller's key stands for."""

    async def withdraw(
        self,
        agency: AgencyId,
        intent: int,
        epoch: int,
        changes: Sequence[Change] = (),
        *,
        at: datetime | None = None,
    ) -> None:
        """Remove an intent of which nothing was sent: PENDING, and without parts.

        `changes` undo, in the same transaction and at that moment, what its beginning has changed.
        """

    async def sending(self, agency: AgencyId, intent: int, epoch: int) -> None:
        """SENDING; allowed again while no answer came, or where the answer was that the session had
        ended: it is dropped, and the call sent once more."""

    async def answered(self, agency: AgencyId, intent: int, epoch: int, answer: bytes) -> None:
        """ANSWERED, with the sealed answer."""

    async def doubt(
        self, agency: AgencyId, intent: int, epoch: int, state: IntentState, problem: Problem
    ) -> Intent:
        """UNKNOWN or RECONCILING, and what is known of why."""

    async def settle(
        self,
        agency: AgencyId,
        intent: int,
        epoch: int,
        settlement: Settlement,
        changes: Sequence[Change] = (),
        *,
        actor: str,
        at: datetime,
    ) -> Intent:
        """Its end, with all changes and an audit row (`<operation>`, subject `intent:<id>`) in one
        transaction; the sealed answer is dropped. NEEDS_HUMAN may be settled later, DONE and
        FAILED never change: `Conflict`. Changes raise what their docstrings say."""

    async def intents(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Intent]:
        """Intents by id."""

    async def parts(
        self, agency: AgencyId, parents: Sequence[int]
    ) -> Mapping[int, Sequence[Intent]]:
        """The parts of intents, oldest first; those without are left out."""

    async def page_intents(
        self, agency: AgencyId, filter: IntentFilter, window: Window
    ) -> Page[Intent]:
        """Newest first; parts are left out."""

    async def count_intents(self, agency: AgencyId, filter: IntentFilter) -> int:
        """How many over all pages."""

    async def orphans(
        self, *, now: datetime, lease_until: datetime, most: int
    ) -> tuple[Intent, ...]:
        """Take over unfinished intents of all agencies whose lease has run out, oldest first: each
        comes with a new epoch and that lease."""

    async def sighted(self, *, entry: str, most: int) -> tuple[tuple[Intent, int], ...]:
        """Intents of all agencies that wait for a person, and the record in the same account whose
        metadata have the intent's mark under the key `entry`: it shows that the write took effect.
        """

    async def lead(self, work: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Whether `holder` leads a work until then: nobody else does, or their time is over."""


class Jobs(Protocol):
    """Jobs at vendors."""

    async def page_jobs(self, agency: AgencyId, filter: JobFilter, window: Window) -> Page[Job]:
        """Newest first (by creation, else by when they were told of), then by id."""

    async def count_jobs(self, agency: AgencyId, filter: JobFilter) -> int:
        """How many over all pages."""

    async def jobs(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Job]:
        """Jobs by id."""

    async def take_jobs(
        self, agency: AgencyId, account: int, region: str, jobs: Sequence[ListedJob], at: datetime
    ) -> None:
        """A list of an account's region; unknown ones get a row, known ones (by vendor id) new
        values but keep kind, title and source where the gateway began them. Nothing is removed.
        The listing is recorded under `Resource.JOBS`."""

    async def retell_job(
        self, agency: AgencyId, job: int, values: JobValues, *, only: frozenset[JobStatus]
    ) -> bool:
        """New values if the job's status is one of `only`, which is how one reader of a file at a
        time is let through; whether it was."""


class Audit(Protocol):
    """The audit trail."""

    async def audit(self, agency: AgencyId | None, limit: int) -> tuple[AuditRow, ...]:
        """The newest rows, of one agency or of all."""


class Storage(Agencies, Callers, Ledger, Journal, Jobs, Audit, Protocol):
    """The whole port, with its life."""

    async def migrate(self) -> None:
        """Bring the database to the newest schema."""

    async def schema_is_current(self) -> bool:
        """Whether the database has the newest schema."""

    async def ping(self) -> None:
        """Raise `StorageUnavailable` unless the database answers."""

    async def close(self) -> None:
        """Close all connections."""
