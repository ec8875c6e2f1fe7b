"""The sandbox as a whole: its record, its controls, its ports, and how it ends."""

import asyncio
import signal
import socket
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from time import monotonic
from typing import Any

import aiohttp
import pytest

from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import world
from gateway.sandbox.server import sandbox
from tests.e2e.processes import free_ports

ONE = [VendorName.AGENCYACCESS]


# ── The record ────────────────────────────────────────────────────────────────────────────────


async def test_every_request_is_recorded_in_order_with_what_came_of_it(visitor: Any) -> None:
    await visitor.read()
    await visitor.write()
    async with visitor.session.get(f"{visitor.url}/api/links/retrieve?id=a&x=secret") as response:
        assert response.status == 401
    calls = await visitor.calls()
    mark = sha256(visitor.key.encode()).hexdigest()[:16]
    told = [{name: value for name, value in call.items() if name != "at"} for call in calls]
    assert told == [
        {
            "method": "GET",
            "path": "/api/clients/retrieve",
            "operation": "clients/retrieve",
            "credential": mark,
            "status": 200,
            "applied": True,
        },
        {
            "method": "POST",
            "path": "/api/clients/create",
            "operation": "clients/create",
            "credential": mark,
            "status": 200,
            "applied": True,
        },
        {
            "method": "GET",
            "path": "/api/links/retrieve",
            "operation": "links/retrieve",
            "credential": None,
            "status": 401,
            "applied": False,
        },
    ]
    assert [call["at"] for call in calls] == sorted(call["at"] for call in calls)


async def test_the_record_holds_no_credential(visitor: Any) -> None:
    await visitor.read()
    assert visitor.key not in str(await visitor.calls())


async def test_a_request_that_gets_no_answer_is_recorded_without_a_status(visitor: Any) -> None:
    await visitor.control("PUT", "faults", [{"fault": "reset"}])
    with pytest.raises(aiohttp.ClientError):
        await visitor.read()
    assert [(call["status"], call["applied"]) for call in await visitor.calls()] == [(None, False)]


async def test_a_reset_forgets_calls_changes_faults_and_limits(visitor: Any) -> None:
    before = await visitor.control("GET", "world")
    await visitor.write()
    await visitor.control("PUT", "faults", [{"fault": "html"}])
    await visitor.control("PUT", "limits", [{"algorithm": "fixed", "count": 1}])
    await visitor.read()
    await visitor.control("POST", "reset")
    assert await visitor.calls() == []
    assert await visitor.control("GET", "effects") == []
    assert await visitor.control("GET", "world") == before
    assert [(await visitor.read()).status for _ in range(3)] == [200, 200, 200]


async def test_a_world_that_was_changed_by_hand_can_be_loaded(visitor: Any) -> None:
    changed = await visitor.control("GET", "world")
    changed["agencies"]["Harbour"]["clients"][visitor.client_id]["name"] = "Ana María Ruiz"
    await visitor.control("POST", "reset", {"world": changed})
    assert (await visitor.read()).json["data"]["name"] == "Ana María Ruiz"


# ── Limits and the clock ──────────────────────────────────────────────────────────────────────


async def test_a_limit_refuses_in_the_vendors_own_shape_and_tells_its_headers(visitor: Any) -> None:
    limit = {"algorithm": "fixed", "count": 2, "window_seconds": 3600, "dialect": "retry-after"}
    await visitor.control("PUT", "limits", [limit])
    replies = [await visitor.read() for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[-1].json["error"] is True
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 3600
    assert [call["applied"] for call in await visitor.calls()] == [True, True, False]


async def test_a_limit_on_the_account_goes_on_under_its_next_key(visitor: Any) -> None:
    for scope, statuses in (("account", [200, 429]), ("credential", [200, 200])):
        limit = {"algorithm": "fixed", "count": 1, "window_seconds": 3600, "scope": scope}
        await visitor.control("PUT", "limits", [limit])
        first = await visitor.read()
        action = {"action": "roll_key", "agency": "Harbour"}
        visitor.key = (await visitor.control("POST", "dashboard", action))["api_key"]
        assert [first.status, (await visitor.read()).status] == statuses


async def test_a_limit_ends_as_the_vendors_clock_goes_on(visitor: Any) -> None:
    await visitor.control(
        "PUT", "limits", [{"algorithm": "sliding", "count": 1, "window_seconds": 3600}]
    )
    assert [(await visitor.read()).status for _ in range(2)] == [200, 429]
    await visitor.control("PUT", "clock", {"offset_seconds": 3601})
    assert (await visitor.read()).status == 200


async def test_a_limit_on_concurrency_is_freed_by_every_end(visitor: Any) -> None:
    await visitor.control("PUT", "limits", [{"algorithm": "concurrency", "count": 1}])
    assert [(await visitor.read()).status for _ in range(3)] == [200, 200, 200]
    await visitor.control(
        "PUT", "faults", [{"fault": "latency", "ms": 5000, "match": {"times": 1}}]
    )
    slow = asyncio.ensure_future(visitor.read())
    while len(await visitor.calls()) < 4:
        pass
    assert (await visitor.read()).status == 429
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)


