"""What goes over the socket and what comes back, on loopback and with hostile vendors."""

import asyncio
import gzip
import json
import socket
import time
import traceback
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway import __version__
from gateway.domain.events import CallSent
from gateway.domain.failures import (
    BadInput,
    CredentialRefused,
    DeadlineExceeded,
    Failure,
    Malformed,
    Unavailable,
)
from gateway.domain.secret import Secret
from gateway.upstream.deadline import NoAnswer
from gateway.upstream.exchange import Auth, Call, Reply
from gateway.upstream.laws import InBody, InHeader, InQuery, Quoting
from gateway.upstream.transport import LARGEST, LOOPBACK, Transport, open_transport

SECRET = "s3cr&t<k>"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def says(raw: bytes, *, close: bool = False) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if close:
            await writer.drain()
            writer.close()

    return answer


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


@asynccontextmanager
async def transport(kit: Any, insecure: Any = LOOPBACK) -> AsyncIterator[Transport]:
    async with open_transport(kit.clock, lambda sealed: Secret(SECRET), insecure) as opened:
        yield opened


def at(kit: Any, url: str, seconds: float = 5.0, **parts: Any) -> Call:
    desk = kit.desk.of(laws=replace(kit.laws, hosts={"api": url}))
    call: Call = desk.call(seconds=seconds, **parts)
    return call


async def refusal(kit: Any, serve: Any, answer: Answer, **parts: Any) -> tuple[Failure, Any]:
    """The failure that a vendor's answer becomes, and the vendor."""
    async with serve(answer) as peer, transport(kit) as send:
        with pytest.raises(Failure) as caught:
            await send(at(kit, peer.url, **parts))
        return caught.value, peer


# ── What is sent ──────────────────────────────────────────────────────────────────────────────


async def test_a_call_goes_out_as_it_was_written_and_signed(real_kit: Any, serve: Any) -> None:
    async with serve(says(ok(b'{"a": 1}', "X-Kind: thing"))) as peer, transport(real_kit) as send:
        sealed = real_kit.desk.account.credential("key")
        call = at(
            real_kit,
            peer.url,
            method="POST",
            path="/things/a%2Fb",
            query=(("id", "ö &="), ("id", "2")),
            headers=(("Content-Type", "text/xml"), ("x-auth", "old")),
            body=b"<x/>",
        )
        reply = await send(replace(call, auth=Auth(InHeader("X-Auth", "Key "), sealed)))
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /things/a%2Fb?id=%C3%B6%20%26%3D&id=2 HTTP/1.1"
    assert f"X-Auth: Key {SECRET}" in lines
    assert "x-auth: old" not in lines
    assert f"User-Agent: agency-gateway/{__version__}" in lines
    assert "Content-Type: text/xml" in lines
    assert body == b"<x/>"
    assert (reply.status, reply.json, reply.header("x-kind")) == (200, {"a": 1}, "thing")
    (sent,) = real_kit.desk.told(CallSent)
    assert sent.status == 200


@pytest.mark.parametrize(
    ("quoting", "written"),
    [
        (Quoting.RAW, b"s3cr&t<k>"),
        (Quoting.XML, b"s3cr&amp;t&lt;k&gt;"),
        (Quoting.FORM, b"s3cr%26t%3Ck%3E"),
    ],
)
async def test_a_secret_is_written_into_the_gap_of_the_body(
    real_kit: Any, serve: Any, quoting: Quoting, written: bytes
) -> None:
    async with serve(says(ok(b"{}"))) as peer, transport(real_kit) as send:
        call = at(real_kit, peer.url, method="POST", body=b"<t></t>", gap=3)
        await send(replace(call, auth=Auth(InBody(quoting), Secret(SECRET))))
    assert peer.requests[0].endswith(b"\r\n\r\n<t>" + written + b"</t>")


@pytest.mark.parametrize("query", [(), (("id", "1"),)])
async def test_a_secret_in_the_query_comes_last_and_is_quoted(
    real_kit: Any, serve: Any, query: tuple[tuple[str, str], ...]
) -> None:
    async with serve(says(ok(b"{}"))) as peer, transport(real_kit) as send:
        call = at(real_kit, peer.url, query=query)
        await send(replace(call, auth=Auth(InQuery("token"), Secret(SECRET))))
    target = peer.requests[0].split(b" ")[1]
    assert target.endswith(b"token=s3cr%26t%3Ck%3E")
    assert target.count(b"?") == 1


