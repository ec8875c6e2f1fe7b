"""The order of the policies, and that each of them is needed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from gateway.domain.events import CallFinished
from gateway.domain.failures import (
    CircuitOpen,
    DeadlineExceeded,
    Failure,
    NotFound,
    Throttled,
    Unavailable,
)
from gateway.domain.secret import Secret
from gateway.upstream.exchange import Call, Proceed, Reply
from gateway.upstream.laws import Rate
from gateway.upstream.stack import Stack, build
from gateway.upstream.stream import open_stream
from gateway.upstream.transport import LOOPBACK, open_transport

KEY = b"k" * 32


def stack_of(kit: Any, without: tuple[str, ...] = (), transport: Proceed | None = None) -> Stack:
    return build(
        transport or kit.vendor, clock=kit.clock, secret=KEY, roll=lambda: 0.5, without=without
    )


# ── What each policy is for, proved through the whole stack ───────────────────────────────────


async def every_call_is_told_of(kit: Any, stack: Stack) -> None:
    await stack.send(kit.desk.call())
    await stack.send(kit.desk.call())
    assert [event.source for event in kit.desk.told(CallFinished)] == ["LIVE", "CACHED"]


async def nothing_outlives_the_caller(kit: Any, stack: Stack) -> None:
    kit.vendor.wait = 3.0
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await stack.send(kit.desk.call(seconds=0.1, safe=False))
    assert time.monotonic() - started < 2.0


async def a_second_read_asks_nobody_and_an_old_one_stands_in(kit: Any, stack: Stack) -> None:
    await stack.send(kit.desk.call())
    await stack.send(kit.desk.call())
    assert len(kit.vendor.calls) == 1
    kit.hands.advance(60)
    kit.vendor.script = [Unavailable("Down.") for _ in range(3)]
    assert (await stack.send(kit.desk.call())).stale


async def twenty_who_ask_at_once_cost_one_call(kit: Any, stack: Stack) -> None:
    await asyncio.gather(*(stack.send(kit.desk.call()) for _ in range(20)))
    assert len(kit.vendor.calls) == 1


async def one_failure_is_not_shown_to_the_caller(kit: Any, stack: Stack) -> None:
    kit.vendor.script = [Unavailable("Reset.")]
    assert (await stack.send(kit.desk.call())).status == 200
    assert len(kit.vendor.calls) == 2


async def the_call_is_signed(kit: Any, stack: Stack) -> None:
    await stack.send(kit.desk.call())
    assert kit.vendor.calls[0].auth is not None


async def a_host_that_is_down_is_left_alone(kit: Any, stack: Stack) -> None:
    kit.vendor.script = [Unavailable("Down.") for _ in range(50)]
    for number in range(10):
        with pytest.raises(Unavailable):
            await stack.send(kit.desk.call(path=f"/things/{number}"))
    sent = len(kit.vendor.calls)
    with pytest.raises(CircuitOpen):
        await stack.send(kit.desk.call())
    assert len(kit.vendor.calls) == sent


async def a_quota_is_never_exceeded(kit: Any, stack: Stack) -> None:
    desk = kit.desk.of(laws=replace(kit.laws, limits=(Rate(10, 1.0),)))
    for number in range(10):
        await stack.send(desk.call(path=f"/things/{number}", seconds=0.5))
    with pytest.raises(Throttled):
        await stack.send(desk.call(seconds=0.5))
    assert len(kit.vendor.calls) == 10


async def what_the_vendor_does_not_have_is_not_found(kit: Any, stack: Stack) -> None:
    kit.vendor.script = [kit.reply(404)]
    with pytest.raises(NotFound):
        await stack.send(kit.desk.call())


async def a_stream_occupies_the_vendor_until_it_was_read(kit: Any, stack: Stack) -> None:
    desk = kit.desk.of(laws=replace(kit.laws, concurrency=1))
    kit.vendor.script = [kit.flow([b"first", b"second", b"third"])]
    async with open_stream(stack.send, desk.call()) as stream:
        with pytest.raises(DeadlineExceeded):
            await stack.send(desk.call(seconds=0.05))
        assert [piece async for piece in stream.chunks] == [b"first", b"second", b"third"]
        await stack.send(desk.call())
    assert len(kit.vendor.calls) == 2


async def a_write_is_journaled(kit: Any, stack: Stack) -> None:
    diary = kit.diary()
    await stack.send(kit.desk.of(journal=diary).write())
    assert diary.told == ["sending", "answered"]


Probe = Callable[[Any, Stack], Awaitable[None]]

PROBES: dict[str, Probe] = {
    "observe": every_call_is_told_of,
    "deadline": nothing_outlives_the_caller,
    "cache": a_second_read_asks_nobody_and_an_old_one_stands_in,
    "coalesce": twenty_who_ask_at_once_cost_one_call,
    "retry": one_failure_is_not_shown_to_the_caller,
    "authorize": the_call_is_signed,
    "breaker": a_host_that_is_down_is_left_alone,
    "limit": a_quota_is_never_exceeded,
    "stream": a_stream_occupies_the_vendor_until_it_was_read,
    "classify": what_the_vendor_does_not_have_is_not_found,
    "journal": a_write_is_journaled,
}


@pytest.mark.parametrize("policy", PROBES)
async def test_each_policy_is_needed(policy: str, kit: Any, real_kit: Any) -> None:
    """Takes one policy out of the stack and names the test that then fails."""
    probe = PROBES[policy]
    kits = real_kit if policy == "deadline" else kit
    await probe(kits, stack_of(kits))
    fresh = type(kits)(kits.hands, kits.desk, type(kits.vendor)())
    fresh.desk.events.clear()
    with pytest.raises((AssertionError, Failure, RuntimeError, pytest.fail.Exception)):
        await probe(fresh, stack_of(fresh, without=(policy,)))
    print(f"without {policy:<10} fails: {probe.__name__.replace('_', ' ')}")


# ── The last one, with sockets ────────────────────────────────────────────────────────────────


async def the_key_does_not_follow_a_redirect(
    kit: Any, serve: Any, transport_at: Callable[[], Proceed]
) -> None:
    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with serve(thief) as elsewhere:

        async def moved(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = f"Location: {elsewhere.url}/\r\n".encode()
            writer.write(b"HTTP/1.1 302 Found\r\n" + there + b"Content-Length: 0\r\n\r\n")

        async with serve(moved) as vendor:
            desk = kit.desk.of(laws=replace(kit.laws, hosts={"api": vendor.url}))
            with pytest.raises(Failure):
                await stack_of(kit, transport=transport_at()).send(desk.call())
            assert len(vendor.requests) == 1
        assert elsewhere.requests == []


async def test_transport_is_needed(real_kit: Any, serve: Any) -> None:
    """The same for the last: a plain client of the same library gives the key away."""

    async def plain(call: Call) -> Reply:
        async with (
            aiohttp.ClientSession() as session,
            session.get(call.url, headers={"X-Auth": "s3cret"}) as response,
        ):
            return Reply(response.status, await response.read(), at=real_kit.noon)

    async with open_transport(real_kit.clock, lambda sealed: Secret("s3cret"), LOOPBACK) as ours:
        await the_key_does_not_follow_a_redirect(real_kit, serve, lambda: ours)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await the_key_does_not_follow_a_redirect(real_kit, serve, lambda: plain)
    print("without transport  fails: the key does not follow a redirect")


def test_the_order_is_the_documented_one_and_each_policy_has_its_probe(kit: Any) -> None:
    assert stack_of(kit).order == (*PROBES, "transport")


def test_a_policy_that_does_not_exist_cannot_be_left_out(kit: Any) -> None:
    with pytest.raises(ValueError, match="no policy is called cahce"):
        stack_of(kit, without=("cahce",))
