"""What an answer says of a limit, dialect by dialect."""

from datetime import UTC, datetime

import pytest

from gateway.sandbox.dialects import headers
from gateway.sandbox.limits import Algorithm, Dialect, Limit, Verdict

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
REFUSED = Verdict(admitted=False, remaining=0, wait=90.5, reset=100.0)
PASSED = Verdict(admitted=True, remaining=3, wait=0.0, reset=0.02)


def told(dialect: Dialect, verdict: Verdict, *, hidden: bool = False) -> dict[str, str]:
    limit = Limit(
        algorithm=Algorithm.FIXED, count=40, window_seconds=120, dialect=dialect, hidden=hidden
    )
    return headers(((limit, verdict),), NOW)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (
            Dialect.IETF,
            {"RateLimit-Policy": '"default";q=40;w=120', "RateLimit": '"default";r=0;t=91'},
        ),
        (
            Dialect.IETF_06,
            {"RateLimit-Limit": "40", "RateLimit-Remaining": "0", "RateLimit-Reset": "91"},
        ),
        (Dialect.X_RATELIMIT, {"X-RateLimit-Reset": "91"}),
        (Dialect.X_RATELIMIT_MS, {"X-RateLimit-Reset": "90500"}),
        (Dialect.X_RATELIMIT_EPOCH, {"X-RateLimit-Reset": "1772366491"}),
        (Dialect.X_RATELIMIT_EPOCH_MS, {"X-RateLimit-Reset": "1772366490500"}),
        (Dialect.X_RATELIMIT_DURATION, {"X-RateLimit-Reset": "1m31s"}),
        (Dialect.X_RATELIMIT_ISO, {"X-RateLimit-Reset": "2026-03-01T12:01:30.500+00:00"}),
        (Dialect.X_RATE_LIMIT, {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "91"}),
        (Dialect.RETRY_AFTER, {"Retry-After": "91"}),
        (Dialect.RETRY_AFTER_DATE, {"Retry-After": "Sun, 01 Mar 2026 12:01:31 GMT"}),
        (Dialect.SHOPIFY, {"X-Shopify-Shop-Api-Call-Limit": "40/40"}),
    ],
)
def test_a_refusal_tells_when_to_come_again(dialect: Dialect, expected: dict[str, str]) -> None:
    assert expected.items() <= told(dialect, REFUSED).items()


def test_every_dialect_is_spoken() -> None:
    assert all(told(dialect, REFUSED) for dialect in Dialect)


def test_retry_after_is_for_refusals_only() -> None:
    assert told(Dialect.RETRY_AFTER, PASSED) == {}
    assert told(Dialect.RETRY_AFTER_DATE, PASSED) == {}


def test_short_durations_are_told_in_milliseconds() -> None:
    assert told(Dialect.X_RATELIMIT_DURATION, PASSED)["X-RateLimit-Reset"] == "20ms"


@pytest.mark.parametrize("dialect", Dialect)
def test_a_hidden_limit_says_nothing(dialect: Dialect) -> None:
    assert told(dialect, REFUSED, hidden=True) == {}


def test_of_two_limits_the_tighter_speaks() -> None:
    wide = Limit(algorithm=Algorithm.FIXED, count=5000, window_seconds=3600)
    tight = Limit(algorithm=Algorithm.FIXED, count=200, window_seconds=300)
    both = ((tight, REFUSED), (wide, PASSED))
    assert headers(both, NOW)["X-RateLimit-Limit"] == "200"
    assert headers(both[::-1], NOW)["X-RateLimit-Limit"] == "200"
