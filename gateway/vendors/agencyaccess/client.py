"""AgencyAccess's reads: one GET for each client or link, as there is no batch and no list."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ...contract import Operations, Verification
from ...domain.failures import CapabilityMissing, Failure, NotFound
from ...domain.model import ClientValues, LinkValues, Outcome, Seen, VendorAccount
from ...upstream.exchange import Call, Exchange, Reply
from . import mapping

API_KEY = "api_key"

V = TypeVar("V")


def connect(exchange: Exchange, account: VendorAccount) -> Operations:
    """The reads of one account."""
    client = _Client(exchange)
    return Operations(
        verify=client.verify, get_clients=client.get_clients, get_links=client.get_links
    )


class _Client:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

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
        for operation, capability in _PROBES.items():
            try:
                await self._retrieve(operation, "gateway-probe")
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
                reply = await self._retrieve(operation, vendor_id)
                return Seen(parse(reply), reply.provenance)
            except NotFound:
                return None
            except Failure as failure:
                return failure

        return dict(zip(ids, await asyncio.gather(*map(one, ids)), strict=True))

    async def _retrieve(self, operation: str, vendor_id: str) -> Reply:
        return await self._exchange.send(
            Call(
                operation=operation,
                slot=API_KEY,
                path=f"/api/{operation}",
                query=(("id", vendor_id),),
                safe=True,
            )
        )


_PROBES = {"clients/retrieve": "RETRIEVE_CUSTOMER", "links/retrieve": "RETRIEVE_LINK"}
