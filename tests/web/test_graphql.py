"""GraphQL over HTTP: statuses of both profiles, one answer within the deadline, no work left over.

On real sockets, over a schema of the test's own.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from graphql import build_schema
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from gateway.cli.serving import listening
from gateway.directory.connect import Inquiry
from gateway.domain.caller import AgencyId, Caller, Scope
from gateway.domain.clock import Clock
from gateway.domain.events import CallSent, Event
from gateway.domain.failures import (
    Failure,
    NotFound,
    StorageUnavailable,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from gateway.domain.vendor import VendorName
from gateway.guards.documents import Documents
from gateway.schema.context import Asked
from gateway.web.accept import GRAPHQL, JSON
from gateway.web.app import RequestIds, _Application
from gateway.web.graphql import Endpoint, Patience, StatusProfile, request_id

COMPAT, DRAFT = StatusProfile.COMPAT, StatusProfile.DRAFT_2026
CALLER = Caller("k1", "test", (AgencyId(1),), frozenset(Scope))
CANARY = "canary-7f3b9c"

SCHEMA = build_schema(
    """
    type Query {
      hello: String
      needed: String!
      argument(n: Int!): Int
      fails(as: String): String
      waits: String
      inquires: String
      calls: String
    }
    """
)


@dataclass
class Context:
    """What resolvers have in the place of the gateway's own context."""

    inquiry: Inquiry
    asked: Asked
    used_scopes: set[Scope] = field(default_factory=lambda: {Scope.CLIENTS_READ})
    problems: tuple[Failure, ...] = ()
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def close(self) -> None:
        self.closed.set()


@dataclass
class Scene:
    """An endpoint on a port, and what happens behind it."""

    url: str = ""
    http: aiohttp.ClientSession | None = None
    fault: Exception | None = None
    refusal: Failure | None = None
    problems: tuple[Failure, ...] = ()
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    contexts: list[Context] = field(default_factory=list)
    faults: list[tuple[BaseException, str]] = field(default_factory=list)
    used: list[frozenset[Scope]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        if self.refusal is not None:
            raise self.refusal
        return CALLER

    def context(self, caller: Caller, inquiry: Inquiry, asked: Asked) -> Any:
        self.contexts.append(Context(inquiry, asked, problems=self.problems))
        return self.contexts[-1]

    async def hello(self, info: Any) -> str:
        return "world"

    async def fails(self, info: Any, **arguments: str) -> str:
        assert self.fault is not None
        raise self.fault

    async def waits(self, info: Any) -> str:
        self.waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError

    def inquires(self, info: Any) -> str:
        inquiry = info.context.inquiry
        return f"{inquiry.request_id} {inquiry.deadline.remaining(Clock()):.3f}"

    def calls(self, info: Any) -> str:
        event = CallSent(
            vendor=VendorName.OWN,
            agency=AgencyId(1),
            account=1,
            operation="services",
            request_id="r",
            seconds=0.1,
            status=200,
        )
        info.context.inquiry.observe(event)
        return "sent"

    async def post(self, body: Any = None, **headers: str) -> "Answer":
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value}
        assert self.http is not None
        async with self.http.post(f"{self.url}/graphql", data=BytesIO(data), headers=sent) as got:
            return Answer(got.status, got.headers, json.loads(await got.read()))

    async def ask(self, query: str, accept: str = JSON, **headers: str) -> "Answer":
        return await self.post({"query": query}, Accept=accept, **headers)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def media(self) -> str:
        return self.headers["Content-Type"].partition(";")[0]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.body["errors"]]


Start = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as opened:

        async def start(profile: StatusProfile = COMPAT, patience: Patience | None = None) -> Scene:
            scene = Scene()
            for name in ("hello", "fails", "waits", "inquires", "calls"):
                SCHEMA.query_type.fields[name].resolve = (  # type: ignore[union-attr]
                    lambda _, info, name=name, **arguments: getattr(info.context.scene, name)(
                        info, **arguments
                    )
                )
            endpoint = Endpoint(
                schema=SCHEMA,
                documents=Documents(SCHEMA, introspection=True),
                authenticate=scene.authenticate,
                used=lambda caller, scopes: scene.used.append(scopes),
                context=lambda *given: _placed(scene, scene.context(*given)),
                observe=scene.events.append,
                clock=Clock(),
                patience=patience or Patience(10, 30),
                profile=profile,
                log=lambda fault, request_id: scene.faults.append((fault, request_id)),
            )
            app = Starlette(
                routes=[Route("/graphql", _Application(endpoint.asgi))],
                middleware=[Middleware(RequestIds)],
            )
            _, port = await opened.enter_async_context(listening(app, "127.0.0.1", 0, grace=1))
            scene.url = f"http://127.0.0.1:{port}"
            scene.http = await opened.enter_async_context(aiohttp.ClientSession())
            return scene

        yield start


