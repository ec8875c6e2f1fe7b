"""A whole run: the world prepared, points counted, cases chosen, run on several lanes, judged."""

import gc
import pickle
import select
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TypeVar

from . import plans
from .cases import Lane, Plan, Result
from .plans import NEVER, Base, Passed, Wanted
from .points import Board
from .processes import Child, Say, described, forked, vendors
from .report import Report
from .world import prepare

LANES = 2
"""Cases at a time."""

_SHARED_MEMORY = Path("/dev/shm")  # SIGKILL takes nothing from it that it would leave on a disk

T = TypeVar("T")


class Broken(Exception):
    """The harness itself failed, not the gateway."""


@dataclass(frozen=True)
class Lanes:
    """Several lanes, each with vendors of its own."""

    board: Board
    each: Sequence[Lane]

    def run(self, planned: Sequence[Plan]) -> Iterator[tuple[Plan, Result]]:
        """Run all of them, and give each as it is done."""
        with ExitStack() as stack:
            workers = []
            for at, lane in enumerate(self.each):
                work = self._work(lane, planned, range(at, len(planned), len(self.each)))
                workers.append(stack.enter_context(forked(work)))
            for said in _heard(workers):
                at, result = pickle.loads(b64decode(said))
                yield planned[at], result

    def _work(
        self, lane: Lane, planned: Sequence[Plan], mine: Sequence[int]
    ) -> Callable[[Say, int], None]:
        def work(say: Say, _: int) -> None:
            self.board.renew()
            for at in mine:
                result = lane.run(planned[at])
                say(b64encode(pickle.dumps((at, result))).decode())

        return work


def _heard(workers: Sequence[Child]) -> Iterator[str]:
    """What the workers say, until all have ended."""
    alive = list(workers)
    while alive:
        ready, _, _ = select.select([each.hears for each in alive], [], [])
        for child in [each for each in alive if each.hears in ready]:
            said = child.hear()
            while said is not None:
                yield said
                said = child.hear() if child.has_said else None
                if said is None:
                    break
            else:
                alive.remove(child)
                if child.wait() != 0:
                    raise Broken("a lane broke down; its traceback is above")


@contextmanager
def lanes(board: Board) -> Iterator[Lanes]:
    """Prepare the world, and open the lanes."""
    with ExitStack() as stack:
        place = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
        folder = Path(tempfile.mkdtemp(prefix="gateway-crash-", dir=place))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        prepared = prepare(folder)
        # What is here stays: children share it without touching it.
        gc.collect()
        gc.freeze()
        each = []
        for _ in range(LANES):
            running = described(stack.enter_context(forked(vendors)).hear())
            each.append(Lane(board, running, prepared, folder))
        yield Lanes(board, each)


def run(board: Board, wanted: Wanted, seed: int, tell: Callable[[str], None]) -> Report:
    """Run everything that is wanted."""
    random, report = Random(seed), Report()
    with lanes(board) as open_lanes:
        passed = {}
        for plan, result in open_lanes.run([Plan(write, NEVER) for write in wanted.writes]):
            report.add(plan, result)
            passed[plan.write.name] = Passed(result.points, result.seconds)
        passed = {write.name: passed[write.name] for write in wanted.writes}
        report.lines = {name: report.lines[name] for name in passed}
        report.passed(passed)
        planned = plans.at_points(wanted, passed, random)
        planned += plans.at_random(wanted, passed, random)
        if wanted.recoveries != 0:
            first = plans.bases(passed, wanted.writes)
            if wanted.recoveries is not None:
                random.shuffle(first)
                first = first[: wanted.recoveries]
            known = []
            for plan, result in open_lanes.run(first):
                report.add(plan, result)
                known.append(Base(plan, result.recovered))
            planned += plans.in_recoveries(wanted, known, random)
        random.shuffle(planned)
        tell(f"{len(planned)} cases")
        for count, (plan, result) in enumerate(open_lanes.run(planned), start=1):
            report.add(plan, result)
            if count % 250 == 0:
                tell(f"{count} cases run, {len(report.wrong)} wrong")
    return report


def only(wanted: Wanted, name: str) -> Wanted:
    """The same for the writes with this in their name."""
    return replace(wanted, writes=[each for each in wanted.writes if name in each.name])
