"""What an account of Engaging Networks can do: reads, the bulk export and the bulk import."""

import asyncio
from itertools import chain

from ....contract import Operations, Verification, Write
from ....domain.model import VendorAccount
from ....upstream.exchange import Exchange
from .exporting import Exporting
from .importing import Importing
from .reading import Reading


def connect(exchange: Exchange, account: VendorAccount) -> Operations:
    """The operations of one account."""
    reading, exporting = Reading(exchange, account), Exporting(exchange, account)

    async def verify() -> tuple[Verification, ...]:
        shown = await asyncio.gather(reading.verify(), exporting.verify())
        return tuple(chain.from_iterable(shown))

    return Operations(
        verify=verify,
        get_clients=reading.get_clients,
        fields_of=reading.fields_of,
        find_supporters=reading.find_supporters,
        pages_of=reading.pages_of,
        export_activity=exporting.export_activity,
        start_import=Write(Importing(exchange, account).send),
    )
