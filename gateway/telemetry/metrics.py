"""Counters and histograms of vendor calls, in a registry of their own, for Prometheus."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..domain.events import (
    BreakerChanged,
    CacheServed,
    CallFinished,
    CallSent,
    CredentialRejected,
    Event,
    FlightJoined,
    LedgerServed,
    RetryScheduled,
    SessionRenewed,
)
from .outages import Outages

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Registry = CollectorRegistry
"""Where metrics are kept, for those who hand it on."""

OPERATIONS = 64
"""So many operations of a vendor have series of their own; further ones share `other`."""


class Metrics:
    """Counts events. Labels are vendors, operations and outcomes: never an agency, host or id."""

    def __init__(self, registry: Registry) -> None:
        self._outages = Outages()
        self._operations: dict[str, set[str]] = {}

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"gateway_vendor_{name}", text, ("vendor", *labels), registry=registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(
                f"gateway_vendor_{name}_seconds",
                text,
                ("vendor", "operation"),
                registry=registry,
                buckets=_SECONDS,
            )

        self._calls = counter("calls", "Calls asked for, by outcome.", "operation", "outcome")
        self._call_seconds = histogram("call", "Time from asking for a call to its outcome.")
        self._requests = counter("requests", "Requests sent, by status.", "operation", "status")
        self._request_seconds = histogram("request", "Time from sending a request to its answer.")
        self._cached = counter("cache_served", "Answers from the cache.", "operation", "stale")
        self._ledger = counter("ledger_served", "Objects from the ledger.", "operation", "stale")
        self._joined = counter("flights_joined", "Calls that shared another's.", "operation")
        self._retries = counter("retries", "Repeated calls, by reason.", "operation", "reason")
        self._sessions = counter("sessions_renewed", "Sessions that a login gave.")
        self._rejected = counter("credentials_rejected", "Credentials that a vendor refused.")
        self._down = Gauge(
            "gateway_vendor_hosts_down",
            "Hosts whose breaker is open.",
            ("vendor",),
            registry=registry,
        )

    def __call__(self, event: Event) -> None:
        vendor = event.vendor.name
        where = (vendor, self._bounded(vendor, event.operation))
        match event:
            case CallFinished():
                self._calls.labels(*where, _outcome(event)).inc()
                self._call_seconds.labels(*where).observe(event.seconds)
            case CallSent():
                self._requests.labels(*where, _status(event.status)).inc()
                self._request_seconds.labels(*where).observe(event.seconds)
            case CacheServed():
                self._cached.labels(*where, str(event.stale).lower()).inc()
            case LedgerServed():
                self._ledger.labels(*where, str(event.stale).lower()).inc(event.count)
            case FlightJoined():
                self._joined.labels(*where).inc()
            case RetryScheduled():
                self._retries.labels(*where, event.failure.value).inc()
            case SessionRenewed():
                self._sessions.labels(vendor).inc()
            case CredentialRejected():
                self._rejected.labels(vendor).inc()
            case BreakerChanged():
                self._outages.learn(event)
                self._down.labels(vendor).set(self._outages.count(vendor))

    def _bounded(self, vendor: str, operation: str) -> str:
        known = self._operations.setdefault(vendor, set())
        if operation not in known and len(known) >= OPERATIONS:
            return "other"
        known.add(operation)
        return operation


def _outcome(event: CallFinished) -> str:
    """The failure's code, else the source, with STALE for an old value from the cache."""
    if event.failure is not None:
        return event.failure.value
    return "STALE" if event.stale else event.source


def _status(status: int | None) -> str:
    """The class of a status code, such as 2xx; what is none, or no answer, has a word."""
    if status is None:
        return "none"
    return f"{status // 100}xx" if 100 <= status <= 599 else "other"


def new_registry() -> Registry:
    """A registry with the facts of this process: memory, processor time, open files."""
    registry = Registry(auto_describe=True)
    ProcessCollector(registry=registry)
    return registry


def metrics_app(registry: Registry) -> Starlette:
    """`GET /metrics`, for a port of its own."""
    return Starlette(routes=[Route("/metrics", _exposition(registry))])


def _exposition(registry: Registry) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    return answer
