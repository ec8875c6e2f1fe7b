"""Which days an export can reach: 32 US Eastern days, each staged at 03:00 on the day after."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.changes import ActivityExport
from gateway.domain.exports import check_activity, days_of, exportable_from, exportable_to
from gateway.domain.failures import BadInput

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


# ── An export of days ─────────────────────────────────────────────────────────────────────────

NOON = eastern(2026, 3, 10, 12)
OLDEST, NEWEST = date(2026, 2, 6), date(2026, 3, 9)


def activity(first: date, last: date, *types: str) -> ActivityExport:
    return ActivityExport(vendor_id="us/7", first=first, last=last, activity_types=types)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (OLDEST - timedelta(days=1), NEWEST, "from"),
        (NEWEST + timedelta(days=1), NEWEST + timedelta(days=1), "from"),
        (OLDEST, NEWEST + timedelta(days=1), "to"),
        (NEWEST, OLDEST, "to"),
    ],
)
def test_days_outside_the_window_are_refused_by_the_field_at_fault(
    first: date, last: date, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        check_activity(activity(first, last), NOON)

    assert refused.value.field == ("source", "activity", field)


@pytest.mark.parametrize("code", ["", "PET,DCF", "P T", "PET&token=x", "É"])
def test_an_activity_type_that_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_activity(activity(NEWEST, NEWEST, "PET", code), NOON)

    assert refused.value.field == ("source", "activity", "activityTypes")


def test_the_whole_window_can_be_exported() -> None:
    check_activity(activity(OLDEST, NEWEST, "PET", "DCF"), NOON)

    days = list(days_of(activity(OLDEST, NEWEST)))
    assert (days[0], days[-1], len(days)) == (OLDEST, NEWEST, 32)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 3, 7), date(2026, 3, 9)), (date(2026, 10, 31), date(2026, 11, 2))],
)
def test_days_on_which_the_clock_is_changed_are_days_like_any_other(
    first: date, last: date
) -> None:
    days = list(days_of(activity(first, last)))

    assert days == [first, first + timedelta(days=1), last]
