"""Each vendor through the real stack against its double, with everything watched for secrets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import aiohttp
import pytest

from gateway.contract import PARTICULAR, Operations
from gateway.directory.accounts import read_credentials
from gateway.directory.connect import Connector, Inquiry
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import Outcome, SealedCredential, Seen, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.double import SeedAccount
from gateway.sandbox.seed import world
from gateway.sandbox.server import Running, sandbox
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.stack import Stack, build
from gateway.upstream.transport import LOOPBACK, open_transport
from gateway.vendors import load

SURROGATE = b"surrogate key of the conformance suite"

Outcomes = Mapping[Any, Outcome[Any]]


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
    sealed: dict[bytes, str] = field(default_factory=dict)

    @property
    def double(self) -> Any:
        """The vendor's double."""
        return self.running.vendors[self.name].double

    def hides_secrets_from(self, *told: object) -> bool:
        """Whether no secret shows in anything that was told, however it is printed."""
        assert self.secrets
        text = "\n".join(f"{one!s}\n{one!r}" for one in told)
        return not any(secret in text for secret in self.secrets)

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
        holders = {held.holder for held in account.credentials}
        keys: dict[str, list[Any]] = {
            "list_clients": list(account.regions or ("",)),
            "list_jobs": list(account.regions or ("",)),
            "get_jobs": await self._jobs(operations, account),
            "get_links": links,
            # Only what can be asked at all: Bronto's lists need the client's own token.
            "lists_of": [one for one in ids if one in holders],
            "find_supporters": [(one, email) for one in ids for email in self._emails(one)],
            "pages_of": [(one, "pet", "") for one in ids],
            "backup_objects_of": await self._backups(operations, ids),
        }
        names = ["list_clients", "get_clients", "get_links", "list_jobs", "get_jobs", *PARTICULAR]
        return {
            name: Read(getattr(operations, name), keys.get(name, ids))
            for name in names
            if getattr(operations, name) is not None
        }

    def _emails(self, vendor_id: str) -> list[str]:
        """The supporters of an account, which only Engaging Networks's double can tell."""
        return [
            person["Email Address"]
            for account in self.double.state().get("accounts", ())
            if vendor_id.endswith(f"/{account['client_id']}")
            for person in account["supporters"]
        ]

    async def _jobs(self, operations: Operations, account: VendorAccount) -> list[str]:
        if operations.list_jobs is None:
            return []
        listed = await operations.list_jobs(account.regions or ("",))
        return [job.vendor_id for each in listed.values() for job in _value(each)]

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


@asynccontextmanager
async def _scene(name: VendorName, without: tuple[str, ...]) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as opened:
        running = await opened.enter_async_context(sandbox(world(), vendors=[name]))
        http = await opened.enter_async_context(aiohttp.ClientSession())
        clock, sealed, sent = Clock(), dict[bytes, str](), list[Call]()
        transport = await opened.enter_async_context(
            open_transport(clock, lambda held: Secret(sealed[held.envelope]), LOOPBACK)
        )

        async def send(call: Call) -> Reply:
            sent.append(call)
            return await transport(call)

        stack = build(send, clock=clock, secret=SURROGATE, without=without)
        opened.push_async_callback(stack.close)
        vendor = load(name)
        vendor = replace(vendor, laws=replace(vendor.laws, hosts=running.vendors[name].hosts))
        connector = Connector(
            vendors={name: vendor}, proceed=stack.send, surrogate=_surrogate, clock=clock
        )
        scene = Scene(name, running, http, stack, connector, calls=sent, sealed=sealed)
        _watch(scene)
        for number, seed in enumerate(world().agencies, start=1):
            told = scene.double.accounts(seed.name)
            accounts = (_add(scene, AgencyId(number), n, each) for n, each in enumerate(told))
            scene.accounts[seed.name] = tuple(accounts)
        yield scene


def _add(scene: Scene, agency: AgencyId, place: int, seed: SeedAccount) -> VendorAccount:
    """The account that an operator would have added; envelopes tell nothing."""
    vendor = load(scene.name)
    given = read_credentials(vendor, seed.credentials)
    account = agency * 100 + place
    held = []
    for (slot, holder), secret in given.secrets.items():
        number = len(scene.sealed) + 1
        scene.sealed[f"sealed {number}".encode()] = secret.reveal()
        scene.secrets.add(secret.reveal())
        held.append(
            SealedCredential(
                id=number,
                agency=agency,
                account=account,
                vendor=scene.name,
                account_name=seed.name,
                slot=slot.name,
                holder=holder,
                generation=1,
                envelope=f"sealed {number}".encode(),
                token=number,
            )
        )
    scene.lines[account] = seed.ledger
    return VendorAccount(
        id=account,
        agency=agency,
        vendor=scene.name,
        name=seed.name,
        regions=seed.regions or vendor.regions,
        options=dict(given.options),
        credentials=tuple(held),
    )


def _watch(scene: Scene) -> None:
    """Whatever the double is signed with is a secret, sessions too."""
    told = scene.double.credential

    def credential(headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        found: str | None = told(headers, query, body)
        if found:
            scene.secrets.add(found)
        return found

    scene.double.credential = credential


def _surrogate(agency: AgencyId, vendor: VendorName, account: str, value: str) -> str:
    return sha256(SURROGATE + f"{agency}{vendor}{account}{value}".encode()).hexdigest()


@pytest.fixture(params=VendorName, ids=lambda name: name.value)
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """The vendor behind the whole stack, but for our own limits, which would only take time."""
    async with _scene(request.param, without=("limit",)) as scene:
        yield scene


@pytest.fixture(params=VendorName, ids=lambda name: name.value)
async def bare(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """The vendor behind a stack that neither remembers, nor repeats, nor gives up, nor waits."""
    without = ("cache", "coalesce", "retry", "breaker", "limit")
    async with _scene(request.param, without) as scene:
        yield scene
