"""Writes: input checked, intent journaled, vendor called once, ledger and audit in one transaction.

Everything that the input, a conflict or the vendor stands in the way of is told in the `Outcome`;
raised are only `StorageUnavailable` and faults of ours.
"""

from dataclasses import dataclass

from ..accounts import Accounts
from .clients import ClientChanges
from .files import Files
from .jobs import JobChanges
from .links import LinkChanges, LinkWish
from .recovery import Recovery
from .resolving import Resolving
from .tokens import TokenChanges
from .turns import Turns
from .writing import Outcome, PartOutcome, Writing, refused

__all__ = ["Changes", "LinkWish", "Outcome", "PartOutcome", "Writing", "put_together", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All writes, shared by all requests."""

    clients: ClientChanges
    links: LinkChanges
    tokens: TokenChanges
    jobs: JobChanges
    intents: Resolving
    files: Files


def put_together(recovery: Recovery, accounts: Accounts) -> Changes:
    """All writes, on one journal."""
    journaling = recovery.journaling
    return Changes(
        clients=ClientChanges(journaling, Turns()),
        links=LinkChanges(journaling, Turns()),
        tokens=TokenChanges(journaling, accounts),
        jobs=JobChanges(journaling),
        intents=Resolving(journaling, recovery),
        files=Files(journaling),
    )
