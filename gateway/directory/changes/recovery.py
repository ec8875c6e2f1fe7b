"""Takes up writes that were interrupted: at start-up, on a timer, and when an answer was lost.

PENDING was never sent: FAILED. ANSWERED is judged from the sealed answer. What was sent without an
answer is looked for at the vendor, where a read can tell; else a person settles it.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec

from ...domain.clock import Deadline
from ...domain.failures import (
    Conflict,
    Failure,
    OutcomeUnknown,
    StorageUnavailable,
    Unavailable,
)
from ...domain.intents import (
    ENTRY,
    RESTING,
    Intent,
    IntentState,
    Problem,
    Subject,
    SubjectKind,
    is_erased,
)
from ...domain.model import VendorAccount
from ...storage.values import Change
from ...upstream.exchange import Reply
from ..connect import Inquiry
from . import clients, jobs, links, tokens
from .journaling import Journaling, otherwise
from .kinds import AnyKind, Kept
from .verdict import whole

KINDS: Mapping[str, AnyKind] = {
    kind.operation: kind
    for kind in (
        clients.CREATE_CLIENT,
        clients.UPDATE_RECORD,
        links.CREATE_LINK,
        links.UPDATE_LINK,
        tokens.ISSUE_TOKEN,
        tokens.UPDATE_TOKEN,
        tokens.REVOKE_TOKEN,
        jobs.START_EXPORT,
        jobs.START_BACKUP,
        jobs.SEND_IMPORT,
    )
}
"""All writes that call a vendor, by the operation of their intents."""

EVERY = 5.0
"""Seconds between two looks at the journal."""

LEASE = 3 * EVERY
"""Seconds for which one process leads the recovery."""

LAG = 2.0
"""Seconds that a vendor gets to show what it has just taken."""

LOOK = 5.0
"""Seconds that one look at the vendor may take."""

LOOKS = 3
"""Times that a vendor which cannot be asked is asked again, before a person is."""

_MOST = 100
_LOG = logging.getLogger("gateway.recovery")


@dataclass(slots=True)
class Recovery:
    """Settles or flags every intent that nobody works on any more; one process leads."""

    journaling: Journaling
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    pause: float = LAG

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.once()
            except StorageUnavailable:
                _LOG.warning("The journal cannot be read; it is tried again.")
            await self.journaling.clock.sleep(EVERY)

    async def once(self) -> int:
        """Take up all orphans, if this process leads; how many there were."""
        journaling = self.journaling
        now = journaling.clock.now()
        until = now + timedelta(seconds=LEASE)
        if not await journaling.storage.lead("recovery", self.holder, now=now, until=until):
            return 0
        lease_until = now + timedelta(seconds=journaling.lease)
        orphans = await journaling.storage.orphans(now=now, lease_until=lease_until, most=_MOST)
        # Parts first: the whole follows from them.
        for group in (
            [each for each in orphans if each.parent is not None],
            [each for each in orphans if each.parent is None],
        ):
            await asyncio.gather(*(self._guarded(each, self.take_up(each)) for each in group))
        for intent, record in await journaling.storage.sighted(entry=ENTRY, most=_MOST):
            await self._guarded(intent, self._sighted(intent, record))
        return len(orphans)

    async def _guarded(self, intent: Intent, work: Awaitable[None]) -> None:
        try:
            await work
        except Conflict:
            _LOG.info("Intent %s was settled by another.", intent.id)
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001 - one that cannot be taken up must not hold up all others
            _LOG.exception("Intent %s could not be taken up; it is tried again.", intent.id)

    async def _sighted(self, intent: Intent, record: int) -> None:
        """A client that was read since carries the intent's mark: it was made after all."""
        kept = Kept(result=Subject(SubjectKind.RECORD, record))
        await self.journaling.settle(intent, IntentState.DONE, kept)

    async def take_up(self, intent: Intent) -> None:
        """Bring one intent to rest."""
        kind = KINDS.get(intent.operation)
        account = await self._account(intent)
        if kind is None:
            await self.close(intent)
        elif intent.state is IntentState.PENDING:
            await self._never_sent(intent)
        elif account is None:
            await self._flag(intent, "The account of this write is gone.")
        elif is_erased(intent):
            await self._flag(intent, "The client of this write was erased.")
        elif (answer := self._answer(account, intent)) is not None:
            inquiry = self._inquiry(intent)
            outcome = await self.journaling.attempt(account, kind, intent, inquiry, answer=answer)
            if outcome.intent is not None and outcome.intent.state is IntentState.UNKNOWN:
                await self.reconcile(outcome.intent)
        else:
            await self.reconcile(intent)

    def _answer(self, account: VendorAccount, intent: Intent) -> Reply | None:
        """The answer that came before; None when there is none, or its key is gone."""
        if intent.state is not IntentState.ANSWERED or intent.answer is None:
            return None
        try:
            return self.journaling.answers.read(account, intent.id, intent.answer)
        except Failure:
            _LOG.warning("The answer to intent %s cannot be opened any more.", intent.id)
            return None

    async def reconcile(self, intent: Intent) -> None:
        """Find out at the vendor what became of a write, or hand it to a person."""
        kind, account = KINDS[intent.operation], await self._account(intent)
        if account is None:
            await self._flag(intent, "The account of this write is gone.")
            return
        journaling = self.journaling
        problem = intent.problems[0] if intent.problems else _lost(intent)
        doubted = await journaling.storage.doubt(
            intent.agency, intent.id, intent.epoch, IntentState.RECONCILING, problem
        )
        failure: Failure = OutcomeUnknown("The vendor has no read that tells.")
        for look in range(LOOKS):
            await journaling.clock.sleep(self.pause * 2**look)
            try:
                made = await self._find(account, kind, doubted)
            except OutcomeUnknown as unknown:
                failure = unknown
                break
            except Failure as away:
                failure = away
                continue
            await self._found(account, kind, doubted, made)
            return
        await self._flag(doubted, failure.message)

    async def _find(self, account: VendorAccount, kind: AnyKind, intent: Intent) -> object | None:
        clock = self.journaling.clock
        inquiry = replace(self._inquiry(intent), deadline=Deadline(clock.monotonic() + LOOK))
        await self.journaling.forget(account.agency, account.id)
        operations = self.journaling.connector.operations(account, inquiry)
        write = kind.choose(operations)
        if write is None or write.find is None:
            raise OutcomeUnknown("The vendor has no read that tells.")
        arguments = msgspec.json.decode(intent.arguments, type=kind.arguments)
        made: object | None = await write.find(kind.values(arguments), intent.mark)
        return made

    async def _found(
        self, account: VendorAccount, kind: AnyKind, intent: Intent, made: object | None
    ) -> None:
        if made is not None:
            inquiry = self._inquiry(intent)
            await self.journaling.took_effect(account, kind, intent, made, inquiry)
            await self._close_whole(intent)
            return
        message = "The vendor shows that the write did not take effect: trying again is safe."
        problem = Problem.of(Unavailable(message, vendor=intent.vendor))
        await self._fail(intent, problem)
        await self._close_whole(intent)

    async def _never_sent(self, intent: Intent) -> None:
        message = "The gateway ended before the write was sent: trying again is safe."
        problem = Problem.of(Unavailable(message, vendor=intent.vendor))
        await self._fail(intent, problem)

    async def _fail(self, intent: Intent, problem: Problem) -> None:
        kept = Kept(problems=(problem,), changes=_otherwise(intent, IntentState.FAILED))
        await self.journaling.settle(intent, IntentState.FAILED, kept)

    async def _flag(self, intent: Intent, why: str) -> None:
        """Hand it to a person, with what to look for."""
        when = f"{intent.created_at:%Y-%m-%d %H:%M:%S} UTC"
        message = (
            f"{why} Look at the vendor whether {intent.operation} of {when} took effect, and settle"
            " it with resolveIntent."
        )
        problem = Problem.of(OutcomeUnknown(message, vendor=intent.vendor))
        kept = Kept(problems=(problem,), changes=_otherwise(intent, IntentState.NEEDS_HUMAN))
        await self.journaling.settle(intent, IntentState.NEEDS_HUMAN, kept)
        await self._close_whole(intent)

    async def _close_whole(self, part: Intent) -> None:
        """Settle the mutation that an intent is a part of, once all of its parts are at rest."""
        if part.parent is None:
            return
        storage = self.journaling.storage
        found = (await storage.intents(part.agency, [part.parent])).get(part.parent)
        if found is not None:
            await self.close(found)

    async def close(self, intent: Intent, *, actor: str | None = None) -> None:
        """Settle a mutation by its parts; one without parts never did anything."""
        if intent.state in RESTING and intent.state is not IntentState.NEEDS_HUMAN:
            return
        storage = self.journaling.storage
        parts: Sequence[Intent] = (await storage.parts(intent.agency, [intent.id])).get(
            intent.id, ()
        )
        if not parts:
            await self._never_sent(intent)
            return
        state = whole(parts)
        if state is IntentState.UNKNOWN or state is intent.state:
            return
        told = dict.fromkeys(problem for part in parts for problem in part.problems)
        problems = (*told, *clients.never_sent(intent, parts))
        kept = replace(clients.whole_kept(intent, state), problems=problems)
        await self.journaling.settle_whole(intent, state, kept, actor=actor)

    async def _account(self, intent: Intent) -> VendorAccount | None:
        if intent.account is None:
            return None
        return await self.journaling.storage.account(intent.agency, intent.account)

    def _inquiry(self, intent: Intent) -> Inquiry:
        return self.journaling.unobserved(f"intent-{intent.id}")


def _otherwise(intent: Intent, state: IntentState) -> tuple[Change, ...]:
    kind = KINDS.get(intent.operation)
    return () if kind is None or intent.account is None else otherwise(kind, intent, state)


def _lost(intent: Intent) -> Problem:
    message = "The write was sent and its answer was lost: it is not sent again. Follow its intent."
    return Problem.of(OutcomeUnknown(message, vendor=intent.vendor))
