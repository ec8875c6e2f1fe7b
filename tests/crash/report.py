"""What is told of a run: a line for each write, and every broken promise."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .cases import Moment, Plan, Result
from .judge import Violation, Wrong, judge
from .plans import Passed

HEAD = (
    f"{'write':<28}{'points':>7}{'kills':>7}{'random':>7}{'again':>6}"
    f"{'DONE':>6}{'FAILED':>7}{'HUMAN':>6}{'none':>6}"
    f"{'doubled':>9}{'lost':>6}{'unsettled':>10}{'false':>6}{'slowest':>9}"
)
"""`points`: those that a write passes; `kills`: at points, around vendors' commits and in
recoveries; `again`: those of the kills that hit a recovery. DONE to none: the outcomes after the
restart. `slowest`: seconds from a restart until all intents were at rest, by the gateway's clock.
"""


@dataclass
class Line:
    """What happened to one write."""

    points: int = 0
    kills: int = 0
    random: int = 0
    again: int = 0
    states: Counter[str] = field(default_factory=Counter)
    wrong: Counter[Wrong] = field(default_factory=Counter)
    slowest: float = 0.0

    def add(self, plan: Plan, result: Result, violations: Sequence[Violation]) -> None:
        """Count a case."""
        if plan.first.moment is Moment.RANDOM:
            self.random += result.kills
        else:
            self.kills += result.kills
        self.again += max(0, result.kills - 1)
        root = result.evidence.root
        self.states["none" if root is None else root.state] += 1
        self.wrong.update(each.wrong for each in violations)
        self.slowest = max(self.slowest, result.evidence.settled_after or 0.0)

    def told(self, name: str) -> str:
        """The line."""
        return (
            f"{name:<28}{self.points:>7}{self.kills:>7}{self.random:>7}{self.again:>6}"
            + "".join(f"{self.states[state]:>{width}}" for state, width in _STATES)
            + "".join(f"{self.wrong[wrong]:>{width}}" for wrong, width in _WRONGS)
            + f"{self.slowest:>7.0f} s"
        )


_STATES = (("DONE", 6), ("FAILED", 7), ("NEEDS_HUMAN", 6), ("none", 6))
_WRONGS = ((Wrong.DOUBLED, 9), (Wrong.LOST, 6), (Wrong.UNSETTLED, 10), (Wrong.FALSE, 6))


@dataclass
class Report:
    """All cases of a run."""

    lines: dict[str, Line] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    died_at: set[str] = field(default_factory=set)

    def passed(self, passed: Mapping[str, Passed]) -> None:
        """Take note of what each write passes undisturbed."""
        for name, each in passed.items():
            self._line(name).points = len(each.points)

    def add(self, plan: Plan, result: Result) -> None:
        """Judge a case."""
        violations = judge(result.evidence)
        self._line(plan.write.name).add(plan, result, violations)
        if result.kills and plan.first.moment is Moment.POINT and result.points:
            self.died_at.add(result.points[-1])
        if violations:
            self.wrong.append("\n".join(_described(plan, result, violations)))

    @property
    def kills(self) -> int:
        """Kills that were not random."""
        return sum(line.kills for line in self.lines.values())

    @property
    def random(self) -> int:
        """Random kills."""
        return sum(line.random for line in self.lines.values())

    def table(self) -> Iterator[str]:
        """The lines, with the sum."""
        yield HEAD
        whole = Line()
        for name, line in self.lines.items():
            yield line.told(name)
            for count in ("points", "kills", "random", "again"):
                setattr(whole, count, getattr(whole, count) + getattr(line, count))
            whole.states += line.states
            whole.wrong += line.wrong
            whole.slowest = max(whole.slowest, line.slowest)
        yield whole.told("all")

    def _line(self, name: str) -> Line:
        return self.lines.setdefault(name, Line())


def _described(plan: Plan, result: Result, violations: Sequence[Violation]) -> Iterator[str]:
    place = result.points[-1] if result.points else "before any point"
    death = f"{plan.first.moment.value} {plan.first.at:g} ({place})"
    again = "" if plan.second is None else f", and at point {plan.second} of the recovery"
    yield f"{plan.write.name}: died {death}{again}"
    for each in violations:
        yield f"    {each.wrong.value}: {each.why}"
    evidence = result.evidence
    journal = ", ".join(f"{each.operation} {each.state}" for each in evidence.journal) or "empty"
    yield f"    journal: {journal}; effects: {dict(evidence.effects)}"
    yield f"    first told: {_told(evidence.first)}; then: {_told(evidence.again)}"


def _told(told: object) -> str:
    return "nothing" if told is None else str(told)
