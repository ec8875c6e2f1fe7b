"""Tells the ledger as lines that can be imported again (contract page, "Ledger lines")."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ..domain.caller import AgencyId
from .database import Part
from .rows import link_values, token_facts
from .tables import accounts, clients, links, records, tokens


class Exporting(Part):
    """The part of `port.Ledger` that exports."""

    async def export(self, agency: AgencyId) -> tuple[Mapping[str, str], ...]:
        named = select(accounts).where(accounts.c.agency == agency)
        known = (
            select(records.c.account, records.c.vendor_id, clients.c.label)
            .join(clients, (clients.c.id == records.c.client) & (clients.c.agency == agency))
            .where(records.c.agency == agency)
            .order_by(records.c.id)
        )
        made = select(links).where(links.c.agency == agency).order_by(links.c.id)
        told = (
            select(tokens)
            .where(tokens.c.agency == agency, ~tokens.c.held, ~tokens.c.listed)
            .order_by(tokens.c.id)
        )
        async with self._database.read() as connection:
            names = _names((await connection.execute(named)).all())
            lines = [
                _line("client", names[row.account], vendorId=row.vendor_id, client=row.label)
                for row in await connection.execute(known)
            ]
            lines += [_link(names, row) for row in await connection.execute(made)]
            lines += [_token(names, row) for row in await connection.execute(told)]
        return tuple(lines)


def _names(accounts: Sequence[Any]) -> dict[int, str]:
    """How lines call accounts, by id: by name where only one has it, else as vendor/name."""
    shared = Counter(row.name for row in accounts)
    return {
        row.id: row.name if shared[row.name] == 1 else f"{row.vendor}/{row.name}"
        for row in accounts
    }


def _line(type: str, account: str, **rest: str | None) -> dict[str, str]:
    told = {key: value for key, value in rest.items() if value is not None}
    return {"type": type, "account": account, **told}


def _link(names: Mapping[int, str], row: Any) -> dict[str, str]:
    values = link_values(row.json)
    client = row.client_vendor_id if values is None else values.client_vendor_id
    return _line("link", names[row.account], vendorId=row.vendor_id, clientVendorId=client)


def _token(names: Mapping[int, str], row: Any) -> dict[str, str]:
    facts = token_facts(row.facts)
    created = None if facts.created_at is None else facts.created_at.isoformat()
    return _line(
        "token",
        names[row.account],
        kind=facts.kind.value,
        name=facts.name or "",
        user=facts.user,
        createdAt=created,
        hint=facts.hint,
        clientVendorId=facts.client_vendor_id,
    )
