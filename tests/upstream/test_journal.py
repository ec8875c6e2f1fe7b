"""What the journal is told of a write, and when: the order is what recovery stands on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.events import CallSent, SessionRenewed
from gateway.domain.failures import (
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    StorageUnavailable,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.secret import Secret
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.laws import Rate
from gateway.upstream.stack import Stack, build, open_stack
from gateway.upstream.transport import LOOPBACK

KEY = b"k" * 32
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def gateway(kit: Any, url: str) -> AsyncIterator[tuple[Stack, Any]]:
    """The whole stack with its socket, and a desk for calls to that address."""
    async with open_stack(
        clock=kit.clock, opener=lambda sealed: Secret("s3cret"), secret=KEY, insecure_hosts=LOOPBACK
    ) as stack:
        yield stack, kit.desk.of(laws=replace(kit.laws, hosts={"api": url}))


def stack_of(kit: Any) -> Stack:
    """The stack around a vendor without a socket."""
    return build(kit.vendor, clock=kit.clock, secret=KEY, roll=lambda: 0.5)


# ── Over a socket ─────────────────────────────────────────────────────────────────────────────


async def test_a_write_is_journaled_before_its_first_byte_and_its_answer_before_it_is_judged(
    real_kit: Any, serve: Any
) -> None:
    diary = real_kit.diary()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        diary.told.append("received")
        writer.write(GOOD)

    def judge(call: Call, reply: Reply) -> Failure | None:
        diary.told.append("judged")
        return None

    async with serve(answer) as peer, gateway(real_kit, peer.url) as (stack, desk):

        async def nobody_has_connected() -> None:
            await asyncio.sleep(0.05)
            assert peer.connections == 0

        diary.first = nobody_has_connected
        laws = replace(desk.laws, classify=judge)
        reply = await stack.send(desk.of(laws=laws, journal=diary).write(body=b"{}"))
    assert diary.told == ["sending", "received", "answered", "judged"]
    assert diary.answers == [reply]
    assert len(peer.requests) == 1


async def test_what_the_journal_forbids_sends_no_byte(real_kit: Any, serve: Any) -> None:
    diary = real_kit.diary(refuses=StorageUnavailable("The disk is full."))

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("something was sent")

    async with serve(never) as peer, gateway(real_kit, peer.url) as (stack, desk):
        with pytest.raises(StorageUnavailable):
            await stack.send(desk.of(journal=diary).write())
    assert (peer.connections, peer.requests) == (0, [])
    assert diary.told == ["sending"]
    assert real_kit.desk.told(CallSent) == []


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", Unavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", Unavailable),
        (b"nonsense\r\n\r\n", Malformed),
    ],
    ids=["nothing", "broken off", "not http"],
)
async def test_an_answer_that_did_not_come_whole_is_not_journaled_and_nothing_is_sent_again(
    real_kit: Any, serve: Any, raw: bytes, kind: type[Failure]
) -> None:
    diary = real_kit.diary()

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.close()

    async with serve(broken) as peer, gateway(real_kit, peer.url) as (stack, desk):
        with pytest.raises(kind) as caught:
            await stack.send(desk.of(journal=diary).write())
    assert caught.value.sent is not False
    assert diary.told == ["sending"]
    assert len(peer.requests) == 1


async def test_a_write_that_is_cancelled_under_way_has_no_answer(real_kit: Any, serve: Any) -> None:
    diary, received = real_kit.diary(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.set()
        await asyncio.sleep(30)

    async with serve(silent) as peer, gateway(real_kit, peer.url) as (stack, desk):
        task = asyncio.ensure_future(stack.send(desk.of(journal=diary).write()))
        await received.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert diary.told == ["sending"]


async def test_a_write_that_is_cancelled_while_it_is_journaled_is_not_sent(
    real_kit: Any, serve: Any
) -> None:
    due = asyncio.Event()

    async def slow_disk() -> None:
        due.set()
        await asyncio.sleep(30)

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("something was sent")

    diary = real_kit.diary(first=slow_disk)
    async with serve(never) as peer, gateway(real_kit, peer.url) as (stack, desk):
        task = asyncio.ensure_future(stack.send(desk.of(journal=diary).write()))
        await due.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (peer.connections, diary.told) == (0, [])


# ── Which calls ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("safe", [True, False])
async def test_what_is_no_write_never_touches_the_journal(kit: Any, safe: bool) -> None:
    diary = kit.diary()
    await stack_of(kit).send(kit.desk.of(journal=diary).call(safe=safe))
    assert diary.told == []
    assert len(kit.vendor.calls) == 1


async def test_a_write_without_a_journal_is_a_fault_of_ours_and_is_not_sent(kit: Any) -> None:
    with pytest.raises(RuntimeError, match="things/create was sent without an intent"):
        await stack_of(kit).send(kit.desk.write())
    assert kit.vendor.calls == []


# ── What waits above the journal was not sent yet ─────────────────────────────────────────────


async def test_a_write_that_finds_no_quota_in_its_time_is_unknown_to_the_journal(kit: Any) -> None:
    diary, stack = kit.diary(), stack_of(kit)
    desk = kit.desk.of(laws=replace(kit.laws, limits=(Rate(1, 5.0),)), journal=diary)
    await stack.send(desk.call())
    with pytest.raises(Throttled) as caught:
        await stack.send(desk.write(seconds=1.0))
    assert caught.value.sent is False
    assert diary.told == []
    assert len(kit.vendor.calls) == 1


async def test_a_write_waits_for_its_quota_before_it_is_journaled(kit: Any) -> None:
    told: list[float] = []

    async def note() -> None:
        told.append(kit.hands.seconds)

    diary, stack = kit.diary(first=note), stack_of(kit)
    desk = kit.desk.of(laws=replace(kit.laws, limits=(Rate(1, 5.0),)), journal=diary)
    await stack.send(desk.call())
    began = kit.hands.seconds
    await stack.send(desk.write())
    assert told == [pytest.approx(began + 5.1)]


async def test_a_login_that_is_refused_leaves_the_journal_untouched(kit: Any) -> None:
    diary = kit.diary()
    kit.vendor.script = [kit.reply(401)]
    with pytest.raises(CredentialRefused):
        await stack_of(kit).send(kit.desk.of(journal=diary).write(slot="token"))
    assert diary.told == []
    assert [call.operation for call in kit.vendor.calls] == ["login"]


# ── What is sent again ────────────────────────────────────────────────────────────────────────


async def test_a_write_that_never_left_is_repeated_and_journaled_each_time(kit: Any) -> None:
    diary = kit.diary()
    kit.vendor.script = [Unavailable("Refused.", sent=False), Unavailable("Refused.", sent=False)]
    reply = await stack_of(kit).send(kit.desk.of(journal=diary).write())
    assert reply.status == 200
    assert diary.told == ["sending", "sending", "sending", "answered"]
    assert len(kit.vendor.calls) == 3


@pytest.mark.parametrize("sent", [True, None])
async def test_a_write_that_may_have_left_is_not_repeated(kit: Any, sent: bool | None) -> None:
    diary = kit.diary()
    kit.vendor.script = [Unavailable("Broke.", sent=sent)]
    with pytest.raises(Unavailable):
        await stack_of(kit).send(kit.desk.of(journal=diary).write())
    assert diary.told == ["sending"]
    assert len(kit.vendor.calls) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (429, Throttled), (500, VendorError), (503, Unavailable)],
)
async def test_a_bad_answer_is_journaled_as_it_came_and_the_write_not_repeated(
    kit: Any, status: int, kind: type[Failure]
) -> None:
    diary = kit.diary()
    kit.vendor.script = [kit.reply(status, b"what it said")]
    with pytest.raises(kind) as caught:
        await stack_of(kit).send(kit.desk.of(journal=diary).write())
    assert caught.value.sent is True
    assert [(reply.status, reply.body) for reply in diary.answers] == [(status, b"what it said")]
    assert len(kit.vendor.calls) == 1


async def test_an_answer_that_cannot_be_kept_is_not_judged_and_the_write_not_repeated(
    kit: Any,
) -> None:
    diary = kit.diary(unable=StorageUnavailable("The disk is full."))
    kit.vendor.script = [kit.reply(404)]
    with pytest.raises(StorageUnavailable):
        await stack_of(kit).send(kit.desk.of(journal=diary).write())
    assert len(kit.vendor.calls) == 1


async def test_a_write_in_a_session_that_had_ended_is_journaled_anew_when_it_is_sent_again(
    kit: Any,
) -> None:
    """The vendor said that it did nothing; each sending and each answer is told."""
    diary = kit.diary()
    kit.vendor.script = [kit.reply(200), kit.reply(401, b"session"), kit.reply(200), kit.reply(200)]
    await stack_of(kit).send(kit.desk.of(journal=diary).write(slot="token"))
    assert diary.told == ["sending", "answered", "sending", "answered"]
    assert [reply.status for reply in diary.answers] == [401, 200]
    operations = [call.operation for call in kit.vendor.calls]
    assert operations == ["login", "things/create", "login", "things/create"]
    assert len(kit.desk.told(SessionRenewed)) == 2