@pytest.mark.parametrize("path", ["/../admin", "/a/%2e%2E/b", "/a?b", "/a#b", "/a\r\nX: y", "/ü"])
async def test_an_id_cannot_change_which_path_is_asked(
    real_kit: Any, serve: Any, path: str
) -> None:
    async with serve(says(ok(b"{}"))) as peer, transport(real_kit) as send:
        with pytest.raises(BadInput):
            await send(at(real_kit, peer.url, path=path))
    assert peer.connections == 0
    assert real_kit.desk.told(CallSent) == []


async def test_a_secret_cannot_bring_a_header_of_its_own(real_kit: Any, serve: Any) -> None:
    async with serve(says(ok(b"{}"))) as peer, transport(real_kit) as send:
        call = replace(
            at(real_kit, peer.url), auth=Auth(InHeader("X-Auth"), Secret("a\r\nX-Other: b"))
        )
        with pytest.raises(CredentialRefused) as caught:
            await send(call)
    assert caught.value.sent is False
    assert peer.connections == 0


# ── What the vendor may not do ────────────────────────────────────────────────────────────────


async def test_a_redirect_is_not_followed(real_kit: Any, serve: Any) -> None:
    async with serve(says(ok(b"{}"))) as elsewhere:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
        async with serve(says(moved.encode())) as peer, transport(real_kit) as send:
            assert (await send(at(real_kit, peer.url))).status == 307
        assert elsewhere.connections == 0


async def test_cookies_are_not_kept(real_kit: Any, serve: Any) -> None:
    answer = says(ok(b"{}", "Set-Cookie: sid=1; Path=/"))
    async with serve(answer) as peer, transport(real_kit) as send:
        reply = await send(at(real_kit, peer.url))
        await send(at(real_kit, peer.url))
    assert reply.header("Set-Cookie") is None
    assert len(peer.requests) == 2
    assert b"cookie" not in peer.requests[1].lower()


async def test_a_proxy_of_the_environment_is_not_used(
    real_kit: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(says(ok(b"{}"))) as proxy, serve(says(ok(b"{}"))) as peer:
        monkeypatch.setenv("http_proxy", proxy.url)
        async with transport(real_kit) as send:
            await send(at(real_kit, peer.url))
    assert (proxy.connections, peer.connections) == (0, 1)


async def test_what_follows_an_answer_is_never_given_to_the_next_request(
    real_kit: Any, serve: Any
) -> None:
    """Fault matrix, row 18."""
    answers = iter([ok(b'"first"') + ok(b'"smuggled"'), ok(b'"second"')])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers))

    async with serve(answer) as peer, transport(real_kit) as send:
        assert (await send(at(real_kit, peer.url))).json == "first"
        assert (await send(at(real_kit, peer.url))).json == "second"
    assert peer.connections == 2


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_is_cut_at_8_mib(real_kit: Any, serve: Any, coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress
    bomb = pack(bytes(64 * 2**20))
    started = time.monotonic()
    failure, _ = await refusal(real_kit, serve, says(ok(bomb, f"Content-Encoding: {coding}")))
    assert isinstance(failure, Malformed)
    assert failure.sent is True
    assert time.monotonic() - started < 2


async def test_a_body_without_end_is_cut_and_its_connection_closed(
    real_kit: Any, serve: Any
) -> None:
    ended = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
                await writer.drain()
        except OSError:
            ended.set()
            raise

    async with serve(endless) as peer, transport(real_kit) as send:
        with pytest.raises(Malformed):
            await send(at(real_kit, peer.url))
        await asyncio.wait_for(ended.wait(), 2)


async def test_a_body_of_just_8_mib_passes(real_kit: Any, serve: Any) -> None:
    async with serve(says(ok(bytes(LARGEST)))) as peer, transport(real_kit) as send:
        assert len((await send(at(real_kit, peer.url))).body) == LARGEST


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(1000)),
        b"X-Long: " + b"y" * 100_000 + b"\r\n",
        b"no colon at all\r\n",
        b"X-Nul: a\x00b\r\n",
    ],
    ids=["many", "long", "not a header", "control character"],
)
async def test_a_flood_of_headers_is_refused(real_kit: Any, serve: Any, head: bytes) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + head + b"\r\n{}"
    failure, _ = await refusal(real_kit, serve, says(raw))
    assert isinstance(failure, Malformed)


