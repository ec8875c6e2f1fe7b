"""Changes of tokens, and of the credentials that the gateway holds of them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from ..domain.caller import AgencyId
from ..domain.failures import NotFound
from ..domain.intents import Subject, SubjectKind
from .account_rows import owner
from .connection import Connection
from .credential_rows import drop_credentials, hold_credential, put_credential
from .database import is_id
from .rows import AnyRow
from .tables import tokens
from .token_rows import change_token, put_token, told_columns
from .values import KeepToken, ReplaceCredential, RetellToken, ToldToken


async def keep_token(
    connection: Connection, agency: AgencyId, change: KeepToken, at: datetime
) -> Subject:
    """`values.KeepToken`."""
    mine = await owner(connection, agency, change.account)
    if change.credential is None:
        token = (await put_token(connection, mine, change.told, at)).id
    else:
        credential = replace(change.credential, told=change.told)
        token = (await hold_credential(connection, mine, credential, at)).token
    if change.listed:
        seen = {"listed": True, "seen_at": at, "revoked_at": None}
        await change_token(connection, agency, token, seen)
    return Subject(SubjectKind.TOKEN, token)


async def retell_token(
    connection: Connection, agency: AgencyId, change: RetellToken, at: datetime
) -> Subject:
    """`values.RetellToken`; what is told is laid over what is known."""
    row = await _row(connection, agency, change.token)
    columns: dict[str, Any] = {}
    if change.told is not None:
        columns |= told_columns(_keyed(change.told, row.key), row)
    if change.revoked:
        columns |= {"revoked_at": row.revoked_at or at}
        await drop_credentials(connection, agency, row.id)
    if columns:
        await change_token(connection, agency, row.id, columns)
    return Subject(SubjectKind.TOKEN, row.id)


async def replace_credential(
    connection: Connection, agency: AgencyId, change: ReplaceCredential, at: datetime
) -> Subject:
    """`values.ReplaceCredential`."""
    mine = await owner(connection, agency, change.account)
    kept = await put_credential(connection, mine, change.credential, at)
    return Subject(SubjectKind.TOKEN, kept.token)


async def _row(connection: Connection, agency: AgencyId, token: int) -> AnyRow:
    this = (tokens.c.agency == agency, tokens.c.id == (token if is_id(token) else 0))
    row = (await connection.execute(select(tokens).where(*this))).one_or_none()
    if row is None:
        raise NotFound("There is no such token.")
    return row


def _keyed(told: ToldToken, key: str) -> ToldToken:
    """The same of the token with that key."""
    return replace(told, facts=msgspec.structs.replace(told.facts, key=key))
