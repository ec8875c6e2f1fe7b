"""Jobs that go on at a vendor: it is asked how far they are, unless that was told just now."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from ..contract import LedgerFreshness
from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.failures import Failure
from ..domain.jobs import Job, JobStatus, JobValues
from ..domain.model import Outcome, Provenance, Seen, Source, VendorAccount
from ..storage.port import Jobs
from .connect import Connector, Inquiry
from .listing import is_current

GOING_ON = frozenset({JobStatus.WAITING, JobStatus.RUNNING, JobStatus.UNKNOWN})
"""States that change without anybody at the gateway doing something."""

SOON = 10.0
"""Seconds for which what was told of a job that goes on is good enough."""

MOST_AT_ONCE = 5
"""Jobs of an account that are asked for one by one; how far more are is left to its list."""


class Followed(NamedTuple):
    """A job as good as it could be had, and where its values come from."""

    row: Job
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The batch read of one agency's jobs for one inquiry.

    `account` finds one of the agency's accounts by id; `listed_at` tells when the list that a job
    is in came, if this inquiry waited for it.
    """

    agency: AgencyId
    inquiry: Inquiry
    connector: Connector
    clock: Clock
    jobs: Jobs
    account: Callable[[int], VendorAccount]
    listed_at: Callable[[Job], datetime | None]

    async def follow(self, rows: Sequence[Job]) -> list[Followed]:
        """Each job; those of one account are asked for together."""
        now = self.clock.now()
        answers: dict[int, Followed] = {}
        batches: dict[int, dict[str, Followed]] = defaultdict(dict)
        for row in rows:
            fresh = self.connector.vendors[row.vendor].ledger
            known = Followed(row, remembered(row, self.listed_at(row), fresh, now))
            answers[row.id] = known
            if row.vendor_id is not None and is_open(row, now):
                batches[row.account][row.vendor_id] = known
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(self._ask(account, batch))
                for account, batch in batches.items()
                if len(batch) <= MOST_AT_ONCE
            ]
        for batch in asked:
            answers.update(batch.result())
        return [answers[row.id] for row in rows]

    async def _ask(self, account: int, known: Mapping[str, Followed]) -> dict[int, Followed]:
        """What the vendor tells; empty where it tells of no single job."""
        read = self.connector.operations(self.account(account), self.inquiry).get_jobs
        if read is None:
            return {}
        try:
            outcomes = await read(list(known))
        except Failure as failure:
            outcomes = dict.fromkeys(known, failure)
        return {one.row.id: await self._told(one, outcomes[id]) for id, one in known.items()}

    async def _told(self, known: Followed, outcome: Outcome[JobValues]) -> Followed:
        row, provenance = known
        if not isinstance(outcome, Seen):
            stale = provenance.source is Source.LEDGER
            return Followed(row, Provenance(provenance.source, provenance.as_of, stale=stale))
        values, provenance = outcome.value, outcome.provenance
        if row.started:
            values = replace(values, kind=row.values.kind, title=row.values.title)
        if provenance.stale:
            provenance = Provenance(Source.LEDGER, provenance.as_of, stale=True)
        elif provenance.source is Source.LIVE and values.status is not row.values.status:
            only = frozenset({row.values.status})
            await self.jobs.retell_job(self.agency, row.id, values, only=only)
        return Followed(replace(row, values=values), provenance)


def is_open(row: Job, now: datetime) -> bool:
    """Whether the vendor is worth asking how far a job is."""
    return row.values.status in GOING_ON and not is_current(row.seen_at, now, SOON)


def remembered(
    row: Job, listed_at: datetime | None, fresh: LedgerFreshness, now: datetime
) -> Provenance:
    """Where the ledger's values come from; what no vendor tells is never stale."""
    if row.seen_at is None:
        return Provenance(Source.LEDGER, row.told_at)
    if row.seen_at == listed_at:
        return Provenance(Source.LIVE, row.seen_at)
    if is_current(row.seen_at, now, fresh.tokens):
        return Provenance(Source.CACHED, row.seen_at)
    return Provenance(Source.LEDGER, row.seen_at, stale=True)
