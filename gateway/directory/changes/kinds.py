"""What is particular to one sort of write: how it is sent, found again, and kept.

A kind is all that a journaled intent needs beside its row, so that a write that was interrupted is
taken up again by whoever finds it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec import Struct

from ...contract import Operations, Vendor, Write
from ...domain.clock import Clock
from ...domain.failures import Failure, NotFound
from ...domain.intents import IntentState, Problem, Subject
from ...domain.model import ClientValues, LinkValues, Outcome, Seen, VendorAccount
from ...storage.values import Change, NewCredential

A = TypeVar("A", bound=Struct)
W = TypeVar("W")
M = TypeVar("M")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a write works with: the account, its vendor, and its operations for this write.

    `forget` makes the reply cache forget the account, so that the next read asks the vendor.
    `sealed` makes a credential for storage of a token that a vendor issued.
    """

    account: VendorAccount
    vendor: Vendor
    operations: Operations
    clock: Clock
    forget: Callable[[], Awaitable[None]]
    sealed: Callable[..., NewCredential]

    async def client(self, vendor_id: str) -> ClientValues:
        """A client as the vendor tells it now; raises its Failure, `NotFound` when it has none."""
        await self.forget()
        read = self.operations.get_clients
        values: ClientValues = await _fresh(read and read([vendor_id]), vendor_id)
        return values

    async def link(self, vendor_id: str) -> LinkValues:
        """A link as the vendor tells it now; likewise."""
        await self.forget()
        read = self.operations.get_links
        values: LinkValues = await _fresh(read and read([vendor_id]), vendor_id)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a write that took effect, and told of it."""

    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    result: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[A, W, M]):
    """One sort of write.

    `operation` is how intents of this kind are called; `arguments` the type that the journal keeps.
    `keep` may read the vendor; what fails then is a warning, for the write itself is done.
    `by_hand` makes of a vendor's id that a person found what `send` would have made; None: the id
    is needed and missing. `otherwise`: what changes in the ledger when the write did not take
    effect, or when a person has to find out. `look` reads what a person says was made, where the
    vendor has such a read.
    """

    operation: str
    choose: Callable[[Operations], Write[W, M] | None]
    arguments: type[A]
    values: Callable[[A], W]
    keep: Callable[[Desk, A, M], Awaitable[Kept]]
    by_hand: Callable[[A, str | None], M | None]
    otherwise: Callable[[A, IntentState], tuple[Change, ...]] | None = None
    look: Callable[[Desk, str], Awaitable[object]] | None = None


async def read_back(reading: Awaitable[T]) -> tuple[T | None, tuple[str, ...]]:
    """What the vendor says after a write; when it cannot be asked, a warning in its place."""
    try:
        return await reading, ()
    except Failure as failure:
        return None, (f"It was written, but could not be read back: {failure.message}",)


AnyKind = Kind[Any, Any, Any]


async def _fresh(reading: Awaitable[Any] | None, vendor_id: str) -> Any:
    if reading is None:
        raise NotFound("The vendor cannot be asked for it.")
    outcome: Outcome[Any] = (await reading).get(vendor_id)
    if isinstance(outcome, Failure):
        raise outcome
    if not isinstance(outcome, Seen):
        raise NotFound("The vendor knows no such object.")
    return outcome.value
