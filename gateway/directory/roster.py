"""Root reads of one agency for one inquiry: have lists brought up to date, then page the ledger."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.failures import Failure, NotFound
from ..domain.intents import Intent
from ..domain.jobs import Job
from ..domain.model import Agency, Client, ClientRecord, Link, Token, VendorAccount
from ..domain.vendor import VendorName
from ..storage.port import Storage
from ..storage.values import (
    ClientFilter,
    ClientOrder,
    IntentFilter,
    JobFilter,
    LinkFilter,
    Page,
    Resource,
    TokenFilter,
    Window,
)
from .connect import Connector, Inquiry
from .edges import Edges
from .following import Following
from .learning import Learner
from .listing import Lister


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What all requests share: made once, by the composition root."""

    storage: Storage
    connector: Connector
    lister: Lister
    learner: Learner
    clock: Clock

    async def open(self, agency: AgencyId, inquiry: Inquiry) -> "Roster":
        """The roster of one agency; `NotFound` when there is no such agency."""
        found = await self.storage.agency(agency)
        if found is None:
            raise NotFound("There is no such agency.")
        return Roster(self, found, await self.storage.accounts(agency), inquiry)


class Roster:
    """One agency's clients, links, tokens, jobs and journal, for one inquiry.

    `problems` collects why lists that never came back whole are missing from what was answered.
    """

    def __init__(
        self,
        directory: Directory,
        agency: Agency,
        accounts: Sequence[VendorAccount],
        inquiry: Inquiry,
    ) -> None:
        self.agency = agency
        self.accounts = tuple(accounts)
        self.problems: list[Failure] = []
        self._directory = directory
        self._ledger = directory.storage
        self._inquiry = inquiry
        self._by_id = {account.id: account for account in accounts}
        self._live: dict[Resource, dict[tuple[int, str], datetime]] = {
            resource: {} for resource in Resource
        }
        self._ensured: dict[Resource, set[int]] = {resource: set() for resource in Resource}
        self._turn = {resource: asyncio.Lock() for resource in Resource}

    def account(self, account: int) -> VendorAccount:
        """One of the agency's accounts; `NotFound` when there is none."""
        try:
            return self._by_id[account]
        except KeyError:
            raise NotFound("There is no such account.") from None

    @property
    def edges(self) -> Edges:
        """The batch reads behind the loaders."""
        return Edges(
            agency=self.agency.id,
            inquiry=self._inquiry,
            connector=self._directory.connector,
            learner=self._directory.learner,
            clock=self._directory.clock,
            account=self.account,
            live=self._live[Resource.CLIENTS],
        )

    @property
    def following(self) -> Following:
        """The batch read of jobs that go on at a vendor."""
        return Following(
            agency=self.agency.id,
            inquiry=self._inquiry,
            connector=self._directory.connector,
            clock=self._directory.clock,
            jobs=self._ledger,
            account=self.account,
            listed_at=self._jobs_live,
        )

    def tokens_live(self, account: int) -> datetime | None:
        """When the account's token list came, if this inquiry waited for it."""
        return self._live[Resource.TOKENS].get((account, ""))

    # Clients
    async def page_clients(
        self, filter: ClientFilter, order: ClientOrder, window: Window
    ) -> Page[Client]:
        """A page of clients."""
        await self._ensure(Resource.CLIENTS, filter.vendors, filter.account)
        return await self._ledger.page_clients(self.agency.id, filter, order, window)

    async def count_clients(self, filter: ClientFilter) -> int:
        """How many clients there are."""
        await self._ensure(Resource.CLIENTS, filter.vendors, filter.account)
        return await self._ledger.count_clients(self.agency.id, filter)

    async def clients(self, ids: Sequence[int]) -> Mapping[int, Client]:
        """Clients by id."""
        return await self._ledger.clients(self.agency.id, ids)

    async def records(self, ids: Sequence[int]) -> Mapping[int, ClientRecord]:
        """Records by id."""
        return await self._ledger.records(self.agency.id, ids)

    # Links
    async def page_links(
        self, filter: LinkFilter, window: Window, clients: Sequence[int] | None = None
    ) -> Mapping[int, Page[Link]]:
        """A page of links for each client, or one of all under key 0."""
        return await self._ledger.page_links(self.agency.id, filter, window, clients)

    async def count_links(
        self, filter: LinkFilter, clients: Sequence[int] | None = None
    ) -> Mapping[int, int]:
        """How many links, keyed as the pages."""
        return await self._ledger.count_links(self.agency.id, filter, clients)

    async def links(self, ids: Sequence[int]) -> Mapping[int, Link]:
        """Links by id."""
        return await self._ledger.links(self.agency.id, ids)

    # Tokens
    async def page_tokens(
        self, filter: TokenFilter, window: Window, clients: Sequence[int] | None = None
    ) -> Mapping[int, Page[Token]]:
        """A page of tokens for each client, or one of all under key 0."""
        await self._ensure(Resource.TOKENS, filter.vendors, filter.account)
        return await self._ledger.page_tokens(self.agency.id, filter, window, clients)

    async def count_tokens(
        self, filter: TokenFilter, clients: Sequence[int] | None = None
    ) -> Mapping[int, int]:
        """How many tokens, keyed as the pages."""
        await self._ensure(Resource.TOKENS, filter.vendors, filter.account)
        return await self._ledger.count_tokens(self.agency.id, filter, clients)

    async def tokens(self, ids: Sequence[int]) -> Mapping[int, Token]:
        """Tokens by id."""
        return await self._ledger.tokens(self.agency.id, ids)

    # Jobs
    async def page_jobs(self, filter: JobFilter, window: Window) -> Page[Job]:
        """A page of jobs."""
        await self._ensure(Resource.JOBS, None, filter.account)
        return await self._ledger.page_jobs(self.agency.id, filter, window)

    async def count_jobs(self, filter: JobFilter) -> int:
        """How many jobs there are."""
        await self._ensure(Resource.JOBS, None, filter.account)
        return await self._ledger.count_jobs(self.agency.id, filter)

    async def jobs(self, ids: Sequence[int]) -> Mapping[int, Job]:
        """Jobs by id."""
        return await self._ledger.jobs(self.agency.id, ids)

    # The journal
    async def page_intents(self, filter: IntentFilter, window: Window) -> Page[Intent]:
        """A page of writes."""
        return await self._ledger.page_intents(self.agency.id, filter, window)

    async def count_intents(self, filter: IntentFilter) -> int:
        """How many writes there are."""
        return await self._ledger.count_intents(self.agency.id, filter)

    async def intents(self, ids: Sequence[int]) -> Mapping[int, Intent]:
        """Writes by id."""
        return await self._ledger.intents(self.agency.id, ids)

    def _jobs_live(self, job: Job) -> datetime | None:
        live = self._live[Resource.JOBS]
        region, slash, _ = (job.vendor_id or "").partition("/")
        return live.get((job.account, region if slash else ""))

    async def _ensure(
        self, resource: Resource, vendors: Sequence[VendorName] | None, account: int | None
    ) -> None:
        """Once an inquiry and account: lists that the filter cannot match are spared."""
        wanted = [
            candidate
            for candidate in self.accounts
            if (vendors is None or candidate.vendor in vendors)
            and (account is None or candidate.id == account)
        ]
        async with self._turn[resource]:
            missing = [each for each in wanted if each.id not in self._ensured[resource]]
            if not missing:
                return
            ensured = await self._directory.lister.ensure(
                self.agency.id, missing, resource, self._inquiry
            )
            self._ensured[resource].update(each.id for each in missing)
            self._live[resource].update(ensured.live)
            self.problems.extend(ensured.failures)
