"""Keeps the journal of writes: what is written here is durable when a method returns."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import update

from ..domain.caller import AgencyId
from ..domain.failures import StorageUnavailable
from ..domain.intents import RESTING, SETTLED, Intent, IntentState, Problem, Subject
from . import rows, trail
from .connection import Connection
from .database import Part
from .intent_rows import add_intent, intent_of_key, remove_intent, step
from .job_rows import begin_job
from .rows import AnyRow, encoded, result_columns
from .settling import apply
from .tables import intents
from .values import Change, NewIntent, PurgeClient, Settlement

_DOUBTS = frozenset({IntentState.UNKNOWN, IntentState.RECONCILING})


class Journal(Part):
    """The part of `port.Journal` that one write goes through."""

    async def begin(
        self, agency: AgencyId, intent: NewIntent, *, at: datetime, lease_until: datetime
    ) -> tuple[Intent, bool]:
        async with self._database.write(agency) as connection:
            if intent.key is not None:
                known = await intent_of_key(connection, agency, intent.operation, intent.key)
                if known is not None:
                    return rows.intent(known), False
            added = await add_intent(connection, agency, intent, at, lease_until)
            if intent.job is not None:
                await begin_job(connection, agency, intent.job)
        return rows.intent(added), True

    async def keyed(self, agency: AgencyId, operation: str, key: str) -> Intent | None:
        async with self._database.read() as connection:
            known = await intent_of_key(connection, agency, operation, key)
        return None if known is None else rows.intent(known)

    async def withdraw(
        self,
        agency: AgencyId,
        intent: int,
        epoch: int,
        changes: Sequence[Change] = (),
        *,
        at: datetime | None = None,
    ) -> None:
        async with self._database.write(agency) as connection:
            await remove_intent(connection, agency, intent, epoch)
            for change in changes:
                await apply(connection, agency, change, at or datetime.now(UTC))

    async def sending(self, agency: AgencyId, intent: int, epoch: int) -> None:
        async with self._database.write() as connection:
            await step(connection, agency, intent, epoch, IntentState.SENDING, {"answer": None})

    async def answered(self, agency: AgencyId, intent: int, epoch: int, answer: bytes) -> None:
        async with self._database.write() as connection:
            await step(connection, agency, intent, epoch, IntentState.ANSWERED, {"answer": answer})

    async def doubt(
        self, agency: AgencyId, intent: int, epoch: int, state: IntentState, problem: Problem
    ) -> Intent:
        if state not in _DOUBTS:
            raise ValueError(f"{state} is no doubt")
        told = {"problems": encoded((problem,))}
        async with self._database.write() as connection:
            row = await step(connection, agency, intent, epoch, state, told)
        return rows.intent(row)

    async def settle(
        self,
        agency: AgencyId,
        intent: int,
        epoch: int,
        settlement: Settlement,
        changes: Sequence[Change] = (),
        *,
        actor: str,
        at: datetime,
    ) -> Intent:
        if settlement.state not in RESTING:
            raise ValueError(f"{settlement.state} is no end")
        told = {
            "answer": None,
            "problems": encoded(settlement.problems),
            "warnings": encoded(settlement.warnings),
            "settled_at": at if settlement.state in SETTLED else None,
        }
        async with self._database.write(agency) as connection:
            # First of all: nothing is changed on behalf of a write in other hands.
            await step(connection, agency, intent, epoch, settlement.state, told)
            made = [await apply(connection, agency, change, at) for change in changes]
            result = settlement.result or next((each for each in made if each is not None), None)
            row = await _result(connection, agency, intent, result)
            await _record(connection, row, result, actor, at)
        if any(isinstance(change, PurgeClient) for change in changes):
            # It is done: where the log cannot be emptied just now, the next checkpoint does it.
            with suppress(StorageUnavailable):
                await self._database.scrub()
        return rows.intent(row)


async def _result(
    connection: Connection, agency: AgencyId, intent: int, result: Subject | None
) -> AnyRow:
    this = (intents.c.agency == agency, intents.c.id == intent)
    told = update(intents).where(*this).values(**result_columns(result)).returning(intents)
    return (await connection.execute(told)).one()


async def _record(
    connection: Connection, row: AnyRow, result: Subject | None, actor: str, at: datetime
) -> None:
    made = None if result is None else f"{result.kind.name.lower()}:{result.id}"
    await trail.record(
        connection,
        row.agency,
        actor=actor,
        at=at,
        action=row.operation,
        subject=f"intent:{row.id}",
        detail={
            "state": row.state,
            "account": None if row.account is None else str(row.account),
            "result": made,
        },
    )
