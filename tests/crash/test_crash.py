"""Fifty deaths of the gateway, every write among them at least twice; `make crash` has many more.

In a process of its own: modules are instrumented as they are imported, and what forks must have no
threads.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_death_doubles_or_loses_a_write_or_leaves_one_unsettled() -> None:
    # A few more are planned than must die: one that is quicker than last time reaches its end.
    asked = ["--points=52", "--recoveries=2", "--random=2", "--at-least=50"]
    run = subprocess.run(
        [sys.executable, "-m", "tests.crash", *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
