"""Has the journal know of a write before its first byte is sent, and of its answer before anyone
reads it.

Innermost but for the socket: what waits above it (a quota, a login, a breaker) has not been sent
yet, and what comes up from it was not judged yet.
"""

from .exchange import Call, Proceed, Reply


class Journaled:
    """Lets a write pass only through its intent; reads pass untouched."""

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        if not call.journaled:
            return await proceed(call)
        journal = call.bound.journal
        if journal is None:
            raise RuntimeError(f"the write {call.operation} was sent without an intent")
        await journal.sending()
        reply = await proceed(call)
        await journal.answered(reply)
        return reply
