"""Intents: writes to vendors, journaled before the first byte is sent.

    PENDING ──► SENDING ──► ANSWERED ──► DONE       it took effect
       │           │            ├──────► FAILED     it did not; trying again is safe
       │           │            └──► UNKNOWN        the answer cannot be read
       │           └──► UNKNOWN                     the answer was lost
       └──► FAILED                                  nothing was sent
    UNKNOWN ──► RECONCILING ──► DONE | FAILED       the vendor's own reads told
                    └──► NEEDS_HUMAN                they cannot; `resolveIntent` settles it

Source: "Writes without vendor idempotency keys" in docs/adr/0012.
"""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from .caller import AgencyId
from .failures import BadInput, ErrorCode, Failure
from .vendor import VendorName


class IntentState(Enum):
    """How far a write has come."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    ANSWERED = "ANSWERED"
    UNKNOWN = "UNKNOWN"
    RECONCILING = "RECONCILING"
    DONE = "DONE"
    FAILED = "FAILED"
    NEEDS_HUMAN = "NEEDS_HUMAN"


ENTRY = "gateway_intent"
"""The entry of a client's metadata in which the mark rides where a vendor has metadata."""

PREFIX = "gw-intent-"
"""How every mark begins."""

SETTLED = frozenset({IntentState.DONE, IntentState.FAILED})
"""States that never change again."""

RESTING = SETTLED | {IntentState.NEEDS_HUMAN}
"""States that no process works on."""


ERASED = b"{}"
"""The arguments of a write whose client was erased since."""


class SubjectKind(Enum):
    """What a write made or changed; the value is the prefix of its global id."""

    CLIENT = "C"
    RECORD = "R"
    LINK = "L"
    TOKEN = "T"  # noqa: S105 - a prefix
    JOB = "J"


class Subject(Struct, frozen=True):
    """A row that a write made or changed."""

    kind: SubjectKind
    id: int


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong with a write, as it is kept and told again; `retry_after` in seconds."""

    code: ErrorCode
    message: str
    field: tuple[str, ...] | None = None
    vendor: VendorName | None = None
    retryable: bool = False
    retry_after: float | None = None

    @classmethod
    def of(cls, failure: Failure, field: tuple[str, ...] | None = None) -> "Problem":
        """A failure as a problem; `field` stands in where the failure names none."""
        named = failure.field if isinstance(failure, BadInput) and failure.field else field
        return cls(
            code=failure.code,
            message=failure.message,
            field=named,
            vendor=failure.vendor,
            retryable=failure.retryable,
            retry_after=failure.retry_after,
        )


class Intent(Struct, frozen=True, kw_only=True):
    """A write in the journal.

    One intent stands for at most one journaled call of a vendor. A mutation that needs several has
    one for itself and a part, with `parent`, for each of them. `arguments` (JSON) are all that is
    needed to send or to find the write again, and hold no secret. `answer` is the vendor's raw
    answer, sealed. `key` and `fingerprint` tell a caller's repeat from another write. `epoch` grows
    when another process takes over, so that the late word of the one before is refused; nobody
    takes over before `lease_until`.
    """

    id: int
    agency: AgencyId
    operation: str
    caller: str
    fingerprint: str
    state: IntentState
    arguments: bytes
    created_at: datetime
    lease_until: datetime
    epoch: int = 1
    parent: int | None = None
    vendor: VendorName | None = None
    account: int | None = None
    key: str | None = None
    answer: bytes | None = None
    result: Subject | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    settled_at: datetime | None = None

    @property
    def mark(self) -> str:
        """What rides in the vendor's object, where it has a field for it."""
        return mark(self.id)


def mark(intent: int) -> str:
    """The mark of an intent by its id."""
    return f"{PREFIX}{intent}"


def marked(text: str) -> int | None:
    """The intent whose mark this is; None when it is none."""
    id = text.removeprefix(PREFIX)
    if id == text or not id.isascii() or not id.isdecimal() or len(id) > 18:
        return None
    return int(id)


def is_erased(intent: Intent) -> bool:
    """Whether what it was about was purged: nobody can say any more what was sent."""
    return intent.arguments == ERASED
