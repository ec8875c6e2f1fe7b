"""Writes rows of `credentials`, each with its Token row."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, insert, select, update

from ..domain.caller import AgencyId
from ..domain.model import SealedCredential
from .account_rows import Owner
from .columns import storable
from .connection import Connection
from .rows import AnyRow, credential
from .tables import accounts, credentials, tokens
from .token_rows import add_token, change_token, tokens_by_key, told_columns
from .values import NewCredential


async def sealed(
    connection: Connection, agency: AgencyId, account: int | None = None
) -> Sequence[SealedCredential]:
    """The agency's sealed credentials, or those of one account."""
    of_account = (accounts.c.id == credentials.c.account) & (accounts.c.agency == agency)
    statement = (
        select(credentials, accounts.c.vendor, accounts.c.name.label("account_name"))
        .join(accounts, of_account)
        .where(credentials.c.agency == agency)
        .order_by(credentials.c.id)
    )
    if account is not None:
        statement = statement.where(credentials.c.account == account)
    return [credential(row) for row in await connection.execute(statement)]


class Kept(NamedTuple):
    """A credential's row and its Token row."""

    credential: int
    token: int


async def put_credential(
    connection: Connection, owner: Owner, new: NewCredential, at: datetime
) -> Kept:
    """A first value of its slot and holder, or another one: generation + 1, the same Token row."""
    held = await _held(connection, owner, new)
    token = await _hold_token(connection, owner, held, new, at)
    return await _put(connection, owner, held, new, token)


async def hold_credential(
    connection: Connection, owner: Owner, new: NewCredential, at: datetime
) -> Kept:
    """Likewise, but the value is of another token, which has a row of its own by its key."""
    held = await _held(connection, owner, new)
    token = await _hold_token(connection, owner, None, new, at)
    kept = await _put(connection, owner, held, new, token)
    if held is not None and held.token != token:
        await _let_go(connection, owner.agency, held.token)
    return kept


async def drop_credentials(connection: Connection, agency: AgencyId, token: int) -> None:
    """Forget all values of a token."""
    theirs = (credentials.c.agency == agency, credentials.c.token == token)
    await connection.execute(delete(credentials).where(*theirs))
    await _let_go(connection, agency, token)


async def _held(connection: Connection, owner: Owner, new: NewCredential) -> AnyRow | None:
    statement = select(credentials).where(
        credentials.c.agency == owner.agency,
        credentials.c.account == owner.account,
        credentials.c.slot == new.slot,
        credentials.c.holder == new.holder,
    )
    return (await connection.execute(statement)).one_or_none()


async def _put(
    connection: Connection, owner: Owner, held: AnyRow | None, new: NewCredential, token: int
) -> Kept:
    columns = {"envelope": new.envelope, "token": token, "refused": False}
    if held is not None:
        columns["generation"] = held.generation + 1
        this = (credentials.c.agency == owner.agency, credentials.c.id == held.id)
        await connection.execute(update(credentials).where(*this).values(**columns))
        return Kept(held.id, token)
    row = {"agency": owner.agency, "account": owner.account, "generation": 1} | columns
    statement = insert(credentials).values(**row, slot=new.slot, holder=new.holder)
    id: int = (await connection.execute(statement.returning(credentials.c.id))).scalar_one()
    return Kept(id, token)


async def _let_go(connection: Connection, agency: AgencyId, token: int) -> None:
    """A token is held no more, unless another credential has its value."""
    holding = exists().where(credentials.c.agency == agency, credentials.c.token == tokens.c.id)
    this = (tokens.c.agency == agency, tokens.c.id == token, ~holding)
    await connection.execute(update(tokens).where(*this).values(held=False))


async def _hold_token(
    connection: Connection,
    owner: Owner,
    held: AnyRow | None,
    new: NewCredential,
    at: datetime,
) -> int:
    """The Token row of a credential's new value: the credential's own, else the one of that key."""
    key = storable(new.told.facts.key)
    namesake = (await tokens_by_key(connection, owner, [key])).get(key)
    own = None if held is None else await _only_of(connection, owner, held)
    if own is None:
        if namesake is None:
            return await add_token(connection, owner, new.told, at, held=True)
        own = int(namesake.id)
    columns = told_columns(new.told, namesake) | {
        "held": True,
        "listed": namesake is not None and namesake.listed,
        "seen_at": None if namesake is None else namesake.seen_at,
        "told_at": at,
        "verified_at": None,
        "refused_at": None,
        "revoked_at": None,
    }
    if namesake is not None and namesake.id != own:
        await _absorb(connection, owner, namesake.id, own)
    await change_token(connection, owner.agency, own, columns)
    return own


async def _only_of(connection: Connection, owner: Owner, held: AnyRow) -> int | None:
    """The credential's Token row, unless another credential has the same value and row."""
    others = select(credentials.c.id).where(
        credentials.c.agency == owner.agency,
        credentials.c.token == held.token,
        credentials.c.id != held.id,
    )
    shared = (await connection.execute(others.limit(1))).first() is not None
    return None if shared else int(held.token)


async def _absorb(connection: Connection, owner: Owner, gone: int, into: int) -> None:
    """Two Token rows turn out to be of one token: one takes the other's place."""
    theirs = (credentials.c.agency == owner.agency, credentials.c.token == gone)
    await connection.execute(update(credentials).where(*theirs).values(token=into))
    this = (tokens.c.agency == owner.agency, tokens.c.id == gone)
    await connection.execute(delete(tokens).where(*this))
