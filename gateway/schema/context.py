"""What one request carries through the resolvers: the caller, its agencies' rosters, the loaders.

Loaders live as long as the request and belong to one agency: nothing is shared with anyone else.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from ..contract import Vendor
from ..directory.changes import Changes
from ..directory.connect import Inquiry
from ..directory.edges import ParticularRead, RecordRead
from ..directory.following import Followed
from ..directory.health import Health
from ..directory.hydrate import Hydrated
from ..directory.roster import Directory, Roster
from ..domain.caller import AgencyId, Caller, Scope
from ..domain.clock import Clock
from ..domain.failures import BadInput, Failure, NotFound
from ..domain.intents import Intent
from ..domain.jobs import Job
from ..domain.model import (
    Client,
    ClientRecord,
    ClientValues,
    Link,
    LinkValues,
    Outcome,
    Seen,
    Token,
    VendorAccount,
)
from ..domain.vendor import VendorName
from ..storage.values import LinkFilter, Page, TokenFilter, Window
from .loader import Loader, Running, cancel

F = TypeVar("F", LinkFilter, TokenFilter)
Row = TypeVar("Row", Link, Token)
V = TypeVar("V")

ClientPageKey = tuple[int, F, Window]
"""A page of one client's links or tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request tells beside its document: its `Idempotency-Key`, and the address that it
    came to, as `scheme://host` without a slash at the end."""

    base_url: str = ""
    idempotency_key: str | None = None


class Context:
    """One request: who asks, and the agencies it may see.

    `changes` is where writes go; `fingerprint` is a keyed digest, by which a repeated write is told
    from another one.
    """

    def __init__(
        self,
        *,
        caller: Caller,
        directory: Directory,
        inquiry: Inquiry,
        health: Callable[[VendorAccount], Health],
        changes: Changes,
        fingerprint: Callable[[bytes], str],
        asked: Asked,
    ) -> None:
        self.caller = caller
        self.directory = directory
        self.inquiry = inquiry
        self.health = health
        self.changes = changes
        self.fingerprint = fingerprint
        self.asked = asked
        self.used_scopes: set[Scope] = set()
        self.running: Running = set()
        self._views: dict[AgencyId, View] = {}
        self._problems: tuple[Failure, ...] = ()
        self._turn = asyncio.Lock()

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.directory.clock

    @property
    def vendors(self) -> Mapping[VendorName, Vendor]:
        """All vendors, as configured."""
        return self.directory.connector.vendors

    @property
    def problems(self) -> tuple[Failure, ...]:
        """Why lists are missing from what was answered."""
        now = (problem for view in self._views.values() for problem in view.roster.problems)
        return (*self._problems, *now)

    async def view(self, agency: AgencyId | None = None) -> "View":
        """One of the caller's agencies, or its only one; another's is `NotFound`."""
        if agency is None:
            if len(self.caller.agencies) != 1:
                message = "The key holds several agencies: name one with `agency(id)`."
                raise BadInput(message, field=("id",))
            agency = self.caller.agencies[0]
        if agency not in self.caller.agencies:
            raise NotFound("There is no such agency.")
        async with self._turn:
            if agency not in self._views:
                roster = await self.directory.open(agency, self.inquiry)
                self._views[agency] = View(self, roster)
        return self._views[agency]

    async def views(self) -> list["View"]:
        """All of the caller's agencies."""
        return [await self.view(agency) for agency in self.caller.agencies]

    def renew(self) -> None:
        """Forget what was read so far: a write has changed it."""
        self._problems = self.problems
        self._views.clear()

    async def close(self) -> None:
        """End what the request has under way still."""
        await cancel(self.running)


Info = strawberry.Info[Context, None]


