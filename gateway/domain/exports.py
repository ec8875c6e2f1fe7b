"""Which days of activity a bulk export can reach (vendor page of Engaging Networks, section 2).

A day runs from 00:00 to 23:59 in US Eastern time and can be had in full from 03:00 on the day
after, for 32 days. Days are counted in that zone, so the lengths of days around daylight saving
do not matter.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .changes import ActivityExport
from .failures import BadInput

EXPORT_ZONE = ZoneInfo("America/New_York")
"""The zone in which the vendor counts days."""

EXPORT_DAYS = 32
"""Days for which a private token reaches back, today not counted (003_f605d184b742848f.txt)."""

_STAGED_AT = time(3)
_ACTIVITY_TYPE = re.compile(r"[A-Za-z0-9_]{1,40}")


def exportable_from(now: datetime) -> date:
    """The oldest day that an export can still reach; `now` must be aware."""
    return _eastern(now).date() - timedelta(days=EXPORT_DAYS)


def exportable_to(now: datetime) -> date:
    """The newest day that is complete and staged; `now` must be aware."""
    here = _eastern(now)
    return here.date() - timedelta(days=1 if here.time() >= _STAGED_AT else 2)


def check_activity(export: ActivityExport, now: datetime) -> None:
    """Refuse an export that the vendor would not answer in full; `BadInput` names the field."""
    oldest, newest = exportable_from(now), exportable_to(now)
    if export.first > export.last:
        _refuse("The last day is before the first.", "to")
    if export.first < oldest:
        _refuse(f"Activity can be exported from {oldest} on, counted in US Eastern time.", "from")
    if export.first > newest:
        _refuse(f"Activity is complete up to {newest}, counted in US Eastern time.", "from")
    if export.last > newest:
        _refuse(f"Activity is complete up to {newest}, counted in US Eastern time.", "to")
    if not all(map(_ACTIVITY_TYPE.fullmatch, export.activity_types)):
        _refuse("An activity type is a code of letters and digits.", "activityTypes")


def days_of(export: ActivityExport) -> Iterator[date]:
    """The days of an export, one after another."""
    for number in range((export.last - export.first).days + 1):
        yield export.first + timedelta(days=number)


def _refuse(message: str, field: str) -> None:
    raise BadInput(message, field=("source", "activity", field))


def _eastern(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("the export window needs an aware moment")
    return now.astimezone(EXPORT_ZONE)
