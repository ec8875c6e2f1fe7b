"""uvicorn for the sandbox: no signals, no log of its own, and a transport that can be cut."""

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .visit import TRANSPORT, App, Receive, Send


class _Line(HttpToolsProtocol):
    """One connection, whose transport the application finds in its scope."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Whatever a host program does to uvicorn's loggers: its access log tells query strings,
        # and some vendors want their tokens there.
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app: Any = self.app

        async def with_transport(scope: Any, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


class Door(uvicorn.Server):
    """A server that runs within someone else's process, on a socket that is bound already."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                http=_Line,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
            )
        )
        self._listener = listener
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever owns the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop what is under way: a vendor that hangs must not keep the sandbox alive."""
        for line in list(self.server_state.connections):
            line.transport.abort()
        await super().shutdown(sockets)

    async def run_until_told(self) -> None:
        """Serve until `should_exit` is set."""
        try:
            await self.serve([self._listener])
        finally:
            self._listener.close()
            self.ready.set()

    @property
    def url(self) -> str:
        """Where the server is found."""
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}"


def bind(port: int) -> socket.socket:
    """A loopback socket at that port, or at a free one for 0; `OSError` when it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener
