"""Metrics: every event counted, labels bounded, nothing of an agency in them."""

import asyncio
import re
import socket
from typing import Any, NamedTuple

import aiohttp
import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from gateway.domain.caller import AgencyId
from gateway.domain.events import (
    BreakerChanged,
    CacheServed,
    CallFinished,
    CallSent,
    CapabilityLearned,
    CredentialRejected,
    Event,
    FlightJoined,
    LedgerServed,
    RetryScheduled,
    SessionRenewed,
)
from gateway.domain.failures import ErrorCode
from gateway.domain.vendor import VendorName
from gateway.telemetry import metrics
from gateway.telemetry.metrics import Metrics, metrics_app, new_registry

WHERE = {
    "vendor": VendorName.OWN,
    "agency": AgencyId(424242),
    "account": 737373,
    "operation": "services",
    "request_id": "request-1",
}
LABELS = {"vendor": "OWN", "operation": "services"}


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str


async def ask(app: Starlette, path: str, method: str = "GET") -> Answer:
    """What the app answers, asked as a server would."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return Answer(sent[0]["status"], headers, text)


class Counted:
    """Metrics in a registry of their own, and what they count."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    def after(self, *events: Event) -> "Counted":
        for event in events:
            self.metrics(event)
        return self

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"gateway_vendor_{name}", labels)


def finished(
    source: str = "LIVE",
    *,
    stale: bool = False,
    failure: ErrorCode | None = None,
    operation: str = "services",
) -> CallFinished:
    return CallFinished(
        **{**WHERE, "operation": operation},
        seconds=0.2,
        source=source,
        stale=stale,
        failure=failure,
    )


def test_calls_are_counted_by_outcome() -> None:
    counted = Counted().after(
        finished(),
        finished(),
        finished("CACHED"),
        finished("CACHED", stale=True),
        finished("", failure=ErrorCode.RATE_LIMITED),
    )
    outcomes = {
        outcome: counted.value("calls_total", **LABELS, outcome=outcome)
        for outcome in ("LIVE", "CACHED", "STALE", "RATE_LIMITED", "VENDOR_ERROR")
    }
    assert outcomes == {
        "LIVE": 2,
        "CACHED": 1,
        "STALE": 1,
        "RATE_LIMITED": 1,
        "VENDOR_ERROR": None,
    }
    assert counted.value("call_seconds_count", **LABELS) == 5
    assert counted.value("call_seconds_sum", **LABELS) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("status", "label"),
    [(200, "2xx"), (404, "4xx"), (599, "5xx"), (None, "none"), (999, "other"), (-1, "other")],
)
def test_requests_are_counted_by_class_of_status(status: int | None, label: str) -> None:
    counted = Counted().after(CallSent(**WHERE, seconds=0.2, status=status))
    assert counted.value("requests_total", **LABELS, status=label) == 1
    assert counted.value("request_seconds_count", **LABELS) == 1


def test_each_other_event_has_its_counter() -> None:
    counted = Counted().after(
        CacheServed(**WHERE, age_seconds=1.0, stale=False),
        LedgerServed(**WHERE, count=20, stale=True),
        FlightJoined(**WHERE),
        RetryScheduled(**WHERE, attempt=1, delay_seconds=0.2, failure=ErrorCode.VENDOR_ERROR),
        SessionRenewed(**WHERE),
        CredentialRejected(**WHERE, credential=3),
        CapabilityLearned(**WHERE, credential=3, name="x", granted=True),
    )
    assert counted.value("cache_served_total", **LABELS, stale="false") == 1
    assert counted.value("ledger_served_total", **LABELS, stale="true") == 20
    assert counted.value("flights_joined_total", **LABELS) == 1
    assert counted.value("retries_total", **LABELS, reason="VENDOR_ERROR") == 1
    assert counted.value("sessions_renewed_total", vendor="OWN") == 1
    assert counted.value("credentials_rejected_total", vendor="OWN") == 1


def test_hosts_that_are_down_are_counted_while_they_are() -> None:
    def breaker(host: str, state: str) -> BreakerChanged:
        return BreakerChanged(**WHERE, host=host, state=state, reason=None)

    counted = Counted().after(breaker("a", "OPEN"), breaker("b", "OPEN"), breaker("a", "HALF_OPEN"))
    assert counted.value("hosts_down", vendor="OWN") == 2
    counted.after(breaker("a", "CLOSED"), breaker("b", "HALF_OPEN"), breaker("b", "OPEN"))
    assert counted.value("hosts_down", vendor="OWN") == 1


async def test_operations_beyond_the_bound_share_one_series() -> None:
    counted = Counted().after(*(finished(operation=f"made-up/{n}") for n in range(1000)))
    exposed = (await ask(metrics_app(counted.registry), "/metrics")).text
    named = set(re.findall('operation="([^"]*)"', exposed))
    assert len(named) == metrics.OPERATIONS + 1
    assert counted.value("calls_total", vendor="OWN", operation="other", outcome="LIVE") == (
        1000 - metrics.OPERATIONS
    )


async def test_nothing_of_an_agency_or_request_is_in_the_labels() -> None:
    counted = Counted().after(
        finished(), BreakerChanged(**WHERE, host="tenant.test", state="OPEN", reason=None)
    )
    exposed = (await ask(metrics_app(counted.registry), "/metrics")).text
    for hidden in ("424242", "737373", "request-1", "tenant.test"):
        assert hidden not in exposed


async def test_only_metrics_are_served_there() -> None:
    app = metrics_app(new_registry())
    answer = await ask(app, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "process_resident_memory_bytes" in answer.text
    assert (await ask(app, "/")).status == 404
    assert (await ask(app, "/metrics", "POST")).status == 405


async def test_metrics_are_served_on_a_port_of_their_own() -> None:
    counted = Counted().after(finished())
    server = uvicorn.Server(
        uvicorn.Config(metrics_app(counted.registry), log_config=None, lifespan="off")
    )
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    serving = asyncio.create_task(server._serve(sockets=[listening]))
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{port}/metrics")
        exposed = await answer.text()
    server.should_exit = True
    await serving
    labels = 'operation="services",outcome="LIVE",vendor="OWN"'
    assert f"gateway_vendor_calls_total{{{labels}}} 1.0" in exposed
