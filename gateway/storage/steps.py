"""Which step of a write may follow which, as `domain.intents` draws it. Pure."""

from ..domain.intents import RESTING, SETTLED, IntentState

UNFINISHED = frozenset(IntentState) - RESTING
"""States that a process has to work on."""

UNSETTLED = frozenset(IntentState) - SETTLED
"""States that can still be settled, be it by a person."""

_SENDABLE = frozenset({IntentState.PENDING, IntentState.SENDING, IntentState.ANSWERED})


def may_become(state: IntentState) -> frozenset[IntentState]:
    """The states from which a write may come to this one.

    SENDING follows ANSWERED where the answer was that the session had ended: the same call is sent
    once more in a new one. What has not ended may come into doubt at any moment, and a process that
    takes over need not tell of UNKNOWN before RECONCILING.
    """
    match state:
        case IntentState.PENDING:
            return frozenset()
        case IntentState.SENDING:
            return _SENDABLE
        case IntentState.ANSWERED:
            return frozenset({IntentState.SENDING})
        case IntentState.UNKNOWN | IntentState.RECONCILING:
            return UNFINISHED
        case IntentState.DONE | IntentState.FAILED | IntentState.NEEDS_HUMAN:
            return UNSETTLED
