"""Writing: a caller's input goes to `directory/changes`, and what became of it is shown."""

from ..describe import object_type
from .clients import ClientMutation
from .intents import IntentMutation
from .jobs import JobMutation
from .links import LinkMutation
from .tokens import TokenMutation

__all__ = ["Mutation"]


@object_type
class Mutation(ClientMutation, LinkMutation, TokenMutation, JobMutation, IntentMutation):
    """Where writing starts. Every mutation takes one `input` and answers a `MutationPayload`.
    `userErrors` tell everything about the write itself: its input, a conflict, the vendor's
    refusal, an unknown outcome; top-level `errors` tell only of authentication, guards, storage and
    faults. Several mutations in one document run in order, and one that is refused does not stop
    the next.

    A write is journaled before the vendor is called, and is never silently repeated or lost. The
    same `idempotencyKey` (or header `Idempotency-Key`, where a document has one mutation) with the
    same input answers the first outcome again.
    """
