"""All that can go wrong, in one tree; each boundary translates into it exactly once.

    Failure                     code, vendor, account, retryable, retry_after, sent
    ├── Unauthenticated         UNAUTHENTICATED         no key, or one that is not valid
    ├── Forbidden               FORBIDDEN               the key lacks the scope
    ├── NotFound                NOT_FOUND               no such object, or another agency's
    ├── BadInput                BAD_USER_INPUT          names the field; never echoes the value
    ├── Conflict                CONFLICT                contradicts what is there
    │   └── InProgress          CONFLICT                the same write is still under way
    ├── ConfirmationRequired    CONFIRMATION_REQUIRED   has a consequence to accept in the input
    ├── OutcomeUnknown          OUTCOME_UNKNOWN         a write whose answer was lost
    ├── DocumentRefused         DOCUMENT_REFUSED        does not parse, is not valid, is too large
    ├── StorageUnavailable      STORAGE_UNAVAILABLE     the gateway's own storage
    ├── Unsupported             UNSUPPORTED_BY_VENDOR   the vendor has no such operation
    ├── CapabilityMissing       CAPABILITY_MISSING      says which credential can
    ├── CredentialExpired       CREDENTIAL_EXPIRED      past its end under the vendor's law
    ├── CredentialRefused       CREDENTIAL_INVALID      the vendor refused it; opens no breaker
    │   └── SessionExpired      CREDENTIAL_INVALID      its session ended; renewed once
    ├── Throttled               RATE_LIMITED            a quota, theirs or ours, has no room
    ├── DeadlineExceeded        DEADLINE_EXCEEDED       the caller's time is up
    ├── Unavailable             VENDOR_UNAVAILABLE      refused, reset, hung, 502/503/504
    │   └── CircuitOpen         VENDOR_UNAVAILABLE      not even tried, for it failed just now
    ├── TlsFailure              VENDOR_TLS              certificate or encryption cannot be trusted
    ├── Malformed               VENDOR_BAD_RESPONSE     the answer cannot be read
    │   └── ContractBroken      VENDOR_CONTRACT         readable, but lacks what is documented
    └── VendorError             VENDOR_ERROR            the vendor reports a failure of its own

A failure is also a value: batch reads answer one outcome per key, and a failure is one of them.
"""

from enum import Enum

from .vendor import VendorName


class ErrorCode(Enum):
    """What a program reads in `errors[].extensions.code`; the closed list of the public schema."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    CONFIRMATION_REQUIRED = "CONFIRMATION_REQUIRED"
    CONFLICT = "CONFLICT"
    UNSUPPORTED_BY_VENDOR = "UNSUPPORTED_BY_VENDOR"
    CAPABILITY_MISSING = "CAPABILITY_MISSING"
    CREDENTIAL_INVALID = "CREDENTIAL_INVALID"
    CREDENTIAL_EXPIRED = "CREDENTIAL_EXPIRED"
    RATE_LIMITED = "RATE_LIMITED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    VENDOR_UNAVAILABLE = "VENDOR_UNAVAILABLE"
    VENDOR_BAD_RESPONSE = "VENDOR_BAD_RESPONSE"
    VENDOR_TLS = "VENDOR_TLS"
    VENDOR_CONTRACT = "VENDOR_CONTRACT"
    VENDOR_ERROR = "VENDOR_ERROR"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    DOCUMENT_REFUSED = "DOCUMENT_REFUSED"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Failure(Exception):
    """Something that went wrong, with all that a caller may be told of it.

    `message` is for people and must never hold a secret or a vendor's own words unchecked.
    `retry_after` is in seconds. `sent` tells whether any byte of the call left this machine:
    None means that it cannot be known.
    """

    code = ErrorCode.INTERNAL
    retryable = False
    fallback = False
    """Whether an older value may be answered in its place: the vendor could not be asked."""

    def __init__(
        self,
        message: str,
        *,
        vendor: VendorName | None = None,
        account: int | None = None,
        retry_after: float | None = None,
        sent: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.vendor = vendor
        self.account = account
        self.retry_after = retry_after
        self.sent = sent


class Unauthenticated(Failure):
    """No key, or one that is not valid."""

    code = ErrorCode.UNAUTHENTICATED


class Forbidden(Failure):
    """The caller's key lacks a scope."""

    code = ErrorCode.FORBIDDEN


