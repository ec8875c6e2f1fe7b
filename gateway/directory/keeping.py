"""Keeps what calls show of credentials in passing: accepted, refused, what they may do."""

from collections.abc import Callable, Coroutine
from typing import Any

from ..domain.clock import Clock
from ..domain.events import CallFinished, CapabilityLearned, CredentialRejected, Event
from ..domain.failures import StorageUnavailable
from ..domain.model import Source
from ..storage.port import Agencies

AGAIN = 3600.0
"""Seconds before the same credential's being good is written down again."""


class Keeper:
    """A consumer of events that writes to storage, beside the request."""

    def __init__(
        self,
        storage: Agencies,
        clock: Clock,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._spawn = spawn
        self._accepted: dict[int, float] = {}
        self._shown: dict[tuple[int, str], bool] = {}

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case CallFinished(credential=int(credential), source=Source.LIVE.value):
                now = self._clock.monotonic()
                last = self._accepted.get(credential)
                if last is None or now - last > AGAIN:
                    self._accepted[credential] = now
                    self._spawn(self._mark(event, credential, accepted=True))
            case CredentialRejected(credential=credential):
                self._accepted.pop(credential, None)
                self._spawn(self._mark(event, credential, accepted=False))
            case CapabilityLearned(name=name, granted=granted):
                if self._shown.get((event.account, name)) is not granted:
                    self._shown[event.account, name] = granted
                    self._spawn(self._learn(event, name, granted))

    async def _mark(self, event: Event, credential: int, *, accepted: bool) -> None:
        try:
            await self._storage.mark_credential(
                event.agency, credential, accepted=accepted, at=self._clock.now()
            )
        except StorageUnavailable:
            # The next call shows it again.
            self._accepted.pop(credential, None)

    async def _learn(self, event: Event, name: str, granted: bool) -> None:
        try:
            await self._storage.learn_capability(event.agency, event.account, name, granted)
        except StorageUnavailable:
            # The next call shows it again.
            self._shown.pop((event.account, name), None)
