"""The application as callers meet it: over the real schema, with vendors behind it.

What the endpoint does on its own is in test_graphql.py.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.cli.demonstration import settings_for
from gateway.config import Duration, Profile, Settings, StatusProfile
from gateway.domain.clock import Clock
from gateway.domain.vendor import VendorName
from gateway.web.accept import GRAPHQL, JSON
from gateway.web.app import face
from tests.conftest import Open
from tests.gateways import Gateway, Sandbox, quick

AGENCYACCESS = VendorName.AGENCYACCESS
VIEWER = "{ viewer { scopes } }"
NAMES = "{ clients(first: 100) { nodes { name } } }"
LINKS = "{ clients(first: 100) { nodes { links { nodes { status } } } } }"
CANARY = "canary-7f3b9c"


@dataclass(frozen=True)
class Got:
    """A response as it came."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def error(self) -> dict[str, Any]:
        """The only error."""
        (error,) = self.body["errors"]
        return dict(error)


async def send(
    gateway: Gateway,
    body: Any = VIEWER,
    *,
    method: str = "POST",
    path: str = "graphql",
    signed: bool = True,
    accept: str = "*/*",
    headers: Mapping[str, str] | None = None,
) -> Got:
    """Send a query, a request as an object, or bytes as they are."""
    asked = {"query": body} if isinstance(body, str) else body
    data = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    sent = {"Content-Type": "application/json", "Accept": accept}
    if signed:
        sent["Authorization"] = f"Bearer {gateway.keys['Harbour']}"
    async with gateway.sandbox.http.request(
        method,
        f"{gateway.url}{path}",
        data=BytesIO(data),
        headers={**sent, **(headers or {})},
        allow_redirects=False,
    ) as response:
        return Got(response.status, response.headers, await response.text())


@pytest.fixture
def settings(world: Sandbox, folder: Path) -> Settings:
    """The settings of `gateway`, for a test to change."""
    return quick(settings_for(world.running, folder))


# ── Statuses ──────────────────────────────────────────────────────────────────────────────────

FIRST = "query First($n: Int!) { clients(first: $n) { nodes { name } } }"
TWO = "query A { viewer { scopes } } query B { agencies { nodes { name } } }"
REQUESTS: dict[str, Any] = {
    "not JSON": b"{",
    "not a request": [],
    "does not parse": "{ viewer ",
    "is not valid": "{ nobody }",
    "a variable does not fit": {"query": FIRST, "variables": {"n": "three"}},
    "a variable is missing": {"query": FIRST},
    "no such operation": {"query": TWO, "operationName": "C"},
    "which operation?": TWO,
    "a mutation": "mutation { viewer }",
    "a subscription": "subscription { viewer }",
    "half of it failed": '{ viewer { scopes } client(id: "none") { name } }',
    "all of it failed": '{ client(id: "none") { name } }',
    "answered": VIEWER,
}
EXECUTED = {"half of it failed", "all of it failed", "answered"}

# By profile: the status when the newer media type is asked for, and when the older one is.
STATUSES: dict[StatusProfile, dict[str, tuple[int, ...]]] = {
    # What the clients of today are tested against: to who asks for plain JSON, an error of GraphQL
    # is no error of HTTP.
    StatusProfile.COMPAT: {
        **dict.fromkeys(REQUESTS, (400, 200)),
        **dict.fromkeys(["not JSON", "not a request"], (400, 400)),
        **dict.fromkeys(EXECUTED, (200, 200)),
    },
    # GraphQL over HTTP, draft of 2026-08-06.
    StatusProfile.DRAFT_2026: {
        **dict.fromkeys(REQUESTS, (422, 422)),
        **dict.fromkeys(["not JSON", "does not parse"], (400, 400)),
        **dict.fromkeys(["half of it failed", "all of it failed"], (294, 200)),
        "answered": (200, 200),
    },
}


