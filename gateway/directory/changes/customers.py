"""Writes about whose record is whose, which no vendor is told of."""

from dataclasses import dataclass, replace

from msgspec import Struct

from ...domain.failures import BadInput, NotFound
from ...domain.intents import Subject, SubjectKind
from ...storage.values import MergeClients, PurgeClient, SplitClient
from .journaling import Journaling
from .kinds import Kept
from .writing import Outcome, Writing, refused


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Arguments of a write that concerns rows of the ledger only."""

    rows: tuple[int, ...]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerChanges:
    """Merge, split and erase clients; arguments are row ids."""

    journaling: Journaling

    async def merge(self, writing: Writing, into: int, sources: tuple[int, ...]) -> Outcome:
        """Several clients are one; the result is the CLIENT that remains."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        known = await self.journaling.storage.clients(writing.agency, [into, *sources])
        if into not in known:
            return refused(NotFound("There is no such client."), "intoClientId")
        for place, source in enumerate(sources):
            field = ("fromClientIds", str(place))
            if source not in known:
                return refused(NotFound("There is no such client."), *field)
            if known[source].id == known[into].id:
                return refused(BadInput("A client cannot be merged into itself."), *field)
        if not sources:
            return refused(BadInput("Name at least one client."), "fromClientIds")
        change = MergeClients(into=known[into].id, sources=tuple(known[id].id for id in sources))
        return await self.journaling.record(
            writing, Row(rows=(into, *sources)), Kept(changes=(change,))
        )

    async def split(self, writing: Writing, records: tuple[int, ...]) -> Outcome:
        """Some records become a client of their own: the result; `second` is the one they left."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        storage = self.journaling.storage
        known = await storage.records(writing.agency, records)
        for place, record in enumerate(records):
            if record not in known:
                return refused(NotFound("There is no such record."), "recordIds", str(place))
        left = {row.client for row in known.values()}
        if len(left) != 1:
            return refused(BadInput("Name records of one client."), "recordIds")
        (client,) = left
        whole_client = (await storage.clients(writing.agency, [client]))[client]
        if len(set(records)) >= len(whole_client.records):
            return refused(BadInput("At least one record must stay."), "recordIds")
        outcome = await self.journaling.record(
            writing, Row(rows=records), Kept(changes=(SplitClient(records=records),))
        )
        return replace(outcome, second=Subject(SubjectKind.CLIENT, client))

    async def purge(self, writing: Writing, client: int) -> Outcome:
        """Erase a client; the result is the CLIENT that is no more."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        known = (await self.journaling.storage.clients(writing.agency, [client])).get(client)
        if known is None:
            return refused(NotFound("There is no such client."), "id")
        kept = Kept(
            changes=(PurgeClient(client=known.id),),
            result=Subject(SubjectKind.CLIENT, known.id),
        )
        outcome = await self.journaling.record(writing, Row(rows=(known.id,)), kept)
        for account in {record.account for record in known.records}:
            await self.journaling.forget(writing.agency, account)
        return outcome