async def test_a_vendors_clock_runs_ahead_by_its_offset(visitor: Any) -> None:
    await visitor.control("PUT", "clock", {"offset_seconds": 86_400})
    heard = await visitor.write()
    ahead = parsedate_to_datetime(heard.headers["Date"]).timestamp()
    made = heard.json["data"]
    state = await visitor.control("GET", "world")
    created = state["agencies"]["Harbour"]["clients"][made]["created"] / 1000
    [call] = await visitor.calls()
    assert abs(ahead - created) < 2
    assert 86_390 < created - datetime.fromisoformat(call["at"]).timestamp() < 86_410


# ── The controls refuse clearly ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("faults", [{"fault": "flood"}], "flood"),
        ("faults", [{"fault": "latency"}], "ms"),
        ("faults", [{"fault": "latency", "ms": "soon"}], "$[0].ms"),
        ("faults", [{"fault": "html", "effect": "after"}], "$[0].effect"),
        ("faults", [{"fault": "html", "match": {"nth": 0}}], "$[0].match.nth"),
        ("faults", [{"fault": "html", "matches": {}}], "matches"),
        ("faults", [{"fault": "redirect", "location": "/a\r\nSet-Cookie: b"}], "$[0].location"),
        ("faults", {"fault": "html"}, "array"),
        ("limits", [{"algorithm": "leaky", "count": 1}], "$[0].algorithm"),
        ("limits", [{"algorithm": "fixed", "count": 0}], "$[0].count"),
        ("limits", [{"algorithm": "fixed", "count": 1, "scope": "planet"}], "$[0].scope"),
        ("clock", {"offset_seconds": "1h"}, "$.offset_seconds"),
        ("clock", {}, "offset_seconds"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_by_the_name_of_its_field(
    visitor: Any, path: str, body: Any, named: str
) -> None:
    status, answer = await visitor.try_control("PUT", path, body)
    assert status == 422
    assert named in answer["error"]
    assert (await visitor.read()).status == 200


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("reset", {"world": {"agencies": {"Harbour": {}}}}, "world"),
        ("reset", {"world": []}, "$.world"),
        ("dashboard", {}, "action"),
        ("dashboard", {"action": "fly"}, "fly"),
    ],
)
async def test_an_impossible_post_is_refused_and_changes_nothing(
    visitor: Any, path: str, body: Any, named: str
) -> None:
    before = await visitor.control("GET", "world")
    status, answer = await visitor.try_control("POST", path, body)
    assert status == 422
    assert named in answer["error"]
    assert await visitor.control("GET", "world") == before


async def test_what_is_no_json_no_vendor_or_no_control_is_told_so(visitor: Any) -> None:
    url = f"{visitor.running.control}/AGENCYACCESS/faults"
    async with visitor.session.put(url, data=b"[{") as response:
        assert response.status == 400
        assert "not JSON" in (await response.json())["error"]
    assert (await visitor.try_control("GET", "calls", vendor="ACME"))[0] == 404
    assert (await visitor.try_control("GET", "moods"))[0] == 404
    assert (await visitor.try_control("DELETE", "calls"))[0] == 405


# ── Ports, and the end ────────────────────────────────────────────────────────────────────────


async def test_with_a_port_vendors_follow_the_controls() -> None:
    port = free_ports(2)
    async with sandbox(world(), vendors=ONE, port=port) as running:
        assert running.control == f"http://127.0.0.1:{port}"
        assert running.vendors[ONE[0]].base_url == f"http://127.0.0.1:{port + 1}"


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            async with sandbox(world(), vendors=ONE, port=taken.getsockname()[1]):
                raise AssertionError("it must not run")
    assert len(asyncio.all_tasks()) == 1


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    with pytest.raises(LookupError, match="mine"):
        async with sandbox(world(), vendors=ONE):
            raise LookupError("mine")


async def test_signals_stay_with_the_owner_of_the_process() -> None:
    held = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    async with sandbox(world(), vendors=ONE):
        assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == held


@pytest.mark.parametrize("fault", [{"fault": "hang"}, {"fault": "drip", "bytes_per_second": 1}])
async def test_it_ends_within_seconds_and_cleanly_while_requests_hang(
    fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with aiohttp.ClientSession() as session:
        async with sandbox(world(), vendors=ONE) as running:
            controls = f"{running.control}/AGENCYACCESS"
            async with session.put(f"{controls}/faults", json=[fault]) as response:
                assert response.status == 200
            vendor = running.vendors[ONE[0]].base_url
            hung = asyncio.ensure_future(read(session, f"{vendor}/api/clients/retrieve"))
            calls: list[Any] = []
            while not calls:
                async with session.get(f"{controls}/calls") as response:
                    calls = await response.json()
            began = monotonic()
        assert monotonic() - began < 3
        with pytest.raises(aiohttp.ClientError):
            await hung
    assert [record.message for record in caplog.records] == []
    assert len(asyncio.all_tasks()) == 1


async def read(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url) as response:
        return await response.read()
