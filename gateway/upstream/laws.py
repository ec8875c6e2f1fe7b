"""What the policies must be told of a vendor, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from ..domain.failures import Failure
from ..domain.model import VendorAccount
from ..domain.secret import Secret
from ..domain.vendor import VendorName

if TYPE_CHECKING:
    from .exchange import Call, Reply


class Quoting(Enum):
    """How a secret is written into a body."""

    RAW = "raw"
    XML = "xml"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class InHeader:
    """The secret travels as a header, after an optional prefix such as `Bearer `."""

    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class InQuery:
    """The secret travels in the query string; transport adds it last, and nobody logs that URL."""

    name: str


@dataclass(frozen=True, slots=True)
class InBody:
    """The secret is written into the body, at the byte offset `Call.gap`."""

    quoting: Quoting


Placement = InHeader | InQuery | InBody


@dataclass(frozen=True, slots=True)
class Session:
    """What a login gave: good for `seconds`, counted anew with each use when `sliding`."""

    token: Secret
    seconds: float
    sliding: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """How a credential becomes a session: one call, and what its reply means."""

    call: Callable[[VendorAccount], "Call"]
    placement: Placement
    session: Callable[["Reply"], Session]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How the credential of one slot signs a call: by itself, or through a session."""

    placement: Placement
    login: Login | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long a reply serves: fresh for `fresh` seconds, then `stale` more if the vendor fails."""

    fresh: float
    stale: float = 86_400.0


class RateScope(Enum):
    """What a vendor counts calls by."""

    CREDENTIAL = "credential"
    ACCOUNT = "account"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` calls in any `seconds`; `operations` None means all. A call must pass all."""

    count: int
    seconds: float
    scope: RateScope = RateScope.CREDENTIAL
    operations: frozenset[str] | None = None
    name: str = ""


CAUTIOUS = (Rate(10, 1.0, name="calls per second, assumed"),)
"""For a vendor that states no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """All that the stack knows of a vendor.

    `hosts` are URL templates by name, which may hold `{region}`; `schemes` are by credential slot;
    `freshness` by the vendor's operation (no entry: never cached). `classify` is pure: None for a
    good reply, else the failure that it means; a reply that says "no such object" is `NotFound`.
    `reads` are the adapter's mappings by operation: what one of them cannot read is a failure too,
    and so never takes a good reply's place in the cache. `capabilities`: what a credential shows
    by an operation that succeeds, or that it may not do, in the vendor's words.
    """

    vendor: VendorName
    hosts: Mapping[str, str]
    schemes: Mapping[str, Scheme]
    classify: Callable[["Call", "Reply"], Failure | None]
    freshness: Mapping[str, Freshness] = field(default_factory=dict)
    reads: Mapping[str, Callable[["Reply"], object]] = field(default_factory=dict)
    capabilities: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[Rate, ...] = CAUTIOUS
    concurrency: int = 5
