"""What the tests of the policies share: a clock in the hand, a vendor of our own, calls, events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.failures import (
    CredentialRefused,
    Failure,
    NotFound,
    SessionExpired,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.model import SealedCredential, VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Origin, Reply
from gateway.upstream.laws import Freshness, InBody, InHeader, Laws, Login, Quoting, Scheme, Session

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


class Hands:
    """A clock whose hands are moved by the test; sleeping moves them, too."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []
        self.clock = Clock(now=self.now, monotonic=lambda: self.seconds, sleep=self.sleep)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 1000.0)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


@dataclass
class Double:
    """A transport without a socket: plays a script, then answers 200; counts what it was sent.

    An entry of the script is a reply, a failure, or an async function of the call.
    """

    script: list[Reply | Failure | Callable[[Call], Awaitable[Reply]]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    wait: float = 0.0
    at: datetime = NOON

    async def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.wait)
            act = self.script.pop(0) if self.script else reply(200)
            if isinstance(act, Failure):
                raise act
            return act if isinstance(act, Reply) else await act(call)
        finally:
            self.at_once -= 1


def reply(
    status: int, body: bytes = b"{}", headers: Sequence[tuple[str, str]] = (), at: datetime = NOON
) -> Reply:
    return Reply(status, body, tuple(headers), at=at)


def classify(call: Call, answer: Reply) -> Failure | None:
    """A vendor's law of errors, as simple as can be."""
    match answer.status:
        case 200:
            return None
        case 401 if b"session" in answer.body:
            return SessionExpired("The session ended.")
        case 401 if b"limit" in answer.body:
            return Throttled("The quota is used up.")
        case 401:
            return CredentialRefused("The key is wrong.")
        case 404:
            return NotFound("No such thing.")
        case 429:
            return Throttled("Too many.")
        case 502 | 503 | 504:
            return Unavailable("Out of service.")
        case _:
            return VendorError("Failed.")


def open_session(answer: Reply) -> Session:
    return Session(Secret(answer.json.get("session", "s1")), 1200.0, sliding=True)


LOGIN = Login(
    call=lambda account: Call(operation="login", slot="token", method="POST", path="/login"),
    placement=InBody(Quoting.RAW),
    session=open_session,
)

LAWS = Laws(
    vendor=VendorName.AGENCYACCESS,
    hosts={"api": "https://api.example.com"},
    schemes={
        "key": Scheme(InHeader("X-Auth")),
        "token": Scheme(InHeader("X-Session"), LOGIN),
    },
    classify=classify,
    freshness={"things/get": Freshness(fresh=30, stale=300)},
    limits=(),
)


def account(
    agency: int = 1, id: int = 7, generation: int = 1, refused: bool = False
) -> VendorAccount:
    def credential(number: int, slot: str) -> SealedCredential:
        return SealedCredential(
            id=id * 10 + number,
            agency=AgencyId(agency),
            vendor=VendorName.AGENCYACCESS,
            account=id,
            account_name="Harbour",
            slot=slot,
            holder="",
            generation=generation,
            envelope=b"sealed",
            token=number,
            refused=refused,
        )

    return VendorAccount(
        id=id,
        agency=AgencyId(agency),
        vendor=VendorName.AGENCYACCESS,
        name="Harbour",
        credentials=(credential(1, "key"), credential(2, "token")),
    )


@dataclass
class Flow:
    """A streaming transport without a socket: an entry of a script, which plays one of its own.

    `steps` are pieces, and the failures that break them off; the first is the head. `closed` counts
    how often the rest was closed.
    """

    steps: list[bytes | Failure]
    closed: int = 0

    async def __call__(self, call: Call) -> Reply:
        assert call.tap is not None
        call.tap.attach(self)
        return reply(200, await self.read())

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        step = self.steps.pop(0) if self.steps else b""
        if isinstance(step, Failure):
            raise step
        return step

    def close(self) -> None:
        self.closed += 1


@dataclass
class Diary:
    """A journal that remembers in which order it was told; `refuses` is raised when a write is due.

    `first` is awaited before that, and `unable` raised when the answer is to be kept.
    """

    told: list[str] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    refuses: Failure | None = None
    unable: Failure | None = None
    first: Callable[[], Awaitable[None]] | None = None

    async def sending(self) -> None:
        if self.first is not None:
            await self.first()
        self.told.append("sending")
        if self.refuses is not None:
            raise self.refuses

    async def answered(self, reply: Reply) -> None:
        self.told.append("answered")
        self.answers.append(reply)
        if self.unable is not None:
            raise self.unable


@dataclass
class Desk:
    """Makes calls as the directory binds them."""

    hands: Hands
    events: list[Event]
    laws: Laws = LAWS
    account: VendorAccount = field(default_factory=account)
    journal: Diary | None = None

    def call(self, seconds: float = 10.0, **parts: Any) -> Call:
        """A safe read of `things/get` with the key, due in so many seconds."""
        given: dict[str, Any] = {"operation": "things/get", "slot": "key", "path": "/things"}
        return Call(**{**given, "safe": True, **parts}, origin=self.origin(seconds))

    def origin(self, seconds: float = 10.0) -> Origin:
        return Origin(
            account=self.account,
            laws=self.laws,
            hosts=self.laws.hosts,
            deadline=Deadline(self.hands.clock.monotonic() + seconds),
            request_id="r1",
            observe=self.events.append,
            journal=self.journal,
        )

    def write(self, seconds: float = 10.0, **parts: Any) -> Call:
        """A journaled call of `things/create`."""
        given = {"operation": "things/create", "method": "POST", "safe": False, "journaled": True}
        return self.call(seconds, **{**given, **parts})

    def of(self, **changes: Any) -> "Desk":
        """A desk with other laws, another account or a journal."""
        return replace(self, **changes)

    def told(self, kind: type[Event]) -> list[Any]:
        """The events of a kind, so far."""
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class Kit:
    """All of the above in one fixture, for tests cannot import their conftest."""

    hands: Hands
    desk: Desk
    vendor: Double
    reply: Callable[..., Reply] = reply
    account: Callable[..., VendorAccount] = account
    laws: Laws = LAWS
    noon: datetime = NOON
    diary: Callable[..., Diary] = Diary
    flow: Callable[..., Flow] = Flow

    @property
    def clock(self) -> Clock:
        return self.hands.clock


@pytest.fixture
def kit() -> Kit:
    """A clock in the hand, a vendor without a socket, and a desk that makes calls."""
    hands = Hands()
    return Kit(hands, Desk(hands, []), Double())


@pytest.fixture
def real_kit() -> Kit:
    """The same with the real time, where sockets and cuts are concerned."""
    hands = Hands()
    hands.clock = Clock()
    return Kit(hands, Desk(hands, []), Double())


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Peer:
    """A raw server on loopback: what each request was, and how many connections came."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(answer: Handler) -> AsyncIterator[Peer]:
    """A peer that hands each request on a connection to `answer` after reading it whole."""
    peer = Peer()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer.connections += 1
        try:
            while (request := await _request(reader)) is not None:
                peer.requests.append(request)
                await answer(reader, writer)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)


@pytest.fixture
def serve() -> Callable[[Handler], Any]:
    """`async with serve(handler) as peer`."""
    return serving