@pytest.mark.parametrize("profile", StatusProfile)
async def test_the_status_tells_how_far_a_request_came(
    open_gateway: Open, settings: Settings, profile: StatusProfile
) -> None:
    told = {}
    http = replace(settings.http, status_profile=profile)
    async with open_gateway(settings=replace(settings, http=http)) as gateway:
        for name, body in REQUESTS.items():
            pair = [await send(gateway, body, accept=media) for media in (GRAPHQL, JSON)]
            told[name] = tuple(got.status for got in pair)
            for got, media in zip(pair, (GRAPHQL, JSON), strict=True):
                assert got.headers["Content-Type"] == f"{media}; charset=utf-8"
                assert ("data" in got.body) is (name in EXECUTED)
                assert ("errors" in got.body) is (name != "answered")
        assert await gateway.sandbox.all_calls() == {}

    assert told == STATUSES[profile]


async def test_of_two_operations_the_named_one_is_answered(gateway: Gateway) -> None:
    got = await send(gateway, {"query": TWO, "operationName": "B"})

    assert got.body["data"] == {"agencies": {"nodes": [{"name": "Harbour"}]}}


async def test_a_key_given_twice_is_refused_for_readers_differ_in_which_counts(
    gateway: Gateway,
) -> None:
    for body in (
        b'{"query": "{ viewer { scopes } }", "query": "{ agencies { nodes { name } } }"}',
        b'{"query": "{ viewer { scopes } }", "qu\\u0065ry": "{ agencies { nodes { name } } }"}',
        b'{"query": "{ viewer { scopes } }", "variables": {"a": [{"b": 1, "b": 1}]}}',
    ):
        assert (await send(gateway, body)).status == 400


async def test_accept_in_two_lines_counts_as_one(gateway: Gateway) -> None:
    body = json.dumps({"query": VIEWER}).encode()
    lines = ("Accept: text/html", f"Accept: {GRAPHQL}", "Connection: close")
    async with line(gateway) as (reader, writer):
        writer.write(head(gateway, f"Content-Length: {len(body)}", *lines) + body)
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert GRAPHQL.encode() in answer


# ── Who asks ──────────────────────────────────────────────────────────────────────────────────


