"""Own's reads: each region is asked by itself, with the one bearer that opens them all."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from ....contract import ListedClient, Verification
from ....domain.details import OwnBackup, OwnBackupObject, VendorEvent
from ....domain.failures import BadInput, Failure, NotFound
from ....domain.jobs import JobValues, ListedJob
from ....domain.model import ClientValues, Outcome, Seen
from .. import mapping
from .calls import API_TOKEN, Calls, number

EVENTS_PER_PAGE = 1000
"""Fewer than these in an answer are the last of their region (vendor page 7)."""

K = TypeVar("K")
V = TypeVar("V")


class Reads:
    """The reads of one account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def verify(self) -> tuple[Verification, ...]:
        """List the first region's services: shows the token good at the auth host and at a region.

        Not `safe`, so that no cache answers for the vendor, though it changes nothing.
        """
        failure: Failure | None = None
        try:
            await self._calls.get("services", self._calls.regions[0], "services", safe=False)
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
                asked[self._calls.place(vendor_id).region].append(vendor_id)
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
            place = self._calls.place(vendor_id)
            reply = await self._calls.get("backups", place.region, f"services/{place.id}/backups")
            return Seen(mapping.backups(reply), reply.provenance)

        return await _each(ids, one)

    async def last_backups(self, ids: Sequence[str]) -> Mapping[str, Outcome[OwnBackup]]:
        """Each service's last backup that ended; None where there is none yet."""

        async def one(vendor_id: str) -> Seen[OwnBackup]:
            place = self._calls.place(vendor_id)
            path = f"services/{place.id}/backups/last"
            reply = await self._calls.get("backups/get", place.region, path)
            return Seen(mapping.backup(reply), reply.provenance)

        return await _each(ids, one)

    async def backup_objects_of(
        self, keys: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Outcome[tuple[OwnBackupObject, ...]]]:
        """The objects of each backup, by name."""

        async def one(key: tuple[str, str]) -> Seen[tuple[OwnBackupObject, ...]]:
            place, backup = self._calls.place(key[0]), number(key[1], "backup")
            path = f"services/{place.id}/backups/{backup}/objects"
            reply = await self._calls.get("backups/objects", place.region, path)
            return Seen(mapping.backup_objects(reply), reply.provenance)

        return await _each(keys, one)

    async def list_jobs(
        self, regions: Sequence[str]
    ) -> Mapping[str, Outcome[tuple[ListedJob, ...]]]:
        """Each region's jobs, side by side; whether Own tells of all of them is not known."""

        async def rows(region: str) -> Seen[tuple[ListedJob, ...]]:
            reply = await self._calls.get("jobs", self._calls.region(region), "jobs")
            return Seen(mapping.jobs(reply, region), reply.provenance)

        return await _each(regions, rows)

    async def get_jobs(self, ids: Sequence[str]) -> Mapping[str, Outcome[JobValues]]:
        """Each job by itself: a list that may be cut short proves nothing about one job."""

        async def one(vendor_id: str) -> Seen[JobValues]:
            place = self._calls.place(vendor_id)
            reply = await self._calls.get("jobs/get", place.region, f"jobs/{place.id}")
            return Seen(mapping.job(reply), reply.provenance)

        return await _each(ids, one)

    async def events(self, after: str | None) -> Seen[tuple[VendorEvent, ...]]:
        """What follows an event in its region, then in the account's later regions.

        One page from each region until a full one; an empty answer means that there is no more in
        that region and the later ones. A later region's failure is told once nothing comes before
        it. Regions are not merged by time: a single id cannot tell how far the others were read.
        """
        place = None if after is None else self._calls.place(after, "after")
        start = 0 if place is None else self._calls.regions.index(place.region)
        pages: list[Seen[tuple[VendorEvent, ...]]] = []
        for region in self._calls.regions[start:]:
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
        reply = await self._calls.get("events", region, "events", query)
        return Seen(mapping.events(reply, region), reply.provenance)

    async def _services(self, region: str) -> Seen[dict[str, ClientValues]]:
        reply = await self._calls.get("services", self._calls.region(region), "services")
        found = mapping.services(reply)
        return Seen({f"{region}/{id}": value for id, value in found.items()}, reply.provenance)

    async def _service(self, vendor_id: str) -> Seen[ClientValues]:
        place = self._calls.place(vendor_id)
        reply = await self._calls.get("services/get", place.region, f"services/{place.id}")
        return Seen(mapping.service(reply), reply.provenance)

    async def _listed(self, ids: Sequence[str]) -> Mapping[str, Outcome[ClientValues]]:
        """Several services of one region, out of its list."""
        region = self._calls.place(ids[0]).region
        outcome = (await _each([region], self._services))[region]
        if not isinstance(outcome, Seen):
            return dict.fromkeys(ids, outcome)
        held = {id: Seen(value, outcome.provenance) for id, value in outcome.value.items()}
        return {vendor_id: held.get(vendor_id) for vendor_id in ids}


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