def _placed(scene: Scene, context: Any) -> Any:
    context.scene = scene
    return context


@pytest.fixture
async def scene(start: Start) -> Scene:
    return await start()


# ── Statuses ──────────────────────────────────────────────────────────────────────────────────

GOOD = "{ hello }"
UNPARSABLE = "{"
INVALID = "{ nope }"


@pytest.mark.parametrize(
    ("profile", "accept", "statuses"),
    [
        # In order: good, data with an error, unparsable, invalid, undetermined, ill-formed.
        (COMPAT, JSON, (200, 200, 200, 200, 200, 400)),
        (COMPAT, GRAPHQL, (200, 200, 400, 400, 400, 400)),
        (DRAFT, JSON, (200, 200, 400, 422, 422, 422)),
        (DRAFT, GRAPHQL, (200, 294, 400, 422, 422, 422)),
    ],
)
async def test_statuses_follow_the_profile(
    start: Start, profile: StatusProfile, accept: str, statuses: tuple[int, ...]
) -> None:
    scene = await start(profile)
    scene.fault = NotFound("There is no such object.")
    asked: list[Any] = [
        {"query": GOOD},
        {"query": "{ hello fails }"},
        {"query": UNPARSABLE},
        {"query": INVALID},
        {"query": "query A { hello } query B { hello }"},
        [1],
    ]
    answers = [await scene.post(body, Accept=accept) for body in asked]
    assert tuple(answer.status for answer in answers) == statuses
    assert {answer.media for answer in answers} == {accept}
    # Data is absent where nothing was executed.
    assert ["data" in answer.body for answer in answers] == [True, True] + [False] * 4
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers)


@pytest.mark.parametrize("profile", StatusProfile)
@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"\xff", b"[" * 100_000, b'{"query": "{ hello }", "variables": {"x": NaN}}'],
)
async def test_a_body_that_is_no_json_is_400(
    start: Start, profile: StatusProfile, body: bytes
) -> None:
    scene = await start(profile)
    answer = await scene.post(body, Accept=GRAPHQL)
    assert (answer.status, answer.codes) == (400, ["DOCUMENT_REFUSED"])


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
async def test_only_post_is_answered(scene: Scene, method: str) -> None:
    assert scene.http is not None
    url = f"{scene.url}/graphql?query=%7Bhello%7D"
    async with scene.http.request(method, url) as got:
        assert (got.status, got.headers["Allow"]) == (405, "POST")
        assert "data" not in await got.json()
    assert scene.contexts == []


async def test_what_cannot_be_accepted_is_406(scene: Scene) -> None:
    answer = await scene.ask(GOOD, accept="text/html")
    assert (answer.status, answer.media) == (406, JSON)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_type_that_a_page_could_send_is_415(scene: Scene, kind: str) -> None:
    body = json.dumps({"query": GOOD}).encode()
    assert scene.http is not None
    headers = {"Content-Type": kind} if kind else {}
    skip = ("Content-Type",)
    async with scene.http.post(
        f"{scene.url}/graphql", data=body, headers=headers, skip_auto_headers=skip
    ) as got:
        assert got.status == 415
    assert scene.contexts == []


async def test_two_mebibytes_are_413_and_the_next_request_is_answered(scene: Scene) -> None:
    answer = await scene.post({"query": GOOD + "#" * (2 << 20)})
    assert answer.status == 413
    assert (await scene.ask(GOOD)).body["data"] == {"hello": "world"}


async def test_a_compressed_body_is_415(scene: Scene) -> None:
    answer = await scene.post({"query": GOOD}, Content_Encoding="gzip")
    assert answer.status == 415


async def test_without_a_caller_it_is_401_with_a_challenge_and_nothing_is_read(
    scene: Scene,
) -> None:
    scene.refusal = Unauthenticated("A valid API key is needed.")
    answer = await scene.post(b"{")
    assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert scene.contexts == []


async def test_when_callers_cannot_be_looked_up_it_is_503(scene: Scene) -> None:
    scene.refusal = StorageUnavailable("The gateway's storage cannot answer.")
    answer = await scene.ask(GOOD)
    assert (answer.status, answer.codes) == (503, ["STORAGE_UNAVAILABLE"])
    assert answer.body["errors"][0]["extensions"]["retryable"] is True


