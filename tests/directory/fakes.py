"""What tests of the directory share: a clock in the hand, scripted vendors, accounts, rows."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.contract import Operations, Vendor
from gateway.directory.connect import Connector, Inquiry
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import Event
from gateway.domain.model import (
    ClientRecord,
    ClientValues,
    Link,
    LinkStatus,
    LinkValues,
    Provenance,
    Seen,
    Source,
    VendorAccount,
)
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Reply
from gateway.vendors import load

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HARBOUR = AgencyId(1)


class Hands:
    """A clock whose hands the test moves; sleeping moves them, too."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.clock = Clock(now=self.now, monotonic=lambda: self.seconds, sleep=self.sleep)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


async def nobody_asks() -> Any:
    """For operations that no test should come to."""
    raise AssertionError("the vendor was asked")


def ago(seconds: float) -> datetime:
    """So many seconds before noon."""
    return NOON - timedelta(seconds=seconds)


def live(value: Any, at: datetime = NOON) -> Seen[Any]:
    """What a vendor says now."""
    return Seen(value, Provenance(Source.LIVE, at))


def account(id: int, vendor: VendorName, *regions: str, name: str = "Main") -> VendorAccount:
    return VendorAccount(id=id, agency=HARBOUR, vendor=vendor, name=name, regions=regions)


def record(id: int, account: VendorAccount, vendor_id: str | None = None, **row: Any) -> Any:
    return ClientRecord(
        **{
            "id": id,
            "client": id,
            "account": account.id,
            "vendor": account.vendor,
            "vendor_id": vendor_id or f"v{id}",
            "values": ClientValues(name=f"Client {id}"),
            "told_at": ago(10_000),
            **row,
        }
    )


def link(id: int, account: VendorAccount, status: LinkStatus | None = None, **row: Any) -> Link:
    values = None if status is None else LinkValues(client_vendor_id="c", status=status)
    return Link(
        **{
            "id": id,
            "account": account.id,
            "vendor": account.vendor,
            "vendor_id": f"l{id}",
            "client": 1,
            "values": values,
            "told_at": ago(10_000),
            **row,
        }
    )


@dataclass
class Script:
    """Vendors with their real facts, whose operations the test writes; calls are counted.

    `plays[vendor]` are operations by name. `calls` are (vendor, operation, keys), in order.
    """

    plays: dict[VendorName, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[VendorName, str, Any]] = field(default_factory=list)

    def play(self, vendor: VendorName, **operations: Any) -> None:
        """These operations, each an async function."""
        self.plays.setdefault(vendor, {}).update(operations)

    def vendors(self) -> dict[VendorName, Vendor]:
        return {name: replace(load(name), connect=self._connect(name)) for name in VendorName}

    def connector(self, clock: Clock) -> Connector:
        return Connector(
            vendors=self.vendors(), proceed=no_network, surrogate=surrogate, clock=clock
        )

    def _connect(self, name: VendorName) -> Callable[..., Operations]:
        def connect(exchange: Any, account: VendorAccount) -> Operations:
            plays = {"verify": nobody_asks, **self.plays.get(name, {})}
            return Operations(**{slot: self._counted(name, slot, do) for slot, do in plays.items()})

        return connect

    def _counted(self, name: VendorName, slot: str, do: Any) -> Any:
        async def counted(*keys: Any) -> Any:
            self.calls.append((name, slot, *keys))
            return await do(*keys)

        return counted


async def no_network(call: Call) -> Reply:
    raise AssertionError(f"{call.operation} was sent")


def surrogate(agency: AgencyId, vendor: VendorName, account: str, value: str) -> str:
    """Tells values apart and shows none, as the vault's does."""
    return f"{hash((agency, vendor, account, value)):x}"


@dataclass
class Watched:
    """An inquiry, and what was observed for it."""

    clock: Clock
    seconds: float = 10.0
    events: list[Event] = field(default_factory=list)

    @property
    def inquiry(self) -> Inquiry:
        return Inquiry(
            deadline=Deadline(self.clock.monotonic() + self.seconds),
            request_id="r1",
            observe=self.events.append,
        )


def answering(values: Mapping[str, Any]) -> Any:
    """A batch read that answers these outcomes, and None for any other key."""

    async def read(keys: Any) -> Any:
        return {key: values.get(key) for key in keys}

    return read


def failing(failure: Exception) -> Any:
    """An operation that fails as a whole."""

    async def read(*keys: Any) -> Any:
        raise failure

    return read
