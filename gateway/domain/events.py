"""What happens while vendors are called, as frozen observations that anyone may consume."""

from dataclasses import dataclass

from .caller import AgencyId
from .failures import ErrorCode
from .vendor import VendorName


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An observation: which call of which account it concerns, and for which request."""

    vendor: VendorName
    agency: AgencyId
    account: int
    operation: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished(Event):
    """A call went through the whole stack; `source` is LIVE, CACHED or "" when it failed.

    `credential` is the id of the credential that the call named; None when the account has none.
    """

    seconds: float
    source: str
    stale: bool
    failure: ErrorCode | None
    credential: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSent(Event):
    """One request went to the vendor's socket; `status` is None when no answer came."""

    seconds: float
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheServed(Event):
    """The cache answered in the vendor's place."""

    age_seconds: float
    stale: bool
    failure: ErrorCode | None = None
    """Why the stale value had to do; None when it was fresh enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerServed(Event):
    """The ledger answered for `count` objects: fresh enough, or stale because the vendor failed."""

    count: int
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightJoined(Event):
    """The call waited for the answer to an identical one under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Event):
    """The call is tried again after a pause."""

    attempt: int
    delay_seconds: float
    failure: ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRenewed(Event):
    """A login gave a new session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Event):
    """The breaker of a vendor host opened, half-opened or closed; `reason` is a failure's code."""

    host: str
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRejected(Event):
    """The vendor refused a credential: it is not used again until replaced."""

    credential: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityLearned(Event):
    """The vendor's answer showed what a credential may or may not do."""

    credential: int
    name: str
    granted: bool
