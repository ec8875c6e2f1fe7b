"""AgencyAccess's operations: one call for each client or link, as there is no batch and no list."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ...contract import Made, Operations, Platform, Verification, Write
from ...domain.changes import ClientUpdate, LinkUpdate, NewClient, NewLink
from ...domain.failures import BadInput, CapabilityMissing, Failure, NotFound
from ...domain.model import ClientValues, LinkValues, Outcome, Seen, VendorAccount
from ...upstream.exchange import Call, Exchange, Reply
from . import mapping

API_KEY = "api_key"

DIALECT = "dialect"
"""The account's option that chooses one of `mapping.DIALECTS`."""

V = TypeVar("V")


def connect(
    exchange: Exchange, account: VendorAccount, platforms: Sequence[Platform] = ()
) -> Operations:
    """The operations of one account; `platforms` are those whose services raise no eyebrows."""
    reads = _Reads(exchange, account)
    writes = _Writes(exchange, account, platforms)
    return Operations(
        verify=reads.verify,
        get_clients=reads.get_clients,
        get_links=reads.get_links,
        # What was created can be found by its id alone, which only the answer tells: no `find`.
        create_client=Write(writes.create_client),
        update_client=Write(writes.update_client, writes.find_client_update),
        create_link=Write(writes.create_link),
        update_link=Write(writes.update_link, writes.find_link_update),
    )


class _Reads:
    def __init__(self, exchange: Exchange, account: VendorAccount) -> None:
        self._exchange = exchange
        self._account = account

    async def get_clients(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """Each client by its id, side by side."""
        return await self._each("clients/retrieve", ids, mapping.client)

    async def get_links(self, ids: Sequence[str]) -> Mapping[str, Outcome[LinkValues]]:
        """Each link by its id, side by side."""
        return await self._each("links/retrieve", ids, mapping.link)

    async def verify(self) -> tuple[Verification, ...]:
        """Ask for an object that cannot exist: a good key hears "not found", harmlessly.

        One question for each of the two read capabilities; 403 shows that one is missing. What
        the key may write cannot be tried without writing.
        """
        failure: Failure | None = None
        granted: dict[str, bool] = {}
        try:
            _dialect(self._account)
        except BadInput as unknown:
            return (Verification(API_KEY, "", unknown),)
        for operation, capability in _PROBES.items():
            try:
                await self._exchange.send(_retrieval(operation, "gateway-probe", safe=True))
            except NotFound:
                granted[capability] = True
            except CapabilityMissing:
                granted[capability] = False
            except Failure as refused:
                failure = refused
                break
            else:
                granted[capability] = True
        return (Verification(API_KEY, "", failure, granted),)

    async def _each(
        self, operation: str, ids: Sequence[str], parse: Callable[[Reply], V]
    ) -> Mapping[str, Outcome[V]]:
        async def one(vendor_id: str) -> Outcome[V]:
            try:
                reply = await self._exchange.send(_retrieval(operation, vendor_id, safe=True))
                return Seen(parse(reply), reply.provenance)
            except NotFound:
                return None
            except Failure as failure:
                return failure

        return dict(zip(ids, await asyncio.gather(*map(one, ids)), strict=True))


class _Writes:
    """One journaled call each. Inputs are checked before it: what cannot be is never sent."""

    def __init__(
        self, exchange: Exchange, account: VendorAccount, platforms: Sequence[Platform]
    ) -> None:
        self._exchange = exchange
        self._account = account
        self._platforms = platforms

    async def create_client(self, new: NewClient, mark: str) -> Made:
        """A client that carries the mark in its metadata."""
        return mapping.made(await self._send("clients/create", mapping.new_client(new, mark)))

    async def update_client(self, update: ClientUpdate, mark: str) -> Made:
        """The whole client, as it is to be; its mark stays that of the intent that made it."""
        await self._send("clients/update", mapping.client_update(update))
        return Made(update.vendor_id)

    async def find_client_update(self, update: ClientUpdate, mark: str) -> Made | None:
        """Whether the client is as the update would leave it."""
        reply = await self._look("clients/retrieve", update.vendor_id)
        there = reply is not None and mapping.has_update(update, mapping.client(reply))
        return Made(update.vendor_id) if there else None

    async def create_link(self, new: NewLink, mark: str) -> Made:
        """A link, and its invitation by mail where that is asked for; no field takes the mark."""
        body = mapping.new_link(new, _dialect(self._account))
        made = mapping.made(await self._send("links/create", body))
        warnings = mapping.remarks(new.services, self._platforms)
        return Made(made.vendor_id, made.invite_url, warnings)

    async def update_link(self, update: LinkUpdate, mark: str) -> Made:
        """The services that are named, and only those; the client is asked to grant them again."""
        body = mapping.link_update(update, _dialect(self._account))
        await self._send("links/update", body)
        return self._updated(update)

    async def find_link_update(self, update: LinkUpdate, mark: str) -> Made | None:
        """Whether the link asks for the services just so."""
        reply = await self._look("links/retrieve", update.vendor_id)
        there = reply is not None and mapping.has_services(update.services, mapping.link(reply))
        return self._updated(update) if there else None

    def _updated(self, update: LinkUpdate) -> Made:
        warnings = mapping.remarks(update.services, self._platforms)
        return Made(update.vendor_id, warnings=warnings)

    async def _send(self, operation: str, body: Mapping[str, Any]) -> Reply:
        return await self._exchange.send(
            Call(
                operation=operation,
                slot=API_KEY,
                method="POST",
                path=f"/api/{operation}",
                headers=(("Content-Type", "application/json"),),
                body=json.dumps(body).encode(),
                journaled=True,
            )
        )

    async def _look(self, operation: str, vendor_id: str) -> Reply | None:
        """What the vendor says now, whatever the cache holds; None when it has no such object."""
        try:
            return await self._exchange.send(_retrieval(operation, vendor_id, safe=False))
        except NotFound:
            return None


def _retrieval(operation: str, vendor_id: str, *, safe: bool) -> Call:
    return Call(
        operation=operation,
        slot=API_KEY,
        path=f"/api/{operation}",
        query=(("id", vendor_id),),
        safe=safe,
    )


def _dialect(account: VendorAccount) -> mapping.Dialect:
    return mapping.dialect(account.options.get(DIALECT, "seed"))


_PROBES = {"clients/retrieve": "RETRIEVE_CUSTOMER", "links/retrieve": "RETRIEVE_LINK"}
