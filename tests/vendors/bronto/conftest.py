"""One Bronto double on a real port, and accounts connected to it through the real stack."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import aiohttp
import pytest
import requests

from gateway.contract import Operations
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import SealedCredential, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.double import Customer, Double, SeedAgency, World
from gateway.sandbox.server import sandbox
from gateway.upstream.classify import judged
from gateway.upstream.exchange import Call, Origin, Reply
from gateway.upstream.stack import Stack, open_stack
from gateway.upstream.transport import LOOPBACK
from gateway.vendors.bronto import VENDOR

from .public import Public

NAME = VendorName.BRONTO
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def customer(company: str) -> Customer:
    site = f"{company.split()[0].lower()}.example"
    return Customer(
        name="Ana Ruiz",
        email=f"ana@{site}",
        company=company,
        website=f"https://{site}",
        language="Spanish",
        vendors=frozenset({NAME}),
    )


@pytest.fixture
def world() -> World:
    """Two agencies that share a customer of the same name."""
    return World(
        agencies=(
            SeedAgency(name="Harbour", customers=(customer("Rivers SL"), customer("Trees & Co"))),
            SeedAgency(name="Meadow", customers=(customer("Rivers SL"),)),
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


@dataclass
class Recorder:
    """An intent's journal that keeps what it is told, in order."""

    told: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    async def sending(self) -> None:
        self.told.append("sending")

    async def answered(self, reply: Reply) -> None:
        self.told.append("answered")
        self.replies.append(reply)


@dataclass
class Bench:
    """The running double with its controls, and what the stack observed."""

    base_url: str
    control: str
    double: Double
    http: aiohttp.ClientSession
    stack: Stack
    clock: Clock
    events: list[Event] = field(default_factory=list)
    journal: Recorder = field(default_factory=Recorder)

    def tokens(self, agency: str = "Harbour") -> dict[str, Any]:
        """The agency's tokens, as `describe` tells them."""
        described: dict[str, Any] = self.double.describe(self.base_url)["agencies"][agency]
        return described

    def ids(self, agency: str = "Harbour") -> list[str]:
        return [account["id"] for account in self.double.state()["agencies"][agency]["accounts"]]

    def account(self, **credentials: Any) -> VendorAccount:
        """An account with these credentials, or with Harbour's; an envelope is the bare value."""
        given = credentials or self.double.accounts("Harbour")[0].credentials
        slots = [("agency_token", "", given["agency_token"])] if "agency_token" in given else []
        slots += [("client_tokens", *pair) for pair in given.get("client_tokens", {}).items()]
        held = tuple(
            SealedCredential(
                id=number,
                agency=AgencyId(1),
                account=1,
                vendor=NAME,
                account_name="Bronto",
                slot=slot,
                holder=holder,
                generation=1,
                envelope=value.encode(),
                token=number,
            )
            for number, (slot, holder, value) in enumerate(slots, start=1)
        )
        return VendorAccount(id=1, agency=AgencyId(1), vendor=NAME, name="Bronto", credentials=held)

    def connect(
        self, account: VendorAccount | None = None, answer: Reply | None = None
    ) -> Operations:
        """The account's operations, its calls bound as the directory binds them; with an answer,
        the journaled call is not sent but judged by that."""
        account = account or self.account()
        return VENDOR.connect(_Bound(self, account, answer), account)

    async def calls(self) -> Counter[str]:
        """How often each operation was asked for since the last reset."""
        return Counter(call["operation"] for call in await self.requests())

    def effects(self) -> list[tuple[str, str]]:
        """What took effect at the vendor: operations and ids."""
        return [(each["operation"], each["id"]) for each in self.double.effects()]

    def accounts(self, agency: str = "Harbour") -> list[dict[str, Any]]:
        """The agency's accounts, as the vendor holds them."""
        rows: list[dict[str, Any]] = self.double.state()["agencies"][agency]["accounts"]
        return rows

    async def requests(self) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.control}/{NAME.name}/calls") as answer:
            requests: list[dict[str, Any]] = await answer.json()
            return requests

    async def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the double's state through its controls; forgets the calls, too."""
        state = self.double.state()
        change(state)
        url = f"{self.control}/{NAME.name}/reset"
        async with self.http.post(url, json={"world": state}) as answer:
            assert answer.status == 200, await answer.text()

    async def dashboard(self, **action: Any) -> dict[str, Any]:
        url = f"{self.control}/{NAME.name}/dashboard"
        async with self.http.post(url, json={"agency": "Harbour", **action}) as answer:
            assert answer.status == 200, await answer.text()
            told: dict[str, Any] = await answer.json()
            return told


@dataclass
class _Bound:
    bench: Bench
    account: VendorAccount
    answer: Reply | None = None

    @property
    def clock(self) -> Clock:
        return self.bench.clock

    async def send(self, call: Call) -> Reply:
        origin = Origin(
            account=self.account,
            laws=VENDOR.laws,
            hosts={"api": self.bench.base_url},
            deadline=Deadline(self.clock.monotonic() + 30),
            request_id="r1",
            observe=self.bench.events.append,
            journal=self.bench.journal,
        )
        bound = replace(call, origin=origin)
        if call.journaled and self.answer is not None:
            return judged(bound, self.answer)
        return await self.bench.stack.send(bound)

    def surrogate(self, value: str) -> str:
        return surrogate(value)


def surrogate(value: str) -> str:
    """Stands for the vault's keyed one."""
    return sha256(f"key {value}".encode()).hexdigest()


@pytest.fixture
async def public(bench: Bench) -> AsyncIterator[Public]:
    """zeep, which has loaded the double's WSDL."""
    with requests.Session() as session:
        yield await asyncio.to_thread(Public, f"{bench.base_url}/v4?wsdl", session)


@pytest.fixture
async def bench(world: World, time: Time) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as opened:
        running = await opened.enter_async_context(sandbox(world, vendors=[NAME], clock=time.clock))
        http = await opened.enter_async_context(aiohttp.ClientSession())
        stack = await opened.enter_async_context(
            open_stack(
                clock=time.clock,
                opener=lambda sealed: Secret(sealed.envelope.decode()),
                secret=b"k" * 32,
                insecure_hosts=LOOPBACK,
            )
        )
        vendor = running.vendors[NAME]
        yield Bench(vendor.base_url, running.control, vendor.double, http, stack, time.clock)
