"""Own's reads: each region is asked by itself, with the one bearer that opens them all.

Ids are told as `region/id`, for they are unique within a region only.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from ...contract import ListedClient, Operations, Verification
from ...domain.details import OwnBackup, OwnBackupObject, VendorEvent
from ...domain.failures import BadInput, Failure, NotFound
from ...domain.model import ClientValues, Outcome, Seen, VendorAccount
from ...domain.vendor import VendorName
from ...upstream.exchange import Call, Exchange, Reply
from . import mapping

API_TOKEN = "api_token"  # noqa: S105 - the name of the slot
CLIENT_ID = "client_id"
PUBLIC_CLIENT_ID = "0oa4c413eq8wwcEzP4h7"
"""The id that every known script of Own's users sends; public, and the same for all (page 3a)."""

REGIONS = ("app1",)
"""Where an account is when its operator names no region."""

EVENTS_PER_PAGE = 1000
"""Fewer than these in an answer are the last of their region (vendor page 7)."""

_ID = re.compile(r"[0-9]{1,20}", re.ASCII)

K = TypeVar("K")
V = TypeVar("V")


class _Place(NamedTuple):
    """Where an object is: its region, and its id there."""

    region: str
    id: str


def exchange_token(account: VendorAccount) -> Call:
    """The call that buys a bearer with the API token, which transport writes at the body's end."""
    form = urlencode(
        {
            "grant_type": "refresh_token",
            "scope": "api:access",
            "client_id": account.options.get(CLIENT_ID, PUBLIC_CLIENT_ID),
            "refresh_token": "",
        }
    ).encode()
    return Call(
        operation="token",
        slot=API_TOKEN,
        method="POST",
        host="auth",
        path="/oauth2/aus4c3z3l8FqrbqDU4h7/v1/token",
        headers=(
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
        ),
        body=form,
        gap=len(form),
        confidential=True,
    )


def connect(exchange: Exchange, account: VendorAccount) -> Operations:
    """The reads of one account."""
    client = _Client(exchange, account.regions or REGIONS)
    return Operations(
        verify=client.verify,
        list_clients=client.list_clients,
        get_clients=client.get_clients,
        events=client.events,
        backups_of=client.backups_of,
        last_backups=client.last_backups,
        backup_objects_of=client.backup_objects_of,
    )


