"""Bronto's reads: lists page by page, details and inner reads in batches, side by side."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...contract import ListedClient, Operations, Verification
from ...domain.details import BrontoList, Login
from ...domain.failures import BadInput, ContractBroken, Failure
from ...domain.model import (
    ClientValues,
    Outcome,
    Provenance,
    Seen,
    Source,
    TokenFacts,
    VendorAccount,
)
from ...domain.vendor import VendorName
from ...upstream.codec import Children, Element, Gap, envelope
from ...upstream.exchange import Call, Exchange, Reply
from . import mapping
from .errors import AGENCY_TOKEN, CLIENT_TOKENS, lacks_token

IDS_PER_CALL = 500
"""Accounts asked for at once with all their groups, so that an answer stays far below our caps."""

MOST_PAGES = 1000
"""Bronto ends a list with an empty page; one that has not ended by then never will."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Question:
    """What to read, and with which token; `extra` stands between filter and page number."""

    operation: str
    ids: Sequence[str] = ()
    extra: Children = ()
    slot: str = AGENCY_TOKEN
    holder: str = ""
    confidential: bool = False
    safe: bool = True


_ACCOUNTS = _Question("readAccounts", extra=(("includeInfo", "false"),))
_TOKENS = _Question("readApiTokens", confidential=True)
_LOGINS = _Question("readLogins", confidential=True)

# The shape of an id (vendor page 2) that stands for nothing.
_NO_ID = ("0" * 36,)


def login_call(slot: str, account: VendorAccount) -> Call:
    """The call that turns a token of that slot into a session; transport writes the token in."""
    body, gap = envelope(mapping.NAMESPACE, "login", (("apiToken", Gap.HERE),))
    return _call(_Question("login", slot=slot, confidential=True, safe=False), body, gap)


def connect(exchange: Exchange, account: VendorAccount) -> Operations:
    """The reads of one account."""
    client = _Client(exchange, account)
    return Operations(
        verify=client.verify,
        list_clients=client.list_clients,
        get_clients=client.get_clients,
        list_tokens=client.list_tokens,
        logins=client.logins,
        lists_of=client.lists_of,
    )


class _Client:
    def __init__(self, exchange: Exchange, account: VendorAccount) -> None:
        self._exchange = exchange
        self._account = account

    async def verify(self) -> tuple[Verification, ...]:
        """Ask with each token for an id that cannot be: harmless, and empty for a good token.

        Not `safe`, so that no cached answer vouches for a token that was revoked since.
        """
        held = [(each.slot, each.holder) for each in self._account.credentials]
        probes = [
            _Question("readAccounts", _NO_ID, _ACCOUNTS.extra, slot, holder, safe=False)
            if slot == AGENCY_TOKEN
            else _Question("readLists", _NO_ID, (), slot, holder, safe=False)
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
        read, provenance = await self._all(_TOKENS)
        facts = [mapping.token(row, self._exchange.surrogate) for row in read]
        return Seen(tuple({each.key: each for each in facts}.values()), provenance)

    async def logins(self) -> Seen[tuple[Login, ...]]:
        """The agency's sign-ins; the answer may hold passwords, which are dropped unread."""
        read, provenance = await self._all(_LOGINS)
        return Seen(tuple(mapping.login(row) for row in read), provenance)

    async def lists_of(self, ids: Sequence[str]) -> Mapping[str, Outcome[tuple[BrontoList, ...]]]:
        """The contact lists of each client, read with that client's own token."""
        outcomes = await asyncio.gather(*(_outcome(self._contact_lists(each)) for each in ids))
        return dict(zip(ids, outcomes, strict=True))

    async def _listed_clients(self) -> Seen[tuple[ListedClient, ...]]:
        read, provenance = await self._all(_ACCOUNTS)
        by_id = {mapping.account_id(row): mapping.listed(row) for row in read}
        clients = tuple(ListedClient(vendor_id, values) for vendor_id, values in by_id.items())
        return Seen(clients, provenance)

    async def _contact_lists(self, holder: str) -> Seen[tuple[BrontoList, ...]]:
        read, provenance = await self._all(
            _Question("readLists", slot=CLIENT_TOKENS, holder=holder)
        )
        lists = (mapping.contact_list(row) for row in read)
        return Seen(tuple({each.vendor_id: each for each in lists}.values()), provenance)

    async def _batch(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """One batch: over as soon as every id is answered, else at the empty page."""
        question = _Question("readAccounts", ids, (("includeInfo", "true"),))
        found: dict[str, Outcome[ClientValues]] = dict.fromkeys(ids)
        missing = set(ids)
        try:
            for page in range(1, MOST_PAGES + 1):
                reply, read = await self._page(question, page)
                by_id = {mapping.account_id(row): row for row in read}
                for vendor_id in by_id.keys() & missing:
                    found[vendor_id] = _client(by_id[vendor_id], reply)
                missing -= by_id.keys()
                if not missing or not read:
                    return found
            raise _endless(question)
        except Failure as failure:
            return found | dict.fromkeys(missing, failure)

    async def _all(self, question: _Question) -> tuple[list[Element], Provenance]:
        """All rows from page 1 to the empty page, and the provenance of the whole."""
        rows: list[Element] = []
        replies: list[Reply] = []
        for page in range(1, MOST_PAGES + 1):
            reply, read = await self._page(question, page)
            replies.append(reply)
            rows += read
            if not read:
                return rows, _together(replies)
        raise _endless(question)

    async def _page(self, question: _Question, page: int) -> tuple[Reply, list[Element]]:
        """One page; raises `CapabilityMissing` before any call when its token is not held."""
        if self._account.credential(question.slot, question.holder) is None:
            raise lacks_token(question.operation, question.slot)
        body, gap = envelope(
            mapping.NAMESPACE,
            question.operation,
            (("filter", _filter(question.ids)), *question.extra, ("pageNumber", str(page))),
            header=("sessionHeader", (("sessionId", Gap.HERE),)),
        )
        reply = await self._exchange.send(_call(question, body, gap))
        return reply, mapping.rows(reply, question.operation)

    async def _probe(self, question: _Question) -> Verification:
        try:
            await self._page(question, 1)
        except BadInput:
            # Should Bronto mind an id that does not exist, it has let the token in to say so.
            pass
        except Failure as failure:
            return Verification(question.slot, question.holder, failure)
        return Verification(question.slot, question.holder, capabilities={"READ": True})


def _call(question: _Question, body: bytes, gap: int) -> Call:
    return Call(
        operation=question.operation,
        slot=question.slot,
        holder=question.holder,
        method="POST",
        path="/v4/",
        headers=(("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", '""')),
        body=body,
        gap=gap,
        safe=question.safe,
        confidential=question.confidential,
    )


def _filter(ids: Sequence[str]) -> Children:
    """Any of the ids, for which the type is OR since no object has two; without ids, everything."""
    return (("type", "OR" if ids else "AND"), *(("id", each) for each in ids))


def _client(row: Element, reply: Reply) -> Outcome[ClientValues]:
    try:
        return Seen(mapping.client(row), reply.provenance)
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


def _endless(question: _Question) -> ContractBroken:
    return ContractBroken(
        f"Bronto's {question.operation} did not end after {MOST_PAGES} pages.",
        vendor=VendorName.BRONTO,
    )
