"""`python -m tests.crash`: kill the gateway again and again, and judge what is true afterwards."""

import argparse
import sys
import time

from . import instrument
from .points import Board

INSTRUMENTED = (
    "gateway.directory.changes",
    "gateway.storage",
    "gateway.upstream.journal",
    "gateway.upstream.transport",
)
"""What a write passes: the journal and its storage, and the way to the vendor and back."""


def main() -> int:
    """0 when every promise was kept, and as many were killed as was asked for."""
    asked = _arguments()
    board = Board()
    instrument.install(board, INSTRUMENTED)
    # Only now: these import the gateway.
    from .plans import Wanted
    from .run import only, run

    wanted = Wanted(
        points=asked.points, recoveries=asked.recoveries, random=asked.random, every=asked.every
    )
    begun = time.monotonic()
    print(f"seed {asked.seed}", flush=True)
    report = run(board, only(wanted, asked.only), asked.seed, lambda text: print(text, flush=True))
    for line in report.table():
        print(line)
    for text in report.wrong[:50]:
        print(text)
    if len(report.wrong) > 50:
        print(f"and {len(report.wrong) - 50} more")
    seconds = time.monotonic() - begun
    print(
        f"{report.kills} kills at {len(report.died_at)} of {len(board.labels)} instrumented"
        f" points, {report.random} random kills, {len(report.wrong)} wrong, {seconds:.0f} s"
    )
    enough = report.kills >= asked.at_least and report.random >= asked.at_least_random
    if not enough:
        print("fewer kills than were asked for")
    return 0 if enough and not report.wrong else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    count = parser.add_argument
    count("--points", type=int, help="deaths at points, shared by all writes; all by default")
    count("--recoveries", type=int, help="deaths in recoveries; all by default")
    count("--random", type=int, default=550, help="deaths at random")
    count("--every", action="store_true", help="take reads and the inside of transactions, too")
    count("--only", default="", help="only writes with this in their name")
    count("--seed", type=int, default=20261121, help="of what is chosen at random")
    count("--at-least", type=int, default=0, help="kills at points without which a run fails")
    count("--at-least-random", type=int, default=0, help="random kills, likewise")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
