"""Keeps what vendors say of clients and links. What did not change is not written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from ..domain.caller import AgencyId
from .account_rows import Owner, owners
from .columns import vendor_key
from .database import Part, any_of
from .link_rows import keep_links
from .listings import list_came
from .record_rows import Known, keep_records, known_records
from .tables import records
from .values import Resource, SeenClient, SeenLink

Seen = TypeVar("Seen", SeenClient, SeenLink)


class Learning(Part):
    """The part of `port.Ledger` that learns clients and links from vendors."""

    async def learn(
        self, agency: AgencyId, clients: Sequence[SeenClient], links: Sequence[SeenLink]
    ) -> None:
        if not clients and not links:
            return
        async with self._database.write(agency) as connection:
            for owner in (await owners(connection, agency)).values():
                if heard := _of(owner, clients):
                    known = await known_records(
                        connection, owner, any_of(records.c.vendor_id, heard)
                    )
                    await keep_records(connection, owner, known, heard)
                if seen := _of(owner, links):
                    await keep_links(connection, owner, seen)

    async def take_clients(
        self,
        agency: AgencyId,
        account: int,
        region: str,
        clients: Sequence[SeenClient],
        at: datetime,
    ) -> None:
        prefix = f"{region}/" if region else ""
        async with self._database.write(agency) as connection:
            owner = (await owners(connection, agency)).get(account)
            if owner is None or not await list_came(
                connection, agency, account, Resource.CLIENTS, region, at
            ):
                return
            within = records.c.vendor_id.startswith(prefix, autoescape=True)
            known = await known_records(connection, owner, [within])
            heard = {id: seen for id, seen in _of(owner, clients).items() if id.startswith(prefix)}
            await keep_records(
                connection, owner, known, heard | _missing(owner, known, heard, prefix, at)
            )


def _of(owner: Owner, seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    """What was said of one account's objects, by vendor id, in the order of its saying."""
    said: dict[str, list[Seen]] = {}
    for each in sorted(seen, key=lambda each: each.at):
        id = vendor_key(each.vendor_id)
        if each.account == owner.account and id is not None:
            said.setdefault(id, []).append(each)
    return said


def _missing(
    owner: Owner,
    known: Mapping[str, Known],
    heard: Mapping[str, object],
    prefix: str,
    at: datetime,
) -> dict[str, list[SeenClient]]:
    """What a complete list does not tell of is gone, unless it was told of after the list was."""
    return {
        id: [SeenClient(owner.account, id, None, at)]
        for id, record in known.items()
        if id not in heard
        and id.startswith(prefix)
        and not record.memory.archived
        and record.told_at <= at
    }
