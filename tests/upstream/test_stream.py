"""Bulk data: pieces of bounded size, through the same policies, judged by the first bytes."""

import asyncio
import gzip
import json
import socket
import time
import traceback
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from gateway.domain.events import CallFinished, CallSent, SessionRenewed
from gateway.domain.failures import (
    CircuitOpen,
    CredentialRefused,
    DeadlineExceeded,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
)
from gateway.domain.secret import Secret
from gateway.upstream.breaker import Phase
from gateway.upstream.deadline import NoAnswer
from gateway.upstream.exchange import Call, Stream
from gateway.upstream.stack import Stack, build
from gateway.upstream.stream import open_stream
from gateway.upstream.transport import LOOPBACK, open_transport

MIB = 2**20
PIECE = 64 * 2**10
HEAD = 4 * 2**10
CANARY = "canary-credential"


@dataclass
class Tapped:
    """The whole stack over a real socket, and a desk for calls to the peer."""

    stack: Stack
    desk: Any

    def stream(self, **parts: Any) -> Any:
        return open_stream(self.stack.send, self.desk.call(**parts))


@asynccontextmanager
async def gateway(kit: Any, url: str, silence: float = 5.0) -> AsyncIterator[Tapped]:
    def opener(sealed: Any) -> Secret:
        return Secret(CANARY)

    async with open_transport(kit.clock, opener, LOOPBACK, silence=silence) as transport:
        stack = build(transport, clock=kit.clock, secret=b"k" * 32)
        try:
            yield Tapped(stack, kit.desk.of(laws=replace(kit.laws, hosts={"api": url})))
        finally:
            await stack.close()


@asynccontextmanager
async def streaming(
    kit: Any, serve: Any, answer: Any, silence: float = 5.0, **parts: Any
) -> AsyncIterator[tuple[Stream, Any]]:
    """A stream of what a peer answers, and the peer."""
    async with (
        serve(answer) as peer,
        gateway(kit, peer.url, silence) as tapped,
        tapped.stream(**parts) as stream,
    ):
        yield stream, peer


def over(kit: Any, **parts: Any) -> Any:
    """A stream from the vendor without a socket."""
    return open_stream(kit.stack.send, kit.desk.call(**parts))


@pytest.fixture
def dry(kit: Any) -> Any:
    """The kit with a stack around its vendor."""
    kit.stack = build(kit.vendor, clock=kit.clock, secret=b"k" * 32, roll=lambda: 0.5)
    return kit


async def whole(stream: Stream) -> bytes:
    return b"".join([piece async for piece in stream.chunks])


def ok(length: int, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {length}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answers(*raws: bytes, close: bool = False) -> Any:
    """Answers each request with the next of these."""
    left = iter(raws)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(left))
        if close:
            await writer.drain()
            writer.close()

    return answer


