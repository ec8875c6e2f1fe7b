"""Which days an export can reach: 32 US Eastern days, each staged at 03:00 on the day after."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.exports import exportable_from, exportable_to

EASTERN = ZoneInfo("America/New_York")

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants naive bounds)


def eastern(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=EASTERN, fold=fold).astimezone(UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (eastern(2026, 3, 10, 2, 59, 59), date(2026, 2, 6), date(2026, 3, 8)),
        (eastern(2026, 3, 10, 3), date(2026, 2, 6), date(2026, 3, 9)),
        (eastern(2026, 3, 10, 23, 59, 59), date(2026, 2, 6), date(2026, 3, 9)),
        (eastern(2026, 3, 11, 0), date(2026, 2, 7), date(2026, 3, 9)),
        # 8 March 2026 has no 02:xx: the clock goes from 01:59:59 to 03:00:00.
        (eastern(2026, 3, 8, 1, 59, 59), date(2026, 2, 4), date(2026, 3, 6)),
        (eastern(2026, 3, 8, 1, 59, 59) + timedelta(seconds=1), date(2026, 2, 4), date(2026, 3, 7)),
        # 1 November 2026 has 01:30 twice; neither is 03:00 yet.
        (eastern(2026, 11, 1, 1, 30, fold=0), date(2026, 9, 30), date(2026, 10, 30)),
        (eastern(2026, 11, 1, 1, 30, fold=1), date(2026, 9, 30), date(2026, 10, 30)),
        (eastern(2026, 11, 1, 3), date(2026, 9, 30), date(2026, 10, 31)),
        # New Year's Eve in New York is New Year's Day in UTC.
        (datetime(2027, 1, 1, 4, 59, tzinfo=UTC), date(2026, 11, 29), date(2026, 12, 30)),
    ],
)
def test_the_window_at_its_edges(now: datetime, first: date, last: date) -> None:
    assert (exportable_from(now), exportable_to(now)) == (first, last)


@given(moments)
def test_the_window_holds_31_days_before_the_staging_hour_and_32_after_it(now: datetime) -> None:
    days = (exportable_to(now) - exportable_from(now)).days + 1
    assert days == (32 if now.astimezone(EASTERN).hour >= 3 else 31)


@given(moments)
def test_the_newest_day_ended_at_least_three_hours_ago_by_the_wall_clock(now: datetime) -> None:
    here = now.astimezone(EASTERN).replace(tzinfo=None)
    end = datetime.combine(exportable_to(now), datetime.min.time()) + timedelta(days=1)
    assert timedelta(hours=3) <= here - end < timedelta(hours=27)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_window_never_moves_back(now: datetime, later: timedelta) -> None:
    then = now + later
    assert exportable_from(now) <= exportable_from(then)
    assert exportable_to(now) <= exportable_to(then)


@given(moments, st.integers(-14, 14))
def test_the_zone_in_which_the_moment_is_told_does_not_matter(now: datetime, hours: int) -> None:
    told = now.astimezone(timezone(timedelta(hours=hours)))
    assert exportable_from(told) == exportable_from(now)
    assert exportable_to(told) == exportable_to(now)


@pytest.mark.parametrize("window", [exportable_from, exportable_to])
def test_a_moment_without_a_zone_is_refused(window: type) -> None:
    with pytest.raises(ValueError, match="aware"):
        window(datetime(2026, 3, 10))  # noqa: DTZ001
