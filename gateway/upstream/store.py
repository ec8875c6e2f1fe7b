"""Where replies are kept: a bounded store on aiocache's backend seam.

aiocache's own memory backend has no bound, keeps a timer for each entry, and after `clear()` an
old entry's timer deletes a newer value under the same key (measured on 0.12.3). So: one ordered
dictionary, expiry by the clock when an entry is looked at, and never `clear()`: what an account has
said is forgotten by raising its generation, which is part of every key.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Protocol

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from ..domain.caller import AgencyId
from ..domain.clock import Clock
from .exchange import Reply


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply, and the moment in `Clock.monotonic` seconds when it was asked for."""

    reply: Reply
    at: float

    @property
    def weight(self) -> int:
        """Bytes that it takes, about."""
        headers = sum(len(name) + len(value) for name, value in self.reply.headers)
        return len(self.reply.body) + headers + _OVERHEAD


_OVERHEAD = 1024


class Store(Protocol):
    """What the cache needs of a store. A store that fails answers as if it held nothing."""

    async def get(self, key: str) -> Kept | None:
        """The reply under that key, unless it has expired or made room for others."""

    async def put(self, key: str, kept: Kept, seconds: float) -> None:
        """Keep a reply for at most so many seconds."""

    async def generation(self, agency: AgencyId, account: int) -> int:
        """The account's generation, which is part of the keys of all that it has said."""

    async def forget(self, agency: AgencyId, account: int) -> None:
        """Forget all that the account has said: the next generation."""


class MemoryStore:
    """A store in this process: at most `entries` replies of `size` bytes in all.

    The least recently used ones go first. One reply may take an eighth of `size`. What a reply was
    decoded to is kept with it and takes several times its body: `size` is small for that reason.
    """

    def __init__(self, clock: Clock, entries: int = 10_000, size: int = 16 * 2**20) -> None:
        self._backend = _Bounded(clock, entries, size)
        self._generations: dict[tuple[AgencyId, int], int] = {}

    async def get(self, key: str) -> Kept | None:
        """The reply under that key."""
        kept: Kept | None = await self._backend.get(key)
        return kept

    async def put(self, key: str, kept: Kept, seconds: float) -> None:
        """Keep a reply."""
        await self._backend.set(key, kept, ttl=seconds)

    async def generation(self, agency: AgencyId, account: int) -> int:
        """The account's generation."""
        return self._generations.get((agency, account), 0)

    async def forget(self, agency: AgencyId, account: int) -> None:
        """The account's next generation."""
        self._generations[agency, account] = await self.generation(agency, account) + 1


class _Bounded(BaseCache):  # type: ignore[misc]  # aiocache ships no types
    """An aiocache backend that forgets the least recently used."""

    NAME = "bounded"

    def __init__(self, clock: Clock, entries: int, size: int) -> None:
        # No timeout: each would be a task of its own, and nothing here waits.
        super().__init__(serializer=NullSerializer(), timeout=None)
        self._clock = clock
        self._entries = entries
        self._size = size
        self._used = 0
        self._held: OrderedDict[str, tuple[Kept, float]] = OrderedDict()

    async def _get(self, key: str, encoding: Any = None, _conn: Any = None) -> Kept | None:
        held = self._held.get(key)
        if held is None:
            return None
        if held[1] <= self._clock.monotonic():
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return held[0]

    async def _set(
        self, key: str, value: Kept, ttl: float, _cas_token: Any = None, _conn: Any = None
    ) -> bool:
        self._drop(key)
        if ttl <= 0 or value.weight > self._size // 8:
            return False
        self._held[key] = (value, self._clock.monotonic() + ttl)
        self._used += value.weight
        while len(self._held) > self._entries or self._used > self._size:
            self._drop(next(iter(self._held)))
        return True

    async def _delete(self, key: str, _conn: Any = None) -> int:
        return self._drop(key)

    def _drop(self, key: str) -> int:
        held = self._held.pop(key, None)
        if held is None:
            return 0
        self._used -= held[0].weight
        return 1
