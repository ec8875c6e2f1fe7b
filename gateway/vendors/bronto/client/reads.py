"""Bronto's reads: lists page by page, details and inner reads in batches, side by side."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from ....contract import ListedClient, Verification
from ....domain.details import BrontoList, Login
from ....domain.failures import BadInput, Failure
from ....domain.model import ClientValues, Outcome, Provenance, Seen, Source, TokenFacts
from ....upstream.codec import Element
from ....upstream.exchange import Reply
from ..errors import AGENCY_TOKEN, CLIENT_TOKENS
from ..mapping import reading
from . import calls
from .calls import Line, Question, any_of

IDS_PER_CALL = 500
"""Accounts asked for at once with all their groups, so that an answer stays far below our caps."""

T = TypeVar("T")

_BRIEF = (("includeInfo", "false"),)
_WHOLE = (("includeInfo", "true"),)

_ACCOUNTS = Question(operation="readAccounts", extra=_BRIEF)
_TOKENS = Question(operation="readApiTokens", confidential=True)
_LOGINS = Question(operation="readLogins", confidential=True)

# The shape of an id (vendor page 2) that stands for nothing.
_NO_ID = any_of(("0" * 36,))


class Reads:
    """The reads of one account."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def verify(self) -> tuple[Verification, ...]:
        """Ask with each token for an id that cannot be: harmless, and empty for a good token.

        Not `safe`, so that no cached answer vouches for a token that was revoked since.
        """
        held = [(each.slot, each.holder) for each in self._line.account.credentials]
        probes = [
            Question(
                operation="readAccounts" if slot == AGENCY_TOKEN else "readLists",
                filter=_NO_ID,
                extra=_BRIEF if slot == AGENCY_TOKEN else (),
                slot=slot,
                holder=holder,
                safe=False,
            )
            for slot, holder in held
        ]
        return tuple(await asyncio.gather(*map(self._probe, probes)))

    async def list_clients(
        self, regions: Sequence[str]
    ) -> Mapping[str, Outcome[tuple[ListedClient, ...]]]:
        """All accounts by name and state; Bronto has no regions, so each gets the same answer."""
        return dict.fromkeys(regions, await _outcome(self._listed_clients()))

    async def get_clients(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """Accounts with all their groups, at most `IDS_PER_CALL` in each call."""
        # What cannot be an id would spoil the answer to all others of its batch.
        askable = [each for each in dict.fromkeys(ids) if each.strip() and each.isprintable()]
        batches = [askable[i : i + IDS_PER_CALL] for i in range(0, len(askable), IDS_PER_CALL)]
        found: dict[str, Outcome[ClientValues]] = dict.fromkeys(ids)
        for answer in await asyncio.gather(*map(self._batch, batches)):
            found.update(answer)
        return found

    async def list_tokens(self) -> Seen[tuple[TokenFacts, ...]]:
        """All tokens that the All Clients token may see, under surrogates of their ids."""
        read, replies = await self._line.all(_TOKENS)
        facts = [reading.token(row, self._line.exchange.surrogate) for row in read]
        return Seen(tuple({each.key: each for each in facts}.values()), _together(replies))

    async def logins(self) -> Seen[tuple[Login, ...]]:
        """The agency's sign-ins; the answer may hold passwords, which are dropped unread."""
        read, replies = await self._line.all(_LOGINS)
        return Seen(tuple(reading.login(row) for row in read), _together(replies))

    async def lists_of(self, ids: Sequence[str]) -> Mapping[str, Outcome[tuple[BrontoList, ...]]]:
        """The contact lists of each client, read with that client's own token."""
        outcomes = await asyncio.gather(*(_outcome(self._contact_lists(each)) for each in ids))
        return dict(zip(ids, outcomes, strict=True))

    async def _listed_clients(self) -> Seen[tuple[ListedClient, ...]]:
        read, replies = await self._line.all(_ACCOUNTS)
        by_id = {reading.account_id(row): reading.listed(row) for row in read}
        clients = tuple(ListedClient(vendor_id, values) for vendor_id, values in by_id.items())
        return Seen(clients, _together(replies))

    async def _contact_lists(self, holder: str) -> Seen[tuple[BrontoList, ...]]:
        question = Question(operation="readLists", slot=CLIENT_TOKENS, holder=holder)
        read, replies = await self._line.all(question)
        lists = (reading.contact_list(row) for row in read)
        return Seen(tuple({each.vendor_id: each for each in lists}.values()), _together(replies))

    async def _batch(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """One batch: over as soon as every id is answered, else at the empty page."""
        question = Question(operation="readAccounts", filter=any_of(ids), extra=_WHOLE)
        found: dict[str, Outcome[ClientValues]] = dict.fromkeys(ids)
        missing = set(ids)
        try:
            for page in range(1, calls.MOST_PAGES + 1):
                reply, read = await self._line.page(question, page)
                by_id = {reading.account_id(row): row for row in read}
                for vendor_id in by_id.keys() & missing:
                    found[vendor_id] = _client(by_id[vendor_id], reply)
                missing -= by_id.keys()
                if not missing or not read:
                    return found
            raise calls.endless(question)
        except Failure as failure:
            return found | dict.fromkeys(missing, failure)

    async def _probe(self, question: Question) -> Verification:
        try:
            await self._line.page(question, 1)
        except BadInput:
            # Should Bronto mind an id that does not exist, it has let the token in to say so.
            pass
        except Failure as failure:
            return Verification(question.slot, question.holder, failure)
        return Verification(question.slot, question.holder, capabilities={"READ": True})


def _client(row: Element, reply: Reply) -> Outcome[ClientValues]:
    try:
        return Seen(reading.client(row), reply.provenance)
    except Failure as failure:
        return failure


async def _outcome(read: Awaitable[Seen[T]]) -> Outcome[T]:
    try:
        return await read
    except Failure as failure:
        return failure


def _together(replies: Sequence[Reply]) -> Provenance:
    """Of what was put together: as old as its oldest part, and live if all of it is."""
    return Provenance(
        source=Source.LIVE if all(r.source is Source.LIVE for r in replies) else Source.CACHED,
        as_of=min(reply.at for reply in replies),
        stale=any(reply.stale for reply in replies),
    )
