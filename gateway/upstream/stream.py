"""Bulk data through the same policies: a stream is one long call, judged by its first bytes.

The stack runs in a task of its own. Its reader is handed the head as soon as that was judged, and
the pieces as fast as it takes them; the call ends, and gives its place at the vendor back, when the
vendor has sent the last one. So each policy does for a stream what it does for any call, and none
knows of streams but the one below, and the breaker where it probes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from .exchange import Call, Proceed, Reply, Stream


class Rest(Protocol):
    """What of an answer is still to come from the socket."""

    async def read(self) -> bytes:
        """The next piece, b"" at the end; raises the `Failure` that broke it off."""

    def close(self) -> None:
        """Close the connection, unless the answer was read to its end."""


class Tap:
    """Between the stack, which pours an answer, and its one reader, who takes it in pieces.

    At most one piece waits, so the vendor is read no faster than the reader takes. `head` is set
    when the first bytes have been judged good.
    """

    def __init__(self) -> None:
        self.head: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._rest: Rest | None = None
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = asyncio.Semaphore(1)

    def attach(self, rest: Rest) -> None:
        """The open answer, from the transport; `close` closes it."""
        self._rest = rest

    def close(self) -> None:
        """Close what was attached; nothing more is read of it."""
        if self._rest is not None:
            self._rest.close()

    async def pour(self, head: Reply) -> None:
        """Hand over the head, then all pieces; returns when the vendor has sent the last one."""
        self.head.set_result(head)
        piece = head.body
        while piece:
            await self._room.acquire()
            self._pieces.put_nowait(piece)
            piece = await self._rest.read() if self._rest else b""

    def end(self) -> None:
        """Tell the reader that nothing more comes."""
        self._pieces.put_nowait(b"")

    async def take(self) -> bytes:
        """The next piece; b"" at the end, and again for whoever asks again."""
        piece = await self._pieces.get()
        self._room.release()
        if not piece:
            self.end()
        return piece


class Streamed:
    """Hands a stream's judged head to its reader, and stays until the vendor has sent all of it.

    Whatever ends it early (a bad head, a break, the deadline, a reader that leaves) closes the
    connection: it is neither drained nor used again. Other calls pass untouched.
    """

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        tap = call.tap
        if tap is None:
            return await proceed(call)
        try:
            head = await proceed(call)
            await tap.pour(head)
        finally:
            tap.close()
        return head


class _Pieces(AsyncIterator[bytes]):
    """The reader's side: the pieces, and at the end the failure that the stack ended with."""

    def __init__(self, tap: Tap, task: asyncio.Task[Reply]) -> None:
        self._tap = tap
        self._task = task

    async def __anext__(self) -> bytes:
        piece = await self._tap.take()
        if piece:
            return piece
        if self._task.cancelled():
            raise RuntimeError("a stream was read after it was left")
        self._task.result()
        raise StopAsyncIteration


@asynccontextmanager
async def open_stream(send: Proceed, call: Call) -> AsyncIterator[Stream]:
    """The answer to a bound call in pieces; leaving the block early closes its connection.

    `send` is the stack's. Raises the `Failure` that stood in its way: on entering, up to the head,
    and from `Stream.chunks` after it. The deadline of the call is that of the whole reading.

    Only who reads `chunks` to the end knows that nothing is missing, as far as HTTP can tell: an
    answer with a total of its own must be held against it, as aiohttp 3.14 takes a gzip without its
    end for a whole one (2026-11).
    """
    if call.journaled:
        raise RuntimeError(f"the write {call.operation} was streamed: nobody keeps its answer")
    tap = Tap()
    task = asyncio.ensure_future(send(replace(call, safe=False, tap=tap)))
    task.add_done_callback(lambda _: tap.end())
    try:
        await asyncio.wait({task, tap.head}, return_when=asyncio.FIRST_COMPLETED)
        if not tap.head.done():
            await task
            raise RuntimeError(f"the stack handed no stream of {call.operation} over")
        yield Stream(tap.head.result(), _Pieces(tap, task))
    finally:
        task.cancel()
        # What it ended with was told to the reader, unless it had left.
        await asyncio.gather(task, return_exceptions=True)
