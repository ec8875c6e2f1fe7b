"""What an answer cost, per vendor: `extensions.vendors`, counted from the events of one request."""

from dataclasses import dataclass
from typing import Any

from ..domain.events import CacheServed, CallFinished, CallSent, Event, LedgerServed
from ..domain.failures import ErrorCode
from ..domain.vendor import VendorName


@dataclass(slots=True)
class _Count:
    calls: int = 0
    cache_hits: int = 0
    stale: bool = False
    failure: ErrorCode | None = None


class Tally:
    """Counts one request's events."""

    def __init__(self) -> None:
        self._counts: dict[VendorName, _Count] = {}

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        count = self._counts.setdefault(event.vendor, _Count())
        match event:
            case CallSent():
                count.calls += 1
            case CacheServed(stale=stale, failure=failure):
                count.cache_hits += 1
                count.stale |= stale
                count.failure = count.failure or failure
            case LedgerServed(count=served, stale=stale):
                count.cache_hits += 0 if stale else served
                count.stale |= stale
            case CallFinished(failure=failure) if failure not in _NOT_THE_VENDORS:
                count.failure = count.failure or failure

    def extension(self) -> dict[str, Any]:
        """By vendor: calls sent, answers from cache and ledger, whether any was stale, and the
        first failure's code."""
        return {
            vendor.name: {
                "calls": count.calls,
                "cacheHits": count.cache_hits,
                "stale": count.stale,
                "failure": count.failure.value if count.failure is not None else None,
            }
            for vendor, count in sorted(self._counts.items(), key=lambda item: item[0].name)
        }


_NOT_THE_VENDORS = (None, ErrorCode.NOT_FOUND, ErrorCode.BAD_USER_INPUT)
