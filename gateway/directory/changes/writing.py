"""The circumstances of one mutation, and what became of it."""

from dataclasses import dataclass

from msgspec import structs

from ...domain.caller import AgencyId
from ...domain.failures import Conflict, Failure, InProgress
from ...domain.intents import Intent, IntentState, Problem, Subject
from ..connect import Inquiry
from .turns import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One mutation of one caller.

    `operation` is the mutation's name. `key` makes it repeatable; `fingerprint` is a keyed digest
    of its input, by which a repeat is told from another write under the same key. `turn`: the rows
    that are its own meanwhile.
    """

    agency: AgencyId
    actor: str
    operation: str
    fingerprint: str
    inquiry: Inquiry
    key: str | None = None
    turn: Turn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOutcome:
    """What became of one record in an update of a client."""

    record: int
    changed: bool = False
    intent: Intent | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a mutation: `intent` None when the input was refused or nothing was written.

    `result`: the row that it made or changed. `second`: the other row, where there are two
    (the client that was split).
    """

    intent: Intent | None = None
    result: Subject | None = None
    second: Subject | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: tuple[PartOutcome, ...] = ()


def refused(failure: Failure, *field: str) -> Outcome:
    """The outcome of an input that is refused; `field` stands in where the failure names none."""
    return Outcome(problems=(input_problem(failure, *field),))


def input_problem(failure: Failure, *field: str) -> Problem:
    """A refusal, with the field that it names placed under the input."""
    problem = Problem.of(failure, field or None)
    if problem.field is None or problem.field[0] == "input":
        return problem
    return structs.replace(problem, field=("input", *problem.field))


def told_again(intent: Intent, writing: Writing) -> Outcome:
    """What a caller's key stands for: its first outcome, or why there is none to tell."""
    if intent.fingerprint != writing.fingerprint:
        message = "This idempotency key was used for another input."
        return Outcome(problems=(Problem.of(Conflict(message), ("input", "idempotencyKey")),))
    if intent.state in (IntentState.PENDING, IntentState.SENDING, IntentState.ANSWERED):
        message = "The same write is still under way: ask again soon, or follow its intent."
        return Outcome(intent=intent, problems=(Problem.of(InProgress(message)),))
    return outcome_of(intent)


def outcome_of(intent: Intent) -> Outcome:
    """What an intent tells."""
    return Outcome(
        intent=intent, result=intent.result, problems=intent.problems, warnings=intent.warnings
    )
