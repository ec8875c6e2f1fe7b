"""Waits for the vendor, so long and no longer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp

from ...domain.failures import DeadlineExceeded, Failure
from ..deadline import NoAnswer
from ..exchange import Call
from ..subject import named
from . import faults

T = TypeVar("T")

LONGEST = 60.0
"""Seconds that one request may take, however much time the caller has; a stream's may be longer."""

SILENCE = 300.0
"""Seconds that a stream may be without a byte: bulk exports are made while they are sent, and the
vendor's other clients wait so long, too (Engaging Networks page, section 2)."""

AMPLE = 1.0
"""A vendor that gives no answer in so many seconds counts as failing, not the caller as hasty."""


async def within(
    seconds: float, work: Awaitable[T], call: Call, sent: Callable[[], bool | None]
) -> T:
    """What the work gives; whatever the library or the clock raises becomes a failure.

    `sent` tells, when it fails, whether any byte of the call had left this machine.
    """
    cut = asyncio.timeout(seconds)
    try:
        async with cut:
            return await work
    except (aiohttp.ClientError, OSError) as error:
        failure: Failure = faults.of(error, sent=sent())
        if isinstance(error, TimeoutError) and cut.expired():
            kind = NoAnswer if seconds >= AMPLE else DeadlineExceeded
            failure = kind("The vendor's answer did not come in time.", sent=sent())
    # Raised outside of `except`: no chain leads to an exception that knows the URL.
    raise named(failure, call)
