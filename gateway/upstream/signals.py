"""What a reply's headers say of waiting, in the dialects that are common; all pure.

Malformed is the same as absent, and nothing makes anyone wait longer than `LONGEST`.
"""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .exchange import Reply

LONGEST = 900.0
"""No vendor makes us wait longer, in seconds."""

_EPOCH = 1e9
_EPOCH_MS = 1e11
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_SPAN = re.compile(
    r"(?:(\d{1,4})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9})ms)?"
)
_POLICY = re.compile(r";\s*([rt])=(\d{1,15})(?=[;,\s]|$)")
_LENGTH = 1024

_PAIRS = (
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
)


def pause(reply: Reply) -> float | None:
    """Seconds until calls have room again, as far as the reply says: the longest that it names.

    `Retry-After` (RFC 9110, 10.2.3) as seconds or date; else a quota with nothing left and the time
    of its reset (draft-ietf-httpapi-ratelimit-headers; X-RateLimit-* of many). Dates are measured
    against the reply's own `Date`, so that neither clock needs to be right.
    """
    now = _date(_field(reply, "date")) or reply.at
    waits = [_moment(_field(reply, "retry-after"), now), _policies(_field(reply, "ratelimit"))]
    for left, reset in _PAIRS:
        if _number(_field(reply, left)) == 0:
            waits.append(_moment(_field(reply, reset), now))
    known = [wait for wait in waits if wait is not None]
    return min(LONGEST, max(known)) if known else None


def _field(reply: Reply, name: str) -> str:
    value = (reply.header(name) or "").strip()
    return value if len(value) <= _LENGTH and value.isascii() else ""


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _moment(text: str, now: datetime) -> float | None:
    """Seconds from a number of seconds, a time since 1970 in s or ms, a span, or a date."""
    number = _number(text)
    if number is not None:
        return _since_1970(number, now) if number >= _EPOCH else _wait(number)
    span = _SPAN.fullmatch(text) if text else None
    if span is not None:
        hours, minutes, seconds, millis = (float(part or 0) for part in span.groups())
        return _wait(hours * 3600 + minutes * 60 + seconds + millis / 1000)
    date = _date(text) or _iso(text)
    return None if date is None else _wait((date - now).total_seconds())


def _since_1970(number: float, now: datetime) -> float | None:
    seconds = number / 1000 if number >= _EPOCH_MS else number
    return _wait(seconds - now.timestamp())


def _wait(seconds: float) -> float | None:
    """A wait; one in the past is over, one that is no number is none."""
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _policies(text: str) -> float | None:
    """The longest `t` of the policies of a `RateLimit` field that have `r=0`."""
    waits = []
    for policy in text.split(","):
        found = dict(_POLICY.findall(policy))
        if found.get("r", "").strip("0") == "" and "r" in found and "t" in found:
            waits.append(float(found["t"]))
    return max(waits, default=None)


def _date(text: str) -> datetime | None:
    """A date in one of the three forms of RFC 9110, 5.6.7."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _iso(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
