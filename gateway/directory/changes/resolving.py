"""What a person found out about a write settles it."""

from dataclasses import dataclass

import msgspec

from ...domain.failures import BadInput, Conflict, Failure, NotFound
from ...domain.intents import Intent, IntentState, is_erased
from ...domain.model import VendorAccount
from .journaling import Journaling, otherwise
from .kinds import AnyKind, Kept
from .recovery import KINDS, Recovery
from .writing import Outcome, Writing, outcome_of, refused

_OPEN = (IntentState.NEEDS_HUMAN, IntentState.UNKNOWN, IntentState.RECONCILING)


@dataclass(frozen=True, slots=True)
class Resolving:
    """Settles intents by hand."""

    journaling: Journaling
    recovery: Recovery

    async def resolve(
        self, writing: Writing, intent: int, took_effect: bool, vendor_id: str | None
    ) -> Outcome:
        """The outcome's `intent` is the one that was resolved."""
        storage = self.journaling.storage
        found = (await storage.intents(writing.agency, [intent])).get(intent)
        if found is None:
            return refused(NotFound("There is no such intent."), "id")
        wanted = IntentState.DONE if took_effect else IntentState.FAILED
        if found.state is wanted:
            return outcome_of(found)
        if found.state not in _OPEN:
            return refused(Conflict("The write is not waiting for a person."), "id")
        parts = (await storage.parts(writing.agency, [intent])).get(intent, ())
        for part in parts:
            if part.state in _OPEN:
                problem = await self._settle(writing, part, took_effect, vendor_id)
                if problem is not None:
                    return problem
        if parts:
            await self.recovery.close(found, actor=writing.actor)
        elif (problem := await self._settle(writing, found, took_effect, vendor_id)) is not None:
            return problem
        settled = (await storage.intents(writing.agency, [intent]))[intent]
        return Outcome(intent=settled, warnings=settled.warnings)

    async def _settle(
        self, writing: Writing, intent: Intent, took_effect: bool, vendor_id: str | None
    ) -> Outcome | None:
        """Settle one intent; the outcome that refuses, None when it is settled."""
        journaling = self.journaling
        kind = KINDS.get(intent.operation)
        account = (
            None
            if intent.account is None
            else await journaling.storage.account(writing.agency, intent.account)
        )
        try:
            if not took_effect or kind is None or account is None:
                state = IntentState.DONE if took_effect else IntentState.FAILED
                changes = () if kind is None or took_effect else otherwise(kind, intent, state)
                kept = Kept(changes=changes)
                await journaling.settle(intent, state, kept, actor=writing.actor)
                return None
            made = _by_hand(kind, intent, vendor_id)
            if made is None:
                await journaling.settle(intent, IntentState.DONE, Kept(), actor=writing.actor)
                return None
            if vendor_id is not None and (
                objection := await self._unseen(writing, kind, account, vendor_id)
            ):
                return objection
            await journaling.took_effect(
                account, kind, intent, made, writing.inquiry, actor=writing.actor
            )
        except (BadInput, Conflict) as refusal:
            return refused(refusal, "id")
        return None

    async def _unseen(
        self, writing: Writing, kind: AnyKind, account: VendorAccount, vendor_id: str
    ) -> Outcome | None:
        """Why what a person found cannot be it: the vendor says that it has no such thing."""
        if kind.look is None:
            return None
        try:
            await kind.look(self.journaling.desk(account, writing.inquiry), vendor_id)
        except (BadInput, NotFound) as refusal:
            return refused(refusal, "vendorId")
        except Failure:
            pass  # it cannot be asked now, or not with this key: the person's word counts
        return None


def _by_hand(kind: AnyKind, intent: Intent, vendor_id: str | None) -> object | None:
    """What the write made, by the person's word; raises `BadInput` when the id is missing."""
    if is_erased(intent):
        return None
    arguments = msgspec.json.decode(intent.arguments, type=kind.arguments)
    made: object | None = kind.by_hand(arguments, vendor_id)
    if made is None and kind.by_hand(arguments, "any") is not None:
        raise BadInput("It made something: give the id that the vendor gave.", field=("vendorId",))
    return made
