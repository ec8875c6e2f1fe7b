"""Whether a vendor can be reached for an account, as the breakers tell: no call is made to know."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ..upstream.breaker import HostState, Phase


class HealthState(Enum):
    """Whether a vendor can be reached."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an account's vendor can be reached; `reason` is a sentence, None when it is UP."""

    state: HealthState
    since: datetime | None = None
    reason: str | None = None


def health(states: Iterable[HostState]) -> Health:
    """The health of an account from what its hosts' breakers make of them.

    All open is DOWN, some open or on trial is DEGRADED; a host that was never called says nothing.
    """
    known = list(states)
    if not known:
        return Health(HealthState.UNKNOWN, reason="No call was made lately.")
    troubled = [state for state in known if state.phase is not Phase.CLOSED]
    if not troubled:
        since = [state.since for state in known if state.since is not None]
        return Health(HealthState.UP, max(since, default=None))
    down = all(state.phase is Phase.OPEN for state in known)
    worst = troubled[0]
    code = worst.reason.value if worst.reason is not None else "an unknown reason"
    return Health(
        HealthState.DOWN if down else HealthState.DEGRADED,
        worst.since,
        f"Calls to {worst.host} failed: {code}.",
    )
