"""Own's double on a real socket, and the gateway's real stack that calls it."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.contract import Operations
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import Outcome, SealedCredential, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.double import Customer, Double, SeedAgency, World
from gateway.sandbox.wire import Door
from gateway.upstream.exchange import Call, Origin, Reply
from gateway.upstream.stack import Stack, open_stack
from gateway.upstream.transport import LOOPBACK
from gateway.vendors.own import VENDOR
from gateway.vendors.own.sandbox import create

from .scene import NOW

BOTH = ("app1", "emea1")


class Time:
    """A clock that moves when it is told to, and past every sleep at once."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.clock = Clock(now=self._now, monotonic=lambda: self.passed, sleep=self._sleep)

    def _now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    async def _sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)

    def move(self, **span: float) -> None:
        """Let time pass."""
        self.passed += timedelta(**span).total_seconds()


def customer(name: str, *vendors: VendorName) -> Customer:
    first = name.split()[0].lower()
    return Customer(
        name=name,
        email=f"{first}@{first}.example",
        company=f"{first.title()} Ltd",
        website=f"https://{first}.example",
        language="English",
        vendors=frozenset(vendors),
    )


def world() -> World:
    """Harbour with four services in two regions, Meadow with one; Bo is no customer at Own."""
    own = VendorName.OWN
    harbour = [customer(name, own) for name in ("Ana Ruiz", "Cem Ay", "Dee Lin", "Eve Oh")]
    return World(
        agencies=(
            SeedAgency(name="Harbour", customers=(*harbour, customer("Bo Ek", VendorName.BRONTO))),
            SeedAgency(name="Meadow", customers=(customer("Ana Ruiz", own),)),
        )
    )


@dataclass
class Served:
    """The double with what came in; regions that are `down` answer 503, `replies` come first."""

    double: Double
    url: str = ""
    down: set[str] = field(default_factory=set)
    replies: list[tuple[str, int, bytes]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How often each operation was asked for, by region."""
        return Counter(self.calls)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        operation = self.double.operation(scope["method"], path, "", b"")
        region = "" if operation == "token" else path.split("/")[1] + " "
        self.calls.append(f"{region}{operation}")
        self.sent.append(f"{path}?{scope['query_string'].decode()}")
        planned = next((one for one in self.replies if one[0] == operation), None)
        if region.strip() in self.down:
            planned = (operation, 503, b"")
        elif planned is not None:
            self.replies.remove(planned)
        if planned is None:
            await self.double.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": planned[1], "headers": []})
        await send({"type": "http.response.body", "body": planned[2]})


@asynccontextmanager
async def serving(time: Time) -> AsyncIterator[Served]:
    """The double on a free port of the loopback address."""
    served = Served(create(world(), time.clock))
    listener = socket.create_server(("127.0.0.1", 0))
    door = Door(served.app, listener)
    served.url = door.url
    running = asyncio.create_task(door.run_until_told())
    try:
        await door.ready.wait()
        yield served
    finally:
        door.should_exit = True
        await running


@dataclass
class Recorded:
    """A journal that keeps what it is told, and what the vendor had heard by then."""

    vendor: Served
    steps: list[str] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)

    async def sending(self) -> None:
        self.steps.append("sending")
        self.heard.append(len([one for one in self.vendor.calls if one != "token"]))

    async def answered(self, reply: Reply) -> None:
        self.steps.append("answered")
        self.answers.append((reply.status, reply.body))


@dataclass
class Bound:
    """An account's exchange over the real stack, as the directory binds it."""

    stack: Stack
    clock: Clock
    account: VendorAccount
    url: str
    journal: Recorded
    events: list[Event] = field(default_factory=list)

    async def send(self, call: Call) -> Reply:
        origin = Origin(
            account=self.account,
            laws=VENDOR.laws,
            hosts={"api": f"{self.url}/{{region}}", "auth": self.url},
            deadline=Deadline(self.clock.monotonic() + 10),
            request_id="r1",
            observe=self.events.append,
            journal=self.journal,
        )
        return await self.stack.send(replace(call, origin=origin))

    def surrogate(self, value: str) -> str:
        raise AssertionError("Own's ids are no secrets")

    @property
    def own(self) -> Operations:
        return VENDOR.connect(self, self.account)


def sealed(token: str, generation: int = 1) -> SealedCredential:
    """A credential whose envelope is the plain token: the vault is not what is tested here."""
    return SealedCredential(
        id=7,
        agency=AgencyId(1),
        account=1,
        vendor=VendorName.OWN,
        account_name="Own",
        slot="api_token",
        holder="",
        generation=generation,
        envelope=token.encode(),
        token=1,
    )


@asynccontextmanager
async def calling(served: Served, time: Time, agency: str = "Harbour") -> AsyncIterator[Bound]:
    """The stack, bound to an agency's seeded account."""
    (seeded,) = served.double.accounts(agency)
    account = VendorAccount(
        id=1,
        agency=AgencyId(1),
        vendor=VendorName.OWN,
        name="Own",
        regions=seeded.regions,
        options={"client_id": seeded.credentials["client_id"]},
        credentials=(sealed(seeded.credentials["api_token"]),),
    )
    async with open_stack(
        clock=time.clock,
        opener=lambda held: Secret(held.envelope.decode()),
        secret=b"k" * 32,
        insecure_hosts=LOOPBACK,
    ) as stack:
        yield Bound(stack, time.clock, account, served.url, Recorded(served))


@dataclass
class Gateway:
    """Harbour's account over the stack, and the vendor that it calls."""

    vendor: Served
    bound: Bound
    time: Time

    async def listed(self, *regions: str) -> dict[str, Outcome[Any]]:
        read = self.bound.own.list_clients
        assert read is not None
        return dict(await read(regions or BOTH))

    async def backups(self, *ids: str) -> dict[str, Outcome[Any]]:
        read = self.bound.own.backups_of
        assert read is not None
        return dict(await read(ids))

    def told(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.bound.events)
