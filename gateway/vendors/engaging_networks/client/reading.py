"""Reads: the public data service with the public token, REST with a session."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from ....contract import Verification
from ....domain.details import (
    EngagingNetworksField,
    EngagingNetworksPage,
    EngagingNetworksSupporter,
)
from ....domain.failures import CapabilityMissing, Failure, NotFound
from ....domain.model import ClientValues, Outcome, Seen, VendorAccount
from ....domain.vendor import VendorName
from ....upstream.exchange import Call, Exchange, Reply
from .. import mapping
from ..errors import AUTHENTICATE, DATA_SERVICE
from .slots import API_KEY, PUBLIC_TOKEN, region_of

SUPPORTER_COUNT = f"{DATA_SERVICE}EaSupporterCount"
MANAGE_SUPPORTERS = "MANAGE_INDIVIDUAL_SUPPORTERS"

_VENDOR = VendorName.ENGAGING_NETWORKS

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def login(account: VendorAccount) -> Call:
    """The call that makes a session: the raw key is the whole body (vendor page 5.1)."""
    return Call(
        operation=AUTHENTICATE,
        slot=API_KEY,
        method="POST",
        region=region_of(account),
        path="/ens/service/authenticate",
        headers=(("Content-Type", "application/json"),),
        confidential=True,
    )


class Reading:
    """The reads of one account."""

    def __init__(self, exchange: Exchange, account: VendorAccount) -> None:
        self._exchange = exchange
        self._account = account
        self._region = region_of(account)

    async def verify(self) -> tuple[Verification, ...]:
        """Try the public token and the API key.

        The public token is asked for the account's size, which also tells its client id; the API
        key signs in and lists the supporter fields.
        """
        probes = ((PUBLIC_TOKEN, self._try_public_token), (API_KEY, self._try_api_key))
        held = (probe() for slot, probe in probes if self._account.credential(slot))
        return tuple(await asyncio.gather(*held))

    async def get_clients(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """The account's one client, in one call however many ids; any other id is not here.

        The vendor tells no name of an account: the client goes by the name that the operator gave
        the account, which is this client's alone.
        """
        if not ids:
            return {}
        try:
            reply, vendor_id, values = await self._count_supporters(safe=True)
        except Failure as failure:
            return dict.fromkeys(ids, failure)
        seen = Seen(replace(values, name=self._account.name), reply.provenance)
        return {asked: seen if asked == vendor_id else None for asked in ids}

    async def fields_of(
        self, ids: Sequence[str]
    ) -> Mapping[str, Outcome[tuple[EngagingNetworksField, ...]]]:
        """The supporter fields of the account."""

        async def one(_: str) -> Seen[tuple[EngagingNetworksField, ...]]:
            reply = await self._get("supporter.fields", "/supporter/fields")
            return Seen(mapping.fields(reply), reply.provenance)

        return await self._each(ids, one)

    async def find_supporters(
        self, keys: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Outcome[EngagingNetworksSupporter]]:
        """Each supporter by e-mail address, with questions; personal data, so never shared."""

        async def one(key: tuple[str, str]) -> Seen[EngagingNetworksSupporter] | None:
            query = (("email", key[1]), ("includeQuestions", "true"))
            reply = await self._get("supporter.get", "/supporter", query, confidential=True)
            found = mapping.supporter(reply, key[1])
            return None if found is None else Seen(found, reply.provenance)

        return await self._each(keys, one)

    async def pages_of(
        self, keys: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Outcome[tuple[EngagingNetworksPage, ...]]]:
        """The pages of each (type, status): the vendor has no paging and gives all at once."""

        async def one(key: tuple[str, str, str]) -> Seen[tuple[EngagingNetworksPage, ...]]:
            _, kind, status = key
            query = (("type", kind), *((("status", status),) if status else ()))
            reply = await self._get("page.list", "/page", query)
            return Seen(mapping.pages(reply), reply.provenance)

        return await self._each(keys, one)

    async def _try_public_token(self) -> Verification:
        try:
            _, vendor_id, _ = await self._count_supporters(safe=False)
        except Failure as failure:
            return Verification(PUBLIC_TOKEN, "", failure)
        return Verification(PUBLIC_TOKEN, "", clients=(vendor_id,))

    async def _try_api_key(self) -> Verification:
        try:
            await self._get("supporter.fields", "/supporter/fields", safe=False)
        except CapabilityMissing:
            return Verification(API_KEY, "", capabilities={MANAGE_SUPPORTERS: False})
        except Failure as failure:
            return Verification(API_KEY, "", failure)
        return Verification(API_KEY, "", capabilities={MANAGE_SUPPORTERS: True})

    async def _count_supporters(self, *, safe: bool) -> tuple[Reply, str, ClientValues]:
        """`EaSupporterCount`; a probe is not `safe`, so that no cached reply can answer it."""
        self._need(PUBLIC_TOKEN, "a public token")
        reply = await self._exchange.send(
            Call(
                operation=SUPPORTER_COUNT,
                slot=PUBLIC_TOKEN,
                region=self._region,
                path="/ea-dataservice/data.service",
                query=(("service", "EaSupporterCount"), ("contentType", "json")),
                safe=safe,
            )
        )
        client_id, values = mapping.client(reply)
        return reply, f"{self._region}/{client_id}", values

    async def _get(
        self,
        operation: str,
        path: str,
        query: tuple[tuple[str, str], ...] = (),
        *,
        safe: bool = True,
        confidential: bool = False,
    ) -> Reply:
        self._need(API_KEY, "an API user's key")
        return await self._exchange.send(
            Call(
                operation=operation,
                slot=API_KEY,
                region=self._region,
                path=f"/ens/service{path}",
                query=query,
                safe=safe,
                confidential=confidential,
            )
        )

    def _need(self, slot: str, what: str) -> None:
        if self._account.credential(slot) is None:
            raise CapabilityMissing(
                f"This Engaging Networks account has no credential for that: it needs {what}.",
                vendor=_VENDOR,
                account=self._account.id,
            )

    async def _each(
        self, keys: Sequence[K], read: Callable[[K], Awaitable[Seen[V] | None]]
    ) -> Mapping[K, Outcome[V]]:
        """One outcome for each key, side by side."""

        async def one(key: K) -> Outcome[V]:
            try:
                return await read(key)
            except NotFound:
                return None
            except Failure as failure:
                return failure

        return dict(zip(keys, await asyncio.gather(*map(one, keys)), strict=True))
