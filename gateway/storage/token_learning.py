"""Keeps what vendors list of tokens, and what people tell of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from ..domain.caller import AgencyId
from . import trail
from .account_rows import Owner, owner, owners
from .columns import storable
from .connection import Connection
from .database import Part
from .listings import list_came
from .rows import AnyRow
from .tables import tokens
from .token_rows import change_tokens, put_token, tokens_by_key, told_columns
from .values import Resource, ToldToken


class TokenLearning(Part):
    """The part of `port.Ledger` that learns and is told of tokens."""

    async def take_tokens(
        self, agency: AgencyId, account: int, tokens: Sequence[ToldToken], at: datetime
    ) -> None:
        async with self._database.write(agency) as connection:
            mine = (await owners(connection, agency)).get(account)
            if mine is not None and await list_came(
                connection, agency, account, Resource.TOKENS, "", at
            ):
                await _take(connection, mine, tokens, at)

    async def tell_token(
        self, agency: AgencyId, account: int, token: ToldToken, *, actor: str, at: datetime
    ) -> tuple[int, bool]:
        async with self._database.write(agency) as connection:
            mine = await owner(connection, agency, account)
            put = await put_token(connection, mine, token, at)
            if not put.changed:
                return put.id, False
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="token.tell",
                subject=f"token:{put.id}",
                detail={"account": str(account), "kind": token.facts.kind.value},
            )
        return put.id, put.is_new


async def _take(
    connection: Connection, owner: Owner, listed: Sequence[ToldToken], at: datetime
) -> None:
    known = await tokens_by_key(connection, owner)
    told = {storable(each.facts.key): each for each in listed}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for key, each in told.items():
        row = known.get(key)
        seen = {"listed": True, "seen_at": at, "revoked_at": None}
        if row is None:
            columns = {**owner.columns(), **told_columns(each, None), **seen}
            new.append(columns | {"held": False, "told_at": at})
        else:
            changed.append({"row": row.id} | told_columns(each, row) | seen)
    if new:
        await connection.execute(insert(tokens), new)
    await change_tokens(connection, owner.agency, changed)
    missing = [row.id for key, row in known.items() if key not in told and _is_gone(row, at)]
    gone = [{"row": id, "revoked_at": at} for id in missing]
    await change_tokens(connection, owner.agency, gone)


def _is_gone(row: AnyRow, at: datetime) -> bool:
    """Whether a row that a list does not tell of any more was revoked: it was listed before."""
    return bool(row.listed and row.revoked_at is None and row.told_at <= at)
