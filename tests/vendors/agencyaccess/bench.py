"""AgencyAccess's adapter behind the stack, writing to its double; a journal in memory."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from gateway.contract import Operations
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import SealedCredential, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.sandbox.server import Running
from gateway.upstream.exchange import Call, Origin, Proceed, Reply, Stream
from gateway.upstream.stack import build
from gateway.vendors import load

from .wire import Wire

AGENCYACCESS = VendorName.AGENCYACCESS
MARK = "gw-intent-7"


@dataclass
class Memory:
    """A journal of one write: what it was told, in order, and the answer that it keeps."""

    steps: list[str] = field(default_factory=list)
    reply: Reply | None = None

    async def sending(self) -> None:
        self.steps.append("sending")

    async def answered(self, reply: Reply) -> None:
        self.steps.append("answered")
        self.reply = reply


@dataclass(frozen=True)
class Bound:
    """The stack, bound to one account as the directory binds it."""

    clock: Clock
    proceed: Proceed
    origin: Origin

    async def send(self, call: Call) -> Reply:
        return await self.proceed(replace(call, origin=self.origin))

    def stream(self, call: Call) -> AbstractAsyncContextManager[Stream]:
        raise AssertionError("AgencyAccess has nothing to stream")

    def surrogate(self, value: str) -> str:
        raise AssertionError("AgencyAccess has no ids that are secrets")


@dataclass
class Bench:
    """Harbour's account at the double; its key is whatever `wire.key` is."""

    wire: Wire
    running: Running
    http: aiohttp.ClientSession
    transport: Proceed
    clock: Clock = field(default_factory=Clock)
    options: dict[str, str] = field(default_factory=dict)
    journal: Memory = field(default_factory=Memory)
    events: list[Event] = field(default_factory=list)
    proceed: Proceed | None = None

    def operations(self, seconds: float = 8.0, transport: Proceed | None = None) -> Operations:
        """What the account can do within so many seconds; the next write has a new journal."""
        self.journal = Memory()
        if self.proceed is None:
            self.proceed = self.stack(self.transport)
        vendor = load(AGENCYACCESS)
        origin = Origin(
            account=self.account(),
            laws=replace(vendor.laws, hosts=self.running.vendors[AGENCYACCESS].hosts),
            hosts=self.running.vendors[AGENCYACCESS].hosts,
            deadline=Deadline(self.clock.monotonic() + seconds),
            request_id="r1",
            observe=self.events.append,
            journal=self.journal,
        )
        proceed = self.proceed if transport is None else self.stack(transport)
        return vendor.connect(Bound(self.clock, proceed, origin), self.account())

    def stack(self, transport: Proceed) -> Proceed:
        """All policies but our own limits, which would only take time."""
        return build(transport, clock=self.clock, secret=b"surrogate", without=("limit",)).send

    def account(self) -> VendorAccount:
        agency = AgencyId(1)
        held = SealedCredential(
            id=1,
            agency=agency,
            account=1,
            vendor=AGENCYACCESS,
            account_name="Main",
            slot="api_key",
            holder="",
            generation=1,
            envelope=b"sealed",
            token=1,
        )
        return VendorAccount(
            id=1,
            agency=agency,
            vendor=AGENCYACCESS,
            name="Main",
            options=self.options,
            credentials=(held,),
        )

    def speak_newer(self, **switches: Any) -> None:
        """The newer dialect, at both ends."""
        self.wire.switch(dialect="newer", **switches)
        self.options = {"dialect": "newer"}

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Exactly these faults from now on."""
        url = f"{self.running.control}/{AGENCYACCESS.name}/faults"
        async with self.http.put(url, json=list(faults)) as answer:
            assert answer.status == 200, await answer.text()

    async def calls(self) -> Counter[str]:
        """How often each operation was asked for."""
        async with self.http.get(f"{self.running.control}/{AGENCYACCESS.name}/calls") as answer:
            return Counter(call["operation"] for call in await answer.json())

    def effects(self) -> list[str]:
        """What the vendor did, by operation: the truth."""
        return [effect["operation"] for effect in self.wire.double.effects()]


def opener(wire: Wire) -> Callable[[SealedCredential], Secret]:
    """A vault that holds the wire's key."""
    return lambda held: Secret(wire.key or "")
