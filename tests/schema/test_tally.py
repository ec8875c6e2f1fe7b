"""`extensions.vendors`, counted from the events of one request."""

from typing import Any

import pytest

from gateway.domain.caller import AgencyId
from gateway.domain.events import (
    CacheServed,
    CallFinished,
    CallSent,
    Event,
    FlightJoined,
    LedgerServed,
)
from gateway.domain.failures import ErrorCode
from gateway.domain.vendor import VendorName
from gateway.schema.tally import Tally


def event(kind: type[Event], vendor: VendorName = VendorName.OWN, **about: Any) -> Event:
    where = {"agency": AgencyId(1), "account": 1, "operation": "services", "request_id": "r"}
    return kind(vendor=vendor, **where, **about)


def finished(failure: ErrorCode | None = None) -> Event:
    return event(CallFinished, seconds=0.1, source="LIVE", stale=False, failure=failure)


def sent() -> Event:
    return event(CallSent, seconds=0.1, status=200)


def counted(*events: Event) -> dict[str, Any]:
    tally = Tally()
    for each in events:
        tally.observe(each)
    return tally.extension()


def own(**counts: Any) -> dict[str, Any]:
    return {"OWN": {"calls": 0, "cacheHits": 0, "stale": False, "failure": None, **counts}}


def test_a_request_that_met_no_vendor_tells_of_none() -> None:
    assert counted() == {}


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ([sent(), sent(), finished()], {"calls": 2}),
        ([event(CacheServed, age_seconds=1, stale=False)], {"cacheHits": 1}),
        (
            [
                event(CacheServed, age_seconds=9, stale=True, failure=ErrorCode.VENDOR_TLS),
                finished(),
            ],
            {"cacheHits": 1, "stale": True, "failure": "VENDOR_TLS"},
        ),
        ([event(LedgerServed, count=7, stale=False)], {"cacheHits": 7}),
        ([event(LedgerServed, count=7, stale=True)], {"stale": True}),
        ([event(FlightJoined)], {}),
        ([finished(ErrorCode.RATE_LIMITED), finished(ErrorCode.VENDOR_TLS), finished()],
         {"failure": "RATE_LIMITED"}),
        # That there is no such object, or that what was asked for cannot be, is no vendor's fault.
        ([finished(ErrorCode.NOT_FOUND), finished(ErrorCode.BAD_USER_INPUT)], {}),
    ],
)  # fmt: skip
def test_events_are_counted_by_vendor(events: list[Event], counts: dict[str, Any]) -> None:
    assert counted(*events) == own(**counts)


def test_vendors_are_told_apart_and_in_order() -> None:
    bronto = event(CallSent, VendorName.BRONTO, seconds=0.1, status=None)
    found = counted(sent(), bronto, sent())
    assert {name: each["calls"] for name, each in found.items()} == {"BRONTO": 1, "OWN": 2}
    assert list(found) == ["BRONTO", "OWN"]
