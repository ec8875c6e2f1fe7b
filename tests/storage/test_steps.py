"""Which step of a write may follow which."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.intents import RESTING, SETTLED, IntentState
from gateway.storage.steps import UNFINISHED, UNSETTLED, may_become

S = IntentState
states = st.sampled_from(S)

DRAWN = {
    (S.PENDING, S.SENDING),
    (S.SENDING, S.ANSWERED),
    (S.ANSWERED, S.DONE),
    (S.ANSWERED, S.FAILED),
    (S.ANSWERED, S.UNKNOWN),
    (S.SENDING, S.UNKNOWN),
    (S.PENDING, S.FAILED),
    (S.UNKNOWN, S.RECONCILING),
    (S.RECONCILING, S.DONE),
    (S.RECONCILING, S.FAILED),
    (S.RECONCILING, S.NEEDS_HUMAN),
    (S.NEEDS_HUMAN, S.DONE),
    (S.NEEDS_HUMAN, S.FAILED),
}
"""The arrows in `domain.intents`."""


def test_every_arrow_that_is_drawn_may_be_gone() -> None:
    assert all(before in may_become(after) for before, after in DRAWN)


@given(states)
def test_what_is_settled_never_changes(after: IntentState) -> None:
    assert not may_become(after) & SETTLED


@given(states)
def test_what_rests_only_ever_ends(after: IntentState) -> None:
    assert not may_become(after) & RESTING or after in RESTING


@given(states)
def test_everything_unsettled_can_end(before: IntentState) -> None:
    ends = {after for after in RESTING if before in may_become(after)}
    assert ends == (set() if before in SETTLED else set(RESTING))


@given(states)
def test_nothing_becomes_pending_again(before: IntentState) -> None:
    assert before not in may_become(S.PENDING)


@given(states)
def test_nothing_is_sent_once_it_is_in_doubt(before: IntentState) -> None:
    doubted = {S.UNKNOWN, S.RECONCILING} | RESTING
    assert not (before in doubted and before in may_become(S.SENDING))


@given(states)
def test_only_what_is_being_sent_is_answered(before: IntentState) -> None:
    assert (before in may_become(S.ANSWERED)) == (before is S.SENDING)


def test_unfinished_and_resting_are_all_states() -> None:
    assert set(S) == UNFINISHED | RESTING
    assert set(S) == UNSETTLED | SETTLED
    assert not UNFINISHED & RESTING
