"""One request, with the account that it concerns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request

from .wire import State

_EASTERN = ZoneInfo("America/New_York")


def eastern_day(now: datetime) -> date:
    """The vendor's day."""
    return now.astimezone(_EASTERN).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of an account.

    `note` writes an effect into the append-only list of them, `number` gives a new id;
    `query_base` is what `start` of a query counts from.
    """

    request: Request
    body: bytes
    account: State
    now: datetime
    note: Callable[..., None]
    number: Callable[[], int]
    query_base: int = 0

    @property
    def today(self) -> date:
        return eastern_day(self.now)
