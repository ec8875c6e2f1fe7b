"""The judge must be able to condemn: each broken promise is shown to it, and named."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.crash.judge import LONGEST, Entry, Evidence, Told, Wrong, judge

DONE = Told(intent=5, state="DONE", object="C1")
NOTHING = Told(intent=None, state=None, object=None)
BRONTO = ("BRONTO",)


def entry(state: str, vendor: str | None = "BRONTO", **more: Any) -> Entry:
    return Entry(**{"id": 5, "operation": "createClient", "state": state, "vendor": vendor, **more})


def evidence(count: int = 1, **more: Any) -> Evidence:
    """A write at one vendor that went well."""
    held: Mapping[str, int] = {"BRONTO": count}
    usual = {
        "vendors": BRONTO,
        "first": DONE,
        "journal": (entry("DONE"),),
        "effects": held,
        "effects_then": held,
        "shown": True,
        "shown_then": True,
        "again": DONE,
    }
    return Evidence(**{**usual, **more})


def recorded(state: str = "DONE", **more: Any) -> Evidence:
    """A write that no vendor is told of."""
    told = Told(intent=5, state=state, object="C1" if state == "DONE" else None)
    usual = {
        "journal": (entry(state, vendor=None),),
        "shown": state == "DONE",
        "shown_then": state == "DONE",
        "again": told,
    }
    return Evidence(**{**usual, **more})


def wrongs(seen: Evidence) -> set[Wrong]:
    return {violation.wrong for violation in judge(seen)}


# ── What is right ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "seen",
    [
        evidence(),
        evidence(first=None),
        evidence(first=Told(intent=5, state="PENDING", object=None)),
        evidence(
            0,
            first=None,
            journal=(entry("FAILED"),),
            again=Told(intent=5, state="FAILED", object=None),
            shown=False,
            shown_then=False,
        ),
        evidence(
            findable=False,
            first=None,
            journal=(entry("NEEDS_HUMAN"),),
            again=Told(intent=5, state="NEEDS_HUMAN", object=None),
            shown=False,
            shown_then=False,
        ),
        evidence(
            first=None, journal=(), effects={"BRONTO": 0}, shown=False, again=DONE, shown_then=True
        ),
        recorded(),
        recorded("FAILED"),
        recorded(journal=(), shown=False, shown_then=True),
    ],
    ids=[
        "done",
        "done, unheard",
        "told that it is under way",
        "failed",
        "a person settles it",
        "nothing recorded, and done when repeated",
        "recorded",
        "recording failed",
        "nothing recorded here, and done when repeated",
    ],
)
def test_a_promise_that_was_kept_is_not_condemned(seen: Evidence) -> None:
    assert judge(seen) == ()


def test_a_part_that_failed_leaves_the_whole_done_by_the_other() -> None:
    whole = Entry(id=5, operation="updateClient", state="DONE")
    parts = (
        Entry(id=6, operation="part", state="DONE", vendor="BRONTO", parent=5),
        Entry(id=7, operation="part", state="FAILED", vendor="OWN", parent=5),
    )
    effects = {"BRONTO": 1, "OWN": 0}
    seen = evidence(
        vendors=("BRONTO", "OWN"),
        first=None,
        journal=(whole, *parts),
        effects=effects,
        effects_then=effects,
    )
    assert judge(seen) == ()


# ── What is wrong ─────────────────────────────────────────────────────────────────────────────


def test_two_effects_of_one_write_are_doubled() -> None:
    assert wrongs(evidence(2)) == {Wrong.DOUBLED}


def test_a_repeat_that_takes_effect_again_is_doubled() -> None:
    assert wrongs(evidence(effects_then={"BRONTO": 2})) == {Wrong.DOUBLED}
    failed = evidence(
        0,
        first=None,
        journal=(entry("FAILED"),),
        again=Told(intent=5, state="FAILED", object=None),
        effects_then={"BRONTO": 1},
        shown=None,
        shown_then=None,
    )
    assert wrongs(failed) == {Wrong.DOUBLED}


@pytest.mark.parametrize("state", ["FAILED", "NEEDS_HUMAN"])
def test_what_was_told_done_and_is_something_else_is_lost(state: str) -> None:
    again = Told(intent=5, state=state, object=None)
    assert Wrong.LOST in wrongs(evidence(journal=(entry(state),), again=again))


def test_what_was_told_done_and_is_in_no_journal_is_lost() -> None:
    assert Wrong.LOST in wrongs(evidence(journal=()))
    assert Wrong.LOST in wrongs(evidence(first=Told(intent=4, state="DONE", object="C1")))


def test_what_was_told_done_and_is_not_at_the_vendor_is_lost() -> None:
    assert Wrong.LOST in wrongs(evidence(0))


def test_what_was_told_done_and_is_not_shown_is_lost() -> None:
    assert Wrong.LOST in wrongs(evidence(shown=False))
    assert Wrong.LOST in wrongs(recorded(first=DONE, shown=False))


def test_what_was_told_under_way_and_is_in_no_journal_is_lost() -> None:
    first = Told(intent=5, state="PENDING", object=None)
    assert Wrong.LOST in wrongs(evidence(first=first, journal=()))


@pytest.mark.parametrize("after", [None, LONGEST + 1])
def test_what_takes_too_long_is_unsettled(after: float | None) -> None:
    assert wrongs(evidence(settled_after=after)) == {Wrong.UNSETTLED}


@pytest.mark.parametrize("state", ["PENDING", "SENDING", "ANSWERED", "UNKNOWN", "RECONCILING"])
def test_an_intent_that_does_not_rest_is_unsettled(state: str) -> None:
    again = Told(intent=5, state=state, object=None)
    seen = evidence(first=None, journal=(entry(state),), again=again, shown=None)
    assert wrongs(seen) == {Wrong.UNSETTLED}


def test_a_journal_that_says_done_without_an_effect_is_false() -> None:
    assert wrongs(evidence(0, first=None)) == {Wrong.FALSE}


def test_a_journal_that_says_failed_of_what_took_effect_is_false() -> None:
    again = Told(intent=5, state="FAILED", object=None)
    seen = evidence(first=None, journal=(entry("FAILED"),), again=again)
    assert wrongs(seen) == {Wrong.FALSE}


def test_a_person_who_is_asked_what_reads_can_tell_is_a_fault() -> None:
    again = Told(intent=5, state="NEEDS_HUMAN", object=None)
    seen = evidence(first=None, journal=(entry("NEEDS_HUMAN"),), again=again)
    assert wrongs(seen) == {Wrong.FALSE}
    assert Wrong.FALSE in wrongs(recorded("NEEDS_HUMAN"))


def test_an_effect_that_no_intent_knows_of_is_false() -> None:
    assert wrongs(evidence(first=None, journal=(), again=DONE)) == {Wrong.FALSE}


def test_a_whole_that_is_done_although_a_vendor_was_never_told_is_false() -> None:
    seen = evidence(first=None, journal=(entry("DONE", vendor=None),), effects={}, effects_then={})
    assert wrongs(seen) == {Wrong.FALSE}


def test_what_is_done_and_not_shown_is_false() -> None:
    assert wrongs(evidence(first=None, shown=False)) == {Wrong.FALSE}


@pytest.mark.parametrize("journal", [(), (entry("FAILED", vendor=None),)], ids=["none", "failed"])
def test_what_is_shown_although_it_never_was_is_false(journal: tuple[Entry, ...]) -> None:
    again = Told(intent=5, state="FAILED", object=None) if journal else DONE
    assert wrongs(recorded(journal=journal, shown=True, again=again)) == {Wrong.FALSE}


@pytest.mark.parametrize(
    "again",
    [
        NOTHING,
        Told(intent=6, state="DONE", object="C1"),
        Told(intent=5, state="FAILED", object=None),
        Told(intent=5, state="DONE", object=None),
        Told(intent=None, state=None, object=None, silent=True, codes=("CONFLICT",)),
    ],
    ids=["nothing", "another intent", "another state", "no object", "a refusal"],
)
def test_a_repeat_that_is_told_another_outcome_is_false(again: Told) -> None:
    assert wrongs(evidence(first=None, again=again)) == {Wrong.FALSE}


def test_a_repeat_that_cannot_do_what_was_never_recorded_is_false() -> None:
    nothing = evidence(0, first=None, journal=(), again=NOTHING, shown=False, shown_then=False)
    assert wrongs(nothing) == {Wrong.FALSE}
    assert wrongs(recorded(journal=(), shown=False, shown_then=False)) == {Wrong.FALSE}
