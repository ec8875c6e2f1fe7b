"""Keeps the ledger's lists up to date with the vendors that can list.

A list that never came back whole is waited for; one older than `FRESH` seconds is served from the
ledger and refreshed behind. One refresh of a list runs at a time, however many ask; it belongs to
the runtime, so nobody who leaves takes it down, and it has a deadline of its own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..contract import Vendor
from ..domain.caller import AgencyId
from ..domain.clock import Clock, Deadline
from ..domain.failures import DeadlineExceeded, Failure, Unavailable
from ..domain.model import Outcome, Seen, TokenFacts, VendorAccount
from ..domain.tokens import expires_at
from ..storage.port import Jobs, Ledger
from ..storage.values import Listing, Resource, SeenClient, ToldToken
from .connect import Connector, Inquiry

FRESH = 60.0
"""Seconds for which a list counts as up to date (contract page)."""

ROOT_SHARE = 0.6
"""The part of a caller's time that a list may take, so that what hangs on it has the rest."""

Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a coroutine in the runtime's task group."""

Told = Mapping[str, datetime | Failure]
"""By region: when the list came back whole, or why it did not."""


_OPERATIONS = {
    Resource.CLIENTS: "clients",
    Resource.TOKENS: "tokens",
    Resource.JOBS: "Agency.jobs",
}
"""The row of a vendor's support table that tells whether it can list."""


class Shelf(Ledger, Jobs, Protocol):
    """Where lists are kept."""


@dataclass(frozen=True, slots=True)
class Ensured:
    """What asking for up-to-date lists gave.

    `live`: when lists came back that were waited for, by (account, region). `failures`: why lists
    that never came back whole are missing still.
    """

    live: Mapping[tuple[int, str], datetime]
    failures: tuple[Failure, ...]