@pytest.mark.parametrize(
    ("raw", "kind", "sent"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", Malformed, True),
        (ok(b"not gzip", "Content-Encoding: gzip"), Malformed, True),
        (ok(b"?", "Content-Encoding: br"), Malformed, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Malformed, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", Unavailable, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Unavailable, True),
        (b"", Unavailable, None),
        (b"HTTP/1.1 200 O", Unavailable, None),
    ],
    ids=["not http", "not gzip", "brotli", "not chunked", "short", "broken off", "empty", "cut"],
)
async def test_what_cannot_be_read_is_a_failure_of_the_vendor(
    real_kit: Any, serve: Any, raw: bytes, kind: type[Failure], sent: bool | None
) -> None:
    """Fault matrix, rows 3 and 9; a connection that failed is never used again."""
    failure, peer = await refusal(real_kit, serve, says(raw, close=True))
    assert type(failure) is kind
    assert failure.sent is sent
    assert len(peer.requests) == 1


async def test_a_get_that_is_reset_is_not_repeated_behind_our_back(
    real_kit: Any, serve: Any
) -> None:
    """aiohttp would send it again; repeats are the retry policy's, and counted (row 2)."""
    answers = iter([says(ok(b"{}")), reset, reset])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(answers)(reader, writer)

    async with serve(answer) as peer, transport(real_kit) as send:
        await send(at(real_kit, peer.url))
        with pytest.raises(Unavailable) as caught:
            await send(at(real_kit, peer.url))
        assert caught.value.sent is None
        assert len(peer.requests) == 2
    assert [event.status for event in real_kit.desk.told(CallSent)] == [200, None]


# ── Time ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_vendor_that_hangs_is_given_up_at_the_deadline(real_kit: Any, serve: Any) -> None:
    started = time.monotonic()
    failure, _ = await refusal(real_kit, serve, silent, seconds=1.0)
    assert type(failure) is DeadlineExceeded
    assert failure.sent is None
    assert 0.9 < time.monotonic() - started < 4.0


async def test_silence_in_ample_time_is_the_vendor_s_failure(real_kit: Any, serve: Any) -> None:
    failure, _ = await refusal(real_kit, serve, silent, seconds=1.5)
    assert type(failure) is NoAnswer


async def test_a_body_in_drips_is_given_up_at_the_deadline_and_its_socket_closed(
    real_kit: Any, serve: Any
) -> None:
    """Fault matrix, row 4."""
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"x")
            await asyncio.sleep(0.02)
        ended.set()

    async with serve(drip) as peer, transport(real_kit) as send:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await send(at(real_kit, peer.url, seconds=0.3))
        assert time.monotonic() - started < 3.0
        await asyncio.wait_for(ended.wait(), 2)


async def test_a_deadline_that_has_passed_opens_no_connection(real_kit: Any, serve: Any) -> None:
    failure, peer = await refusal(real_kit, serve, silent, seconds=-1)
    assert isinstance(failure, DeadlineExceeded)
    assert (failure.sent, peer.connections) == (False, 0)


async def test_a_cancelled_call_closes_its_connection(real_kit: Any, serve: Any) -> None:
    """A late answer must not reach the next request (redis-py's CVE-2023-28858, aiohttp alike)."""
    answered = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answered.is_set():
            writer.write(ok(b'"second"'))
            return
        answered.set()
        await asyncio.sleep(0.05)
        writer.write(ok(b'"first"'))

    async with serve(late) as peer, transport(real_kit) as send:
        task = asyncio.create_task(send(at(real_kit, peer.url)))
        await answered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await send(at(real_kit, peer.url))).json == "second"
    assert peer.connections == 2


# ── What failures may not tell ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", [reset, says(b"nonsense\r\n\r\n", close=True), silent])
async def test_no_failure_tells_the_query_or_the_secret(
    real_kit: Any, serve: Any, answer: Answer
) -> None:
    async with serve(answer) as peer, transport(real_kit) as send:
        call = at(real_kit, peer.url, seconds=0.2, query=(("email", "canary-person"),))
        signed = replace(call, auth=Auth(InQuery("token"), Secret("canary-secret")))
        with pytest.raises(Failure) as caught:
            await send(signed)
    failure = caught.value
    assert failure.__cause__ is None
    assert failure.__context__ is None
    told = json.dumps([repr(failure), *traceback.format_exception(failure), str(vars(failure))])
    assert "canary" not in told + repr(real_kit.desk.events)
    assert (failure.vendor, failure.account) == (call.bound.laws.vendor, 7)


async def test_many_calls_share_connections(real_kit: Any, serve: Any) -> None:
    async with serve(says(ok(b"{}"))) as peer, transport(real_kit) as send:
        for _ in range(10):
            reply: Reply = await send(at(real_kit, peer.url))
            assert reply.status == 200
    assert (len(peer.requests), peer.connections) == (10, 1)
