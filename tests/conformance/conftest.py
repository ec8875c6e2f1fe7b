"""Each vendor through the real stack against its double, with everything watched for secrets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import aiohttp
import pytest

from gateway.contract import PARTICULAR, Operations, SeedAccount
from gateway.directory.accounts import read_credentials
from gateway.directory.connect import Connector, Inquiry
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import Outcome, SealedCredential, Seen, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import world
from gateway.sandbox.server import Running, sandbox
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.stack import Stack, build
from gateway.upstream.transport import LOOPBACK, open_transport
from gateway.vendors import load

SURROGATE = b"surrogate key of the conformance suite"

Outcomes = Mapping[Any, Outcome[Any]]


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys aside."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _strings(each)
        case list() | tuple():
            for each in value:
                yield from _strings(each)


@dataclass
class Scene:
    """One vendor's double, and accounts of both agencies connected to it through the stack.

    `secrets`: every credential of the world, and whatever else the double was signed with, such as
    sessions. `events` and `calls`: what the stack observed, and what went down to its socket.
    """

    name: VendorName
    running: Running
    http: aiohttp.ClientSession
    stack: Stack
    connector: Connector
    secrets: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    accounts: dict[str, tuple[VendorAccount, ...]] = field(default_factory=dict)
    lines: dict[int, tuple[dict[str, Any], ...]] = field(default_factory=dict)

    def operations(self, account: VendorAccount, seconds: float = 8.0) -> Operations:
        """What the account can do within so many seconds."""
        deadline = Deadline(self.connector.clock.monotonic() + seconds)
        inquiry = Inquiry(deadline=deadline, request_id="r1", observe=self.events.append)
        return self.connector.operations(account, inquiry)

    def first(self, agency: str = "Harbour") -> VendorAccount:
        """The agency's first account."""
        return self.accounts[agency][0]

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control of the vendor's sandbox."""
        url = f"{self.running.control}/{self.name.name}/{path}"
        async with self.http.request(method, url, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def arm(self, *faults: dict[str, Any]) -> None:
        """These faults, with which writes would be spoilt after they are done."""
        await self.control("PUT", "faults", [{"effect": "before", **fault} for fault in faults])

    async def client_ids(self, account: VendorAccount) -> list[str]:
        """The account's clients: as the vendor lists them, reveals them, or as the ledger knows."""
        operations = self.operations(account)
        if operations.list_clients is not None:
            listed = await operations.list_clients(account.regions or ("",))
            return [client.vendor_id for each in listed.values() for client in _value(each)]
        revealed = [one for shown in await operations.verify() for one in shown.clients]
        told = [line for line in self.lines[account.id] if line["type"] == "client"]
        return revealed or [line["vendorId"] for line in told]

    async def reads(self, account: VendorAccount, seconds: float = 8.0) -> dict[str, "Read"]:
        """Every batch read that the account can do, with keys that exist."""
        operations = self.operations(account, seconds)
        ids = await self.client_ids(account)
        links = [line["vendorId"] for line in self.lines[account.id] if line["type"] == "link"]
        keys: dict[str, list[Any]] = {
            "list_clients": list(account.regions or ("",)),
            "get_clients": ids,
            "get_links": links,
            "find_supporters": [(one, "nobody@nowhere.example") for one in ids],
            "pages_of": [(one, "pet", "") for one in ids],
            "backup_objects_of": await self._backups(operations, ids),
        }
        names = ["list_clients", "get_clients", "get_links", *PARTICULAR]
        return {
            name: Read(getattr(operations, name), keys.get(name, ids))
            for name in names
            if getattr(operations, name) is not None
        }

    async def _backups(self, operations: Operations, ids: list[str]) -> list[tuple[str, str]]:
        if operations.last_backups is None:
            return []
        last = await operations.last_backups(ids)
        return [(one, _value(seen).vendor_id) for one, seen in last.items() if seen is not None]


@dataclass(frozen=True)
class Read:
    """A batch read with keys to ask it for."""

    ask: Callable[[Any], Awaitable[Outcomes]]
    keys: list[Any]

    async def __call__(self) -> Outcomes:
        return await self.ask(self.keys)


def _value(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Seen), outcome
    return outcome.value


def _account(agency: AgencyId, number: int, name: VendorName, seed: SeedAccount) -> VendorAccount:
    """The account that an operator would have added; an envelope is the bare value."""
    vendor = load(name)
    given = read_credentials(vendor, seed.credentials)
    held = tuple(
        SealedCredential(
            id=number * 100 + place,
            agency=agency,
            account=number,
            vendor=name,
            account_name=seed.name,
            slot=slot.name,
            holder=holder,
            generation=1,
            envelope=secret.reveal().encode(),
            token=number * 100 + place,
        )
        for place, ((slot, holder), secret) in enumerate(given.secrets.items())
    )
    return VendorAccount(
        id=number,
        agency=agency,
        vendor=name,
        name=seed.name,
        regions=seed.regions or vendor.regions,
        options=dict(given.options),
        credentials=held,
    )


def _surrogate(agency: AgencyId, vendor: VendorName, account: str, value: str) -> str:
    return sha256(SURROGATE + f"{agency}{vendor}{account}{value}".encode()).hexdigest()


@asynccontextmanager
async def _scene(name: VendorName, without: tuple[str, ...]) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as opened:
        running = await opened.enter_async_context(sandbox(world(), vendors=[name]))
        http = await opened.enter_async_context(aiohttp.ClientSession())
        clock = Clock()
        sent: list[Call] = []
        transport = await opened.enter_async_context(
            open_transport(clock, lambda sealed: Secret(sealed.envelope.decode()), LOOPBACK)
        )

        async def send(call: Call) -> Reply:
            sent.append(call)
            return await transport(call)

        stack = build(send, clock=clock, secret=SURROGATE, without=without)
        opened.push_async_callback(stack.close)
        vendor = load(name)
        there = running.vendors[name]
        vendor = replace(vendor, laws=replace(vendor.laws, hosts=there.hosts))
        connector = Connector(
            vendors={name: vendor}, proceed=stack.send, surrogate=_surrogate, clock=clock
        )
        scene = Scene(name, running, http, stack, connector, calls=sent)
        _settle(scene)
        yield scene


def _settle(scene: Scene) -> None:
    """Add both agencies' accounts, and watch what the double is signed with."""
    double: Any = scene.running.vendors[scene.name].double
    number = 0
    for agency, seed in enumerate(world().agencies, start=1):
        accounts = []
        for told in double.accounts(seed.name):
            number += 1
            account = _account(AgencyId(agency), number, scene.name, told)
            accounts.append(account)
            scene.lines[number] = told.ledger
            scene.secrets |= {held.envelope.decode() for held in account.credentials}
        scene.accounts[seed.name] = tuple(accounts)
    reads = double.credential

    def watched(headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        credential: str | None = reads(headers, query, body)
        if credential:
            scene.secrets.add(credential)
        return credential

    double.credential = watched


every_vendor = pytest.mark.parametrize("name", VendorName, ids=lambda name: name.value)


@pytest.fixture(params=VendorName, ids=lambda name: name.value)
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """The vendor behind the whole stack."""
    async with _scene(request.param, without=()) as scene:
        yield scene


@pytest.fixture(params=VendorName, ids=lambda name: name.value)
async def bare(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """The vendor behind a stack that neither remembers, nor repeats, nor gives up, nor waits."""
    without = ("cache", "coalesce", "retry", "breaker", "limit")
    async with _scene(request.param, without) as scene:
        yield scene
