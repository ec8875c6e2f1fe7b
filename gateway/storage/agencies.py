"""Keeps agencies and their accounts at vendors."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from ..domain.caller import AgencyId
from ..domain.failures import BadInput
from ..domain.model import Agency, SealedCredential, VendorAccount
from . import rows, trail
from .account_rows import Owner
from .client_rows import drop_empty_clients
from .columns import order_key
from .connection import Connection
from .credential_rows import put_credential, sealed
from .database import Part, is_id
from .pages import Order, page
from .rows import AnyRow, encoded
from .tables import accounts, agencies, records
from .values import NewAccount, Page, Window

_LONGEST_NAME = 200
_BY_NAME = Order("AGENCIES_NAME", agencies.c.name_key, agencies.c.id)


class Agencies(Part):
    """The part of `port.Agencies` that keeps agencies and accounts."""

    async def add_agency(self, name: str, *, actor: str, at: datetime) -> Agency:
        _check_name(name)
        row = {"name": name, "name_key": order_key(name) or ""}
        statement = insert(agencies).values(row).returning(agencies.c.id, agencies.c.name)
        async with self._database.write(conflict="An agency has that name already.") as connection:
            agency = _agency((await connection.execute(statement)).one())
            await trail.record(
                connection,
                agency.id,
                actor=actor,
                at=at,
                action="agency.add",
                subject=f"agency:{agency.id}",
                detail={"name": agency.name},
            )
        return agency

    async def agencies(self) -> tuple[Agency, ...]:
        statement = select(agencies).order_by(*_BY_NAME.terms())
        async with self._database.read() as connection:
            return tuple(_agency(row) for row in await connection.execute(statement))

    async def agency(self, agency: AgencyId) -> Agency | None:
        if not is_id(agency):
            return None
        async with self._database.read() as connection:
            statement = select(agencies).where(agencies.c.id == agency)
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else _agency(row)

    async def page_agencies(self, ids: Sequence[AgencyId], window: Window) -> Page[Agency]:
        wanted = sorted({id for id in ids if is_id(id)})
        statement = select(agencies).where(agencies.c.id.in_(wanted))
        async with self._database.read() as connection:
            return await page(connection, statement, _BY_NAME, window, _agency)

    async def add_account(
        self, agency: AgencyId, account: NewAccount, *, actor: str, at: datetime
    ) -> VendorAccount:
        _check_name(account.name)
        taken = "The agency has an account of that vendor and name already."
        row = {
            "agency": agency,
            "vendor": account.vendor.value,
            "name": account.name,
            "regions": encoded(account.regions),
            "base_url": account.base_url,
            "options": encoded(dict(account.options)),
            "capabilities": encoded(account.capabilities),
        }
        statement = insert(accounts).values(row).returning(accounts.c.id)
        async with self._database.write(agency, conflict=taken) as connection:
            id = (await connection.execute(statement)).scalar_one()
            owner = Owner(agency, id, account.vendor.value)
            for credential in account.credentials:
                await put_credential(connection, owner, credential, at)
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="account.add",
                subject=f"account:{id}",
                detail={"vendor": account.vendor.name, "name": account.name},
            )
            (added,) = await _accounts(connection, agency, id)
        return added

    async def accounts(self, agency: AgencyId) -> tuple[VendorAccount, ...]:
        async with self._database.read() as connection:
            return await _accounts(connection, agency)

    async def account(self, agency: AgencyId, account: int) -> VendorAccount | None:
        if not is_id(account):
            return None
        async with self._database.read() as connection:
            return next(iter(await _accounts(connection, agency, account)), None)

    async def remove_account(
        self, agency: AgencyId, account: int, *, actor: str, at: datetime
    ) -> bool:
        if not is_id(account):
            return False
        this = (accounts.c.agency == agency, accounts.c.id == account)
        of_it = (records.c.agency == agency, records.c.account == account)
        async with self._database.write(agency) as connection:
            row = (await connection.execute(select(accounts).where(*this))).one_or_none()
            if row is None:
                return False
            clients = (await connection.scalars(select(records.c.client).where(*of_it))).all()
            await connection.execute(delete(accounts).where(*this))  # all that hangs on it goes too
            await drop_empty_clients(connection, agency, clients)
            await trail.record(
                connection,
                agency,
                actor=actor,
                at=at,
                action="account.remove",
                subject=f"account:{account}",
                detail={"vendor": row.vendor, "name": row.name},
            )
        return True


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise BadInput(f"A name must have 1 to {_LONGEST_NAME} characters.", field=("name",))


def _agency(row: AnyRow) -> Agency:
    return Agency(id=AgencyId(row.id), name=row.name)


async def _accounts(
    connection: Connection, agency: AgencyId, account: int | None = None
) -> tuple[VendorAccount, ...]:
    """All accounts of the agency, or the one, by vendor and name."""
    statement = select(accounts).where(accounts.c.agency == agency)
    if account is not None:
        statement = statement.where(accounts.c.id == account)
    held: dict[int, list[SealedCredential]] = {}
    for credential in await sealed(connection, agency, account):
        held.setdefault(credential.account, []).append(credential)
    found = await connection.execute(statement.order_by(accounts.c.vendor, accounts.c.name))
    return tuple(rows.account(row, tuple(held.get(row.id, ()))) for row in found)
