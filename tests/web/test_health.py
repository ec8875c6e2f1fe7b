"""Probes of the process: alive, ready, and what the breakers tell of the vendors."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from starlette.applications import Starlette

from gateway.domain.failures import StorageUnavailable
from gateway.domain.vendor import VendorName
from gateway.upstream.breaker import HostState, Phase
from gateway.web import health


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


async def _answers() -> None:
    """Storage that is there."""


async def _fails() -> None:
    raise StorageUnavailable("canary-7f3b9c: no such file")


async def _hangs() -> None:
    await asyncio.Event().wait()


def gateway(
    ping: Callable[[], Awaitable[None]] = _answers,
    *,
    draining: bool = False,
    states: tuple[HostState, ...] = (),
) -> Starlette:
    return Starlette(
        routes=health.routes(ping=ping, draining=lambda: draining, states=lambda: states)
    )


def state(vendor: VendorName, phase: Phase, host: str = "a.test") -> HostState:
    return HostState(vendor=vendor, host=host, slot="api_key", phase=phase)


async def test_a_process_with_storage_is_ready() -> None:
    answer = await ask(gateway(), "/readyz")
    assert answer.status == 200
    assert json.loads(answer.text) == {
        "status": "ready",
        "vendors": {vendor.name: "unknown" for vendor in VendorName},
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("ping", [_fails, _hangs])
async def test_a_process_without_storage_is_not_ready_and_says_no_more(
    ping: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PING_SECONDS", 0.05)
    answer = await ask(gateway(ping), "/readyz")
    assert answer.status == 503
    assert json.loads(answer.text) == {"status": "storage unavailable"}
    assert answer.headers["retry-after"] == "5"


async def test_while_draining_the_process_is_not_ready_and_storage_is_not_asked() -> None:
    async def asked() -> None:
        pytest.fail("storage was asked")

    answer = await ask(gateway(asked, draining=True), "/readyz")
    assert (answer.status, json.loads(answer.text)) == (503, {"status": "draining"})


@pytest.mark.parametrize("draining", [False, True])
@pytest.mark.parametrize("ping", [_answers, _fails])
async def test_a_process_is_alive_whatever_else(
    ping: Callable[[], Awaitable[None]], draining: bool
) -> None:
    answer = await ask(gateway(ping, draining=draining), "/livez")
    assert (answer.status, json.loads(answer.text)) == (200, {"status": "alive"})


async def test_vendors_that_are_down_are_told_of_but_do_not_make_the_gateway_unready() -> None:
    app = gateway(
        states=(
            state(VendorName.AGENCYACCESS, Phase.CLOSED),
            state(VendorName.BRONTO, Phase.OPEN),
            state(VendorName.OWN, Phase.CLOSED, "app1.test"),
            state(VendorName.OWN, Phase.HALF_OPEN, "app2.test"),
        )
    )
    answer = await ask(app, "/readyz")
    assert answer.status == 200
    assert json.loads(answer.text)["vendors"] == {
        **dict.fromkeys(VendorName.__members__, "unknown"),
        "AGENCYACCESS": "up",
        "BRONTO": "down",
        "OWN": "degraded",
    }
    assert "test" not in answer.text.replace("status", "")


async def test_probes_are_read_only() -> None:
    statuses = [
        (await ask(gateway(), path, method)).status
        for path in ("/livez", "/readyz")
        for method in ("HEAD", "POST")
    ]
    assert statuses == [200, 405, 200, 405]