# ── Answers ───────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_has_data_and_what_it_cost(scene: Scene) -> None:
    answer = await scene.ask("{ hello calls }")
    assert answer.body == {
        "data": {"hello": "world", "calls": "sent"},
        "extensions": {
            "vendors": {"OWN": {"calls": 1, "cacheHits": 0, "stale": False, "failure": None}}
        },
    }
    assert len(scene.events) == 1
    assert scene.used == [frozenset({Scope.CLIENTS_READ})]
    assert [context.closed.is_set() for context in scene.contexts] == [True]


async def test_a_failure_is_typed_and_placed(scene: Scene) -> None:
    scene.fault = Throttled("No room.", vendor=VendorName.OWN, account=3, retry_after=1.5)
    answer = await scene.ask("{ hello fails }")
    assert answer.body["data"] == {"hello": "world", "fails": None}
    (error,) = answer.body["errors"]
    assert error == {
        "message": "No room.",
        "locations": [{"line": 1, "column": 9}],
        "path": ["fails"],
        "extensions": {
            "code": "RATE_LIMITED",
            "vendor": "OWN",
            "account": error["extensions"]["account"],
            "retryable": True,
            "retryAfterMs": 1500,
            "requestId": answer.headers["X-Request-Id"],
        },
    }
    assert scene.faults == []


async def test_a_fault_of_ours_is_masked_and_logged_under_its_request(scene: Scene) -> None:
    scene.fault = RuntimeError(f"vendor said key={CANARY}")
    answer = await scene.ask("{ fails }")
    assert answer.codes == ["INTERNAL"]
    assert CANARY not in json.dumps(answer.body)
    assert scene.faults == [(scene.fault, answer.headers["X-Request-Id"])]


async def test_a_fault_outside_of_execution_is_a_masked_500(scene: Scene) -> None:
    scene.refusal = RuntimeError(CANARY)  # type: ignore[assignment]
    answer = await scene.ask(GOOD)
    assert (answer.status, answer.codes) == (500, ["INTERNAL"])
    assert CANARY not in json.dumps(answer.body)
    assert len(scene.faults) == 1


@pytest.mark.parametrize(
    "variables", [{}, {"n": None}, {"n": "x"}, {"n": 1.5}, {"n": 2**40}, {"n": [1]}, {"n": 1e999}]
)
@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
async def test_a_variable_that_does_not_fit_is_the_callers_mistake_and_no_fault(
    scene: Scene, variables: Any, accept: str, status: int
) -> None:
    query = "query ($n: Int!) { argument(n: $n) }"
    body = json.dumps({"query": query, "variables": variables}).replace("Infinity", "1e999")
    answer = await scene.post(body.encode(), Accept=accept)
    assert (answer.status, answer.codes) == (status, ["BAD_USER_INPUT"])
    assert "data" not in answer.body
    assert scene.faults == []


@pytest.mark.parametrize("name", ["C", ""])
async def test_an_operation_that_is_not_determined_is_refused(scene: Scene, name: str) -> None:
    document = "query A { hello } query B { hello }"
    answer = await scene.post({"query": document, "operationName": name}, Accept=GRAPHQL)
    assert (answer.status, answer.codes) == (400, ["DOCUMENT_REFUSED"])
    named = await scene.post({"query": document, "operationName": "B"})
    assert named.body["data"] == {"hello": "world"}


async def test_an_error_that_takes_all_data_away_is_still_an_answer(start: Start) -> None:
    scene = await start(DRAFT)
    answer = await scene.ask("{ needed }", accept=GRAPHQL)
    assert (answer.status, answer.body["data"]) == (294, None)


async def test_lists_that_are_missing_are_errors_without_a_path(scene: Scene) -> None:
    scene.problems = (Unavailable("The vendor is down.", vendor=VendorName.OWN, account=1),)
    answer = await scene.ask(GOOD)
    assert answer.body["data"] == {"hello": "world"}
    (error,) = answer.body["errors"]
    assert "path" not in error
    assert error["extensions"]["code"] == "VENDOR_UNAVAILABLE"


async def test_text_of_any_script_is_answered_as_it_is(scene: Scene) -> None:
    scene.fault = NotFound("没有 😀 \u2028 é")
    answer = await scene.ask("{ fails }")
    assert answer.body["errors"][0]["message"] == "没有 😀 \u2028 é"