class View:
    """One agency within a request: its roster, and a loader for each kind of edge."""

    def __init__(self, context: Context, roster: Roster) -> None:
        self.context = context
        self.roster = roster
        self.asked_at = context.clock.now()
        edges, running = roster.edges, context.running
        self.records: Loader[RecordRead, Hydrated[ClientValues]] = Loader(
            edges.records, running, _record_key
        )
        self.links: Loader[Link, Hydrated[LinkValues]] = Loader(edges.links, running, _row_key)
        self.particulars: Loader[ParticularRead, Outcome[Any]] = Loader(
            edges.particulars, running, _particular_key
        )
        self.clients_by_id: Loader[int, Client | None] = Loader(_by_id(roster.clients), running)
        self.records_by_id: Loader[int, ClientRecord | None] = Loader(
            _by_id(roster.records), running
        )
        self.links_by_id: Loader[int, Link | None] = Loader(_by_id(roster.links), running)
        self.tokens_by_id: Loader[int, Token | None] = Loader(_by_id(roster.tokens), running)
        self.jobs_by_id: Loader[int, Job | None] = Loader(_by_id(roster.jobs), running)
        self.intents_by_id: Loader[int, Intent | None] = Loader(_by_id(roster.intents), running)
        self.jobs: Loader[Job, Followed] = Loader(roster.following.follow, running, _row_key)
        self.link_pages: Loader[ClientPageKey[LinkFilter], Page[Link]] = Loader(
            _pages(roster.page_links), running
        )
        self.token_pages: Loader[ClientPageKey[TokenFilter], Page[Token]] = Loader(
            _pages(roster.page_tokens), running
        )
        self.link_counts: Loader[tuple[int, LinkFilter], int] = Loader(
            _counts(roster.count_links), running
        )
        self.token_counts: Loader[tuple[int, TokenFilter], int] = Loader(
            _counts(roster.count_tokens), running
        )
        self._reported: set[tuple[str, int]] = set()

    def refuse(self, row: ClientRecord | Link, failure: Failure) -> None:
        """Raise the failure for the first field of an object that has no value because of it.

        The object's other fields are null beside it: one error for each (vendor, record).
        """
        key = (type(row).__name__, row.id)
        if key not in self._reported:
            self._reported.add(key)
            raise failure

    def excuse(self, row: ClientRecord | Link) -> None:
        """What an object lacks was told already, elsewhere than in an error."""
        self._reported.add((type(row).__name__, row.id))

    async def particular(self, row: ClientRecord, operation: str, key: Any) -> Any:
        """A read that only the record's vendor has: its value, or None; raises its Failure."""
        account = self.roster.account(row.account)
        outcome = await self.particulars.load(ParticularRead(account, operation, key))
        if isinstance(outcome, Failure):
            raise outcome
        return outcome.value if isinstance(outcome, Seen) else None


@dataclass(frozen=True, slots=True)
class Found:
    """An object that was looked up by its id, with the agency it belongs to."""

    view: View
    row: Any


async def find(context: Context, row: int, load: Callable[[View], Loader[int, Any]]) -> Found:
    """The object with this row id in any of the caller's agencies; `NotFound` when in none."""
    for view in await context.views():
        found = await load(view).load(row)
        if found is not None:
            return Found(view, found)
    raise NotFound("There is no object with this id.")


def _record_key(read: RecordRead) -> tuple[int, str]:
    return read.row.id, read.depth.value


def _row_key(row: Link | Job) -> int:
    return row.id


def _particular_key(read: ParticularRead) -> tuple[int, str, Any]:
    return read.account.id, read.operation, read.key


def _by_id(
    read: Callable[[Sequence[int]], Awaitable[Mapping[int, V]]],
) -> Callable[[list[int]], Awaitable[list[V | None]]]:
    async def batch(ids: list[int]) -> list[V | None]:
        found = await read(ids)
        return [found.get(id) for id in ids]

    return batch


def _pages(
    read: Callable[[F, Window, Sequence[int]], Awaitable[Mapping[int, Page[Row]]]],
) -> Callable[[list[ClientPageKey[F]]], Awaitable[list[Page[Row]]]]:
    """Pages of many clients' rows: one statement for each distinct filter and window."""

    async def batch(keys: list[ClientPageKey[F]]) -> list[Page[Row]]:
        groups: dict[tuple[F, Window], list[int]] = defaultdict(list)
        for client, filter, window in keys:
            groups[filter, window].append(client)
        pages: dict[ClientPageKey[F], Page[Row]] = {}
        for (filter, window), clients in groups.items():
            for client, page in (await read(filter, window, clients)).items():
                pages[client, filter, window] = page
        return [pages.get(key) or Page((), (), False, False) for key in keys]

    return batch


def _counts(
    read: Callable[[F, Sequence[int]], Awaitable[Mapping[int, int]]],
) -> Callable[[list[tuple[int, F]]], Awaitable[list[int]]]:
    async def batch(keys: list[tuple[int, F]]) -> list[int]:
        groups: dict[F, list[int]] = defaultdict(list)
        for client, filter in keys:
            groups[filter].append(client)
        counts: dict[tuple[int, F], int] = {}
        for filter, clients in groups.items():
            for client, count in (await read(filter, clients)).items():
                counts[client, filter] = count
        return [counts.get(key, 0) for key in keys]

    return batch
