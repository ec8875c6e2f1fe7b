"""What a failed write means: did it take effect, did it not, or can nobody say yet?

Pure. The rules are those of the fault matrix (docs/adr/0013): a readable refusal and a call that
never left this machine did nothing; anything else after the first byte is unknown.
"""

from collections.abc import Sequence

from ...domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialExpired,
    CredentialRefused,
    Failure,
    NotFound,
    OutcomeUnknown,
    Throttled,
    Unsupported,
)
from ...domain.intents import Intent, IntentState, Problem

_REFUSALS = (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialExpired,
    CredentialRefused,
    NotFound,
    Throttled,
    Unsupported,
)
_INPUT = (BadInput, CapabilityMissing, Conflict, NotFound, Unsupported)


def verdict(failure: Failure, sent: bool) -> IntentState:
    """FAILED or UNKNOWN; `sent`: whether the journal saw the write leave."""
    if not sent or failure.sent is False or isinstance(failure, _REFUSALS):
        return IntentState.FAILED
    return IntentState.UNKNOWN


def is_refused_input(failure: Failure, sent: bool) -> bool:
    """Whether the write never came to be: the input was refused before anything was sent."""
    return not sent and isinstance(failure, _INPUT)


def lost(failure: Failure) -> Problem:
    """The problem of a write whose outcome is unknown because of that failure."""
    message = (
        "The write was sent and its answer was lost or cannot be read: it is not sent again."
        " Follow its intent."
    )
    return Problem.of(OutcomeUnknown(message, vendor=failure.vendor))


def whole(parts: Sequence[Intent]) -> IntentState:
    """The state of a mutation from those of its parts."""
    states = {part.state for part in parts}
    if IntentState.NEEDS_HUMAN in states:
        return IntentState.NEEDS_HUMAN
    if states <= {IntentState.DONE, IntentState.FAILED}:
        return IntentState.DONE if IntentState.DONE in states else IntentState.FAILED
    return IntentState.UNKNOWN