# ── Request ids ───────────────────────────────────────────────────────────────────────────────


async def test_what_the_request_tells_beside_its_body_reaches_the_resolvers(scene: Scene) -> None:
    await scene.ask("{ hello }", Idempotency_Key="key 1")
    await scene.ask("{ hello }")
    told = [context.asked for context in scene.contexts]
    assert [(each.base_url, each.idempotency_key) for each in told] == [
        (scene.url, "key 1"),
        (scene.url, None),
    ]


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "x" * 64])
async def test_a_harmless_request_id_is_the_callers_own(scene: Scene, given: str) -> None:
    answer = await scene.ask("{ inquires }", X_Request_Id=given)
    assert answer.headers["X-Request-Id"] == given
    assert answer.body["data"]["inquires"].startswith(f"{given} ")


@pytest.mark.parametrize("given", ["x" * 65, "a b", "a\tb", '"', "<script>", "é", "%0d%0a", "a/b"])
async def test_any_other_is_replaced_and_not_echoed(scene: Scene, given: str) -> None:
    answer = await scene.ask(INVALID, X_Request_Id=given)
    shown = answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{24}", shown)
    assert answer.body["errors"][0]["extensions"]["requestId"] == shown


def test_request_ids_differ() -> None:
    assert len({request_id(None) for _ in range(100)}) == 100


# ── Time ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("", 9.5, 9.76), ("2.5s", 2.0, 2.26), ("800ms", 0.5, 0.73), ("999999s", 29.0, 29.76)],
)
async def test_vendors_have_the_callers_time_less_what_the_answer_takes(
    scene: Scene, asked: str, least: float, most: float
) -> None:
    answer = await scene.ask("{ inquires }", X_Request_Timeout=asked)
    remaining = float(answer.body["data"]["inquires"].split()[1])
    assert least < remaining <= most


@pytest.mark.parametrize("asked", ["0s", "0ms", "-1s", "2", "s", "1m", "1e3s", "٣s", "nan", "2s2s"])
async def test_a_time_that_is_none_is_refused(scene: Scene, asked: str) -> None:
    if not asked.isascii():
        asked = asked.encode().decode("latin-1")
    answer = await scene.ask(GOOD, X_Request_Timeout=asked)
    assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])
    assert answer.body["errors"][0]["extensions"]["field"] == ["X-Request-Timeout"]
    assert scene.contexts == []


@pytest.mark.parametrize("profile", StatusProfile)
async def test_an_answer_comes_by_the_deadline_whatever_hangs(
    start: Start, profile: StatusProfile
) -> None:
    scene = await start(profile)
    clock = Clock()
    begun = clock.monotonic()
    answer = await scene.ask("{ hello waits }", accept=GRAPHQL, X_Request_Timeout="400ms")
    assert 0.39 <= clock.monotonic() - begun < 2.0
    assert answer.status == (200 if profile is COMPAT else 294)
    assert answer.body["data"] == {"hello": "world", "waits": None}
    assert answer.codes == ["DEADLINE_EXCEEDED"]
    # What hung was cancelled, and nothing of it is left.
    assert scene.cancelled.is_set()
    assert scene.contexts[0].closed.is_set()


async def test_when_the_caller_hangs_up_the_work_is_cancelled(scene: Scene) -> None:
    asking = asyncio.ensure_future(scene.ask("{ waits }"))
    async with asyncio.timeout(5):
        await scene.waiting.wait()
        asking.cancel()
        await scene.cancelled.wait()
        await scene.contexts[0].closed.wait()
    assert scene.faults == []


async def _raw(scene: Scene, text: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(scene.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    return reader, writer


HALF = (
    b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n%b\r\n{"query": '
)


async def test_a_body_that_never_ends_is_408_by_the_deadline(scene: Scene) -> None:
    reader, writer = await _raw(scene, HALF % b"X-Request-Timeout: 300ms\r\n")
    async with asyncio.timeout(5):
        answered = await reader.read()  # to the end: the connection is closed
    writer.close()
    assert answered.startswith(b"HTTP/1.1 408 ")
    assert scene.contexts == []


async def test_who_leaves_in_the_middle_of_the_body_is_no_fault(scene: Scene) -> None:
    _, writer = await _raw(scene, HALF % b"")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    # The server has heard of it by the time that it answers someone else.
    for _ in range(3):
        assert (await scene.ask(GOOD)).status == 200
    assert scene.faults == []
    assert len(scene.contexts) == 3
