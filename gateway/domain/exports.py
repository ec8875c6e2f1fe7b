"""Which days of activity a bulk export can reach (vendor page of Engaging Networks, section 2).

A day runs from 00:00 to 23:59 in US Eastern time and can be had in full from 03:00 on the day
after, for 32 days. Days are counted in that zone, so the lengths of days around daylight saving
do not matter.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EXPORT_ZONE = ZoneInfo("America/New_York")
"""The zone in which the vendor counts days."""

EXPORT_DAYS = 32
"""Days for which a private token reaches back, today not counted (003_f605d184b742848f.txt)."""

_STAGED_AT = time(3)


def exportable_from(now: datetime) -> date:
    """The oldest day that an export can still reach; `now` must be aware."""
    return _eastern(now).date() - timedelta(days=EXPORT_DAYS)


def exportable_to(now: datetime) -> date:
    """The newest day that is complete and staged; `now` must be aware."""
    here = _eastern(now)
    return here.date() - timedelta(days=1 if here.time() >= _STAGED_AT else 2)


def _eastern(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("the export window needs an aware moment")
    return now.astimezone(EXPORT_ZONE)
