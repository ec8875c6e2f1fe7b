"""What must hold after a crash, decided from what a caller was told, the journal, and the truth.

Pure. The truth is the sandbox's ledger of effects; where a write tells no vendor, it is what the
gateway shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

LONGEST = 60.0
"""Seconds after a restart by which every intent is settled or flagged (issue 3)."""

RESTING = frozenset({"DONE", "FAILED", "NEEDS_HUMAN"})


class Wrong(Enum):
    """Ways in which a write can go wrong."""

    DOUBLED = "doubled"
    LOST = "lost"
    UNSETTLED = "unsettled"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    wrong: Wrong
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a caller heard: the intent (None: nothing recorded), its state, and the object.

    `silent`: an answer that has no room for an intent, such as the refusal of a file.
    """

    intent: int | None
    state: str | None
    object: str | None
    codes: tuple[str, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An intent in the journal; `vendor` None where no vendor is told."""

    id: int
    operation: str
    state: str
    vendor: str | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one case.

    `vendors`: those that the write tells, each once. `findable`: reads of the vendors tell whether
    it took effect. `first`: what the caller heard before the crash, None for nothing. `journal`,
    `effects` (by vendor) and `shown` (whether the gateway shows the write; None: it cannot) after
    the restart; `again` is what the same write with the same key is told then, and `effects_then`,
    `shown_then` what is true after that. `settled_after`: seconds from the restart, None: never.
    """

    vendors: tuple[str, ...] = ()
    findable: bool = True
    first: Told | None = None
    journal: tuple[Entry, ...] = ()
    settled_after: float | None = 0.0
    effects: Mapping[str, int] = field(default_factory=dict)
    shown: bool | None = None
    again: Told
    effects_then: Mapping[str, int] = field(default_factory=dict)
    shown_then: bool | None = None

    @property
    def root(self) -> Entry | None:
        """The intent of the mutation itself."""
        return next((each for each in self.journal if each.parent is None), None)


def judge(evidence: Evidence) -> tuple[Violation, ...]:
    """Everything that is wrong; nothing, when all promises were kept."""
    rules = (_doubled, _unsettled, _lost, _journal, _sightings, _repeat)
    return tuple(violation for rule in rules for violation in rule(evidence))


def _doubled(evidence: Evidence) -> Iterator[Violation]:
    for when, effects in (("", evidence.effects), (" when repeated", evidence.effects_then)):
        for vendor, count in effects.items():
            if count > 1:
                yield Violation(Wrong.DOUBLED, f"{vendor} took effect {count} times{when}")


def _unsettled(evidence: Evidence) -> Iterator[Violation]:
    after = evidence.settled_after
    if after is None or after > LONGEST:
        shown = "never" if after is None else f"after {after:.0f} s"
        yield Violation(Wrong.UNSETTLED, f"settled {shown}")
    for entry in evidence.journal:
        if entry.state not in RESTING:
            yield Violation(Wrong.UNSETTLED, f"{entry.operation} stays {entry.state}")


def _lost(evidence: Evidence) -> Iterator[Violation]:
    """What a caller was told remains so."""
    first, root = evidence.first, evidence.root
    if first is None or first.state is None:
        return
    if root is None or first.intent not in (None, root.id):
        yield Violation(Wrong.LOST, f"was told {first.state}, and the journal knows nothing of it")
        return
    if first.state in ("DONE", "FAILED") and root.state != first.state:
        yield Violation(Wrong.LOST, f"was told {first.state}, and it is {root.state}")
    if first.state == "DONE":
        for vendor in evidence.vendors:
            if not evidence.effects.get(vendor):
                yield Violation(Wrong.LOST, f"was told DONE, and {vendor} has nothing")
        if evidence.shown is False:
            yield Violation(Wrong.LOST, "was told DONE, and the gateway does not show it")


def _journal(evidence: Evidence) -> Iterator[Violation]:
    """The journal tells the truth about every vendor."""
    known = {entry.vendor: entry for entry in evidence.journal if entry.vendor is not None}
    for vendor in evidence.vendors:
        effects, entry = evidence.effects.get(vendor, 0), known.get(vendor)
        if entry is None:
            if effects:
                yield Violation(Wrong.FALSE, f"{vendor} took effect without an intent")
            root = evidence.root
            if root is not None and root.state == "DONE":
                yield Violation(Wrong.FALSE, f"DONE, and {vendor} was never told")
        elif entry.state == "DONE" and not effects:
            yield Violation(Wrong.FALSE, f"{entry.operation} is DONE without an effect")
        elif entry.state == "FAILED" and effects:
            yield Violation(Wrong.FALSE, f"{entry.operation} is FAILED and took effect")
    for entry in evidence.journal:
        if entry.state == "NEEDS_HUMAN" and (evidence.findable or not evidence.vendors):
            yield Violation(Wrong.FALSE, f"{entry.operation} needs a person, though reads can tell")


def _sightings(evidence: Evidence) -> Iterator[Violation]:
    """The gateway shows what is done; and nothing else, where it is the only witness."""
    root, shown = evidence.root, evidence.shown
    if shown is False and root is not None and root.state == "DONE":
        yield Violation(Wrong.FALSE, "DONE, and the gateway does not show it")
    if shown and not evidence.vendors and (root is None or root.state == "FAILED"):
        told = "nothing is recorded" if root is None else "it is FAILED"
        yield Violation(Wrong.FALSE, f"the gateway shows it, and {told}")


def _repeat(evidence: Evidence) -> Iterator[Violation]:
    """The key answers the first outcome; where nothing was recorded, it is the first."""
    root, again = evidence.root, evidence.again
    if root is None:
        if again.state != "DONE":
            told = ", ".join((str(again.state), *again.codes))
            yield Violation(Wrong.FALSE, f"nothing was recorded, and the repeat is told {told}")
        for vendor in evidence.vendors:
            if evidence.effects_then.get(vendor) != 1:
                yield Violation(Wrong.FALSE, f"the repeat did nothing at {vendor}")
        if evidence.shown_then is False:
            yield Violation(Wrong.FALSE, "the gateway does not show the repeat")
        return
    if again.silent:
        if root.state == "DONE":
            yield Violation(Wrong.FALSE, f"it is DONE, and the repeat is told {again.codes}")
    elif again.intent not in (None, root.id) or again.state != root.state:
        told = f"{again.state} of intent {again.intent}"
        yield Violation(Wrong.FALSE, f"the repeat is told {told}, not {root.state} of {root.id}")
    elif root.state == "DONE" and again.object is None:
        yield Violation(Wrong.FALSE, "the repeat is told DONE without the object")
    if any(
        evidence.effects_then.get(each) != evidence.effects.get(each) for each in evidence.vendors
    ):
        yield Violation(Wrong.DOUBLED, "the repeat took effect once more")
