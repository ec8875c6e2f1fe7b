"""The tree of the configuration: every key once, with its type, default and a sentence on it."""

import ipaddress
import re
from enum import Enum
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from ..domain.vendor import VendorName
from ..upstream.laws import Rate, RateScope


class Duration(float):
    """A time in seconds, written as `"500ms"`, `"30s"`, `"2m"` or `"1h"`."""

    _SHAPE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h)", re.ASCII)
    _UNITS = (("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """The duration so written; raises ValueError, which does not echo the text."""
        found = cls._SHAPE.fullmatch(text)
        if found is None:
            raise ValueError('Expected a duration such as "30s", "500ms", "2m" or "1h"')
        return cls(float(found[1]) * dict(cls._UNITS)[found[2]])

    def __str__(self) -> str:
        if self > 0:
            for unit, seconds in self._UNITS:
                count = round(self / seconds)
                if count and float(count) * seconds == self:
                    return f"{count}{unit}"
        return f"{float(self):.9f}".rstrip("0").rstrip(".") + "s"

    def __repr__(self) -> str:
        return f"Duration({str(self)!r})"


class Profile(Enum):
    """For whom the gateway runs."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class StatusProfile(Enum):
    """How HTTP status codes are chosen."""

    COMPAT = "compat"
    DRAFT_2026 = "draft-2026"


class LogFormat(Enum):
    """How a log line is written."""

    JSON = "json"
    TEXT = "text"


class LogLevel(Enum):
    """From which level lines are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most `count` calls in any `period`, for these operations of the vendor or for all."""

    count: Annotated[int, Meta(ge=1)]
    period: Duration
    scope: RateScope = RateScope.CREDENTIAL
    operations: tuple[str, ...] | None = None

    def rate(self) -> Rate:
        """The same as the vendor's laws have it."""
        operations = None if self.operations is None else frozenset(self.operations)
        return Rate(self.count, self.period, self.scope, operations, "configured")


# ── The tree ──────────────────────────────────────────────────────────────────────────────────


class Storage(Struct, frozen=True, kw_only=True):
    """[storage]"""

    url: Annotated[
        str,
        Meta(
            description="The database, `sqlite:///path` or `postgresql://server/name`, or an"
            " `env:NAME` or `file:/path` that holds this URL.",
            extra={"default": "SQLite in `$XDG_DATA_HOME/agency-gateway/gateway.db`"},
        ),
    ]

    def __repr__(self) -> str:
        return f"Storage(url={without_password(self.url)!r})"


class VaultSection(Struct, frozen=True, kw_only=True):
    """[vault]"""

    keys: Annotated[
        str | None,
        Meta(
            description="Where the key ring is that `gateway vault init` makes: a path,"
            " `file:/path` or `env:NAME`; `gateway serve` does not start without one."
        ),
    ] = None


class Http(Struct, frozen=True, kw_only=True):
    """[http]"""

    profile: Annotated[
        Profile,
        Meta(
            description="`production` has no GraphiQL and no introspection, and calls vendors by"
            " https only; `development` has both and may call this machine by plain http."
        ),
    ] = Profile.PRODUCTION
    status_profile: Annotated[
        StatusProfile,
        Meta(
            description="Which status codes a GraphQL answer has: as all clients understand them,"
            " or as the GraphQL over HTTP draft of 2026 wants them."
        ),
    ] = StatusProfile.COMPAT


class DeadlineSection(Struct, frozen=True, kw_only=True):
    """[deadline]"""

    default: Annotated[
        Duration, Meta(description="How long a request may take that does not say it itself.")
    ] = Duration(10)
    maximum: Annotated[
        Duration, Meta(description="How long a request may take, whatever it asks for.")
    ] = Duration(30)


class Writes(Struct, frozen=True, kw_only=True):
    """[writes]"""

    patience: Annotated[
        Duration,
        Meta(description="How long a vendor may take for a write, whether or not a caller waits."),
    ] = Duration(20)
    lease: Annotated[
        Duration,
        Meta(
            description="How long after a crash a write that was under way is left alone, before"
            " it is taken up again; longer than `patience`."
        ),
    ] = Duration(30)


class VendorSection(Struct, frozen=True, kw_only=True):
    """[vendors.<vendor>]"""

    base_url: Annotated[
        str | None,
        Meta(
            description="Another address of the vendor's API, which may hold `{region}`.",
            extra={"default": "the vendor's own"},
        ),
    ] = None
    auth_url: Annotated[
        str | None,
        Meta(
            description="Another address of the vendor's sign-in, where it has one (Own).",
            extra={"default": "the vendor's own"},
        ),
    ] = None
    limits: Annotated[
        tuple[Limit, ...] | None,
        Meta(
            description="Call limits in place of the built-in ones: `count` calls in any `period`,"
            " by `scope` (`credential`, `account`, `egress`), for `operations` (all if not named).",
            extra={"default": "the vendor's own"},
        ),
    ] = None
    freshness: Annotated[
        dict[str, Duration],
        Meta(
            description="By the vendor's operation, how long a reply is as good as a new one.",
            extra={"default": "the vendor's own"},
        ),
    ] = {}
    ca_file: Annotated[
        str | None,
        Meta(
            description="A PEM file of the authorities that may vouch for this vendor's servers.",
            extra={"default": "the system's"},
        ),
    ] = None


class Vendors(Struct, frozen=True, kw_only=True):
    """[vendors], with a section for each vendor in `each`."""

    each: dict[VendorName, VendorSection]
    insecure_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Hosts that may be called by plain http, in the development profile only;"
            " this machine's own addresses always may there."
        ),
    ] = ()


class Telemetry(Struct, frozen=True, kw_only=True):
    """[telemetry]"""

    metrics_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="The port of `/metrics`, apart from the gateway's own; 0 opens none.",
        ),
    ] = 9464


class Log(Struct, frozen=True, kw_only=True):
    """[log]"""

    format: Annotated[
        LogFormat, Meta(description="`json`, a line for machines, or `text`, for a terminal.")
    ] = LogFormat.JSON
    level: Annotated[LogLevel, Meta(description="From which level lines are logged.")] = (
        LogLevel.INFO
    )


class Settings(Struct, frozen=True, kw_only=True):
    """The effective configuration."""

    storage: Storage
    vault: VaultSection
    http: Http
    deadline: DeadlineSection
    writes: Writes
    vendors: Vendors
    telemetry: Telemetry
    log: Log

    def vendor(self, name: VendorName) -> VendorSection:
        """The section of that vendor; there is one for each."""
        return self.vendors.each[name]

    def allows_plain_http(self, host: str) -> bool:
        """Whether a vendor may be called at this host without encryption."""
        if self.http.profile is not Profile.DEVELOPMENT:
            return False
        named = {name.lower() for name in self.vendors.insecure_hosts}
        return host.lower() in named or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def without_password(url: str) -> str:
    """The URL with dots for its password and for what follows its path."""
    try:
        urlsplit(url)
    except ValueError:
        return "•••"
    url = re.sub(r"^([^:/]+://[^:/]*):.*@", r"\1:•••@", url)
    return re.sub(r"\?.*", "?•••", url)
