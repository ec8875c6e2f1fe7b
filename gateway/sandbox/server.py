"""Runs the whole sandbox in the caller's event loop: a port for each vendor, one for control."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

from ..domain.clock import Clock
from ..domain.vendor import VendorName
from ..double import Double, World
from .control import control
from .station import Station
from .visit import App
from .wire import Door, bind


@dataclass(frozen=True, slots=True)
class RunningVendor:
    """One vendor's double on its port."""

    base_url: str
    double: Double
    described: dict[str, Any]

    @property
    def hosts(self) -> dict[str, str]:
        """What stands in for `Laws.hosts`: `api`, with `{region}` where there are any; `auth`."""
        regions: dict[str, str] = self.described.get("regions", {})
        templates = {url.removesuffix(name) + "{region}" for name, url in regions.items()}
        hosts = {"api": templates.pop() if templates else self.base_url}
        if "auth_url" in self.described:
            hosts["auth"] = self.described["auth_url"]
        return hosts


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that runs: where its controls are, and its vendors."""

    control: str
    vendors: Mapping[VendorName, RunningVendor]
    forget_calls: Callable[[], None]
    """Forget the calls received so far, as a reset does, and nothing else."""

    def describe(self) -> dict[str, Any]:
        """The first line of `gateway sandbox --json`."""
        return {
            "control": self.control,
            "vendors": {name.name: vendor.described for name, vendor in self.vendors.items()},
        }


@asynccontextmanager
async def sandbox(
    world: World,
    *,
    port: int = 0,
    vendors: Iterable[VendorName] = tuple(VendorName),
    clock: Clock | None = None,
) -> AsyncIterator[Running]:
    """Run the vendors' doubles, and the controls, until the block ends.

    Controls listen at `port` on the loopback address, vendors at the ports after it in the order
    of the enum; 0 takes free ports. Raises `OSError` when a port is taken. Ends within a second or
    two whatever is under way, for it cuts all connections; it installs no signal handlers.
    """
    stations = {name: Station(name, _load(name), world, clock or Clock()) for name in vendors}
    doors = _doors([control(stations), *(station.app for station in stations.values())], port)
    # Not a task group: what the caller's block raises must come out as it is, not in a group.
    serving = asyncio.gather(*(door.run_until_told() for door in doors))
    try:
        for door in doors:
            await door.ready.wait()
        yield _running(doors, stations)
    finally:
        for door in doors:
            door.should_exit = True
        await serving


def _doors(apps: list[App], port: int) -> list[Door]:
    """A server for each application, on ports that follow one another or are free."""
    with ExitStack() as bound:
        listeners = [bound.enter_context(bind(port and port + n)) for n in range(len(apps))]
        bound.pop_all()
    return [Door(app, listener) for app, listener in zip(apps, listeners, strict=True)]


def _running(doors: list[Door], stations: Mapping[VendorName, Station]) -> Running:
    vendors = {
        name: RunningVendor(door.url, station.double, station.double.describe(door.url))
        for door, (name, station) in zip(doors[1:], stations.items(), strict=True)
    }

    def forget_calls() -> None:
        for station in stations.values():
            station.forget_calls()

    return Running(doors[0].url, MappingProxyType(vendors), forget_calls)


def _load(name: VendorName) -> Callable[[World, Clock], Double]:
    """How the vendor's double is made, from the folder that the enum names."""
    module = import_module(f"gateway.vendors.{name.value}.sandbox")
    create: Callable[[World, Clock], Double] = module.create
    return create
