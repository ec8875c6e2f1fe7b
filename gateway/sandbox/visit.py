"""One request at a vendor's door: read whole, answered in one go, by pieces, or by a cut line."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
RawHeaders = tuple[tuple[bytes, bytes], ...]

TRANSPORT = "gateway.transport"
"""The scope extension under which `wire.py` hands down a connection's transport."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole."""

    status: int
    headers: RawHeaders
    body: bytes

    @classmethod
    def of(
        cls, status: int, kind: str, body: bytes, extra: dict[str, str] | None = None
    ) -> "Answer":
        """An answer of a content type, with further headers."""
        named = {"content-type": kind, **(extra or {})}
        return cls(status, encode(named), body)

    def with_headers(self, headers: dict[str, str]) -> "Answer":
        """The same answer with further headers."""
        return Answer(self.status, (*self.headers, *encode(headers)), self.body)


def encode(headers: dict[str, str]) -> RawHeaders:
    """Header names and values as bytes; what is not ASCII goes out as UTF-8, for hostile tests."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


@dataclass(slots=True)
class Visit:
    """A request with its whole body, and the line to who asked.

    `status` is what went out, None while nothing has. `date` is the vendor's `Date` header.
    """

    scope: Any
    body: bytes
    receive: Receive = field(repr=False)
    send: Send = field(repr=False)
    date: str
    status: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers with lower-case names; of repeated ones the last."""
        return {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]
        }

    @property
    def query(self) -> str:
        """The query string, raw."""
        return str(self.scope["query_string"].decode("latin-1"))

    @property
    def address(self) -> str:
        """The address that the request comes from."""
        return str((self.scope.get("client") or ("",))[0])

    async def ask(self, app: App) -> Answer:
        """What the vendor's double answers."""
        status, headers, parts = 500, RawHeaders(), bytearray()
        unread = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def receive() -> Message:
            return unread.pop() if unread else await self.receive()

        async def send(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], tuple(message.get("headers", ()))
            else:
                parts.extend(message.get("body", b""))

        await app(self.scope, receive, send)
        return Answer(status, headers, bytes(parts))

    async def deliver(self, answer: Answer) -> None:
        """Send the whole answer, with its true length."""
        await self.begin(answer, len(answer.body))
        await self.push(answer.body, last=True)

    async def begin(self, answer: Answer, length: int | None) -> None:
        """Send status and headers, promising `length` bytes, or none in particular."""
        headers = [(k, v) for k, v in answer.headers if k not in (b"content-length", b"date")]
        headers.append((b"date", self.date.encode()))
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        self.status = answer.status
        await self.send(
            {"type": "http.response.start", "status": answer.status, "headers": headers}
        )

    async def push(self, part: bytes, *, last: bool = False) -> None:
        """Send a part of the body."""
        await self.send({"type": "http.response.body", "body": part, "more_body": not last})

    async def gone(self) -> None:
        """Wait until the connection has ended."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def pause(self, seconds: float | None) -> bool:
        """Wait so long (None: for ever); False as soon as the connection has ended."""
        try:
            await asyncio.wait_for(self.gone(), seconds)
        except TimeoutError:
            return True
        return False

    async def reset(self) -> None:
        """Cut the line with a TCP reset, once all that was sent has left."""
        transport: asyncio.Transport = self.scope["extensions"][TRANSPORT]
        while transport.get_write_buffer_size() and await self.pause(0.002):
            pass
        line = transport.get_extra_info("socket")
        if line is not None and not transport.is_closing():
            # A socket that lingers for 0 s answers RST instead of FIN when it is closed: socket(7).
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self.gone()

    async def close(self) -> None:
        """End the connection properly, although the answer may be owed."""
        self.scope["extensions"][TRANSPORT].close()
        await self.gone()
