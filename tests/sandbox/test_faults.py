"""Each fault, as a real client meets it on the socket."""

import asyncio
import contextlib
import gzip
import socket
import zlib
from collections.abc import Callable
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.faults import AnyFault, Match, Script


def script(*faults: dict[str, Any]) -> Script:
    return Script(msgspec.convert(list(faults), list[AnyFault]))


# ── Which request is struck ───────────────────────────────────────────────────────────────────


@given(st.none() | st.integers(1, 9), st.none() | st.integers(0, 9), st.integers(1, 30))
def test_a_match_covers_one_stretch_of_requests(
    nth: int | None, times: int | None, number: int
) -> None:
    covered = [n for n in range(1, 31) if Match(nth=nth, times=times).covers(n)]
    expected = 1 if nth is not None and times is None else times
    first = nth or 1
    last = 30 if expected is None else min(30, first + expected - 1)
    assert covered == list(range(first, last + 1))


def test_only_requests_of_the_operation_are_counted() -> None:
    faults = script({"fault": "html", "match": {"operation": "links/retrieve", "nth": 2}})
    struck = [
        faults.strike(operation) is not None
        for operation in ("links/retrieve", "clients/retrieve", "links/retrieve", "links/retrieve")
    ]
    assert struck == [False, False, True, False]


def test_the_first_fault_that_covers_a_request_strikes_and_all_count_it() -> None:
    faults = script(
        {"fault": "html", "match": {"times": 1}},
        {"fault": "malformed", "match": {"nth": 2}},
    )
    struck = [type(faults.strike("any")).__name__ for _ in range(3)]
    assert struck == ["Html", "Malformed", "NoneType"]


# ── On the socket ─────────────────────────────────────────────────────────────────────────────


async def arm(visitor: Any, fault: str, effect: str = "none", **arguments: Any) -> None:
    await visitor.control("PUT", "faults", [{"fault": fault, "effect": effect, **arguments}])


async def test_a_status_replaces_the_answer(visitor: Any) -> None:
    await arm(
        visitor, "status", code=503, headers={"Retry-After": "7"}, body={"error": True, "msg": "x"}
    )
    heard = await visitor.read()
    assert heard.status == 503
    assert heard.headers["Retry-After"] == "7"
    assert heard.json == {"error": True, "msg": "x"}


async def test_latency_delays_the_true_answer(visitor: Any) -> None:
    await arm(visitor, "latency", ms=120)
    began = monotonic()
    assert (await visitor.read()).json["data"]["id"] == visitor.client_id
    assert monotonic() - began >= 0.12


async def test_a_reset_before_any_byte_is_a_reset_to_the_client(visitor: Any) -> None:
    await arm(visitor, "reset", after_bytes=0)
    with pytest.raises(aiohttp.ClientOSError) as caught:
        await visitor.read()
    assert isinstance(caught.value.__cause__ or caught.value, ConnectionResetError)


async def test_a_reset_within_the_body_lets_the_first_bytes_through(visitor: Any) -> None:
    await arm(visitor, "reset", after_bytes=10)
    received = b""
    with raw_read(visitor) as line:
        while not received.endswith(b'\r\n\r\n{"error": '):
            received += await asyncio.get_running_loop().sock_recv(line, 65536)
        with pytest.raises(ConnectionResetError):
            await asyncio.get_running_loop().sock_recv(line, 65536)
    assert received.startswith(b"HTTP/1.1 200")


async def test_a_hang_sends_nothing_until_its_end(visitor: Any) -> None:
    await arm(visitor, "hang", seconds=0.15)
    began = monotonic()
    with pytest.raises(aiohttp.ClientError):
        await visitor.read()
    assert monotonic() - began >= 0.15


async def test_who_leaves_a_hanging_vendor_is_forgotten_by_it(visitor: Any) -> None:
    await arm(visitor, "hang")
    await visitor.control(
        "PUT", "limits", [{"algorithm": "concurrency", "count": 1, "scope": "egress"}]
    )
    with pytest.raises(TimeoutError):
        await visitor.read(seconds=0.1)
    await visitor.control("PUT", "faults", [])
    statuses = [(await visitor.read()).status]
    while statuses[-1] == 429:
        statuses.append((await visitor.read()).status)
    assert statuses[-1] == 200


async def test_a_drip_comes_at_its_pace_and_whole(visitor: Any) -> None:
    await arm(visitor, "drip", bytes_per_second=2000)
    began = monotonic()
    heard = await visitor.read()
    assert monotonic() - began >= len(heard.body) / 2000
    assert heard.json["data"]["id"] == visitor.client_id


async def test_a_truncated_answer_promises_more_than_it_holds(visitor: Any) -> None:
    await arm(visitor, "truncate", bytes=12)
    with pytest.raises(aiohttp.ClientPayloadError):
        await visitor.read()


async def test_a_truncation_ends_the_connection_properly(visitor: Any) -> None:
    await arm(visitor, "truncate", bytes=12)
    received = b""
    with raw_read(visitor) as line:
        while part := await asyncio.get_running_loop().sock_recv(line, 65536):
            received += part
    assert received.partition(b"\r\n\r\n")[2] == b'{"error": fa'


async def test_a_malformed_answer_says_json_and_is_not(visitor: Any) -> None:
    await arm(visitor, "malformed")
    heard = await visitor.read()
    assert (heard.status, heard.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        heard.json  # noqa: B018 - decoding it is the test


async def test_an_html_answer_is_a_page(visitor: Any) -> None:
    await arm(visitor, "html")
    heard = await visitor.read()
    assert (heard.status, heard.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"Sign in" in heard.body


async def test_a_redirect_points_elsewhere(visitor: Any) -> None:
    await arm(visitor, "redirect", location="http://169.254.169.254/latest")
    heard = await visitor.read()
    assert heard.status == 302
    assert heard.headers["Location"] == "http://169.254.169.254/latest"


async def test_headers_are_set_repeated_and_taken_away(visitor: Any) -> None:
    await arm(
        visitor,
        "headers",
        set={"X-Odd": ["a", "b"], "Content-Type": None, "RateLimit": '"p";r=999999999999;t=-5'},
    )
    heard = await visitor.read()
    assert heard.headers.getall("X-Odd") == ["a", "b"]
    assert "Content-Type" not in heard.headers
    assert heard.headers["RateLimit"] == '"p";r=999999999999;t=-5'
    assert heard.json["data"]["id"] == visitor.client_id


@pytest.mark.parametrize(
    ("encoding", "unpack"),
    [
        ("gzip", gzip.decompress),
        ("deflate", zlib.decompress),
        ("identity", bytes),
    ],
)
async def test_a_bomb_unpacks_to_its_size(
    visitor: Any, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    size = 3_000_001
    await arm(visitor, "bomb", encoding=encoding, bytes=size)
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(visitor.url + "/api/clients/retrieve") as response,
    ):
        assert response.headers["Content-Encoding"] == encoding
        packed = await response.read()
    assert unpack(packed) == bytes(size)
    assert encoding == "identity" or len(packed) < size / 500


async def test_a_zstd_bomb_has_run_length_blocks_of_its_size(visitor: Any) -> None:
    """By the block headers of RFC 8878: type 1 (run length), size, and "last" on the last only."""
    await arm(visitor, "bomb", encoding="zstd", bytes=300_000)
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(visitor.url + "/api/clients/retrieve") as response,
    ):
        packed = await response.read()
    assert packed[:4] == b"\x28\xb5\x2f\xfd"
    blocks = [int.from_bytes(packed[at : at + 3], "little") for at in range(6, len(packed), 4)]
    assert [header & 1 for header in blocks] == [0, 0, 1]
    assert [header >> 1 & 3 for header in blocks] == [1, 1, 1]
    assert sum(header >> 3 for header in blocks) == 300_000


# ── Whether the vendor acted ──────────────────────────────────────────────────────────────────

SPOILT: list[tuple[str, dict[str, Any]]] = [
    ("status", {"code": 500}),
    ("reset", {"after_bytes": 0}),
    ("reset", {"after_bytes": 5}),
    ("hang", {"seconds": 0}),
    ("drip", {"bytes_per_second": 1_000_000}),
    ("truncate", {"bytes": 3}),
    ("malformed", {}),
    ("html", {}),
    ("bomb", {"bytes": 1000}),
    ("redirect", {"location": "/elsewhere"}),
]


async def write_and_lose_the_answer(visitor: Any) -> None:
    with contextlib.suppress(aiohttp.ClientError):
        await visitor.write()


@pytest.mark.parametrize(("fault", "arguments"), SPOILT)
async def test_with_effect_none_nothing_is_written(
    visitor: Any, fault: str, arguments: dict[str, Any]
) -> None:
    await arm(visitor, fault, "none", **arguments)
    await write_and_lose_the_answer(visitor)
    assert await visitor.control("GET", "effects") == []
    assert [call["applied"] for call in await visitor.calls()] == [False]


@pytest.mark.parametrize(("fault", "arguments"), SPOILT)
async def test_with_effect_before_it_is_written_and_the_answer_is_spoilt(
    visitor: Any, fault: str, arguments: dict[str, Any]
) -> None:
    await arm(visitor, fault, "before", **arguments)
    await write_and_lose_the_answer(visitor)
    effects = await visitor.control("GET", "effects")
    assert [effect["operation"] for effect in effects] == ["clients/create"]
    assert [call["applied"] for call in await visitor.calls()] == [True]


async def test_late_with_effect_before_is_written_at_once_and_with_none_after_the_wait(
    visitor: Any,
) -> None:
    for effect, written in (("before", 1), ("none", 0)):
        await visitor.control("POST", "reset")
        await arm(visitor, "latency", effect, ms=5000)
        late = asyncio.ensure_future(visitor.write())
        await visitor.until_called()
        assert len(await visitor.control("GET", "effects")) == written
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)


def raw_read(visitor: Any) -> socket.socket:
    """The read of one client on a bare socket, which sees bytes and resets in their true order."""
    address = urlsplit(visitor.url)
    line = socket.create_connection((address.hostname, address.port))
    line.setblocking(False)
    line.send(
        f"GET /api/clients/retrieve?id={visitor.client_id} HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\nX-Auth: {visitor.key}\r\n\r\n".encode()
    )
    return line