class Lister:
    """Asks vendors for their lists, and takes them into the ledger."""

    def __init__(
        self,
        *,
        ledger: Shelf,
        connector: Connector,
        clock: Clock,
        spawn: Spawn,
        unobserved: Callable[[str], Inquiry],
        patience: float,
    ) -> None:
        """`unobserved(request_id)` makes the inquiry of a refresh that nobody waits for;
        `patience` is how many seconds a refresh may take."""
        self._ledger = ledger
        self._connector = connector
        self._clock = clock
        self._spawn = spawn
        self._unobserved = unobserved
        self._patience = patience
        self._running: dict[tuple[AgencyId, int, Resource], asyncio.Future[Told]] = {}

    async def ensure(
        self,
        agency: AgencyId,
        accounts: Sequence[VendorAccount],
        resource: Resource,
        inquiry: Inquiry,
    ) -> Ensured:
        """Have the lists of these accounts as fresh as this inquiry can afford."""
        known = await self._ledger.listings(agency)
        waited: dict[int, asyncio.Future[Told]] = {}
        for account in accounts:
            regions = self._regions(account, resource)
            ages = [self._age(known, account, resource, region) for region in regions]
            if any(age is None for age in ages):
                waited[account.id] = self._refresh(agency, account, resource, inquiry)
            elif any(age is not None and age > FRESH for age in ages):
                self._refresh(agency, account, resource, self._unobserved(inquiry.request_id))
        return await self._wait(waited, accounts, inquiry)

    async def refresh(
        self, agency: AgencyId, account: VendorAccount, resource: Resource, inquiry: Inquiry
    ) -> Told:
        """Ask now, whatever is known; empty where the vendor cannot list."""
        if not self._regions(account, resource):
            return {}
        return await asyncio.shield(self._refresh(agency, account, resource, inquiry))

    async def _wait(
        self,
        waited: Mapping[int, asyncio.Future[Told]],
        accounts: Sequence[VendorAccount],
        inquiry: Inquiry,
    ) -> Ensured:
        if waited:
            patience = inquiry.deadline.share(ROOT_SHARE, self._clock).remaining(self._clock)
            await asyncio.wait(waited.values(), timeout=max(0.0, patience))
        live: dict[tuple[int, str], datetime] = {}
        failures: list[Failure] = []
        vendors = {account.id: account.vendor for account in accounts}
        for account, future in waited.items():
            if not future.done():
                message = "The vendor's list did not come in time; what is known is answered."
                failures.append(DeadlineExceeded(message, vendor=vendors[account], account=account))
                continue
            told = future.result()
            live.update(
                {(account, region): at for region, at in told.items() if isinstance(at, datetime)}
            )
            # One for an account: its regions are not told apart in what a caller reads.
            failures += [each for each in told.values() if isinstance(each, Failure)][:1]
        return Ensured(live, tuple(failures))

    def _regions(self, account: VendorAccount, resource: Resource) -> tuple[str, ...]:
        """The regions to list; empty where the vendor has no such list."""
        return listed_regions(self._connector.vendor(account), account, resource)

    def _age(
        self, known: Sequence[Listing], account: VendorAccount, resource: Resource, region: str
    ) -> float | None:
        for listing in known:
            if (listing.account, listing.resource, listing.region) == (
                account.id,
                resource,
                region,
            ):
                return (self._clock.now() - listing.at).total_seconds()
        return None

    def _refresh(
        self, agency: AgencyId, account: VendorAccount, resource: Resource, inquiry: Inquiry
    ) -> asyncio.Future[Told]:
        key = (agency, account.id, resource)
        running = self._running.get(key)
        if running is not None:
            return running
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._running[key] = future
        own = Inquiry(
            deadline=Deadline(self._clock.monotonic() + self._patience),
            request_id=inquiry.request_id,
            observe=inquiry.observe,
        )
        self._spawn(self._run(key, account, own, future))
        return future

    async def _run(
        self,
        key: tuple[AgencyId, int, Resource],
        account: VendorAccount,
        inquiry: Inquiry,
        future: asyncio.Future[Told],
    ) -> None:
        agency, _, resource = key
        regions = self._regions(account, resource)
        # What stays if a fault of ours, which the background tells to the log, ends it.
        told: Told = dict.fromkeys(regions, _missing(account))
        try:
            match resource:
                case Resource.CLIENTS:
                    told = await self._clients(agency, account, regions, inquiry)
                case Resource.TOKENS:
                    told = await self._tokens(agency, account, inquiry)
                case Resource.JOBS:
                    told = await self._jobs(agency, account, regions, inquiry)
        except Failure as failure:
            told = dict.fromkeys(regions, failure)
        finally:
            del self._running[key]
            if not future.done():
                future.set_result(told)

    async def _clients(
        self, agency: AgencyId, account: VendorAccount, regions: Sequence[str], inquiry: Inquiry
    ) -> Told:
        list_clients = self._connector.operations(account, inquiry).list_clients
        if list_clients is None:
            return {}
        told: dict[str, datetime | Failure] = {}
        for region, outcome in (await list_clients(regions)).items():
            told[region] = _when(outcome, account)
            if outcome is None or isinstance(outcome, Failure):
                continue
            if outcome.provenance.stale:
                continue
            at = outcome.provenance.as_of
            seen = [
                SeenClient(account.id, listed.vendor_id, listed.values, at)
                for listed in outcome.value
            ]
            await self._ledger.take_clients(agency, account.id, region, seen, at)
        return told

    async def _tokens(self, agency: AgencyId, account: VendorAccount, inquiry: Inquiry) -> Told:
        list_tokens = self._connector.operations(account, inquiry).list_tokens
        if list_tokens is None:
            return {}
        seen = await list_tokens()
        told = _when(seen, account)
        if isinstance(told, datetime):
            vendor = self._connector.vendor(account)
            tokens = [told_token(vendor, facts) for facts in seen.value]
            await self._ledger.take_tokens(agency, account.id, tokens, seen.provenance.as_of)
        return {"": told}

    async def _jobs(
        self, agency: AgencyId, account: VendorAccount, regions: Sequence[str], inquiry: Inquiry
    ) -> Told:
        list_jobs = self._connector.operations(account, inquiry).list_jobs
        if list_jobs is None:
            return {}
        told: dict[str, datetime | Failure] = {}
        for region, outcome in (await list_jobs(regions)).items():
            told[region] = at = _when(outcome, account)
            if isinstance(outcome, Seen) and isinstance(at, datetime):
                await self._ledger.take_jobs(agency, account.id, region, outcome.value, at)
        return told


def listed_regions(vendor: Vendor, account: VendorAccount, resource: Resource) -> tuple[str, ...]:
    """The regions of an account that the vendor can list; ("",) where it has no regions."""
    support = vendor.support.get(_OPERATIONS[resource])
    if support is None or support.level.value != "LIVE":
        return ()
    return ("",) if resource is Resource.TOKENS else account.regions or ("",)


def told_token(vendor: Vendor, facts: TokenFacts) -> ToldToken:
    """The facts of a token, with its end under the vendor's law."""
    law = vendor.token_law(facts.kind)
    days = law.expires_after_days if law is not None else None
    return ToldToken(facts, expires_at(facts.created_at, days), ends=days is not None)


def is_current(at: datetime | None, now: datetime, seconds: float) -> bool:
    """Whether something seen at `at` is younger than so many seconds."""
    return at is not None and now - at < timedelta(seconds=seconds)


def _when(outcome: Outcome[Any], account: VendorAccount) -> datetime | Failure:
    """When a list came back; a stale answer of the cache counts as none."""
    if isinstance(outcome, Failure):
        return outcome
    if outcome is None or outcome.provenance.stale:
        return _missing(account)
    return outcome.provenance.as_of


def _missing(account: VendorAccount) -> Failure:
    message = "The vendor's list could not be had; what is known is answered."
    return Unavailable(message, vendor=account.vendor, account=account.id)