class _Client:
    def __init__(self, exchange: Exchange, regions: tuple[str, ...]) -> None:
        self._exchange = exchange
        self._regions = regions

    async def verify(self) -> tuple[Verification, ...]:
        """List the first region's services: shows the token good at the auth host and at a region.

        Not `safe`, so that no cache answers for the vendor, though it changes nothing.
        """
        failure: Failure | None = None
        try:
            await self._get("services", self._regions[0], "services", safe=False)
        except Failure as refused:
            failure = refused
        return (Verification(API_TOKEN, "", failure),)

    async def list_clients(
        self, regions: Sequence[str]
    ) -> Mapping[str, Outcome[tuple[ListedClient, ...]]]:
        """Each region's whole list, side by side; a region that fails spoils no other."""

        async def rows(region: str) -> Seen[tuple[ListedClient, ...]]:
            seen = await self._services(region)
            return Seen(
                tuple(ListedClient(id, values) for id, values in seen.value.items()),
                seen.provenance,
            )

        return await _each(regions, rows)

    async def get_clients(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """A region's only id by itself; several by the region's list, which is one call for all.

        That list is the one that `list_clients` reads, so it is often cached already.
        """
        outcomes: dict[str, Outcome[ClientValues]] = {}
        asked: defaultdict[str, list[str]] = defaultdict(list)
        for vendor_id in dict.fromkeys(ids):
            try:
                asked[self._place(vendor_id).region].append(vendor_id)
            except BadInput as refusal:
                outcomes[vendor_id] = refusal

        async def of_region(region: str) -> None:
            one = len(asked[region]) == 1
            read = _each(asked[region], self._service) if one else self._listed(asked[region])
            outcomes.update(await read)

        async with asyncio.TaskGroup() as tasks:
            for region in asked:
                tasks.create_task(of_region(region))
        return outcomes

    async def backups_of(self, ids: Sequence[str]) -> Mapping[str, Outcome[tuple[OwnBackup, ...]]]:
        """Each service's backups, newest first."""

        async def one(vendor_id: str) -> Seen[tuple[OwnBackup, ...]]:
            place = self._place(vendor_id)
            reply = await self._get("backups", place.region, f"services/{place.id}/backups")
            return Seen(mapping.backups(reply), reply.provenance)

        return await _each(ids, one)

    async def last_backups(self, ids: Sequence[str]) -> Mapping[str, Outcome[OwnBackup]]:
        """Each service's last backup that ended; None where there is none yet."""

        async def one(vendor_id: str) -> Seen[OwnBackup]:
            place = self._place(vendor_id)
            path = f"services/{place.id}/backups/last"
            reply = await self._get("backups/get", place.region, path)
            return Seen(mapping.backup(reply), reply.provenance)

        return await _each(ids, one)

    async def backup_objects_of(
        self, keys: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Outcome[tuple[OwnBackupObject, ...]]]:
        """The objects of each backup, by name."""

        async def one(key: tuple[str, str]) -> Seen[tuple[OwnBackupObject, ...]]:
            place, backup = self._place(key[0]), _number(key[1], "backup")
            path = f"services/{place.id}/backups/{backup}/objects"
            reply = await self._get("backups/objects", place.region, path)
            return Seen(mapping.backup_objects(reply), reply.provenance)

        return await _each(keys, one)

    async def events(self, after: str | None) -> Seen[tuple[VendorEvent, ...]]:
        """What follows an event in its region, then in the account's later regions.

        One page from each region until a full one; an empty answer means that there is no more in
        that region and the later ones. A later region's failure is told once nothing comes before
        it. Regions are not merged by time: a single id cannot tell how far the others were read.
        """
        place = None if after is None else self._place(after, "after")
        start = 0 if place is None else self._regions.index(place.region)
        pages: list[Seen[tuple[VendorEvent, ...]]] = []
        for region in self._regions[start:]:
            since = place.id if place is not None and place.region == region else None
            try:
                pages.append(await self._page(region, since))
            except Failure:
                if not any(page.value for page in pages):
                    raise
                break
            if len(pages[-1].value) >= EVENTS_PER_PAGE:
                break
        events = tuple(event for page in pages for event in page.value)
        oldest = min((page.provenance for page in pages), key=lambda one: one.as_of)
        return Seen(events, oldest)

    async def _page(self, region: str, since: str | None) -> Seen[tuple[VendorEvent, ...]]:
        query = () if since is None else (("from", since),)
        reply = await self._get("events", region, "events", query)
        return Seen(mapping.events(reply, region), reply.provenance)

    async def _services(self, region: str) -> Seen[dict[str, ClientValues]]:
        reply = await self._get("services", self._region(region), "services")
        found = mapping.services(reply)
        return Seen({f"{region}/{id}": value for id, value in found.items()}, reply.provenance)

    async def _service(self, vendor_id: str) -> Seen[ClientValues]:
        place = self._place(vendor_id)
        reply = await self._get("services/get", place.region, f"services/{place.id}")
        return Seen(mapping.service(reply), reply.provenance)

    async def _listed(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """Several services of one region, out of its list."""
        region = self._place(ids[0]).region
        outcome = (await _each([region], self._services))[region]
        if not isinstance(outcome, Seen):
            return dict.fromkeys(ids, outcome)
        held = {id: Seen(value, outcome.provenance) for id, value in outcome.value.items()}
        return {vendor_id: held.get(vendor_id) for vendor_id in ids}

    async def _get(
        self,
        operation: str,
        region: str,
        path: str,
        query: tuple[tuple[str, str], ...] = (),
        *,
        safe: bool = True,
    ) -> Reply:
        return await self._exchange.send(
            Call(
                operation=operation,
                slot=API_TOKEN,
                region=region,
                path=f"/api/v1/{path}",
                query=query,
                headers=(("Accept", "application/json"),),
                safe=safe,
            )
        )

    def _place(self, vendor_id: str, field: str = "vendorId") -> _Place:
        """Where an object is; raises `BadInput` unless it is in one of the account's regions."""
        region, _, id = vendor_id.partition("/")
        return _Place(self._region(region, field), _number(id, field))

    def _region(self, region: str, field: str = "vendorId") -> str:
        """The region, if it is the account's: it becomes part of the host that hears the bearer."""
        if region not in self._regions:
            raise BadInput(
                f"{field} must begin with one of the account's regions and a slash.",
                field=(field,),
                vendor=VendorName.OWN,
            )
        return region


def _number(id: str, field: str) -> str:
    """The id, if it is a number, for it becomes part of a path; raises `BadInput` if not."""
    if not _ID.fullmatch(id):
        raise BadInput(
            f"{field} must hold a number, as Own's ids are.", field=(field,), vendor=VendorName.OWN
        )
    return id


async def _each(
    keys: Sequence[K], read: Callable[[K], Awaitable[Seen[V]]]
) -> Mapping[K, Outcome[V]]:
    """One outcome for each key, read side by side."""

    async def one(key: K) -> Outcome[V]:
        try:
            return await read(key)
        except NotFound:
            return None
        except Failure as failure:
            return failure

    async with asyncio.TaskGroup() as tasks:
        made = {key: tasks.create_task(one(key)) for key in dict.fromkeys(keys)}
    return {key: task.result() for key, task in made.items()}
