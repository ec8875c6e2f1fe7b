"""A call, its reply, and how policies are laid around one another.

A vendor's `client.py` makes a `Call`, which holds no secret and no agency. The directory binds it
to its `Origin` (for whom, until when); policies hand it inwards until `transport` sends it.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, Protocol

from ..domain.clock import Clock, Deadline
from ..domain.events import Event
from ..domain.failures import Malformed
from ..domain.model import Provenance, SealedCredential, Source, VendorAccount
from ..domain.secret import Secret
from .codec import Element, Fault, parse_envelope
from .laws import Laws, Placement

if TYPE_CHECKING:
    from .stream import Tap


class Journal(Protocol):
    """One intent's part in the stack: what must be durable around its one journaled call."""

    async def sending(self) -> None:
        """The first byte is about to leave; raises the `Failure` that forbids it."""

    async def answered(self, reply: "Reply") -> None:
        """The whole answer has come, and nobody has read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """For whom a call is made: the account, the vendor's laws, the caller's deadline.

    `hosts` are the vendor's URL templates with the configuration's and the account's overrides.
    `observe` is told what happens to the call, on behalf of the request it belongs to. `journal` is
    set where one write may be sent.
    """

    account: VendorAccount
    laws: Laws
    hosts: Mapping[str, str]
    deadline: Deadline
    request_id: str
    observe: Callable[[Event], None]
    journal: Journal | None = None


@dataclass(frozen=True, slots=True)
class Auth:
    """What signs a call, and where: a sealed credential, or a session's token."""

    placement: Placement
    secret: SealedCredential | Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a vendor, as a value.

    `operation` is the vendor's own name of it, such as `clients/retrieve`. `host` names one of
    `Laws.hosts`. `slot` and `holder` name the credential that must sign it; "" means none. `safe`:
    it changes nothing, so it may be cached, shared and repeated. `confidential`: its reply is a
    secret, kept in this process's memory only. `journaled`: it writes, so the journal must know of
    it before the first byte and of its answer before anyone reads it. `placement` stands in for the
    slot's own, where one operation wants the credential elsewhere. `gap` is where `InBody` puts the
    secret.
    `origin` is set by the directory, `auth` by the authorize policy, `tap` where the answer is
    streamed.
    """

    operation: str
    slot: str
    holder: str = ""
    method: str = "GET"
    host: str = "api"
    region: str = ""
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    placement: Placement | None = None
    gap: int = 0
    safe: bool = False
    confidential: bool = False
    journaled: bool = False
    origin: Origin | None = field(default=None, repr=False)
    auth: Auth | None = field(default=None, repr=False)
    tap: "Tap | None" = field(default=None, repr=False)

    @property
    def bound(self) -> Origin:
        """The origin; a call without one is a fault of ours."""
        if self.origin is None:
            raise RuntimeError(f"the call {self.operation} was sent without an origin")
        return self.origin

    @property
    def url(self) -> str:
        """Scheme, host and path; never the query."""
        return self.bound.hosts[self.host].format(region=self.region).rstrip("/") + self.path


@dataclass(frozen=True)
class Reply:
    """A vendor's answer: read whole, immutable, shared by all who asked for it.

    `at` is when the vendor gave it. `source` and `stale` tell how it came to this caller.
    """

    status: int
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    at: datetime = field(kw_only=True)
    source: Source = Source.LIVE
    stale: bool = False

    @property
    def provenance(self) -> Provenance:
        """The reply's own provenance, for the values that are made of it."""
        return Provenance(source=self.source, as_of=self.at, stale=self.stale)

    def header(self, name: str) -> str | None:
        """The first header of that name, in any letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, decoded once; raises `Malformed` without echoing it."""
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant)
            if b"\\u" in self.body:
                # Half of a surrogate pair is no text: it could be neither stored nor answered.
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            # Not chained: the decoder's error carries the body.
            raise Malformed("The vendor's answer is not valid JSON.") from None
        return value

    @cached_property
    def soap(self) -> Element | Fault:
        """The body as a SOAP 1.1 answer or fault, decoded once; raises `Malformed` likewise."""
        return parse_envelope(self.body)


@dataclass(frozen=True, slots=True)
class Stream:
    """A vendor's answer of any length: `head` has its first bytes as body, `chunks` has all."""

    head: Reply
    chunks: AsyncIterator[bytes] = field(repr=False)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


Proceed = Callable[[Call], Awaitable[Reply]]
"""The rest of the stack, below a policy."""


class Policy(Protocol):
    """One concern of calling well: may do to a call only what its docstring says."""

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Answer the call, usually by handing it to `proceed`."""


def compose(policies: Sequence[Policy], send: Proceed) -> Proceed:
    """The policies around `send`, the first one outermost."""

    def wrap(inner: Proceed, policy: Policy) -> Proceed:
        async def step(call: Call) -> Reply:
            return await policy(call, inner)

        return step

    return reduce(wrap, reversed(policies), send)


class Exchange(Protocol):
    """What a vendor's client is given: the stack, bound to one account and one caller."""

    @property
    def clock(self) -> Clock:
        """The time, for laws that count days."""

    async def send(self, call: Call) -> Reply:
        """The reply; raises the `Failure` that stood in its way."""

    def stream(self, call: Call) -> AbstractAsyncContextManager["Stream"]:
        """The reply in checked pieces, for bulk data: never cached, shared or repeated; raises the
        `Failure` that stood in its way, on entering or while it is read."""

    def surrogate(self, value: str) -> str:
        """A keyed stand-in for an id that is itself a secret: always the same, telling nothing."""