async def test_without_a_good_key_nothing_happens(gateway: Gateway) -> None:
    key = gateway.keys["Harbour"]
    for headers in (
        {},
        {"Authorization": f"Bearer {CANARY}"},
        {"Authorization": f"Bearer {key}x"},
        {"Authorization": f"Basic {key}"},
        {"X-API-Key": CANARY},
        {"Cookie": f"key={key}"},
    ):
        for body in (LINKS, "{ nobody }", b"{"):
            path = f"graphql?api_key={key}&access_token={key}"
            got = await send(gateway, body, path=path, signed=False, headers=headers)

            assert (got.status, got.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert got.error["extensions"]["code"] == "UNAUTHENTICATED"
            assert "data" not in got.body
            assert CANARY not in got.text
            assert key not in got.text
    assert await gateway.sandbox.all_calls() == {}


async def test_another_method_than_post_executes_nothing(gateway: Gateway) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
        got = await send(gateway, LINKS, method=method, path=f"graphql?query={LINKS}")

        assert (got.status, got.headers["Allow"]) == (405, "POST")
        assert '"data"' not in got.text
    assert await gateway.sandbox.all_calls() == {}


async def test_a_revoked_key_is_refused_within_five_seconds(gateway: Gateway) -> None:
    storage = gateway.runtime.storage
    assert (await send(gateway)).status == 200
    (stored,) = [one for one in await storage.keys() if one.id in gateway.keys["Harbour"]]
    await storage.revoke_key(stored.id, actor="test", at=gateway.runtime.clock.now())

    gateway.later(5)

    assert (await send(gateway)).status == 401


# ── Headers ───────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_has_these_headers_and_no_others(gateway: Gateway) -> None:
    elsewhere = {"Origin": "https://elsewhere.example", "Cookie": "a=b"}
    for body in (VIEWER, "{ nobody }", b"{"):
        got = await send(gateway, body, headers=elsewhere)

        assert {name.lower() for name in got.headers} == {
            "cache-control",
            "content-length",
            "content-type",
            "date",
            "x-request-id",
        }
        assert got.headers["Cache-Control"] == "no-store"


async def test_a_page_elsewhere_is_not_let_in_by_its_preflight(gateway: Gateway) -> None:
    preflight = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for path in ("graphql", "", "readyz", "nowhere"):
        got = await send(gateway, method="OPTIONS", path=path, signed=False, headers=preflight)

        assert got.status in (404, 405)
        assert not [name for name in got.headers if name.lower().startswith("access-control")]
        assert "Set-Cookie" not in got.headers


async def test_a_request_id_is_echoed_everywhere_if_it_is_harmless(gateway: Gateway) -> None:
    for path in ("graphql", "livez", "nowhere"):
        got = await send(gateway, path=path, headers={"X-Request-Id": "req-42"})
        assert got.headers["X-Request-Id"] == "req-42"
    for given in ("<script>", "a b", "x" * 65, "a;b", "é", "%0d%0aX: y"):
        got = await send(gateway, path="nowhere", headers={"X-Request-Id": given})
        assert len(got.headers["X-Request-Id"]) == 24
        assert int(got.headers["X-Request-Id"], 16) > 0


# ── Time ──────────────────────────────────────────────────────────────────────────────────────


async def test_while_a_vendor_hangs_the_answer_comes_in_the_callers_time(
    gateway: Gateway,
) -> None:
    await send(gateway, NAMES)  # so that no list has to be waited for
    await gateway.sandbox.faults(AGENCYACCESS, {"fault": "hang"})

    got, seconds = await timed(gateway, "600ms")

    assert got.status == 200
    assert len(got.body["data"]["clients"]["nodes"]) > 0
    assert got.body["extensions"]["vendors"]["AGENCYACCESS"]["failure"] == "DEADLINE_EXCEEDED"
    assert seconds < 1


async def test_nobody_waits_longer_than_the_maximum_whatever_is_asked_for(
    open_gateway: Open, settings: Settings
) -> None:
    short = replace(settings.deadline, default=Duration(0.3), maximum=Duration(0.8))
    async with open_gateway(settings=replace(settings, deadline=short)) as gateway:
        await gateway.sandbox.faults(AGENCYACCESS, {"fault": "hang"})
        _, by_default = await timed(gateway, None)
        _, at_most = await timed(gateway, "999999s")

    assert by_default < 0.6 < at_most < 1.2


async def timed(gateway: Gateway, patience: str | None) -> tuple[Got, float]:
    """The answer to a query for links, and after how many seconds it came."""
    clock = Clock()
    begun = clock.monotonic()
    headers = {} if patience is None else {"X-Request-Timeout": patience}
    got = await send(gateway, LINKS, headers=headers)
    return got, clock.monotonic() - begun


# ── Callers who leave ─────────────────────────────────────────────────────────────────────────


@dataclass
class Silent:
    """A vendor that takes every call, answers none, and sees when its callers hang up."""

    url: str = ""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    alone: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A call, until its caller hangs up."""
        self.under_way += 1
        self.alone.clear()
        await reader.readuntil(b"\r\n\r\n")
        self.came.set()
        await reader.read()
        writer.close()
        self.under_way -= 1
        if not self.under_way:
            self.alone.set()


@asynccontextmanager
async def silent() -> AsyncIterator[Silent]:
    """A silent vendor on a port of its own."""
    vendor = Silent()
    async with await asyncio.start_server(vendor.take, "127.0.0.1", 0) as server:
        vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield vendor


@asynccontextmanager
async def line(
    gateway: Gateway,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the gateway, for what no client library does."""
    port = int(gateway.url.rstrip("/").rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


def head(gateway: Gateway, *more: str) -> bytes:
    """The beginning of a request."""
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Authorization: Bearer {gateway.keys['Harbour']}",
        *more,
        "\r\n",
    ]
    return "\r\n".join(lines).encode()


def with_url(settings: Settings, vendor: VendorName, url: str) -> Settings:
    """The settings with another address of a vendor."""
    each = {**settings.vendors.each, vendor: replace(settings.vendor(vendor), base_url=url)}
    return replace(settings, vendors=replace(settings.vendors, each=each))


async def test_when_the_caller_hangs_up_all_its_calls_to_vendors_end(
    open_gateway: Open, settings: Settings
) -> None:
    body = json.dumps({"query": LINKS}).encode()
    async with (
        silent() as vendor,
        open_gateway(settings=with_url(settings, AGENCYACCESS, vendor.url)) as gateway,
    ):
        async with line(gateway) as (_, writer):
            writer.write(head(gateway, f"Content-Length: {len(body)}") + body)
            await asyncio.wait_for(vendor.came.wait(), 3)

        await asyncio.wait_for(vendor.alone.wait(), 1)

        assert (await send(gateway)).status == 200


async def test_two_mebibytes_are_refused_and_the_gateway_goes_on(gateway: Gateway) -> None:
    got = await send(gateway, {"query": VIEWER, "variables": {"padding": "x" * (2 << 20)}})

    assert got.status == 413
    assert (await send(gateway)).status == 200


# ── Faults of ours ────────────────────────────────────────────────────────────────────────────


async def test_a_fault_in_a_field_is_masked_and_logged_once_with_the_requests_id(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(type(gateway.runtime.storage), "page_clients", fails)

    with caplog.at_level(logging.ERROR):
        got = await send(gateway, "{ viewer { scopes } clients { nodes { name } } }")

    assert got.status == 200
    assert got.body["data"]["viewer"]["scopes"]
    assert got.body["data"]["clients"] is None
    assert got.error["path"] == ["clients"]
    only_logged(caplog, got)


async def test_a_fault_outside_of_all_fields_is_masked_and_logged_once_too(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(type(gateway.runtime.storage), "key", fails)

    with caplog.at_level(logging.ERROR):
        got = await send(gateway)

    assert got.status == 500
    only_logged(caplog, got)


def only_logged(caplog: pytest.LogCaptureFixture, got: Got) -> None:
    """The log has the fault once, with the id that the caller was given in place of it."""
    (record,) = caplog.records
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == CANARY
    assert record.__dict__["request_id"] == got.headers["X-Request-Id"]
    assert got.error["extensions"]["requestId"] == got.headers["X-Request-Id"]
    assert got.error["extensions"]["code"] == "INTERNAL"
    assert CANARY not in got.text


# ── Faces ─────────────────────────────────────────────────────────────────────────────────────

INTROSPECTION = ("{ __schema { types { name } } }", '{ __type(name: "Client") { name } }')


async def test_production_shows_neither_the_explorer_nor_the_schema(open_gateway: Open) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        for document in INTROSPECTION:
            got = await send(gateway, document, accept=GRAPHQL)
            assert got.status == 400
            assert "data" not in got.body
        suggestion = await send(gateway, "{ clientz { nodes { name } } }")
        assert "clients" not in suggestion.text
        assert (await send(gateway, "{ __typename }")).body["data"] == {"__typename": "Query"}
        for path in ("", "static/graphiql/index.html", "graphql/", "graphiql", "metrics", "docs"):
            for method in ("GET", "POST"):
                # A redirect would go to whatever host the request names.
                got = await send(gateway, method=method, path=path, headers={"Host": "x.example"})
                assert got.status == 404
                assert "x.example" not in got.text + str(got.headers)


async def test_production_answers_to_whatever_name_its_operator_gives_it(
    open_gateway: Open,
) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        assert (await send(gateway, headers={"Host": "api.example"})).status == 200


async def test_development_shows_both_to_this_machine(gateway: Gateway) -> None:
    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"):
        page = await send(gateway, method="GET", path="", headers={"Host": host})
        assert (page.status, "graphiql" in page.text.lower()) == (200, True)
        for document in INTROSPECTION:
            assert (await send(gateway, document, headers={"Host": host})).body["data"]


async def test_development_answers_to_no_other_name_for_a_page_could_rebind_it(
    gateway: Gateway,
) -> None:
    for host in (
        "elsewhere.example",
        "localhost.elsewhere.example",
        "elsewhere.example:8000",
        "127.0.0.1.nip.example",
        "x@localhost",
        "localhost:x",
    ):
        for method, path in (("POST", "graphql"), ("GET", ""), ("GET", "readyz")):
            got = await send(gateway, method=method, path=path, headers={"Host": host})
            assert got.status == 400
            assert got.text == "Invalid host header"
