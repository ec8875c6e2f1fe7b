"""Writes rows of `tokens`: one for each key of an account, whoever told of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from ..domain.caller import AgencyId
from .account_rows import Owner, Put
from .columns import storable
from .connection import Connection
from .database import chunks
from .merging import laid_over
from .rows import AnyRow, facts_columns, token_facts
from .tables import tokens
from .values import ToldToken


async def tokens_by_key(
    connection: Connection, owner: Owner, keys: Iterable[str] | None = None
) -> dict[str, AnyRow]:
    """The account's token rows with these keys, or all."""
    mine = select(tokens).where(tokens.c.agency == owner.agency, tokens.c.account == owner.account)
    if keys is None:
        return {row.key: row for row in await connection.execute(mine)}
    wanted = [storable(key) for key in keys]
    return {
        row.key: row
        for some in chunks(wanted)
        for row in await connection.execute(mine.where(tokens.c.key.in_(some)))
    }


def told_columns(told: ToldToken, known: AnyRow | None) -> dict[str, Any]:
    """The facts told, with what is known already where they are silent, and the end they mean."""
    facts, expires_at = told.facts, told.expires_at
    if known is not None:
        before = token_facts(known.facts)
        facts = laid_over(told.facts, before)
        if told.facts.created_at is None and before.created_at is not None and told.ends:
            # The end follows from the making, which only the earlier teller knew.
            expires_at = known.expires_at
    return facts_columns(facts) | {"expires_at": expires_at, "ends": told.ends}


async def add_token(
    connection: Connection, owner: Owner, told: ToldToken, at: datetime, *, held: bool
) -> int:
    """A new row; its id."""
    row = told_columns(told, None) | {"held": held, "listed": False, "told_at": at}
    statement = insert(tokens).values(**owner.columns(), **row).returning(tokens.c.id)
    id: int = (await connection.execute(statement)).scalar_one()
    return id


async def put_token(connection: Connection, owner: Owner, told: ToldToken, at: datetime) -> Put:
    """A token that is told of, merged by its key; one that the gateway holds stays held."""
    key = storable(told.facts.key)
    known = (await tokens_by_key(connection, owner, [key])).get(key)
    if known is None:
        return Put(await add_token(connection, owner, told, at, held=False), True, True)
    columns = told_columns(told, known)
    if all(getattr(known, name) == value for name, value in columns.items()):
        return Put(known.id, False, False)
    await change_token(connection, owner.agency, known.id, columns)
    return Put(known.id, False, True)


async def change_token(
    connection: Connection, agency: AgencyId, id: int, columns: Mapping[str, Any]
) -> None:
    """Change one row."""
    this = (tokens.c.agency == agency, tokens.c.id == id)
    await connection.execute(update(tokens).where(*this).values(**columns))


async def change_tokens(
    connection: Connection, agency: AgencyId, rows: list[dict[str, Any]]
) -> None:
    """Change rows, each by its id in `row`."""
    if rows:
        this = (tokens.c.agency == agency, tokens.c.id == bindparam("row"))
        await connection.execute(update(tokens).where(*this), rows)
