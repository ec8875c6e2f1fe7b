"""How vendors tell of their limits: one set of response headers for each dialect.

The sources are the dialects that gateways meet in the wild; names and units are in the README.
`now` is the vendor's own clock.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from math import ceil

from .limits import Admission, Dialect, Limit, Verdict

Headers = dict[str, str]


def headers(admission: Admission, now: datetime) -> Headers:
    """What an answer tells of all limits; of two in one dialect, the tighter speaks."""
    told: Headers = {}
    for limit, verdict in sorted(admission, key=lambda pair: -pair[1].remaining):
        if not limit.hidden:
            told |= _DIALECTS[limit.dialect](limit, verdict, now)
    return told


def _ietf(limit: Limit, verdict: Verdict, now: datetime) -> Headers:
    """draft-ietf-httpapi-ratelimit-headers-10."""
    return {
        "RateLimit-Policy": f'"default";q={limit.count};w={ceil(limit.window_seconds)}',
        "RateLimit": f'"default";r={verdict.remaining};t={_seconds(verdict)}',
    }


def _three(prefix: str, reset: Callable[[Verdict, datetime], str]) -> "Tell":
    def tell(limit: Limit, verdict: Verdict, now: datetime) -> Headers:
        return {
            f"{prefix}-Limit": str(limit.count),
            f"{prefix}-Remaining": str(verdict.remaining),
            f"{prefix}-Reset": reset(verdict, now),
        }

    return tell


def _shopify(limit: Limit, verdict: Verdict, now: datetime) -> Headers:
    return {"X-Shopify-Shop-Api-Call-Limit": f"{limit.count - verdict.remaining}/{limit.count}"}


def _retry_after(limit: Limit, verdict: Verdict, now: datetime) -> Headers:
    return {} if verdict.admitted else {"Retry-After": str(ceil(verdict.wait))}


def _retry_after_date(limit: Limit, verdict: Verdict, now: datetime) -> Headers:
    at = (now + timedelta(seconds=ceil(verdict.wait))).replace(microsecond=0)
    return {} if verdict.admitted else {"Retry-After": format_datetime(at, usegmt=True)}


def _seconds(verdict: Verdict, now: datetime | None = None) -> str:
    """Until the next call passes, or, when one would, until the limit is whole."""
    return str(ceil(_left(verdict)))


def _milliseconds(verdict: Verdict, now: datetime) -> str:
    return str(ceil(_left(verdict) * 1000))


def _epoch(verdict: Verdict, now: datetime) -> str:
    return str(ceil(now.timestamp() + _left(verdict)))


def _epoch_milliseconds(verdict: Verdict, now: datetime) -> str:
    return str(ceil((now.timestamp() + _left(verdict)) * 1000))


def _duration(verdict: Verdict, now: datetime) -> str:
    milliseconds = ceil(_left(verdict) * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, seconds = divmod(ceil(milliseconds / 1000), 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


def _iso(verdict: Verdict, now: datetime) -> str:
    return (now + timedelta(seconds=_left(verdict))).isoformat(timespec="milliseconds")


def _left(verdict: Verdict) -> float:
    return verdict.reset if verdict.remaining else verdict.wait


Tell = Callable[[Limit, Verdict, datetime], Headers]

_DIALECTS: Mapping[Dialect, Tell] = {
    Dialect.IETF: _ietf,
    Dialect.IETF_06: _three("RateLimit", _seconds),
    Dialect.X_RATELIMIT: _three("X-RateLimit", _seconds),
    Dialect.X_RATELIMIT_MS: _three("X-RateLimit", _milliseconds),
    Dialect.X_RATELIMIT_EPOCH: _three("X-RateLimit", _epoch),
    Dialect.X_RATELIMIT_EPOCH_MS: _three("X-RateLimit", _epoch_milliseconds),
    Dialect.X_RATELIMIT_DURATION: _three("X-RateLimit", _duration),
    Dialect.X_RATELIMIT_ISO: _three("X-RateLimit", _iso),
    Dialect.X_RATE_LIMIT: _three("X-Rate-Limit", _seconds),
    Dialect.RETRY_AFTER: _retry_after,
    Dialect.RETRY_AFTER_DATE: _retry_after_date,
    Dialect.SHOPIFY: _shopify,
}
