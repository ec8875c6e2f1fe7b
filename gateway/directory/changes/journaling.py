"""Carries a write out: journaled before it is sent, settled in one transaction with the ledger.

A write runs in a task of the runtime, not of the request: whoever leaves early does not leave it
half done. The caller waits for it until the deadline, and is told to follow the intent then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec

from ...contract import Operations
from ...domain.caller import AgencyId
from ...domain.clock import Clock, Deadline
from ...domain.failures import (
    BadInput,
    Conflict,
    Failure,
    NotFound,
    OutcomeUnknown,
    StorageUnavailable,
    Unsupported,
)
from ...domain.intents import SETTLED, Intent, IntentState, Problem, is_erased
from ...domain.model import VendorAccount
from ...storage.port import Storage
from ...storage.values import Change, KeepClient, NewCredential, NewIntent, Settlement
from ...upstream.exchange import Reply
from ..connect import Connector, Inquiry
from .answers import Answers
from .kinds import A, AnyKind, Desk, Kept, Kind, M, W
from .pen import Pen
from .verdict import is_refused_input, lost, verdict
from .writing import Outcome, Writing, input_problem, outcome_of, told_again

Spawn = Callable[[Any], None]
"""Runs a coroutine in the runtime's task group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journaling:
    """What all writes share.

    `patience`: seconds that a write may take, whoever waits for it. `lease`: seconds for which an
    intent is this process's; longer than the patience, so that nobody takes over what still runs.
    `reconcile` is handed the intents whose outcome is unknown.
    """

    storage: Storage
    connector: Connector
    answers: Answers
    clock: Clock
    spawn: Spawn
    forget: Callable[[AgencyId, int], Awaitable[None]]
    sealed: Callable[..., NewCredential]
    unobserved: Callable[[str], Inquiry]
    patience: float
    lease: float
    reconcile: Callable[[Intent], Awaitable[None]]

    # ── Repeats ───────────────────────────────────────────────────────────────────────────────

    async def earlier(self, writing: Writing) -> Outcome | None:
        """What the caller's key stands for already; None when it is new, or there is none."""
        if writing.key is None:
            return None
        intent = await self.storage.keyed(writing.agency, writing.operation, writing.key)
        return None if intent is None else told_again(intent, writing)

    async def begin(
        self,
        writing: Writing,
        arguments: msgspec.Struct,
        account: VendorAccount | None = None,
        *,
        operation: str | None = None,
        parent: int | None = None,
        longer: float = 0.0,
        job: int | None = None,
    ) -> tuple[Intent, bool]:
        """A new intent, or the one that the caller's key stands for; leased `longer` if it takes
        so many seconds more than others. `job`: one that it begins; `Conflict` when that does not
        wait."""
        now = self.clock.now()
        return await self.storage.begin(
            writing.agency,
            NewIntent(
                operation=operation or writing.operation,
                caller=writing.actor,
                fingerprint=writing.fingerprint,
                arguments=msgspec.json.encode(arguments),
                key=writing.key if parent is None else None,
                parent=parent,
                vendor=None if account is None else account.vendor,
                account=None if account is None else account.id,
                job=job,
            ),
            at=now,
            lease_until=now + timedelta(seconds=self.lease + longer),
        )

    # ── Writes of the ledger alone ────────────────────────────────────────────────────────────

    async def record(
        self,
        writing: Writing,
        arguments: msgspec.Struct,
        kept: Kept,
        account: VendorAccount | None = None,
    ) -> Outcome:
        """A write that no vendor is told of: journaled and done."""
        intent, new = await self.begin(writing, arguments, account)
        if not new:
            return told_again(intent, writing)
        try:
            done = await self.settle(intent, IntentState.DONE, kept)
        except (Conflict, NotFound) as refusal:
            await self.storage.withdraw(writing.agency, intent.id, intent.epoch)
            return Outcome(problems=(Problem.of(refusal, ("input",)),))
        return outcome_of(done)

    async def settle(
        self, intent: Intent, state: IntentState, kept: Kept, *, actor: str | None = None
    ) -> Intent:
        """The intent's end, with what is kept of it, in one transaction."""
        changes: Sequence[Change] = kept.changes
        settlement = Settlement(
            state=state, problems=kept.problems, warnings=kept.warnings, result=kept.result
        )
        return await self.storage.settle(
            intent.agency,
            intent.id,
            intent.epoch,
            settlement,
            changes,
            actor=actor or intent.caller,
            at=self.clock.now(),
        )

    # ── Writes at a vendor ────────────────────────────────────────────────────────────────────

    async def write(
        self,
        writing: Writing,
        account: VendorAccount,
        kind: Kind[A, W, M],
        arguments: A,
        *,
        parent: int | None = None,
        values: W | None = None,
        longer: float = 0.0,
        job: int | None = None,
    ) -> Outcome:
        """One write, at most once; everything that went wrong with it is in the outcome.

        `values` are what is sent where the arguments do not hold all of it. `longer`: seconds that
        it may take beyond the patience with others. `job`: as `begin` has it.
        """
        if kind.choose(self.connector.operations(account, writing.inquiry)) is None:
            return Outcome(problems=(Problem.of(self.unsupported(account, kind.operation)),))
        intent, new = await self.begin(
            writing,
            arguments,
            account,
            operation=kind.operation,
            parent=parent,
            longer=longer,
            job=job,
        )
        if not new:
            return told_again(intent, writing)
        patience = self.patience + longer
        return await self._send(writing, account, kind, intent, values, patience)

    async def _send(
        self,
        writing: Writing,
        account: VendorAccount,
        kind: AnyKind,
        intent: Intent,
        values: object | None,
        patience: float,
    ) -> Outcome:
        """Carry out a new intent in a task of its own, and wait for it while the caller can."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        inquiry = Inquiry(
            deadline=Deadline(self.clock.monotonic() + patience),
            request_id=writing.inquiry.request_id,
            observe=writing.inquiry.observe,
        )
        if writing.turn is not None:
            writing.turn.until(done)
        self.spawn(self._carry_out(account, kind, intent, inquiry, values, done))
        remaining = writing.inquiry.deadline.remaining(self.clock)
        await asyncio.wait({done}, timeout=max(0.0, remaining))
        if done.done():
            return done.result()
        message = "The write is still under way: do not send it again, follow its intent."
        return Outcome(intent=intent, problems=(Problem.of(_unknown(message, account)),))

    async def _carry_out(
        self,
        account: VendorAccount,
        kind: AnyKind,
        intent: Intent,
        inquiry: Inquiry,
        values: object | None,
        done: "asyncio.Future[Outcome]",
    ) -> None:
        try:
            outcome = await self.attempt(account, kind, intent, inquiry, values=values)
        except Failure as failure:
            # Storage is away, or another process took over. Whoever tried again would double what
            # the vendor may have done: only what certainly never left is told as it failed.
            problem = Problem.of(failure) if failure.sent is False else lost(failure)
            outcome = Outcome(intent=intent, problems=(problem,))
        except asyncio.CancelledError:
            done.cancel()
            raise
        except Exception as fault:
            # A fault of ours: who waits is to know of it, and the background tells the log.
            if not done.done():
                done.set_exception(fault)
                done.exception()
            raise
        if not done.done():
            done.set_result(outcome)
        if outcome.intent is not None and outcome.intent.state is IntentState.UNKNOWN:
            # Settled by another meanwhile, or left to the recovery when storage is away.
            with suppress(Conflict, StorageUnavailable):
                await self.reconcile(outcome.intent)

    async def attempt(
        self,
        account: VendorAccount,
        kind: AnyKind,
        intent: Intent,
        inquiry: Inquiry,
        *,
        answer: Reply | None = None,
        values: object | None = None,
    ) -> Outcome:
        """Send it, or judge the answer that came before; then settle it, or doubt it."""
        pen = Pen(self.storage, self.answers, account, intent)
        operations = self.connector.operations(
            account, inquiry, journal=pen, answer=None if answer is None else pen.reading(answer)
        )
        if values is None:
            values = kind.values(msgspec.json.decode(intent.arguments, type=kind.arguments))
        try:
            made = await _write(kind, operations).send(values, intent.mark)
        except Failure as failure:
            if isinstance(failure, StorageUnavailable) and (pen.sent or answer is not None):
                # Its answer may be durable all the same: the recovery looks, and judges it.
                raise
            if answer is not None and not pen.sent:
                # What the write reads first has changed since, not least by the write itself.
                return await self._doubt(intent, failure)
            try:
                return await self._failed(kind, intent, failure, sent=pen.sent)
            except StorageUnavailable as away:
                raise StorageUnavailable(away.message, sent=pen.sent and None) from None
        return outcome_of(await self.took_effect(account, kind, intent, made, inquiry))

    async def took_effect(
        self,
        account: VendorAccount,
        kind: AnyKind,
        intent: Intent,
        made: Any,
        inquiry: Inquiry,
        *,
        actor: str | None = None,
    ) -> Intent:
        """Settle a write that took effect, with what is kept of it."""
        arguments = msgspec.json.decode(intent.arguments, type=kind.arguments)
        kept = await kind.keep(self.desk(account, inquiry), arguments, made)
        settled = await self._keep(intent, kept, actor)
        await self.forget(account.agency, account.id)
        return settled

    async def _keep(self, intent: Intent, kept: Kept, actor: str | None) -> Intent:
        """Settle what took effect, even where the ledger has changed since it was wished for: a
        client that is gone, or a label that another has now, is given up with a warning."""
        try:
            return await self.settle(intent, IntentState.DONE, kept, actor=actor)
        except (BadInput, Conflict, NotFound) as refusal:
            if await self._is_in_other_hands(intent):
                raise
            warning = f"It was written, but not kept as wanted: {refusal.message}"
            plainer = replace(
                kept,
                changes=tuple(map(_plainer, kept.changes)),
                warnings=(*kept.warnings, warning),
            )
            try:
                return await self.settle(intent, IntentState.DONE, plainer, actor=actor)
            except (BadInput, Conflict, NotFound) as again:
                problems = (Problem.of(again),)
                kept = Kept(problems=problems, warnings=plainer.warnings, result=kept.result)
                return await self.settle(intent, IntentState.NEEDS_HUMAN, kept, actor=actor)

    async def settle_whole(
        self, intent: Intent, state: IntentState, kept: Kept, *, actor: str | None = None
    ) -> Intent:
        """The end of a mutation with parts; where its own change cannot be kept (the label is
        another client's by now, or the client is gone), that is told in its problems."""
        try:
            return await self.settle(intent, state, kept, actor=actor)
        except (BadInput, Conflict, NotFound) as refusal:
            if not kept.changes or await self._is_in_other_hands(intent):
                raise
            problem = Problem.of(refusal, ("input", "label"))
            plain = replace(kept, changes=(), problems=(*kept.problems, problem))
            return await self.settle(intent, state, plain, actor=actor)

    async def _is_in_other_hands(self, intent: Intent) -> bool:
        now = (await self.storage.intents(intent.agency, [intent.id])).get(intent.id)
        return now is None or now.epoch != intent.epoch or now.state in SETTLED

    async def _failed(
        self, kind: AnyKind, intent: Intent, failure: Failure, *, sent: bool
    ) -> Outcome:
        if is_refused_input(failure, sent):
            undone = otherwise(kind, intent, IntentState.FAILED)
            await self.storage.withdraw(
                intent.agency, intent.id, intent.epoch, undone, at=self.clock.now()
            )
            return Outcome(problems=(input_problem(failure),))
        state = verdict(failure, sent)
        if state is IntentState.FAILED:
            kept = Kept(problems=(input_problem(failure),), changes=otherwise(kind, intent, state))
            return outcome_of(await self.settle(intent, state, kept))
        return await self._doubt(intent, failure)

    async def _doubt(self, intent: Intent, failure: Failure) -> Outcome:
        problem = lost(failure)
        doubted = await self.storage.doubt(
            intent.agency, intent.id, intent.epoch, IntentState.UNKNOWN, problem
        )
        return outcome_of(doubted)

    def desk(self, account: VendorAccount, inquiry: Inquiry) -> Desk:
        """What a write of that account works with."""
        return Desk(
            account=account,
            vendor=self.connector.vendor(account),
            operations=self.connector.operations(account, inquiry),
            clock=self.clock,
            forget=lambda: self.forget(account.agency, account.id),
            sealed=self.sealed,
        )

    def unsupported(self, account: VendorAccount, operation: str) -> Unsupported:
        """Why the vendor cannot, in the words of its support table."""
        vendor = self.connector.vendor(account)
        row = vendor.support.get(operation)
        reason = row.reason if row is not None and row.reason else f"{vendor.title} cannot do this."
        return Unsupported(reason, vendor=account.vendor, account=account.id)


def _plainer(change: Change) -> Change:
    """The change without what it wants of rows that others may change meanwhile."""
    if isinstance(change, KeepClient):
        return replace(change, client=None, label=None)
    return change


def otherwise(kind: AnyKind, intent: Intent, state: IntentState) -> tuple[Change, ...]:
    """What changes in the ledger when a write did not take effect, or a person has to find out."""
    if kind.otherwise is None or is_erased(intent):
        # Nor are the arguments read: a write that no vendor is told of may have the same name.
        return ()
    arguments = msgspec.json.decode(intent.arguments, type=kind.arguments)
    changes: tuple[Change, ...] = kind.otherwise(arguments, state)
    return changes


def _write(kind: AnyKind, operations: Operations) -> Any:
    write = kind.choose(operations)
    if write is None:
        raise Unsupported("The vendor has no such operation.")
    return write


def _unknown(message: str, account: VendorAccount) -> Failure:
    return OutcomeUnknown(message, vendor=account.vendor, account=account.id)
