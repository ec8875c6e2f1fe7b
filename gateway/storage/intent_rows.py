"""Writes rows of `intents`; every step only by who has the write in hand."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, select, update

from ..domain.caller import AgencyId
from ..domain.failures import BadInput, Conflict, NotFound
from ..domain.intents import IntentState
from .account_rows import owner
from .connection import Connection
from .database import is_id
from .rows import AnyRow, encoded
from .steps import may_become
from .tables import intents
from .values import NewIntent

_LONGEST_KEY = 255


async def intent_of_key(
    connection: Connection, agency: AgencyId, operation: str, key: str
) -> AnyRow | None:
    """The intent that a caller's key stands for; `BadInput` for what cannot be a key."""
    if not key.strip() or len(key) > _LONGEST_KEY:
        message = f"It must have 1 to {_LONGEST_KEY} characters."
        raise BadInput(message, field=("idempotencyKey",))
    statement = select(intents).where(
        intents.c.agency == (agency if is_id(agency) else 0),
        intents.c.operation == operation,
        intents.c.key == key,
    )
    return (await connection.execute(statement)).one_or_none()


async def add_intent(
    connection: Connection, agency: AgencyId, new: NewIntent, at: datetime, lease_until: datetime
) -> AnyRow:
    """A new intent; `NotFound` when the agency has no such account, or no such whole."""
    if new.account is not None:
        await owner(connection, agency, new.account)
    if new.parent is not None:
        whole = intents.c.id == (new.parent if is_id(new.parent) else 0)
        statement = select(intents.c.id).where(intents.c.agency == agency, whole)
        if await connection.scalar(statement) is None:
            raise NotFound("There is no such intent.")
    row = {
        "agency": agency,
        "parent": new.parent,
        "operation": new.operation,
        "caller": new.caller,
        "key": new.key,
        "fingerprint": new.fingerprint,
        "vendor": None if new.vendor is None else new.vendor.value,
        "account": new.account,
        "state": IntentState.PENDING.value,
        "epoch": 1,
        "lease_until": lease_until,
        "arguments": new.arguments,
        "problems": encoded(()),
        "warnings": encoded(()),
        "created_at": at,
    }
    return (await connection.execute(insert(intents).values(row).returning(intents))).one()


async def step(
    connection: Connection,
    agency: AgencyId,
    intent: int,
    epoch: int,
    state: IntentState,
    columns: Mapping[str, Any],
) -> AnyRow:
    """The intent in its new state; `Conflict` when it is not ours, or that cannot follow."""
    statement = (
        update(intents)
        .where(*_in_hand(agency, intent, epoch, may_become(state)))
        .values(state=state.value, **columns)
        .returning(intents)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise _other_hands()
    return row


async def remove_intent(connection: Connection, agency: AgencyId, intent: int, epoch: int) -> None:
    """Remove one of which nothing was sent; `Conflict` when it is not ours, has gone on, or has
    parts."""
    part = intents.alias("part")
    whole = exists().where(part.c.agency == agency, part.c.parent == intents.c.id)
    unsent = _in_hand(agency, intent, epoch, frozenset({IntentState.PENDING}))
    if (await connection.execute(delete(intents).where(*unsent, ~whole))).rowcount == 0:
        raise _other_hands()


def _in_hand(
    agency: AgencyId, intent: int, epoch: int, states: frozenset[IntentState]
) -> Iterable[ColumnElement[bool]]:
    """The intent, if this process has it still and it is in one of these states."""
    yield intents.c.agency == (agency if is_id(agency) else 0)
    yield intents.c.id == (intent if is_id(intent) else 0)
    yield intents.c.epoch == epoch
    yield intents.c.state.in_(sorted(state.value for state in states))


def _other_hands() -> Conflict:
    return Conflict("This write is in other hands by now, or has gone on.")