class NotFound(Failure):
    """There is no such object, or it belongs to another agency."""

    code = ErrorCode.NOT_FOUND


class BadInput(Failure):
    """An input is missing, malformed or not allowed; `field` is the path to it."""

    code = ErrorCode.BAD_USER_INPUT

    def __init__(
        self, message: str, *, field: tuple[str, ...] = (), vendor: VendorName | None = None
    ) -> None:
        super().__init__(message, vendor=vendor)
        self.field = field


class Conflict(Failure):
    """It contradicts what is there."""

    code = ErrorCode.CONFLICT


class InProgress(Conflict):
    """The same write is still under way; its outcome can be asked for soon."""

    retryable = True


class ConfirmationRequired(Failure):
    """The write has a consequence that the caller has to accept in the input."""

    code = ErrorCode.CONFIRMATION_REQUIRED


class OutcomeUnknown(Failure):
    """A write was sent and its answer was lost: it is not sent again, its intent is followed."""

    code = ErrorCode.OUTCOME_UNKNOWN


class DocumentRefused(Failure):
    """The GraphQL document does not parse, is not valid or is too large."""

    code = ErrorCode.DOCUMENT_REFUSED


class StorageUnavailable(Failure):
    """The gateway's own storage cannot be read or written."""

    code = ErrorCode.STORAGE_UNAVAILABLE
    retryable = True


class Unsupported(Failure):
    """The vendor has no such operation."""

    code = ErrorCode.UNSUPPORTED_BY_VENDOR


class CapabilityMissing(Failure):
    """The credential at hand may not do this; the message says which one can."""

    code = ErrorCode.CAPABILITY_MISSING


class CredentialExpired(Failure):
    """The credential has passed its end under the vendor's law."""

    code = ErrorCode.CREDENTIAL_EXPIRED
    fallback = True


class CredentialRefused(Failure):
    """The vendor refused the credential: nothing more is sent with it until it is replaced."""

    code = ErrorCode.CREDENTIAL_INVALID
    fallback = True


class SessionExpired(CredentialRefused):
    """A session ended and the call was certainly not executed; `authorize` renews it once."""


class Throttled(Failure):
    """No room in a quota, the vendor's or our own, within the caller's time."""

    code = ErrorCode.RATE_LIMITED
    retryable = True
    fallback = True


class DeadlineExceeded(Failure):
    """The caller's deadline passed first."""

    code = ErrorCode.DEADLINE_EXCEEDED
    retryable = True
    fallback = True


class Unavailable(Failure):
    """The vendor cannot be reached, or says that it is out of service."""

    code = ErrorCode.VENDOR_UNAVAILABLE
    retryable = True
    fallback = True


class CircuitOpen(Unavailable):
    """The vendor failed just now and is given time; nothing was sent."""


class TlsFailure(Failure):
    """The vendor's certificate or encryption cannot be trusted; nothing was sent."""

    code = ErrorCode.VENDOR_TLS
    fallback = True


class Malformed(Failure):
    """The vendor's answer cannot be read; its body is never echoed."""

    code = ErrorCode.VENDOR_BAD_RESPONSE
    retryable = True
    fallback = True


class ContractBroken(Malformed):
    """The vendor's answer is readable but lacks, or mistypes, what its documentation promises."""

    code = ErrorCode.VENDOR_CONTRACT
    retryable = False


class VendorError(Failure):
    """The vendor reports a failure of its own."""

    code = ErrorCode.VENDOR_ERROR
    retryable = True
    fallback = True
