"""One case: a write, a death at a chosen moment, a restart, and what is true then."""

import http.client
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from gateway.cli.demonstration import DATABASE
from gateway.sandbox.server import Running

from . import processes
from .caller import answered, ask, control, seen
from .judge import Entry, Evidence, Told
from .points import Board
from .processes import Child, forked
from .world import Prepared
from .writes import Write

HELD = 20_000.0
"""Milliseconds for which a vendor that is slow holds its act, or its answer: longer than a case."""


class Moment(Enum):
    """When the process dies."""

    NEVER = "never"
    POINT = "at a point"
    RANDOM = "at random"
    ARRIVED = "the vendor has the call and has not acted"
    COMMITTED = "the vendor has acted and not answered"


@dataclass(frozen=True, slots=True)
class Death:
    """One kill: `at` is the number of the point, or the seconds after the call for RANDOM."""

    moment: Moment
    at: float = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A case: how the process dies, and at which point of the recovery its successor does."""

    write: Write
    first: Death
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case.

    `points`: those passed until the first death, or all; `recovered`: those of the last restart
    until all was at rest. `seconds`: how long the caller waited.
    """

    evidence: Evidence
    kills: int
    points: tuple[str, ...]
    recovered: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Lane:
    """A place where cases run one after the other, with vendors of its own."""

    board: Board
    running: Running
    prepared: Prepared
    folder: Path

    def run(self, plan: Plan) -> Result:
        """Run a case."""
        self._reset(plan.write)
        self.board.ahead = 0
        with self._data() as data:
            first, kills, points, seconds = self._first(plan, data)
            if plan.second:
                kills += self._second(plan.second, data)
            evidence, recovered = self._judged(plan.write, data, first)
        return Result(evidence, kills, points, recovered, seconds)

    # ── Until the death ───────────────────────────────────────────────────────────────────────

    def _first(self, plan: Plan, data: Path) -> tuple[Told | None, int, tuple[str, ...], float]:
        write, death, facts = plan.write, plan.first, self.prepared.facts
        with self._gateway(data) as child:
            port = child.hear()["port"]
            self._slow_down(write, death.moment)
            self.board.arm(int(death.at) if death.moment is Moment.POINT else 0)
            begun = time.monotonic()
            watch = partial(self._watch, write, death, child)
            told = ask(port, write, facts, watch)
            seconds = time.monotonic() - begun
            child.ask_to_end()
            killed = child.was_killed
            points = self.board.passed()
            self.board.disarm()
        return told, int(killed), points, seconds

    def _watch(
        self, write: Write, death: Death, child: Child, connection: http.client.HTTPConnection
    ) -> None:
        """Kill the child at its moment, unless it does so itself."""
        match death.moment:
            case Moment.RANDOM:
                answered(connection, death.at)
                child.kill()
            case Moment.ARRIVED:
                self._until(lambda vendor, each: self._arrived(vendor, each), write)
                child.kill()
            case Moment.COMMITTED:
                self._until(lambda vendor, _: self._effects(vendor) > 0, write)
                child.kill()

    def _until(self, holds: Any, write: Write) -> None:
        ends = time.monotonic() + processes.PATIENCE
        while not all(holds(vendor.name, each) for vendor, each in write.vendors.items()):
            if time.monotonic() > ends:
                raise RuntimeError(f"{write.name}: the vendor was never called")
            time.sleep(0.003)

    def _arrived(self, vendor: str, operation: str) -> bool:
        calls = self._control("GET", vendor, "calls")
        return any(each["operation"] == operation for each in calls)

    def _slow_down(self, write: Write, moment: Moment) -> None:
        effect = {Moment.ARRIVED: "none", Moment.COMMITTED: "before"}.get(moment)
        if effect is None:
            return
        for vendor, operation in write.vendors.items():
            match = {"operation": operation}
            fault = {"fault": "latency", "ms": HELD, "match": match, "effect": effect}
            self._control("PUT", vendor.name, "faults", [fault])

    # ── After the restart ─────────────────────────────────────────────────────────────────────

    def _second(self, at: int, data: Path) -> int:
        """Restart, and die again in the recovery."""
        self._speed_up()
        self.board.arm(at)
        with self._gateway(data, restarted=True) as child:
            while (said := child.hear()) is not None and "rested" not in said:
                pass
            self.board.disarm()
            # It may have rested before the point was reached: then it is ended, not killed.
            killed = said is None and child.was_killed
        return int(killed)

    def _judged(
        self, write: Write, data: Path, first: Told | None
    ) -> tuple[Evidence, tuple[str, ...]]:
        self._speed_up()
        facts = self.prepared.facts
        self.board.arm()
        with self._gateway(data, restarted=True) as child:
            port, rested = 0, None
            while (said := child.hear()) is not None:
                port = said.get("port", port)
                if "rested" in said:
                    rested = said["rested"]
                    break
            recovered = self.board.passed()
            self.board.disarm()
            journal, effects = self._journal(write, data), self._all_effects(write)
            shown = seen(port, write, facts)
            again = ask(port, write, facts)
            if again is None:
                again = Told(intent=None, state=None, object=None, codes=("NO_ANSWER",))
            evidence = Evidence(
                vendors=tuple(vendor.name for vendor in write.vendors),
                findable=write.findable,
                first=first,
                journal=journal,
                settled_after=rested,
                effects=effects,
                shown=shown,
                again=again,
                effects_then=self._all_effects(write),
                shown_then=shown if journal else seen(port, write, facts),
            )
        return evidence, recovered

    def _journal(self, write: Write, data: Path) -> tuple[Entry, ...]:
        """The intents that the write made."""
        with processes.closing_database(data / DATABASE) as connection:
            found = connection.execute(
                "SELECT id, operation, state, vendor, parent FROM intents WHERE id > ? OR id = ?"
                " ORDER BY id",
                (self.prepared.last_intent, self._resolved(write)),
            ).fetchall()
        told = {vendor.value: vendor.name for vendor in write.vendors}
        entries = [
            Entry(id=id, operation=operation, state=state, vendor=told.get(vendor), parent=parent)
            for id, operation, state, vendor, parent in found
        ]
        # An intent that still waits for a person is one that nobody has resolved.
        waits = self._resolved(write)
        return tuple(e for e in entries if not (e.id == waits and e.state == "NEEDS_HUMAN"))

    def _resolved(self, write: Write) -> int:
        """The intent that the write resolves; 0: it resolves none."""
        return self.prepared.last_intent if write.mutation == "resolveIntent" else 0

    # ── The vendors ───────────────────────────────────────────────────────────────────────────

    def _reset(self, write: Write) -> None:
        for vendor in self.running.vendors:
            if vendor in write.vendors or not write.vendors:
                state = self.prepared.states[vendor.name]
                self._control("POST", vendor.name, "reset", {"world": state})

    def _speed_up(self) -> None:
        for vendor in self.running.vendors:
            self._control("PUT", vendor.name, "faults", [])

    def _effects(self, vendor: str) -> int:
        return len(self._control("GET", vendor, "effects"))

    def _all_effects(self, write: Write) -> Mapping[str, int]:
        return {vendor.name: self._effects(vendor.name) for vendor in write.vendors}

    def _control(self, method: str, vendor: str, path: str, body: Any = None) -> Any:
        return control(self.running.control, method, vendor, path, body)

    # ── Processes and folders ─────────────────────────────────────────────────────────────────

    @contextmanager
    def _gateway(self, data: Path, *, restarted: bool = False) -> Iterator[Child]:
        work = processes.gateway(self.running, data, self.board, restarted=restarted)
        with forked(work) as child:
            yield child

    @contextmanager
    def _data(self) -> Iterator[Path]:
        folder = self.folder / f"case-{os.getpid()}"
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
        yield self.prepared.template.copy(folder)
        shutil.rmtree(folder)
