"""Writes behind: what vendors said of clients and links reaches the ledger within a second.

Answers never wait for it. A crash may lose that second of values, which the vendor still has;
never the outcome of a write. When storage is down the newest values wait, bounded, and are tried
again: reading goes on.
"""

from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.failures import StorageUnavailable
from ..storage.port import Ledger
from ..storage.values import SeenClient, SeenLink

PAUSE = 0.5
"""Seconds between two writes."""

MOST = 50_000
"""Values that wait at the most, when storage is down; the oldest are forgotten."""


class Learner:
    """Collects what vendors said, and writes it in one task."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._waiting: dict[tuple[AgencyId, type, int, str], SeenClient | SeenLink] = {}

    def note(self, agency: AgencyId, seen: SeenClient | SeenLink) -> None:
        """Keep this for the next write; newer values of the same object replace it."""
        key = (agency, type(seen), seen.account, seen.vendor_id)
        self._waiting.pop(key, None)
        self._waiting[key] = seen
        if len(self._waiting) > MOST:
            del self._waiting[next(iter(self._waiting))]

    async def run(self) -> None:
        """Write again and again, until cancelled; the caller flushes once more then."""
        while True:
            await self._clock.sleep(PAUSE)
            try:
                await self.flush()
            except StorageUnavailable:
                continue

    async def flush(self) -> None:
        """Write all that waits; on `StorageUnavailable` what was not written goes on waiting."""
        for agency in {key[0] for key in self._waiting}:
            batch = {key: seen for key, seen in self._waiting.items() if key[0] == agency}
            clients = [seen for seen in batch.values() if isinstance(seen, SeenClient)]
            links = [seen for seen in batch.values() if isinstance(seen, SeenLink)]
            await self._ledger.learn(agency, clients, links)
            for key, seen in batch.items():
                if self._waiting.get(key) is seen:
                    del self._waiting[key]
