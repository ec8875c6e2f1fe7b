"""The whole stack as the runtime opens it, against a vendor under uvicorn on loopback."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import uvicorn

from gateway.domain.events import CacheServed, CallFinished, CallSent, RetryScheduled
from gateway.domain.failures import (
    CircuitOpen,
    CredentialRefused,
    DeadlineExceeded,
    Failure,
    Unavailable,
)
from gateway.domain.secret import Secret
from gateway.upstream.breaker import Phase
from gateway.upstream.stack import Stack, open_stack
from gateway.upstream.transport import LOOPBACK

CANARY = "canary-credential"


@dataclass
class Vendor:
    """An API with a log-in: `faults` are used up one for each request, then all is well."""

    url: str = ""
    faults: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.requests.append(scope["path"])
        fault = self.faults.pop(0) if self.faults else 200
        if fault == "hang":
            await receive()
            await receive()  # until the client goes
            return
        status, body = self._answer(scope, await receive()) if fault == 200 else (fault, b"no")
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Any, message: Any) -> tuple[int, bytes]:
        if scope["path"] == "/login":
            if message["body"] != CANARY.encode():
                return 401, b"no"
            self.sessions.append(f"session-{len(self.sessions)}")
            return 200, json.dumps({"session": self.sessions[-1]}).encode()
        given = dict(scope["headers"])
        if b"x-session" in given:
            known = given[b"x-session"].decode() in self.sessions
            return (200, b'{"a": 1}') if known else (401, b"session")
        return (200, b'{"a": 1}') if given.get(b"x-auth") == CANARY.encode() else (401, b"no")


@asynccontextmanager
async def running() -> AsyncIterator[Vendor]:
    vendor = Vendor()
    listener = socket.create_server(("127.0.0.1", 0))
    vendor.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        vendor.app,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
        ws="none",
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield vendor
    finally:
        server.should_exit = True
        await task
        listener.close()


Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def gateway(kit: Any, vendor: Vendor) -> AsyncIterator[tuple[Stack, Ask]]:
    desk = kit.desk.of(laws=replace(kit.laws, hosts={"api": vendor.url}))
    async with open_stack(
        clock=kit.clock,
        opener=lambda sealed: Secret(CANARY),
        secret=b"k" * 32,
        insecure_hosts=LOOPBACK,
    ) as stack:

        async def ask(**parts: Any) -> Any:
            return await stack.send(desk.call(**parts))

        yield stack, ask


async def test_twenty_equal_queries_cost_one_call_and_the_next_none(real_kit: Any) -> None:
    async with running() as vendor, gateway(real_kit, vendor) as (_, ask):
        replies = await asyncio.gather(*(ask() for _ in range(20)))
        assert [reply.json for reply in replies] == [{"a": 1}] * 20
        await ask()
    assert vendor.requests == ["/things"]
    sources = [event.source for event in real_kit.desk.told(CallFinished)]
    assert sources == ["LIVE"] * 20 + ["CACHED"]
    assert len(real_kit.desk.told(CallSent)) == 1


async def test_a_session_is_opened_renewed_and_kept_over_real_sockets(real_kit: Any) -> None:
    async with running() as vendor, gateway(real_kit, vendor) as (_, ask):
        await asyncio.gather(*(ask(slot="token", path=f"/{number}") for number in range(5)))
        vendor.sessions[:] = ["gone"]
        await asyncio.gather(*(ask(slot="token", path=f"/{number}") for number in range(5, 10)))
    assert vendor.requests.count("/login") == 2
    assert len(vendor.requests) == 2 + 5 + 10


async def test_a_hung_vendor_is_answered_for_by_the_cache_before_the_deadline(
    real_kit: Any,
) -> None:
    laws = replace(
        real_kit.laws,
        freshness={"things/get": replace(real_kit.laws.freshness["things/get"], fresh=0.0)},
    )
    real_kit.desk.laws = laws
    real_kit.laws = laws
    async with running() as vendor, gateway(real_kit, vendor) as (_, ask):
        await ask()
        vendor.faults = ["hang"]
        started = time.monotonic()
        reply = await ask(seconds=3.0)
        assert reply.stale
        assert time.monotonic() - started < 2.5
    (event,) = real_kit.desk.told(CacheServed)
    assert event.failure is DeadlineExceeded.code


async def test_a_flake_is_repeated_and_an_outage_opens_the_breaker(real_kit: Any) -> None:
    async with running() as vendor, gateway(real_kit, vendor) as (stack, ask):
        vendor.faults = [503]
        assert (await ask()).status == 200
        assert len(real_kit.desk.told(RetryScheduled)) == 1
        vendor.faults = [503] * 50
        for number in range(5):
            with pytest.raises(Unavailable):
                await ask(path=f"/{number}")
        sent = len(vendor.requests)
        started = time.monotonic()
        with pytest.raises(CircuitOpen):
            await ask(path="/other")
        assert time.monotonic() - started < 1.0
        assert len(vendor.requests) == sent
        (state,) = stack.states()
        assert (state.phase, state.vendor) == (Phase.OPEN, real_kit.laws.vendor)


async def test_hangs_open_the_breaker_too(real_kit: Any) -> None:
    async with running() as vendor, gateway(real_kit, vendor) as (stack, ask):
        vendor.faults = ["hang"] * 5
        calls = (ask(path=f"/{number}", seconds=2.5) for number in range(5))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(outcome, DeadlineExceeded) for outcome in outcomes)
        assert stack.states()[0].phase is Phase.OPEN


async def test_closing_ends_what_is_under_way(real_kit: Any) -> None:
    async with running() as vendor:
        async with gateway(real_kit, vendor) as (_, ask):
            vendor.faults = ["hang"]
            waiting = asyncio.ensure_future(ask())
            while not vendor.requests:  # noqa: ASYNC110 - the vendor has no event for it
                await asyncio.sleep(0.005)
        with pytest.raises(Unavailable, match="closing"):
            await waiting


async def test_the_credential_is_nowhere_but_on_the_wire(real_kit: Any) -> None:
    async with running() as vendor, gateway(real_kit, vendor) as (stack, ask):
        told: list[str] = []
        for fault in (200, 401, 503, 500):
            vendor.faults = [fault] * 3
            try:
                told.append(repr(await ask(path=f"/{fault}")))
            except Failure as failure:
                told.append(repr(failure) + str(vars(failure)))
        with pytest.raises(CredentialRefused):
            await ask(path="/again")
        everything = "".join(told) + repr(real_kit.desk.events) + repr(stack.states())
    assert CANARY not in everything
