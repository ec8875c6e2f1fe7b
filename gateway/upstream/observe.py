"""Tells what became of each call, cache hits and waits included."""

import asyncio

from ..domain.clock import Clock
from ..domain.events import CallFinished
from ..domain.failures import ErrorCode, Failure
from .exchange import Call, Proceed, Reply
from .subject import subject


class Observe:
    """Watches the whole call and emits one `CallFinished`; changes nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        started = self._clock.monotonic()
        reply: Reply | None = None
        failure: ErrorCode | None = ErrorCode.INTERNAL
        try:
            reply = await proceed(call)
        except Failure as known:
            failure = known.code
            raise
        except asyncio.CancelledError:
            failure = None  # nobody waits for it any more: neither answered nor failed
            raise
        else:
            failure = None
            return reply
        finally:
            self._tell(call, started, reply, failure)

    def _tell(
        self, call: Call, started: float, reply: Reply | None, failure: ErrorCode | None
    ) -> None:
        account = call.bound.account
        credential = account.credential(call.slot, call.holder)
        call.bound.observe(
            CallFinished(
                **subject(call),
                seconds=self._clock.monotonic() - started,
                source=reply.source.value if reply else "",
                stale=reply.stale if reply else False,
                failure=failure,
                credential=credential.id if credential else None,
            )
        )
