"""Which cases are run: chosen from the points that a write passes when nothing happens.

Pure but for the random numbers that are handed in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from random import Random

from .cases import Death, Moment, Plan
from .ledger_writes import LEDGER_WRITES
from .vendor_writes import VENDOR_WRITES
from .writes import Write

WRITES = (*VENDOR_WRITES, *LEDGER_WRITES)
"""Every mutation of the schema, and the file of an import."""

NEVER = Death(Moment.NEVER)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a write passes undisturbed: its points, and how long its caller waits, in seconds."""

    points: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Base:
    """A first death, and the points that its recovery passes."""

    plan: Plan
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many cases: of deaths at points, of deaths in recoveries, and of random deaths.

    None: all there are.
    """

    points: int | None
    recoveries: int | None
    random: int
    every: bool = False
    writes: Sequence[Write] = field(default=WRITES)


def matters(label: str) -> bool:
    """Whether a point is one of the journal's or the vendor's, or around a commit.

    The others are reads and the inside of transactions: nothing durable happens between them.
    """
    return label.startswith(("directory.changes", "upstream.")) or label.endswith(" commit")


def chosen(points: Sequence[str], every: bool, random: Random) -> list[int]:
    """Numbers of points to die at, the first is 1: those that matter, in random order, and then
    the others where all are wanted."""
    first = [at for at, label in enumerate(points, start=1) if matters(label)]
    rest = [at for at, label in enumerate(points, start=1) if not matters(label)] if every else []
    for some in (first, rest):
        random.shuffle(some)
    return first + rest


def bases(passed: Mapping[str, Passed], writes: Sequence[Write]) -> list[Plan]:
    """First deaths whose recoveries die, too: with the intent recorded, and where a vendor is
    told, with the call arrived, committed, and its answer in the journal."""
    found = []
    for write in writes:
        points = passed[write.name].points
        deaths = [_last(points, "directory.changes.journaling", "after begin", first=True)]
        if write.vendors:
            deaths += [Death(Moment.ARRIVED), Death(Moment.COMMITTED)]
            deaths += [_last(points, "upstream.journal", "after answered")]
        found += [Plan(write, death) for death in deaths if death is not None]
    return found


def _last(points: Sequence[str], module: str, what: str, *, first: bool = False) -> Death | None:
    found = [
        at
        for at, label in enumerate(points, start=1)
        if label.startswith(f"{module}:") and label.endswith(what)
    ]
    return Death(Moment.POINT, found[0 if first else -1]) if found else None


def at_points(wanted: Wanted, passed: Mapping[str, Passed], random: Random) -> list[Plan]:
    """Deaths around vendors' commits, and at points; all writes take turns."""
    each = []
    for write in wanted.writes:
        numbers = chosen(passed[write.name].points, wanted.every, random)
        deaths = [Death(Moment.POINT, at) for at in numbers]
        if write.vendors:
            deaths[:0] = [Death(Moment.COMMITTED)]
            deaths[2:2] = [Death(Moment.ARRIVED)]
        each.append([Plan(write, death) for death in deaths])
    return list(_in_turns(each))[: wanted.points]


def in_recoveries(wanted: Wanted, known: Sequence[Base], random: Random) -> list[Plan]:
    """Deaths of the process that takes up what another left."""
    each = [
        [
            Plan(base.plan.write, base.plan.first, at)
            for at in chosen(base.points, wanted.every, random)
        ]
        for base in known
    ]
    return list(_in_turns(each))[: wanted.recoveries]


def at_random(wanted: Wanted, passed: Mapping[str, Passed], random: Random) -> list[Plan]:
    """Deaths at any time while a caller waits, or a little later."""
    plans = []
    for at in range(wanted.random):
        write = wanted.writes[at % len(wanted.writes)]
        seconds = random.uniform(0, 1.3 * passed[write.name].seconds)
        plans.append(Plan(write, Death(Moment.RANDOM, seconds)))
    return plans


def _in_turns(each: Sequence[Sequence[Plan]]) -> Iterator[Plan]:
    for turn in zip_longest(*each):
        yield from chain(plan for plan in turn if plan is not None)