def endless(gone: asyncio.Event) -> Any:
    """Answers without end, until the client goes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + bytes(PIECE) + b"\r\n")
                await writer.drain()
        except OSError:
            gone.set()
            raise

    return answer


# ── What comes ────────────────────────────────────────────────────────────────────────────────


async def test_fifty_megabytes_flow_in_small_pieces_and_no_faster_than_they_are_taken(
    real_kit: Any, serve: Any
) -> None:
    size, block = 50 * MIB, bytes(range(256)) * 1024
    taken = given = most_ahead = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal given
        writer.write(ok(size))
        while given < size:
            writer.write(block)
            given += len(block)
            await writer.drain()

    async with streaming(real_kit, serve, answer) as (stream, peer):
        async for piece in stream.chunks:
            assert 0 < len(piece) <= PIECE
            assert piece[0] == taken % 256
            taken += len(piece)
            most_ahead = max(most_ahead, given - taken)
    assert taken == size
    # What is on its way lies in the system's buffers, of some MiB, and nowhere else.
    assert most_ahead < 20 * MIB
    assert len(peer.requests) == 1


async def test_the_head_comes_first_and_is_a_part_of_the_whole(real_kit: Any, serve: Any) -> None:
    body = bytes(range(256)) * 64
    said = answers(ok(len(body), "X-Kind: csv") + body)
    async with streaming(real_kit, serve, said) as (stream, _):
        assert stream.head.body == body[:HEAD]
        assert (stream.head.status, stream.head.header("x-kind")) == (200, "csv")
        assert await whole(stream) == body


@pytest.mark.parametrize("body", [b"", b"a,b\n"])
async def test_a_short_answer_is_all_head_and_ends(real_kit: Any, serve: Any, body: bytes) -> None:
    async with streaming(real_kit, serve, answers(ok(len(body)) + body)) as (stream, _):
        assert stream.head.body == body
        assert await whole(stream) == body
        assert await whole(stream) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_comes_in_pieces_as_small_as_any(
    real_kit: Any, serve: Any, coding: str
) -> None:
    packed = gzip.compress(bytes(64 * MIB), 9)
    raw = packed if coding == "gzip" else zlib.compress(bytes(64 * MIB), 9)
    total = 0
    said = answers(ok(len(raw), f"Content-Encoding: {coding}") + raw)
    async with streaming(real_kit, serve, said) as (stream, _):
        async for piece in stream.chunks:
            assert len(piece) <= PIECE
            total += len(piece)
    assert total == 64 * MIB


async def test_a_stream_is_neither_cached_nor_shared(dry: Any) -> None:
    async with over(dry) as first, over(dry) as second:
        assert (await whole(first), await whole(second)) == (b"{}", b"{}")
    await dry.stack.send(dry.desk.call())
    assert len(dry.vendor.calls) == 3
    assert [event.source for event in dry.desk.told(CallFinished)] == ["LIVE"] * 3


async def test_a_stream_read_to_its_end_leaves_its_connection_to_others(
    real_kit: Any, serve: Any
) -> None:
    body = bytes(100_000)
    said = answers(*[ok(len(body)) + body] * 2)
    async with serve(said) as peer, gateway(real_kit, peer.url) as tapped:
        for _ in range(2):
            async with tapped.stream() as stream:
                await whole(stream)
    assert (len(peer.requests), peer.connections) == (2, 1)


# ── The head is judged ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"none", NotFound),
        (429, b"slow down", Throttled),
        (503, b"resting", Unavailable),
        (302, b"", Malformed),
        (200, b"<!DOCTYPE html><p>Log in</p>", Malformed),
    ],
)
async def test_a_bad_head_is_a_failure_and_no_stream(
    real_kit: Any, serve: Any, status: int, body: bytes, kind: type[Failure]
) -> None:
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        filled = body + bytes(MIB)
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {MIB * 9}\r\n\r\n".encode() + filled)
        try:
            await reader.read()
        finally:
            gone.set()

    async with serve(answer) as peer, gateway(real_kit, peer.url) as tapped:
        with pytest.raises(kind) as caught:
            async with tapped.stream():
                raise AssertionError("a stream was handed out")
        assert (caught.value.sent, caught.value.account) == (True, 7)
        await asyncio.wait_for(gone.wait(), 2)
        assert len(peer.requests) == 1
    (finished,) = real_kit.desk.told(CallFinished)
    assert finished.failure is caught.value.code


async def test_a_session_that_ended_is_renewed_once_before_any_byte_is_handed_out(
    real_kit: Any, serve: Any
) -> None:
    def raw(status: int, body: bytes) -> bytes:
        return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    script = [raw(200, b'{"session": "old"}'), raw(401, b"session")]
    script += [raw(200, b'{"session": "new"}'), raw(200, b"a,b\n1,2\n")]
    said = answers(*script)
    async with streaming(real_kit, serve, said, slot="token") as (stream, peer):
        assert await whole(stream) == b"a,b\n1,2\n"
    lines = [request.split(b" ")[1] for request in peer.requests]
    assert lines == [b"/login", b"/things", b"/login", b"/things"]
    assert b"X-Session: new" in peer.requests[-1]
    assert len(real_kit.desk.told(SessionRenewed)) == 2


async def test_a_session_that_is_refused_again_is_the_credential_s_failure(dry: Any) -> None:
    dry.vendor.script = [
        dry.reply(200),
        dry.reply(401, b"session"),
        dry.reply(200),
        dry.reply(401, b"session"),
    ]
    with pytest.raises(CredentialRefused):
        async with over(dry, slot="token"):
            raise AssertionError("a stream was handed out")
    assert len(dry.vendor.calls) == 4


async def test_only_what_never_left_is_sent_again(dry: Any) -> None:
    dry.vendor.script = [Unavailable("Refused.", sent=False)]
    async with over(dry) as stream:
        assert await whole(stream) == b"{}"
    assert len(dry.vendor.calls) == 2
    dry.vendor.script = [Unavailable("Broke.")]
    with pytest.raises(Unavailable):
        async with over(dry):
            raise AssertionError("a stream was handed out")
    assert len(dry.vendor.calls) == 3


async def test_a_write_is_never_streamed(dry: Any) -> None:
    diary = dry.diary()
    with pytest.raises(RuntimeError, match="things/create was streamed"):
        async with open_stream(dry.stack.send, dry.desk.of(journal=diary).write()):
            raise AssertionError("a stream was handed out")
    assert (dry.vendor.calls, diary.told) == ([], [])


# ── What breaks off ───────────────────────────────────────────────────────────────────────────


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ok(10 * MIB) + bytes(PIECE))
    await writer.drain()
    await asyncio.sleep(0.05)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


def _spoilt_zip() -> bytes:
    packed = gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000)))
    broken = packed[: len(packed) // 2] + Random(1).randbytes(50_000)
    return ok(len(broken), "Content-Encoding: gzip") + broken


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answers(ok(1_000_000) + b"x" * 500_000, close=True), Unavailable),
        (
            answers(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n" + bytes(0x2000),
                close=True,
            ),
            Unavailable,
        ),
        (reset, Unavailable),
        (answers(_spoilt_zip()), Malformed),
    ],
    ids=["short", "chunks without end", "reset", "spoilt zip"],
)
async def test_a_stream_that_breaks_off_fails_where_it_is_read(
    real_kit: Any, serve: Any, answer: Any, kind: type[Failure]
) -> None:
    async with serve(answer) as peer, gateway(real_kit, peer.url) as tapped:
        with pytest.raises(kind) as caught:
            async with tapped.stream() as stream:
                await whole(stream)
        assert len(peer.requests) == 1
    assert (type(caught.value), caught.value.sent, caught.value.account) == (kind, True, 7)
    (finished,) = real_kit.desk.told(CallFinished)
    assert finished.failure is kind.code
    assert [event.status for event in real_kit.desk.told(CallSent)] == [200]


@pytest.mark.parametrize("answer", [reset, answers(_spoilt_zip())], ids=["reset", "spoilt zip"])
async def test_no_failure_tells_the_query_the_body_or_the_secret(
    real_kit: Any, serve: Any, answer: Any
) -> None:
    async with serve(answer) as peer, gateway(real_kit, peer.url) as tapped:
        with pytest.raises(Failure) as caught:
            async with tapped.stream(query=(("email", "canary-person"),)) as stream:
                await whole(stream)
    failure = caught.value
    assert failure.__cause__ is None
    assert failure.__context__ is None
    told = json.dumps([repr(failure), *traceback.format_exception(failure), str(vars(failure))])
    assert "canary" not in told + repr(stream) + repr(real_kit.desk.events)


async def test_streams_that_break_off_count_as_an_outage(dry: Any) -> None:
    for _ in range(5):
        dry.vendor.script = [dry.flow([b"a", Unavailable("Broke.", sent=True)])]
        with pytest.raises(Unavailable):
            async with over(dry) as stream:
                await whole(stream)
    (state,) = dry.stack.states()
    assert state.phase is Phase.OPEN
    with pytest.raises(CircuitOpen):
        async with over(dry):
            raise AssertionError("a stream was handed out")
    assert len(dry.vendor.calls) == 5


async def test_the_head_of_a_stream_is_enough_to_close_the_breaker(dry: Any) -> None:
    """Else a probe that lasts for minutes would keep all others waiting."""
    dry.vendor.script = [Unavailable("Down.", sent=None) for _ in range(5)]
    for _ in range(5):
        with pytest.raises(Unavailable):
            await dry.stack.send(dry.desk.call(safe=False))
    dry.hands.advance(10)
    dry.vendor.script = [dry.flow([b"a", b"b", b"c"])]
    async with over(dry) as stream:
        assert dry.stack.states()[0].phase is Phase.CLOSED
        await dry.stack.send(dry.desk.call())
        assert await whole(stream) == b"abc"


# ── Time ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_stream_that_falls_silent_is_given_up(real_kit: Any, serve: Any) -> None:
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(MIB) + bytes(PIECE))
        await reader.read()
        gone.set()

    async with serve(answer) as peer, gateway(real_kit, peer.url, silence=1.0) as tapped:
        started = time.monotonic()
        with pytest.raises(NoAnswer):
            async with tapped.stream(seconds=60) as stream:
                await whole(stream)
        assert 0.9 < time.monotonic() - started < 4.0
        await asyncio.wait_for(gone.wait(), 2)


async def test_a_stream_whose_head_does_not_come_is_given_up(real_kit: Any, serve: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(MIB) + b"few")
        await reader.read()

    async with serve(answer) as peer, gateway(real_kit, peer.url, silence=1.0) as tapped:
        with pytest.raises(NoAnswer):
            async with tapped.stream(seconds=60):
                raise AssertionError("a stream was handed out")


async def test_a_stream_may_last_longer_than_any_silence_and_any_other_request(
    real_kit: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.upstream.transport.wire.LONGEST", 0.1)

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(HEAD + 8) + bytes(HEAD))
        for _ in range(8):
            await asyncio.sleep(0.1)
            writer.write(b"x")

    async with streaming(real_kit, serve, drips, silence=0.5) as (stream, _):
        assert len(await whole(stream)) == HEAD + 8


async def test_drips_end_at_the_deadline_and_their_socket_is_closed(
    real_kit: Any, serve: Any
) -> None:
    gone = asyncio.Event()

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(MIB) + bytes(HEAD))
        while not reader.at_eof():
            writer.write(b"x")
            await asyncio.sleep(0.02)
        gone.set()

    async with serve(drips) as peer, gateway(real_kit, peer.url) as tapped:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            async with tapped.stream(seconds=0.4) as stream:
                await whole(stream)
        assert 0.3 < time.monotonic() - started < 3.0
        await asyncio.wait_for(gone.wait(), 2)


async def test_the_deadline_also_ends_a_stream_that_nobody_takes(real_kit: Any, serve: Any) -> None:
    """The vendor is left at once; the reader hears of it when it comes back."""
    gone = asyncio.Event()
    async with streaming(real_kit, serve, endless(gone), seconds=0.3) as (stream, _):
        await asyncio.wait_for(gone.wait(), 3)
        with pytest.raises(DeadlineExceeded):
            await whole(stream)


# ── Leaving ───────────────────────────────────────────────────────────────────────────────────


async def test_who_leaves_early_closes_the_connection_and_frees_the_place(
    real_kit: Any, serve: Any
) -> None:
    gone = asyncio.Event()
    async with serve(endless(gone)) as peer, gateway(real_kit, peer.url) as tapped:
        tapped.desk.laws = replace(tapped.desk.laws, concurrency=1)
        for number in (1, 2):
            async with tapped.stream() as stream:
                assert await anext(stream.chunks)
            await asyncio.wait_for(gone.wait(), 2)
            gone.clear()
            assert peer.connections == number
    assert [event.failure for event in real_kit.desk.told(CallFinished)] == [None, None]


async def test_what_fails_in_the_reader_reaches_its_caller_and_closes_the_connection(
    real_kit: Any, serve: Any
) -> None:
    gone = asyncio.Event()
    async with serve(endless(gone)) as peer, gateway(real_kit, peer.url) as tapped:
        with pytest.raises(ZeroDivisionError):
            async with tapped.stream():
                raise ZeroDivisionError
        await asyncio.wait_for(gone.wait(), 2)


@pytest.mark.parametrize("while_reading", [True, False])
async def test_a_reader_that_is_cancelled_leaves_nothing_behind(
    real_kit: Any, serve: Any, while_reading: bool
) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if while_reading:
            writer.write(ok(MIB) + bytes(HEAD))
            await writer.drain()
        asked.set()
        await reader.read()
        gone.set()

    async def read(tapped: Tapped) -> None:
        async with tapped.stream() as stream:
            await whole(stream)

    async with serve(answer) as peer, gateway(real_kit, peer.url) as tapped:
        before = asyncio.all_tasks()
        task = asyncio.create_task(read(tapped))
        await asked.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 2)
        left = [one for one in asyncio.all_tasks() - before if "serving" not in repr(one)]
        assert left == []


async def test_a_stream_that_was_left_cannot_be_read_on(dry: Any) -> None:
    flow = dry.flow([b"a", b"b", b"c", b"d"])
    dry.vendor.script = [flow]
    async with over(dry) as stream:
        assert await anext(stream.chunks) == b"a"
    with pytest.raises(RuntimeError, match="after it was left"):
        await whole(stream)
    assert flow.closed == 1


async def test_whoever_asks_again_after_a_break_is_told_of_it_again(dry: Any) -> None:
    dry.vendor.script = [dry.flow([b"a", Unavailable("Broke.", sent=True)])]
    async with over(dry) as stream:
        assert await anext(stream.chunks) == b"a"
        for _ in range(2):
            with pytest.raises(Unavailable):
                await anext(stream.chunks)


def test_a_call_does_not_print_what_it_streams_into() -> None:
    assert "tap" not in repr(Call(operation="export", slot="key"))
