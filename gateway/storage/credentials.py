"""Keeps sealed credentials, and what vendors' answers show of them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, update

from ..domain.caller import AgencyId
from ..domain.model import SealedCredential
from . import trail
from .account_rows import owner, owners
from .credential_rows import put_credential, sealed
from .database import Part, is_id
from .tables import account_capabilities, accounts, credentials, tokens
from .token_rows import change_token
from .values import NewCredential


class Credentials(Part):
    """The part of `port.Agencies` that keeps credentials and capabilities."""

    async def replace_credential(
        self,
        agency: AgencyId,
        account: int,
        credential: NewCredential,
        *,
        actor: str,
        at: datetime,
    ) -> SealedCredential:
        async with self._database.write(agency) as connection:
            mine = await owner(connection, agency, account)
            id, _ = await put_credential(connection, mine, credential, at)
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="credential.replace",
                subject=f"credential:{id}",
                detail={"account": str(account), "slot": credential.slot},
            )
            return next(each for each in await sealed(connection, agency, account) if each.id == id)

    async def rewrap(self, agency: AgencyId, credential: int, envelope: bytes) -> None:
        if is_id(credential):
            this = (credentials.c.agency == agency, credentials.c.id == credential)
            async with self._database.write(agency) as connection:
                await connection.execute(update(credentials).where(*this).values(envelope=envelope))

    async def mark_credential(
        self, agency: AgencyId, credential: int, *, accepted: bool, at: datetime
    ) -> None:
        if not is_id(credential):
            return
        this = (credentials.c.agency == agency, credentials.c.id == credential)
        known = (
            select(credentials.c.account, credentials.c.token)
            .add_columns(tokens.c.told_at, tokens.c.verified_at, tokens.c.refused_at)
            .join(tokens, (tokens.c.id == credentials.c.token) & (tokens.c.agency == agency))
            .where(*this)
        )
        async with self._database.write(agency) as connection:
            row = (await connection.execute(known)).one_or_none()
            if row is None or at < row.told_at:
                return  # removed, or said of the value before this one
            told = "verified_at" if accepted else "refused_at"
            moments = {"verified_at": row.verified_at, "refused_at": row.refused_at}
            moments[told] = max(at, moments[told] or at)
            verified, refused = moments["verified_at"], moments["refused_at"]
            is_refused = refused is not None and (verified is None or refused > verified)
            await change_token(connection, agency, row.token, moments)
            await connection.execute(update(credentials).where(*this).values(refused=is_refused))
            if accepted:
                account = (accounts.c.agency == agency, accounts.c.id == row.account)
                await connection.execute(
                    update(accounts).where(*account).values(verified_at=verified)
                )

    async def learn_capability(
        self, agency: AgencyId, account: int, name: str, granted: bool
    ) -> None:
        table = account_capabilities
        async with self._database.write(agency) as connection:
            if account not in await owners(connection, agency):
                return
            this = (table.c.agency == agency, table.c.account == account, table.c.name == name)
            changed = await connection.execute(update(table).where(*this).values(granted=granted))
            if changed.rowcount == 0:
                row = {"agency": agency, "account": account, "name": name, "granted": granted}
                await connection.execute(insert(table), row)

    async def learned_capabilities(self, agency: AgencyId, account: int) -> Mapping[str, bool]:
        if not is_id(account):
            return {}
        table = account_capabilities.c
        statement = (
            select(table.name, table.granted)
            .where(table.agency == agency, table.account == account)
            .order_by(table.name)
        )
        async with self._database.read() as connection:
            return {row.name: row.granted for row in await connection.execute(statement)}
