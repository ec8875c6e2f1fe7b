"""The bulk export, day by day (vendor page 2)."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date

from ....contract import Verification
from ....domain.changes import ActivityExport
from ....domain.exports import check_activity, days_of, exportable_to
from ....domain.failures import CapabilityMissing, CredentialRefused, Failure
from ....domain.model import VendorAccount
from ....domain.vendor import VendorName
from ....upstream.exchange import Call, Exchange, Reply
from ..errors import EXPORT
from .sheet import Sheet
from .slots import PRIVATE_TOKENS, private_holders, region_of

_COUNT = re.compile(r"[0-9]{1,12}")


class Exporting:
    """The activity of one account's supporters."""

    def __init__(self, exchange: Exchange, account: VendorAccount) -> None:
        self._exchange = exchange
        self._account = account

    def export_activity(self, export: ActivityExport) -> AsyncIterator[bytes]:
        """The CSV of all days, its header once and its last column as the vendor has it.

        Single days, for the vendor's documents do not agree on whether the last day is included.
        Raises `BadInput` or `CapabilityMissing` at once, before any call; any other `Failure`
        while it is read. Nothing is sent again: a new export begins anew.
        """
        check_activity(export, self._exchange.clock.now())
        holders = private_holders(self._account)
        if not holders:
            raise CapabilityMissing(
                "This Engaging Networks account has no credential for that: it needs a private"
                " token.",
                vendor=VendorName.ENGAGING_NETWORKS,
                account=self._account.id,
                sent=False,
            )
        return self._days(export, holders[0])

    async def verify(self) -> tuple[Verification, ...]:
        """Try each private token: no call is cheaper than an export of the newest day.

        It is left at its first bytes, so hardly any of the personal data is read. Where the vendor
        says neither yes nor no, as when the export is slow to begin, nothing is claimed.
        """
        tried = await asyncio.gather(*map(self._try_token, private_holders(self._account)))
        return tuple(verdict for verdict in tried if verdict is not None)

    async def _try_token(self, holder: str) -> Verification | None:
        newest = exportable_to(self._exchange.clock.now())
        export = ActivityExport(vendor_id="", first=newest, last=newest)
        try:
            async with self._exchange.stream(self._call(export, newest, holder)):
                return Verification(PRIVATE_TOKENS, holder)
        except (CredentialRefused, CapabilityMissing) as refusal:
            return Verification(PRIVATE_TOKENS, holder, refusal)
        except Failure:
            return None

    async def _days(self, export: ActivityExport, holder: str) -> AsyncIterator[bytes]:
        header: bytes | None = None
        for day in days_of(export):
            async with self._exchange.stream(self._call(export, day, holder)) as answer:
                sheet = Sheet(header, _total(answer.head))
                async for piece in answer.chunks:
                    if ready := sheet.take(piece):
                        yield ready
                if rest := sheet.end():
                    yield rest
                header = sheet.header

    def _call(self, export: ActivityExport, day: date, holder: str) -> Call:
        told = f"{day:%m%d%Y}"
        types = ",".join(export.activity_types)
        return Call(
            operation=EXPORT,
            slot=PRIVATE_TOKENS,
            holder=holder,
            region=region_of(self._account),
            path="/ea-dataservice/export.service",
            query=(
                ("startDate", told),
                ("endDate", told),
                # Always named: without it the account decides between CSV and XML.
                ("type", "standardcsv" if export.standard_layout else "csv"),
                *((("configTypes", types),) if types else ()),
            ),
            confidential=True,
        )


def _total(head: Reply) -> int | None:
    """How many rows the vendor promises: nothing of the current day, for one."""
    told = (head.header("Total") or "").strip()
    return int(told) if _COUNT.fullmatch(told) else None
