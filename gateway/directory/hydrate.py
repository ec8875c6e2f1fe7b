"""Decides, for one remembered object, whether the ledger's values do or the vendor must be asked.

Pure: (row, what was listed just now, now) in, a decision or an answer out. The contract page says
what LIVE, CACHED, LEDGER and stale mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from ..contract import Vendor
from ..domain.failures import Failure
from ..domain.model import (
    ClientRecord,
    ClientValues,
    Link,
    LinkStatus,
    LinkValues,
    Outcome,
    Provenance,
    Seen,
    Source,
    Token,
)
from .listing import is_current

V = TypeVar("V", ClientValues, LinkValues)

Live = Mapping[tuple[int, str], datetime]
"""Lists that this request waited for: when they came, by (account, region)."""


class Depth(Enum):
    """How much of a record is wanted: what a list tells in passing, or all."""

    LISTED = "listed"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Hydrated(Generic[V]):
    """An object's values as good as they could be had.

    `values` None: neither the vendor nor the ledger knows any. `failure`: why the vendor could not
    be asked; the values are then the ledger's. `gone`: the vendor says there is no such object.
    """

    values: V | None
    provenance: Provenance
    failure: Failure | None = None
    gone: bool = False


def remembered_record(
    row: ClientRecord, depth: Depth, vendor: Vendor, live: Live, now: datetime
) -> Hydrated[ClientValues] | None:
    """The ledger's values if they are as good as the vendor's; None: the vendor must be asked."""
    region = row.vendor_id.split("/", 1)[0] if vendor.regions else ""
    listed_at = live.get((row.account, region))
    at = row.seen_at if depth is Depth.LISTED else row.complete_at
    if row.archived and vendor.support["clients"].level.value == "LIVE":
        # Missing from a complete list: the vendor would only say so again.
        fresh = is_current(row.seen_at, now, vendor.ledger.client)
        source = Source.CACHED if fresh else Source.LEDGER
        return Hydrated(row.values, Provenance(source, row.seen_at or row.told_at), gone=True)
    if at is None or not is_current(at, now, vendor.ledger.client):
        return None
    source = Source.LIVE if at == listed_at else Source.CACHED
    return Hydrated(row.values, Provenance(source, at), gone=row.archived)


def remembered_link(row: Link, vendor: Vendor, now: datetime) -> Hydrated[LinkValues] | None:
    """The ledger's values if they are as good as the vendor's; None: the vendor must be asked."""
    settled = row.values is not None and row.values.status in (
        LinkStatus.COMPLETE,
        LinkStatus.SKIPPED,
    )
    fresh = vendor.ledger.settled_link if settled else vendor.ledger.link
    if row.seen_at is None or not is_current(row.seen_at, now, fresh):
        return None
    return Hydrated(row.values, Provenance(Source.CACHED, row.seen_at))


def settle(
    values: V | None,
    seen_at: datetime | None,
    told_at: datetime,
    outcome: Outcome[V],
    now: datetime,
) -> Hydrated[V]:
    """What asking the vendor gave, with the ledger's values to fall back on."""
    match outcome:
        case Seen(value=value, provenance=Provenance(as_of=as_of, stale=True)):
            # The vendor failed, and the reply cache answered with what it said before.
            return Hydrated(value, Provenance(Source.LEDGER, as_of, stale=True))
        case Seen(value=value, provenance=provenance):
            return Hydrated(value, provenance)
        case None:
            return Hydrated(values, Provenance(Source.LIVE, now), gone=True)
        case failure:
            provenance = Provenance(Source.LEDGER, seen_at or told_at, stale=True)
            return Hydrated(values, provenance, failure)


def token_provenance(
    row: Token, vendor: Vendor, listed_at: datetime | None, now: datetime
) -> Provenance:
    """Where a token's facts come from; what no vendor can tell is the ledger's, and never stale."""
    if not row.listed or row.seen_at is None:
        return Provenance(Source.LEDGER, row.seen_at or row.told_at)
    if row.seen_at == listed_at:
        return Provenance(Source.LIVE, row.seen_at)
    if is_current(row.seen_at, now, vendor.ledger.tokens):
        return Provenance(Source.CACHED, row.seen_at)
    return Provenance(Source.LEDGER, row.seen_at, stale=True)
