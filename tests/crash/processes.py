"""Children forked from a process that has imported everything: vendors, and gateways to kill.

A process that forks has no threads and no event loop of its own; a child never comes back from
here, and dies with its parent.
"""

import asyncio
import ctypes
import json
import os
import select
import signal
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from gateway.cli.demonstration import DATABASE, settings_for
from gateway.cli.serving import listening
from gateway.domain.vendor import VendorName
from gateway.runtime import open_runtime
from gateway.sandbox import seed
from gateway.sandbox.server import Running, RunningVendor, sandbox
from gateway.telemetry.redaction import Redactor
from gateway.web import app as web
from tests import gateways

from .judge import LONGEST
from .points import Board

PATIENCE = 30.0
"""Real seconds that a child may take to say something."""

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG: prctl(2)

Say = Callable[[Any], None]


@dataclass
class Child:
    """A forked process that says lines of JSON, and is asked to end by a closed pipe."""

    pid: int
    hears: int
    ends: int
    status: int | None = None
    _heard: bytes = b""

    def hear(self, seconds: float = PATIENCE) -> Any:
        """The next thing that it says; None when it has died, or says nothing for so long."""
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self.hears], [], [], seconds)
            piece = os.read(self.hears, 65536) if ready else b""
            if not piece:
                return None
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    @property
    def has_said(self) -> bool:
        """Whether something that it said waits to be heard."""
        return b"\n" in self._heard

    def ask_to_end(self) -> None:
        """Have it close everything in order."""
        if self.ends >= 0:
            os.close(self.ends)
            self.ends = -1

    def kill(self) -> None:
        """SIGKILL."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit status, as `os.waitpid` tells it."""
        if self.status is None:
            _, self.status = os.waitpid(self.pid, 0)
        return self.status

    @property
    def was_killed(self) -> bool:
        """Whether it died of SIGKILL."""
        status = self.wait()
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@contextmanager
def forked(work: Callable[[Say, int], None]) -> Iterator[Child]:
    """A child at work; killed at the end of the block, if it lives. `work(say, ends)`."""
    if threading.active_count() != 1:
        raise RuntimeError("a process with threads must not fork")
    hears, says = os.pipe()
    ended, ends = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(hears)
        os.close(ends)
        _live(work, says, ended)
    os.close(says)
    os.close(ended)
    child = Child(pid, hears, ends)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.ask_to_end()
        os.close(hears)


def _live(work: Callable[[Say, int], None], says: int, ended: int) -> NoReturn:
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        work(lambda said: _say(says, said), ended)
        code = 0
    except BaseException:  # noqa: BLE001 - the outermost edge of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _say(pipe: int, said: Any) -> None:
    line = json.dumps(said).encode() + b"\n"
    while line:
        line = line[os.write(pipe, line) :]


async def _until_closed(pipe: int) -> None:
    """Return when the other end of the pipe is closed."""
    loop, closed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe, closed.set)
    try:
        await closed.wait()
    finally:
        loop.remove_reader(pipe)


# ── Vendors ───────────────────────────────────────────────────────────────────────────────────


def vendors(say: Say, ends: int) -> None:
    """A child that is the sandbox: says its description first."""

    async def serve() -> None:
        async with sandbox(seed.world(), vendors=seed.VENDORS) as running:
            say(running.describe())
            await _until_closed(ends)

    asyncio.run(serve())


def described(description: Any) -> Running:
    """The sandbox of another process, as far as a gateway's settings need it."""
    each = {
        VendorName[name]: RunningVendor(told.get("base_url", ""), _ELSEWHERE, told)
        for name, told in description["vendors"].items()
    }
    return Running(description["control"], each, lambda: None)


_ELSEWHERE: Any = None
"""The double of a vendor that runs in another process."""

# ── Gateways ──────────────────────────────────────────────────────────────────────────────────


@dataclass
class Restarted:
    """Time after a restart: the recovery's waiting is skipped and counted instead.

    `rested` is called with the seconds that passed, once no intent needs a process any more or,
    with None, when the time is up.
    """

    database: Path
    time: gateways.Shifted
    board: Board
    rested: Callable[[float | None], None]
    waited: float = 0.0
    told: bool = False
    forever: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        """In no time; but for ever, when there is nothing to wait for."""
        if not unfinished(self.database) or self.waited > LONGEST:
            if not self.told:
                self.told = True
                self.rested(self.waited if self.waited <= LONGEST else None)
            await self.forever.wait()
        self.waited += seconds
        self.time.seconds += seconds
        self.board.ahead = self.time.seconds
        await asyncio.sleep(0)


def gateway(
    running: Running, folder: Path, board: Board, *, restarted: bool
) -> Callable[[Say, int], None]:
    """A child that is a gateway over the data in the folder: says its port.

    One that is `restarted` says, too, after how many seconds every intent was at rest.
    """

    async def serve(say: Say, ends: int) -> None:
        time = gateways.Shifted()
        time.seconds = board.ahead
        settings = gateways.quick(settings_for(running, folder))
        async with open_runtime(settings, redactor=Redactor(), clock=time.clock) as runtime:
            if restarted:
                database = folder / DATABASE
                rest = Restarted(database, time, board, lambda after: say({"rested": after}))
                journaling = runtime.recovery.journaling
                skipping = replace(time.clock, sleep=rest.sleep)
                runtime.recovery.journaling = replace(journaling, clock=skipping)
            app = web.build(runtime, web.face(settings.http.profile))
            async with listening(app, "127.0.0.1", 0, grace=1) as (_, port):
                say({"port": port})
                await _until_closed(ends)

    return lambda say, ends: asyncio.run(serve(say, ends))


def unfinished(database: Path) -> int:
    """How many intents still need a process."""
    with closing_database(database) as connection:
        statement = (
            "SELECT count(*) FROM intents WHERE state NOT IN ('DONE', 'FAILED', 'NEEDS_HUMAN')"
        )
        (count,) = connection.execute(statement).fetchone()
        return int(count)


@contextmanager
def closing_database(path: Path) -> Iterator[sqlite3.Connection]:
    """The gateway's database, to read beside it."""
    connection = sqlite3.connect(path, timeout=10)
    try:
        yield connection
    finally:
        connection.close()
