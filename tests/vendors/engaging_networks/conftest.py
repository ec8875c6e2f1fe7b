"""One Engaging Networks double on a real port, and accounts connected to it through the stack."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import SealedCredential, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.double import Customer, Double, SeedAgency, World
from gateway.sandbox.server import sandbox
from gateway.upstream.exchange import Call, Origin, Proceed, Reply, Stream
from gateway.upstream.stack import open_stack
from gateway.upstream.stream import open_stream
from gateway.upstream.transport import LOOPBACK
from gateway.vendors.engaging_networks import VENDOR

NAME = VendorName.ENGAGING_NETWORKS
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def customer(company: str) -> Customer:
    site = f"{company.lower()}.example"
    return Customer(
        name="Ana",
        email=f"ana@{site}",
        company=company,
        website=f"https://{site}",
        language="English",
        vendors=frozenset({NAME}),
    )


@pytest.fixture
def world() -> World:
    """Two agencies; the first with two accounts, and both with a customer of the same name."""
    return World(
        agencies=(
            SeedAgency(name="Harbour", customers=(customer("Rivers"), customer("Trees"))),
            SeedAgency(name="Meadow", customers=(customer("Rivers"),)),
        )
    )


@dataclass
class Time:
    """Time that passes only when told; `clock` is handed to all that is tested."""

    seconds: float = 0.0

    @property
    def clock(self) -> Clock:
        async def sleep(seconds: float) -> None:
            self.seconds += seconds

        return Clock(lambda: NOW + timedelta(seconds=self.seconds), lambda: self.seconds, sleep)


@pytest.fixture
def time() -> Time:
    return Time()


def accounts(double: Double, agency: str) -> list[VendorAccount]:
    """An agency's accounts as the gateway would store them; the envelope is the bare value.

    Both agencies number their accounts from 1, so that only the agency tells them apart.
    """
    owner = AgencyId(1 if agency == "Harbour" else 2)
    stored = []
    for number, seeded in enumerate(double.accounts(agency)):
        given = seeded.credentials
        slots = [("api_key", "", given["api_key"]), ("public_token", "", given["public_token"])]
        slots += [("private_tokens", str(n), v) for n, v in enumerate(given["private_tokens"])]
        held = tuple(
            SealedCredential(
                id=number * 10 + place,
                agency=owner,
                vendor=NAME,
                account=number + 1,
                account_name=seeded.name,
                slot=slot,
                holder=holder,
                generation=1,
                envelope=value.encode(),
                token=0,
            )
            for place, (slot, holder, value) in enumerate(slots)
        )
        stored.append(
            VendorAccount(
                id=number + 1,
                agency=owner,
                vendor=NAME,
                name=seeded.name,
                regions=seeded.regions,
                credentials=held,
            )
        )
    return stored


@dataclass
class Bench:
    """The running double with its controls, and what the stack observed."""

    base_url: str
    control: str
    double: Double
    http: aiohttp.ClientSession
    proceed: Proceed
    clock: Clock
    events: list[Event] = field(default_factory=list)
    journal: list[str | Reply] = field(default_factory=list)
    """What the journal was told of writes."""

    def account(
        self, agency: str = "Harbour", index: int = 0, *, lacks: str = "", **instead: str
    ) -> VendorAccount:
        """A seeded account; without the slot `lacks`, and with other values `instead`."""
        whole = accounts(self.double, agency)[index]
        held = tuple(
            msgspec.structs.replace(one, envelope=instead[one.slot].encode())
            if one.slot in instead
            else one
            for one in whole.credentials
            if one.slot != lacks
        )
        return msgspec.structs.replace(whole, credentials=held)

    def only(self, slot: str, **instead: str) -> VendorAccount:
        """The first account with nothing but this slot."""
        whole = self.account("Harbour", 0, **instead)
        held = tuple(one for one in whole.credentials if one.slot == slot)
        return msgspec.structs.replace(whole, credentials=held)

    def seeded(self, agency: str = "Harbour", index: int = 0) -> dict[str, Any]:
        """The double's own record of that account."""
        found = [a for a in self.double.state()["accounts"] if a["agency"] == agency]
        return dict(found[index])

    def vendor_id(self, agency: str = "Harbour", index: int = 0) -> str:
        return f"us/{self.seeded(agency, index)['client_id']}"

    def connect(self, account: VendorAccount | None = None) -> Any:
        """The operations (Any: none is None here), their calls bound as the directory does it."""
        account = account or self.account()
        return VENDOR.connect(_Bound(self, account), account)

    async def calls(self) -> Counter[str]:
        """How often each operation was asked for since the reset."""
        async with self.http.get(f"{self.control}/{NAME.name}/calls") as answer:
            return Counter(call["operation"] for call in await answer.json())

    async def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the double's state through its controls."""
        state = self.double.state()
        change(state)
        url = f"{self.control}/{NAME.name}/reset"
        async with self.http.post(url, json={"world": state}) as answer:
            assert answer.status == 200, await answer.text()

    async def effects(self) -> list[dict[str, Any]]:
        """What changed at the vendor since the reset."""
        async with self.http.get(f"{self.control}/{NAME.name}/effects") as answer:
            return list(await answer.json())

    async def faults(self, *faults: Mapping[str, Any]) -> None:
        url = f"{self.control}/{NAME.name}/faults"
        async with self.http.put(url, json=list(faults)) as answer:
            assert answer.status == 200, await answer.text()


@dataclass
class _Bound:
    bench: Bench
    account: VendorAccount

    @property
    def clock(self) -> Clock:
        return self.bench.clock

    def _bind(self, call: Call) -> Call:
        origin = Origin(
            account=self.account,
            laws=VENDOR.laws,
            hosts={"api": self.bench.base_url},
            deadline=Deadline(self.clock.monotonic() + 10),
            request_id="r1",
            observe=self.bench.events.append,
            journal=_Journal(self.bench.journal),
        )
        return replace(call, origin=origin)

    async def send(self, call: Call) -> Reply:
        return await self.bench.proceed(self._bind(call))

    def stream(self, call: Call) -> AbstractAsyncContextManager[Stream]:
        return open_stream(self.bench.proceed, self._bind(call))

    def surrogate(self, value: str) -> str:
        return f"surrogate:{len(value)}"


@dataclass
class _Journal:
    """A journal that remembers, in order, what it was told."""

    told: list[str | Reply]

    async def sending(self) -> None:
        self.told.append("sending")

    async def answered(self, reply: Reply) -> None:
        self.told.append(reply)


@pytest.fixture
async def bench(world: World, time: Time) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as opened:
        running = await opened.enter_async_context(sandbox(world, vendors=[NAME], clock=time.clock))
        http = await opened.enter_async_context(aiohttp.ClientSession())
        stack = await opened.enter_async_context(
            open_stack(clock=time.clock, opener=_open, secret=b"pepper", insecure_hosts=LOOPBACK)
        )
        vendor = running.vendors[NAME]
        yield Bench(vendor.base_url, running.control, vendor.double, http, stack.send, time.clock)


def _open(sealed: SealedCredential) -> Secret:
    return Secret(sealed.envelope.decode())
