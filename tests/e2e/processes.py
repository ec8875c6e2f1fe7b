"""The command line as others run it: processes of their own, on ports that are free."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any


@dataclass
class Command:
    """A command that runs."""

    process: asyncio.subprocess.Process

    async def line(self) -> Any:
        """The next line on standard output, which is JSON."""
        assert self.process.stdout is not None
        return json.loads(await self.process.stdout.readline())

    async def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, float, str]:
        """Signal it: the exit code, after how many seconds, and what stood on standard error."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self.process.send_signal(by)
        _, complaints = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, loop.time() - begun, complaints.decode()

    async def ended(self) -> tuple[int, str, str]:
        """Wait for its own end: the exit code, standard output and standard error."""
        output, complaints = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, output.decode(), complaints.decode()


@asynccontextmanager
async def gateway(*words: str, home: Path) -> AsyncIterator[Command]:
    """`gateway` with these words, in a home of its own; killed when the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)},
    )
    try:
        yield Command(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens at.

    Below those that the system hands out, and far apart by chance: test processes run side by side.
    """
    while True:
        first = SystemRandom().randrange(20_000, 32_000, 10)
        if all(_is_free(first + place) for place in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
