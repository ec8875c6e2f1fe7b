"""An answer that is read from its socket piece by piece, for a stream."""

from dataclasses import dataclass

import aiohttp

from ...domain.clock import Clock
from ..exchange import Call
from .waiting import within

PIECE = 64 * 2**10
"""Bytes that are read at once, at most: a bomb grows no larger in memory."""

HEAD = 4 * 2**10
"""Bytes by which a stream is judged, at most."""


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """The decoded rest of an answer whose headers have come; closing it ends the connection."""

    response: aiohttp.ClientResponse
    call: Call
    clock: Clock
    silence: float

    async def head(self) -> bytes:
        """The first bytes, as many as there are; within whatever time the caller sets."""
        head = bytearray()
        while len(head) < HEAD and (piece := await self.response.content.read(HEAD - len(head))):
            head += piece
        return bytes(head)

    async def read(self) -> bytes:
        """The next piece, b"" at the end.

        Raises `NoAnswer` after too long a silence, `DeadlineExceeded` when the time was shorter.
        """
        seconds = min(self.silence, self.call.bound.deadline.remaining(self.clock))
        return await within(
            seconds, self.response.content.read(PIECE), self.call, sent=lambda: True
        )

    def close(self) -> None:
        """Close the connection, unless the answer was read to its end."""
        self.response.close()
