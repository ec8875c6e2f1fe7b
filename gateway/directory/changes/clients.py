"""Writes about clients at their vendors."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec
from msgspec import UNSET, Struct

from ...contract import Made
from ...domain.changes import ClientPatch, ClientUpdate, NewClient, Text
from ...domain.failures import (
    BadInput,
    Conflict,
    Failure,
    NotFound,
    StorageUnavailable,
    Unavailable,
)
from ...domain.intents import SETTLED, Intent, IntentState, Problem, Subject, SubjectKind
from ...domain.model import Client, ClientRecord, VendorAccount
from ...domain.vendor import VendorName
from ...storage.values import KeepClient, LabelClient
from .applying import patched
from .customers import CustomerChanges, Row
from .kinds import Desk, Kept, Kind, read_back
from .turns import Turns
from .verdict import whole
from .writing import Outcome, PartOutcome, Writing, refused, told_again

# ── What the journal keeps ────────────────────────────────────────────────────────────────────


class Creation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client to create, and whose record it becomes."""

    account: int
    new: NewClient
    client: int | None = None
    label: str | None = None


class RecordUpdate(Struct, frozen=True, kw_only=True):
    """One record's part in an update."""

    record: int
    account: int
    update: ClientUpdate


class Update(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client to change, in these records, and its label, if it gets another; 0: it is erased."""

    client: int = 0
    records: tuple[int, ...] = ()
    label: Text = UNSET


def whole_kept(intent: Intent, state: IntentState) -> Kept:
    """What is kept of a client's update besides its parts; the same, whoever comes to settle it."""
    told = msgspec.json.decode(intent.arguments, type=Update)
    if told.client == 0:
        return Kept(result=intent.result)
    renamed = state is IntentState.DONE and told.label is not UNSET
    label = LabelClient(client=told.client, label=told.label or None)
    return Kept(
        changes=(label,) if renamed else (), result=Subject(SubjectKind.CLIENT, told.client)
    )


def never_sent(intent: Intent, parts: Sequence[Intent]) -> tuple[Problem, ...]:
    """What is told when the gateway ended before all parts of an update were even begun."""
    told = msgspec.json.decode(intent.arguments, type=Update)
    if len(parts) >= len(told.records):
        return ()
    message = "The gateway ended before all records were written: trying again is safe."
    return (Problem.of(Unavailable(message)),)


async def _created(desk: Desk, made: Creation, what: Made) -> Kept:
    values, warnings = await read_back(desk.client(what.vendor_id))
    keep = KeepClient(
        account=made.account,
        vendor_id=what.vendor_id,
        values=values,
        client=made.client,
        label=made.label,
    )
    return Kept(changes=(keep,), warnings=(*what.warnings, *warnings))


async def _updated(desk: Desk, part: RecordUpdate, what: Made) -> Kept:
    values, warnings = await read_back(desk.client(part.update.vendor_id))
    keep = KeepClient(account=part.account, vendor_id=part.update.vendor_id, values=values)
    return Kept(changes=(keep,), warnings=(*what.warnings, *warnings))


CREATE_CLIENT = Kind(
    operation="createClient",
    choose=lambda operations: operations.create_client,
    arguments=Creation,
    values=lambda made: made.new,
    keep=_created,
    by_hand=lambda made, vendor_id: Made(vendor_id) if vendor_id else None,
    look=lambda desk, vendor_id: desk.client(vendor_id),
)

UPDATE_RECORD = Kind(
    operation="updateClient.record",
    choose=lambda operations: operations.update_client,
    arguments=RecordUpdate,
    values=lambda part: part.update,
    keep=_updated,
    by_hand=lambda part, _: Made(part.update.vendor_id),
)


# ── The writes ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ClientChanges(CustomerChanges):
    """Create, change and adopt clients at their vendors; arguments are row ids."""

    turns: Turns

    async def create(
        self,
        writing: Writing,
        account: int,
        new: NewClient,
        *,
        client: int | None = None,
        label: str | None = None,
    ) -> Outcome:
        """A client at one vendor; the result is the RECORD."""
        storage = self.journaling.storage
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        found = await storage.account(writing.agency, account)
        if found is None:
            return refused(NotFound("There is no such account."), "accountId")
        if new.bronto is not None and found.vendor is not VendorName.BRONTO:
            return refused(BadInput("Only Bronto takes this."), "bronto")
        if client is not None and not await storage.clients(writing.agency, [client]):
            return refused(NotFound("There is no such client."), "clientId")
        if objection := await self._contradiction(writing, client, label):
            return objection
        arguments = Creation(account=account, new=new, client=client, label=label)
        return await self.journaling.write(writing, found, CREATE_CLIENT, arguments)

    async def adopt(
        self,
        writing: Writing,
        account: int,
        vendor_id: str,
        *,
        client: int | None = None,
        label: str | None = None,
    ) -> Outcome:
        """A client that exists at a vendor; the result is the RECORD."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        found = await journaling.storage.account(writing.agency, account)
        if found is None:
            return refused(NotFound("There is no such account."), "accountId")
        if objection := await self._contradiction(writing, client, label):
            return objection
        try:
            values = await journaling.desk(found, writing.inquiry).client(vendor_id)
        except Failure as failure:
            return refused(failure, "vendorId")
        keep = KeepClient(
            account=account, vendor_id=vendor_id, values=values, client=client, label=label
        )
        arguments = Row(rows=(account,), text=vendor_id)
        return await journaling.record(writing, arguments, Kept(changes=(keep,)), found)

    async def update(
        self,
        writing: Writing,
        client: int,
        patch: ClientPatch,
        *,
        records: tuple[int, ...] | None = None,
        label: Text = UNSET,
    ) -> Outcome:
        """A client at all of its vendors, or in some records; the result is the CLIENT, with a
        part for each record."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return await self._with_parts(writing, earlier)
        known = (await journaling.storage.clients(writing.agency, [client])).get(client)
        if known is None:
            return refused(NotFound("There is no such client."), "id")
        chosen = known.records
        if records is not None:
            held = {row.id: row for row in known.records}
            for place, record in enumerate(records):
                if record not in held:
                    message = "The client has no such record."
                    return refused(NotFound(message), "recordIds", str(place))
            chosen = tuple(held[record] for record in dict.fromkeys(records))
        if patch == ClientPatch():
            chosen = ()
        async with self.turns.of(writing.agency, [row.id for row in chosen]) as turn:
            writing = replace(writing, turn=turn)
            return await self._update(writing, known, chosen, patch, label)

    async def _update(
        self,
        writing: Writing,
        client: Client,
        records: Sequence[ClientRecord],
        patch: ClientPatch,
        label: Text,
    ) -> Outcome:
        compared = await asyncio.gather(*(self._compare(writing, row, patch) for row in records))
        parts = {each.record: each for each in compared if isinstance(each, PartOutcome)}
        wanted = [each for each in compared if isinstance(each, RecordUpdate)]
        relabel = label is not UNSET and (label or None) != client.label
        subject = Subject(SubjectKind.CLIENT, client.id)
        if not wanted and not relabel:
            return Outcome(result=subject, parts=tuple(parts.values()))
        arguments = Update(
            client=client.id,
            records=tuple(each.record for each in wanted),
            label=label if relabel else UNSET,
        )
        intent, new = await self.journaling.begin(writing, arguments)
        if not new:
            return await self._with_parts(writing, told_again(intent, writing))
        begun = Outcome(intent=intent, result=subject, parts=tuple(parts.values()))
        if writing.turn is not None:
            writing.turn.if_late(lambda: self.journaling.spawn(self._close_late(writing, begun)))
        done = await asyncio.gather(*(self._part(writing, each, intent.id) for each in wanted))
        parts |= {each.record: each for each in done}
        told = tuple(parts[row.id] for row in records)
        return await self.close(writing, intent.id, replace(begun, parts=told))

    async def _compare(
        self, writing: Writing, row: ClientRecord, patch: ClientPatch
    ) -> RecordUpdate | PartOutcome:
        """What is to be sent about a record; a part without intent when there is nothing."""
        journaling = self.journaling
        try:
            account = await self._account(writing, row.account)
            operations = journaling.connector.operations(account, writing.inquiry)
            if operations.update_client is None:
                raise journaling.unsupported(account, "updateClient")
            current = await journaling.desk(account, writing.inquiry).client(row.vendor_id)
        except Failure as failure:
            return PartOutcome(record=row.id, problems=(Problem.of(failure),))
        if patched(current, patch) == current:
            return PartOutcome(record=row.id)
        update = ClientUpdate(vendor_id=row.vendor_id, current=current, patch=patch)
        return RecordUpdate(record=row.id, account=row.account, update=update)

    async def _part(self, writing: Writing, part: RecordUpdate, parent: int) -> PartOutcome:
        try:
            account = await self._account(writing, part.account)
            outcome = await self.journaling.write(
                writing, account, UPDATE_RECORD, part, parent=parent
            )
        except Failure as failure:
            return PartOutcome(record=part.record, problems=(Problem.of(failure),))
        done = outcome.intent is not None and outcome.intent.state is IntentState.DONE
        return PartOutcome(
            record=part.record, changed=done, intent=outcome.intent, problems=outcome.problems
        )

    async def close(
        self, writing: Writing, intent: int, outcome: Outcome, *, late: bool = False
    ) -> Outcome:
        """Settle the whole by its parts; while one is unknown, so is the whole."""
        storage = self.journaling.storage
        held = (await storage.parts(writing.agency, [intent])).get(intent, ())
        found = (await storage.intents(writing.agency, [intent]))[intent]
        state = whole(held) if held else IntentState.DONE
        problems = (*_of_parts(outcome.parts), *(never_sent(found, held) if late else ()))
        kept = replace(whole_kept(found, state), problems=problems)
        if not held:
            return await self._close_alone(found, outcome, kept)
        try:
            if state in SETTLED or state is IntentState.NEEDS_HUMAN:
                closed = await self.journaling.settle_whole(found, state, kept)
            elif problems:
                closed = await storage.doubt(
                    writing.agency, intent, found.epoch, IntentState.UNKNOWN, problems[0]
                )
            else:
                closed = found  # one of its parts was begun and left: the recovery's
        except Conflict:
            # The last of its parts was found out meanwhile, and closed it.
            closed = (await storage.intents(writing.agency, [intent]))[intent]
        return replace(outcome, intent=closed, problems=closed.problems or problems)

    async def _close_late(self, writing: Writing, begun: Outcome) -> None:
        """Settle the whole when its last part ends after the caller has left."""
        if begun.intent is None:
            return
        with suppress(StorageUnavailable):  # which is the recovery's to wait for
            sent = await self._with_parts(writing, begun)
            parts = (*begun.parts, *sent.parts)
            await self.close(writing, begun.intent.id, replace(begun, parts=parts), late=True)

    async def _close_alone(self, intent: Intent, outcome: Outcome, kept: Kept) -> Outcome:
        """The end of an update without parts: a new label, or nothing was written at all."""
        problems = kept.problems
        if kept.changes:
            try:
                closed = await self.journaling.settle(intent, IntentState.DONE, kept)
                return replace(outcome, intent=closed, problems=problems)
            except (BadInput, Conflict, NotFound) as refusal:
                problems = (*problems, Problem.of(refusal, ("input", "label")))
        await self.journaling.storage.withdraw(intent.agency, intent.id, intent.epoch)
        return replace(outcome, intent=None, problems=problems)

    async def _with_parts(self, writing: Writing, outcome: Outcome) -> Outcome:
        """An earlier outcome with what its parts tell."""
        if outcome.intent is None:
            return outcome
        storage = self.journaling.storage
        held = (await storage.parts(writing.agency, [outcome.intent.id])).get(outcome.intent.id, ())
        parts = tuple(
            PartOutcome(
                record=record,
                changed=part.state is IntentState.DONE,
                intent=part,
                problems=part.problems,
            )
            for part in held
            if (record := _record(part)) is not None
        )
        return replace(outcome, parts=parts)

    async def _account(self, writing: Writing, account: int) -> VendorAccount:
        found = await self.journaling.storage.account(writing.agency, account)
        if found is None:
            raise NotFound("There is no such account.")
        return found

    async def _contradiction(
        self, writing: Writing, client: int | None, label: str | None
    ) -> Outcome | None:
        """Client and label must not name two clients."""
        if client is None or label is None:
            return None
        known = (await self.journaling.storage.clients(writing.agency, [client])).get(client)
        if known is None:
            return refused(NotFound("There is no such client."), "clientId")
        if known.label not in (None, label):
            return refused(BadInput("The client has another label."), "label")
        return None


def _record(part: Intent) -> int | None:
    """The record that a part is about; None when its client was erased."""
    if part.result is not None:
        return part.result.id
    try:
        return msgspec.json.decode(part.arguments, type=RecordUpdate).record
    except msgspec.ValidationError:
        return None


def _of_parts(parts: Sequence[PartOutcome]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problem for part in parts for problem in part.problems))
