"""One vendor's place: its double, behind a record, limits, faults and a clock of its own."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from ..domain.clock import Clock
from ..domain.vendor import VendorName
from ..double import Double, World
from . import dialects
from .faults import Script
from .limits import Gate, Scope
from .spoil import spoil
from .visit import Answer, Message, Receive, Send, Visit

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a request's body that the sandbox takes; beyond, the connection is cut."""


@runtime_checkable
class Refuses(Protocol):
    """A double whose vendor has its own way to refuse a call beyond its limits."""

    def throttled(self, credential: str | None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; without this, 429 and a line of JSON."""


@runtime_checkable
class Knows(Protocol):
    """A double that can tell whom a credential or session belongs to."""

    def principal(self, credential: str) -> tuple[str, str] | None:
        """(account, credential) to count by; without this, each credential is one account."""


@dataclass(slots=True)
class Recorded:
    """One request as `GET /V/calls` shows it; `status` None: no answer went out.

    `applied`: the vendor did what was asked for, whatever the caller came to hear of it.
    """

    at: str
    method: str
    path: str
    operation: str
    credential: str | None
    status: int | None = None
    applied: bool = False


class Station:
    """A vendor as its callers meet it."""

    def __init__(
        self, name: VendorName, create: Callable[[World, Clock], Double], world: World, clock: Clock
    ) -> None:
        self.name = name
        self.offset = 0.0
        self.clock = Clock(
            now=lambda: clock.now() + timedelta(seconds=self.offset),
            monotonic=lambda: clock.monotonic() + self.offset,
            sleep=clock.sleep,
        )
        self.double = create(world, self.clock)
        self.script = Script()
        self.gate = Gate()
        self._calls: list[Recorded] = []
        self._real = clock

    def reset(self, state: dict[str, Any] | None) -> None:
        """Back to the seeded world or to `state`, without faults, limits or memory of calls."""
        self.double.reset(state)
        self.script = Script()
        self.gate = Gate()
        self._calls = []

    def forget_calls(self) -> None:
        """Forget the calls received so far."""
        self._calls = []

    def calls(self) -> list[dict[str, Any]]:
        """Every request since the reset, in the order of arrival."""
        return [asdict(call) for call in self._calls]

    async def app(self, scope: Any, receive: Receive, send: Send) -> None:
        """Take a request: record it, count it, and answer it unless a fault strikes."""
        body = await _whole(receive)
        if body is None:
            return
        date = format_datetime(self.clock.now(), usegmt=True)
        visit = Visit(scope, body, receive, send, date)
        if len(body) > BODY_LIMIT:
            await visit.reset()
            return
        credential = self.double.credential(visit.headers, visit.query, body)
        call = self._record(visit, credential)
        try:
            await self._serve(visit, call, credential)
        finally:
            call.status = visit.status

    async def _serve(self, visit: Visit, call: Recorded, credential: str | None) -> None:
        gate, keys = self.gate, self._keys(visit, credential)
        now = self.clock.now()
        admission = gate.admit(keys, now.timestamp())
        told = dialects.headers(admission, now)
        fault = self.script.strike(call.operation)
        if not all(verdict.admitted for _, verdict in admission):
            await visit.deliver(self._refusal(credential).with_headers(told))
            return

        async def ask() -> Answer:
            answer = await visit.ask(self.double.app)
            call.applied = answer.status < 400
            return answer.with_headers(told)

        try:
            if fault is None:
                await visit.deliver(await ask())
            else:
                await spoil(fault, visit, ask)
        finally:
            gate.release(keys)

    def _record(self, visit: Visit, credential: str | None) -> Recorded:
        method, path = visit.scope["method"], visit.scope["path"]
        call = Recorded(
            at=self._real.now().isoformat(),
            method=method,
            path=path,
            operation=self.double.operation(method, path, visit.query, visit.body),
            credential=None if credential is None else fingerprint(credential),
        )
        self._calls.append(call)
        return call

    def _keys(self, visit: Visit, credential: str | None) -> dict[Scope, str]:
        account = signer = credential or visit.address
        if credential is not None and isinstance(self.double, Knows):
            account, signer = self.double.principal(credential) or (account, signer)
        return {Scope.CREDENTIAL: signer, Scope.ACCOUNT: account, Scope.EGRESS: visit.address}

    def _refusal(self, credential: str | None) -> Answer:
        if isinstance(self.double, Refuses):
            status, headers, body = self.double.throttled(credential)
            lower = {name.lower(): value for name, value in headers.items()}
            return Answer.of(status, "application/json", body, lower)
        return Answer.of(429, "application/json", b'{"error": "Too Many Requests"}')


def fingerprint(credential: str) -> str:
    """What stands for a credential in the record: the beginning of its SHA-256 in hex."""
    return sha256(credential.encode()).hexdigest()[:16]


async def _whole(receive: Receive) -> bytes | None:
    """The request's body, cut off a little beyond the limit; None when the caller has gone."""
    parts = bytearray()
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.extend(message.get("body", b""))
        if not message.get("more_body") or len(parts) > BODY_LIMIT:
            return bytes(parts)
