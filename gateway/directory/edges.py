"""Batch functions behind the loaders: one call of an operation an account, one outcome a key.

A failing vendor gives its failure to its own keys only. What a vendor says is learned.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from ..contract import Operations, Read
from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.events import LedgerServed
from ..domain.failures import Failure, Unsupported
from ..domain.model import (
    ClientRecord,
    ClientValues,
    Link,
    LinkValues,
    Outcome,
    Seen,
    Source,
    VendorAccount,
)
from ..storage.values import SeenClient, SeenLink
from .connect import Connector, Inquiry
from .hydrate import Depth, Hydrated, Live, remembered_link, remembered_record, settle
from .learning import Learner

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", ClientRecord, Link)


class RecordRead(NamedTuple):
    """A record, and how much of it is wanted."""

    row: ClientRecord
    depth: Depth


class ParticularRead(NamedTuple):
    """A read that only one vendor has: the account, the name of its operation, and the key."""

    account: VendorAccount
    operation: str
    key: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The batch reads of one agency for one inquiry.

    `account` finds one of the agency's accounts by id; `live` tells which lists this inquiry
    waited for.
    """

    agency: AgencyId
    inquiry: Inquiry
    connector: Connector
    learner: Learner
    clock: Clock
    account: Callable[[int], VendorAccount]
    live: Live

    async def records(self, reads: Sequence[RecordRead]) -> list[Hydrated[ClientValues]]:
        """Each record as deep as wanted: one read of a record serves all who want it."""
        whole = {read.row.id for read in reads if read.depth is Depth.WHOLE}
        now = self.clock.now()
        answers: dict[tuple[int, Depth], Hydrated[ClientValues]] = {}
        asked: dict[int, ClientRecord] = {}
        for row, _ in reads:
            depth = Depth.WHOLE if row.id in whole else Depth.LISTED
            vendor = self.connector.vendors[row.vendor]
            remembered = remembered_record(row, depth, vendor, self.live, now)
            if remembered is None:
                asked[row.id] = row
            else:
                answers[row.id, depth] = remembered
        rows = {row.id: row for row, _ in reads}
        self._tell([row for row in rows.values() if row.id not in asked], "clients", stale=False)
        outcomes = await self._ask(asked.values(), lambda operations: operations.get_clients)
        self._tell(_unanswered(asked.values(), outcomes), "clients", stale=True)
        hydrated = {row.id: self._learn_record(row, outcomes[row.id]) for row in asked.values()}
        return [
            hydrated.get(row.id) or answers[row.id, Depth.WHOLE if row.id in whole else depth]
            for row, depth in reads
        ]

    async def links(self, rows: Sequence[Link]) -> list[Hydrated[LinkValues]]:
        """Each link with its values."""
        now = self.clock.now()
        answers = {
            row.id: remembered_link(row, self.connector.vendors[row.vendor], now) for row in rows
        }
        asked = [row for row in rows if answers[row.id] is None]
        self._tell([row for row in rows if answers[row.id] is not None], "links", stale=False)
        outcomes = await self._ask(asked, lambda operations: operations.get_links)
        self._tell(_unanswered(asked, outcomes), "links", stale=True)
        return [answers[row.id] or self._learn_link(row, outcomes[row.id]) for row in rows]

    async def particulars(self, reads: Sequence[ParticularRead]) -> list[Outcome[Any]]:
        """Reads that only one vendor has, batched by account and operation."""
        batches: dict[tuple[int, str], list[ParticularRead]] = defaultdict(list)
        for read in reads:
            batches[read.account.id, read.operation].append(read)
        answers: dict[tuple[int, str, Any], Outcome[Any]] = {}

        async def ask(batch: Sequence[ParticularRead]) -> None:
            account, operation, _ = batch[0]
            read = getattr(self.connector.operations(account, self.inquiry), operation)
            outcomes = await _outcomes(read, [item.key for item in batch], account)
            for key, outcome in outcomes.items():
                answers[account.id, operation, key] = outcome

        async with asyncio.TaskGroup() as group:
            for batch in batches.values():
                group.create_task(ask(batch))
        return [answers[read.account.id, read.operation, read.key] for read in reads]

    async def _ask(
        self,
        rows: Iterable[R],
        choose: Callable[[Operations], Read[str, V] | None],
    ) -> Mapping[int, Outcome[V]]:
        """One outcome for each row's id; accounts side by side."""
        batches: dict[int, dict[str, int]] = defaultdict(dict)
        for row in rows:
            batches[row.account][row.vendor_id] = row.id
        accounts = [self.account(account) for account in batches]
        answers: dict[int, Outcome[V]] = {}

        async def ask(account: VendorAccount) -> None:
            ids = batches[account.id]
            read = choose(self.connector.operations(account, self.inquiry))
            outcomes = await _outcomes(read, list(ids), account)
            for vendor_id, row in ids.items():
                answers[row] = outcomes[vendor_id]

        async with asyncio.TaskGroup() as group:
            for account in accounts:
                group.create_task(ask(account))
        return answers

    def _tell(self, rows: Sequence[R], operation: str, *, stale: bool) -> None:
        """Tell who watches that the ledger answered, once for each account."""
        for account, count in Counter(row.account for row in rows).items():
            event = LedgerServed(
                vendor=self.account(account).vendor,
                agency=self.agency,
                account=account,
                operation=operation,
                request_id=self.inquiry.request_id,
                count=count,
                stale=stale,
            )
            self.inquiry.observe(event)

    def _learn_record(
        self, row: ClientRecord, outcome: Outcome[ClientValues]
    ) -> Hydrated[ClientValues]:
        now = self.clock.now()
        if outcome is None:
            self.learner.note(self.agency, SeenClient(row.account, row.vendor_id, None, now))
        elif isinstance(outcome, Seen) and outcome.provenance.source is Source.LIVE:
            at = outcome.provenance.as_of
            seen = SeenClient(row.account, row.vendor_id, outcome.value, at)
            self.learner.note(self.agency, seen)
        return settle(row.values, row.seen_at, row.told_at, outcome, now)

    def _learn_link(self, row: Link, outcome: Outcome[LinkValues]) -> Hydrated[LinkValues]:
        now = self.clock.now()
        if isinstance(outcome, Seen) and outcome.provenance.source is Source.LIVE:
            at = outcome.provenance.as_of
            self.learner.note(self.agency, SeenLink(row.account, row.vendor_id, outcome.value, at))
        return settle(row.values, row.seen_at, row.told_at, outcome, now)


def _unanswered(rows: Iterable[R], outcomes: Mapping[int, Outcome[V]]) -> list[R]:
    """The rows for which the ledger has to answer, for the vendor could not be asked."""
    return [row for row in rows if row.values is not None and isinstance(outcomes[row.id], Failure)]


async def _outcomes(
    read: Read[K, V] | None, keys: Sequence[K], account: VendorAccount
) -> Mapping[K, Outcome[V]]:
    """One outcome for each key, whatever the operation does."""
    if read is None:
        failure: Failure = Unsupported(
            "The vendor has no such operation.", vendor=account.vendor, account=account.id
        )
        return dict.fromkeys(keys, failure)
    try:
        return await read(keys)
    except Failure as failure:
        return dict.fromkeys(keys, failure)
