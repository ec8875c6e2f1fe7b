"""`/livez`: the process runs. `/readyz`: it can take requests, and what is known of the vendors."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..domain.failures import StorageUnavailable
from ..domain.vendor import VendorName
from ..upstream.breaker import HostState, Phase

PING_SECONDS = 2.0
"""Storage that takes longer to answer is not ready."""

_HEADERS = {"Cache-Control": "no-store"}


def routes(
    *,
    ping: Callable[[], Awaitable[None]],
    draining: Callable[[], bool],
    states: Callable[[], Iterable[HostState]],
) -> list[Route]:
    """Both routes; neither asks for a key, so neither tells more than up and down.

    `ping` is storage's, `draining` whether the process is on its way out, `states` the breakers':
    vendors are never called for this, and one that is down does not make the gateway unready,
    since it serves the others, and what it remembers of that one.
    """

    async def livez(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"}, headers=_HEADERS)

    async def readyz(_: Request) -> JSONResponse:
        if draining():
            return _unready("draining")
        try:
            async with asyncio.timeout(PING_SECONDS):
                await ping()
        except (StorageUnavailable, TimeoutError):
            return _unready("storage unavailable")
        body = {"status": "ready", "vendors": verdicts(states())}
        return JSONResponse(body, headers=_HEADERS)

    return [Route("/livez", livez), Route("/readyz", readyz)]


def verdicts(states: Iterable[HostState]) -> Mapping[str, str]:
    """By vendor: `up`, `down`, `degraded` when some of its hosts are down, `unknown` uncalled."""
    phases: dict[VendorName, list[Phase]] = {vendor: [] for vendor in VendorName}
    for state in states:
        phases[state.vendor].append(state.phase)
    return {vendor.name: _verdict(held) for vendor, held in phases.items()}


def _verdict(phases: list[Phase]) -> str:
    troubled = [phase is not Phase.CLOSED for phase in phases]
    if not troubled:
        return "unknown"
    if all(troubled):
        return "down"
    return "degraded" if any(troubled) else "up"


def _unready(status: str) -> JSONResponse:
    headers = {**_HEADERS, "Retry-After": "5"}
    return JSONResponse({"status": status}, status_code=503, headers=headers)
