"""How long `make demo` takes to be ready: the first time in a fresh clone, and the next time.

Prints seconds and their ratio, taken in one run. Goals of the first issue: 180 s and 10 s.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port(count: int) -> int:
    """The first of so many ports in a row that are free now."""
    for port in range(20_000, 60_000, count):
        with contextlib.ExitStack() as held:
            try:
                for each in range(port, port + count):
                    bound = held.enter_context(socket.socket())
                    bound.bind(("127.0.0.1", each))
            except OSError:
                continue
            return port
    raise SystemExit("no free ports")


def ready(clone: Path) -> float:
    """Seconds from `make demo` to its first line, which says that all is ready."""
    port = free_port(6)
    started = time.monotonic()
    demo = subprocess.Popen(
        ["make", "demo", f"ARGS=--json --port {port} --sandbox-port {port + 1}"],
        cwd=clone,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert demo.stdout is not None
        for line in demo.stdout:
            if line.startswith("{") and "graphql" in json.loads(line):
                return time.monotonic() - started
    finally:
        os.killpg(demo.pid, signal.SIGTERM)
        demo.wait(10)
    raise SystemExit("the demo ended before it was ready")


def main() -> None:
    """Clone what is committed, and time the demo in it twice."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        first, second = ready(clone), ready(clone)
    sys.stdout.write(
        "| make demo | seconds | goal |\n|---|---|---|\n"
        f"| fresh clone | {first:.1f} | 180 |\n"
        f"| next time | {second:.1f} | 10 |\n"
        f"ratio first/next: {first / second:.1f}\n"
    )


if __name__ == "__main__":
    main()
