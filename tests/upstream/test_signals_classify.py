"""What headers say of waiting, and what replies mean at any vendor."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import (
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.upstream.classify import Classify
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.signals import LONGEST, pause

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def told(*headers: tuple[str, str]) -> float | None:
    return pause(Reply(429, b"", headers, at=NOW))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("30", 30),
        ("1.5", 1.5),
        ("-1", 0),
        ("1000000", LONGEST),
        ("Tue, 01 Dec 2026 12:00:30 GMT", 30),
        ("Tuesday, 01-Dec-26 12:00:30 GMT", 30),
        ("Tue Dec  1 12:00:30 2026", 30),
        ("Tue, 01 Dec 2026 11:00:00 GMT", 0),
        ("Wed, 01 Dec 2027 12:00:00 GMT", LONGEST),
        ("soon", None),
        ("", None),
        ("NaN", None),
        ("inf", None),
        ("1e9", None),
        ("9" * 10_000, None),
        ("３０", None),
        ("Tue, 99 Dec 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert told(("Retry-After", value)) == seconds


def test_a_date_is_measured_by_the_vendor_s_own_clock() -> None:
    """Fault matrix, row 17: one of the clocks is an hour wrong."""
    vendors = NOW + timedelta(hours=1)
    headers = (
        ("Date", vendors.strftime("%a, %d %b %Y %H:%M:%S GMT")),
        ("Retry-After", (vendors + timedelta(seconds=5)).strftime("%a, %d %b %Y %H:%M:%S GMT")),
    )
    assert told(*headers) == 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("RateLimit", '"default";r=0;t=30'),), 30),
        ((("RateLimit", '"burst";r=0;t=5,"daily";r=0;t=60'),), 60),
        ((("RateLimit", '"burst";r=10;t=5, "daily";r=0;t=60'),), 60),
        ((("RateLimit", '"default";r=10;t=30'),), None),
        ((("RateLimit", "r=0"),), None),
        ((("RateLimit-Remaining", "0"), ("RateLimit-Reset", "30")), 30),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "30")), 30),
        ((("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "30.5")), 30.5),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(EPOCH + 30))), 30),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", f"{EPOCH + 30}000")), 30),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "6m0s")), 360),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "20ms")), 0.02),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "2026-12-01T12:00:30Z")), 30),
        ((("X-RateLimit-Remaining", "5"), ("X-RateLimit-Reset", "30")), None),
        ((("X-RateLimit-Remaining", "0"),), None),
        ((("X-RateLimit-Remaining", "NaN"), ("X-RateLimit-Reset", "30")), None),
        ((("Retry-After", "10"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "30")), 30),
        ((("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "-5")), 0),
    ],
)
def test_an_empty_quota_says_when_it_is_full_again(
    headers: tuple[tuple[str, str], ...], seconds: float | None
) -> None:
    found = told(*headers)
    assert found == (None if seconds is None else pytest.approx(seconds))


NAMES = ("Retry-After", "RateLimit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Date")


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=40))))
def test_no_header_breaks_anything_or_makes_us_wait_for_long(
    headers: list[tuple[str, str]],
) -> None:
    wait = told(*headers)
    assert wait is None or 0 <= wait <= LONGEST


async def meaning(kit: Any, reply: Reply, **parts: Any) -> Failure:
    kit.vendor.script = [reply]
    with pytest.raises(Failure) as caught:
        await Classify()(kit.desk.call(**parts), kit.vendor)
    return caught.value


async def test_a_good_reply_passes_as_it_is(kit: Any) -> None:
    good = kit.reply(200)
    kit.vendor.script = [good]
    assert await Classify()(kit.desk.call(), kit.vendor) is good


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"", NotFound),
        (401, b"", CredentialRefused),
        (401, b"api limit", Throttled),
        (429, b"<html>", Throttled),
        (503, b"<!DOCTYPE html>", Unavailable),
        (500, b"", VendorError),
        (200, b"<!DOCTYPE html><p>Sign in", Malformed),
        (200, b" \r\n<HTML>", Malformed),
        (403, b"<html>captcha", Malformed),
        (401, b"<html>", Malformed),
        (404, b"<html>nginx", Malformed),
        (302, b"", Malformed),
        (304, b"", Malformed),
    ],
)
async def test_a_reply_means_one_failure(
    kit: Any, status: int, body: bytes, kind: type[Failure]
) -> None:
    failure = await meaning(kit, kit.reply(status, body))
    assert type(failure) is kind
    assert (failure.vendor, failure.account, failure.sent) == (kit.laws.vendor, 7, True)


async def test_the_time_to_wait_is_taken_from_the_headers(kit: Any) -> None:
    failure = await meaning(kit, kit.reply(429, b"", [("Retry-After", "7")]))
    assert failure.retry_after == 7


async def test_a_law_that_cannot_read_the_reply_may_say_so_by_raising(kit: Any) -> None:
    def law(call: Call, reply: Reply) -> Failure | None:
        assert reply.json, "never reached"
        return None

    desk = kit.desk.of(laws=replace(kit.laws, classify=law))
    kit.vendor.script = [kit.reply(200, b'{"a": NaN}')]
    with pytest.raises(Malformed) as caught:
        await Classify()(desk.call(), kit.vendor)
    assert caught.value.vendor is kit.laws.vendor
    assert "NaN" not in str(caught.value)


async def test_a_failure_from_below_keeps_its_kind_and_gets_its_names(kit: Any) -> None:
    kit.vendor.script = [Unavailable("Reset.", sent=None)]
    with pytest.raises(Unavailable) as caught:
        await Classify()(kit.desk.call(), kit.vendor)
    assert (caught.value.account, caught.value.sent) == (7, None)
