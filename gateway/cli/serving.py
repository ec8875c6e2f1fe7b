"""Runs servers in one event loop until a signal comes, and ends them within a bound."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from ..domain.failures import Failure


class PortTaken(Failure):
    """The port cannot be listened at."""


class Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: several servers end by one signal.

    `ready` is set once it listens, and when it ends without ever having listened.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `should_exit`."""
        try:
            await super().serve(sockets)
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `until_signal`'s."""
        yield


@asynccontextmanager
async def listening(
    app: ASGIApp, host: str, port: int, *, grace: float
) -> AsyncIterator[tuple[Server, int]]:
    """A server that answers from the moment the block begins, at the port that is given.

    At the end new requests are refused, and those under way have `grace` seconds.
    """
    bound = _bind(host, port)
    server = Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, round(grace)),
            timeout_keep_alive=10,
            h11_max_incomplete_event_size=64 * 1024,
            ws="none",
        )
    )
    serving = asyncio.ensure_future(server.serve(sockets=[bound]))
    try:
        await server.ready.wait()
        yield server, bound.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        bound.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off only where the protocol is named: 44 ms for each answer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTaken(f"Cannot listen at {host}:{port}: {error.strerror}.") from None
    return bound


@contextmanager
def signals(names: Sequence[signal.Signals]) -> Iterator[Callable[[], Awaitable[object]]]:
    """A way to wait for one of these signals; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def tell() -> None:
        told.set()
        for name in names:
            loop.remove_signal_handler(name)

    for name in names:
        loop.add_signal_handler(name, tell)
    try:
        yield told.wait
    finally:
        for name in names:
            loop.remove_signal_handler(name)


END = (signal.SIGINT, signal.SIGTERM)
"""The signals that end a server."""
