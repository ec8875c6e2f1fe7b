"""What a failed write means: no doubt is ever taken for a refusal, no refusal for a doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.changes.verdict import is_refused_input, lost, verdict, whole
from gateway.domain import failures
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    CircuitOpen,
    Conflict,
    ContractBroken,
    CredentialRefused,
    DeadlineExceeded,
    ErrorCode,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.intents import Intent, IntentState

FAILED, UNKNOWN = IntentState.FAILED, IntentState.UNKNOWN

REFUSALS = [BadInput, CapabilityMissing, Conflict, CredentialRefused, NotFound, Throttled]
DOUBTS = [ContractBroken, DeadlineExceeded, Malformed, Unavailable, VendorError]


def every_failure() -> list[type[Failure]]:
    known = [Failure]
    for kind in known:
        known.extend(kind.__subclasses__())
    return [kind for kind in known if kind.__module__ == failures.__name__]


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_readable_refusal_did_nothing(kind: type[Failure]) -> None:
    assert verdict(kind("no"), sent=True) is FAILED


@pytest.mark.parametrize("kind", DOUBTS)
def test_an_answer_that_is_lost_or_unreadable_leaves_the_outcome_unknown(
    kind: type[Failure],
) -> None:
    assert verdict(kind("?"), sent=True) is UNKNOWN


@pytest.mark.parametrize("kind", every_failure())
def test_what_was_never_sent_did_nothing_whatever_went_wrong(kind: type[Failure]) -> None:
    assert verdict(kind("no"), sent=False) is FAILED


def test_a_call_that_left_no_byte_did_nothing() -> None:
    assert verdict(CircuitOpen("later", sent=False), sent=True) is FAILED
    assert verdict(Unavailable("refused", sent=False), sent=True) is FAILED


def test_only_a_refusal_before_anything_was_sent_leaves_no_trace() -> None:
    assert is_refused_input(BadInput("no"), sent=False)
    assert not is_refused_input(BadInput("no"), sent=True)
    assert not is_refused_input(Unavailable("away"), sent=False)


def test_a_lost_answer_tells_to_follow_the_intent_and_is_not_retryable() -> None:
    problem = lost(Unavailable("secret words of the vendor"))
    assert problem.code is ErrorCode.OUTCOME_UNKNOWN
    assert not problem.retryable
    assert "secret" not in problem.message


def part(state: IntentState) -> Intent:
    now = Clock().now()
    return Intent(
        id=1,
        agency=AgencyId(1),
        operation="updateClient.record",
        caller="k",
        fingerprint="f",
        state=state,
        arguments=b"{}",
        created_at=now,
        lease_until=now,
    )


@given(st.lists(st.sampled_from(IntentState), min_size=1))
def test_the_whole_is_done_when_a_part_is_and_none_is_open(states: list[IntentState]) -> None:
    state = whole([part(each) for each in states])
    if IntentState.NEEDS_HUMAN in states:
        assert state is IntentState.NEEDS_HUMAN
    elif set(states) <= {IntentState.DONE, FAILED}:
        assert state is (IntentState.DONE if IntentState.DONE in states else FAILED)
    else:
        assert state is UNKNOWN
