"""The mark `live` is no mere claim."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CONNECTS = "    socket.create_connection(({host!r}, {port})).close()"


@pytest.mark.parametrize(
    ("mark", "connects", "outcome"),
    [("live", True, "1 passed"), ("live", False, "1 failed"), ("slow", False, "1 passed")],
)
def test_a_test_that_is_marked_live_and_connects_to_nothing_fails(
    tmp_path: Path, mark: str, connects: bool, outcome: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        body = CONNECTS.format(host=host, port=port) if connects else "    pass"
        source = [
            "import socket",
            "import pytest",
            f"@pytest.mark.{mark}",
            "def test_one():",
            body,
        ]
        (tmp_path / "test_one.py").write_text("\n".join(source))
        (tmp_path / "pytest.ini").write_text(f"[pytest]\nmarkers =\n    {mark}\n")
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-ptests.live", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert outcome in told.stdout
    assert ("connected to nothing" in told.stdout) is ("failed" in outcome)
