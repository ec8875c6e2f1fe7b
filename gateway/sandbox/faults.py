"""What can go wrong, as `PUT /V/faults` tells it, and which request each fault strikes.

How a fault is carried out on the socket stands in `spoil.py`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_|~-]+$")]
HeaderValue = Annotated[str, Meta(pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]
Whole = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Duration = Annotated[float, Meta(ge=0)]
StatusCode = Annotated[int, Meta(ge=200, le=599)]


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests are struck: of this operation (any), from the `nth` on (1), `times` times.

    Without `times` a fault with `nth` strikes once, one without strikes always.
    """

    operation: str | None = None
    nth: Positive | None = None
    times: Whole | None = None

    def covers(self, number: int) -> bool:
        """Whether the `number`th request that the operation matches is struck, from 1."""
        first = self.nth or 1
        times = self.times if self.times is not None or self.nth is None else 1
        return number >= first and (times is None or number < first + times)


class Fault(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault", tag=str.lower
):
    """A fault; `effect` before: what is asked for is done first, then the answer is spoilt."""

    match: Match = field(default_factory=Match)
    effect: Literal["none", "before"] = "none"


class Latency(Fault, frozen=True, kw_only=True):
    """The true answer, `ms` later; with effect none the vendor also acts that much later."""

    ms: Duration


class Status(Fault, frozen=True, kw_only=True):
    """An answer with this code; a body that is not text is sent as JSON."""

    code: StatusCode
    headers: dict[HeaderName, HeaderValue] = {}
    body: Any = ""


class Reset(Fault, frozen=True, kw_only=True):
    """The connection is reset after so many bytes of the body; 0: before any byte of an answer."""

    after_bytes: Whole = 0


class Hang(Fault, frozen=True, kw_only=True):
    """Nothing for so many seconds (null: for ever), then the connection ends without an answer."""

    seconds: Duration | None = None


class Drip(Fault, frozen=True, kw_only=True):
    """The answer's body at this pace."""

    bytes_per_second: Annotated[float, Meta(gt=0)]


class Truncate(Fault, frozen=True, kw_only=True):
    """The first bytes of an answer that promised more, then the connection's proper end."""

    bytes: Whole


class Malformed(Fault, frozen=True, kw_only=True):
    """An answer of status 200 that is neither JSON nor XML, although its type says so."""


class Html(Fault, frozen=True, kw_only=True):
    """A log-in page with status 200."""


class Bomb(Fault, frozen=True, kw_only=True):
    """A small body that unpacks to so many bytes."""

    encoding: Literal["gzip", "deflate", "zstd", "identity"] = "gzip"
    bytes: Positive


class Redirect(Fault, frozen=True, kw_only=True):
    """302 to another place."""

    location: HeaderValue


class Headers(Fault, frozen=True, kw_only=True):
    """The true answer with these headers set, repeated (a list) or taken away (null)."""

    values: dict[HeaderName, HeaderValue | list[HeaderValue] | None] = field(name="set")


AnyFault = (
    Latency | Status | Reset | Hang | Drip | Truncate | Malformed | Html | Bomb | Redirect | Headers
)


class Script:
    """The faults that lie in wait, each with its own count of the requests that it could strike."""

    def __init__(self, faults: Sequence[AnyFault] = ()) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(self._faults)

    def strike(self, operation: str) -> AnyFault | None:
        """Count a request; the first fault that strikes it, if any does."""
        struck: AnyFault | None = None
        for n, fault in enumerate(self._faults):
            if fault.match.operation not in (None, operation):
                continue
            self._seen[n] += 1
            if struck is None and fault.match.covers(self._seen[n]):
                struck = fault
        return struck
