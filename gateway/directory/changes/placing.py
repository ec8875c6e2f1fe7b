"""In which account something is made for a client, when the caller leaves it open."""

from ...contract import SupportLevel
from ...domain.failures import BadInput, NotFound
from ...domain.model import VendorAccount
from .journaling import Journaling
from .writing import Writing


async def place(
    journaling: Journaling, writing: Writing, client: int, account: int | None, operation: str
) -> tuple[VendorAccount, str]:
    """The account in which something is made for a client, and the client's id there.

    Raises `NotFound`, `Unsupported`, or `BadInput` when several can and none was named.
    """
    known = (await journaling.storage.clients(writing.agency, [client])).get(client)
    if known is None:
        raise NotFound("There is no such client.")
    records = [row for row in known.records if account is None or row.account == account]
    if not records:
        message = "The client has no record in this account."
        raise BadInput(message, field=("accountId",))
    held = {each.id: each for each in await journaling.storage.accounts(writing.agency)}
    can = [row for row in records if _can(journaling, held[row.account], operation)]
    if not can:
        raise journaling.unsupported(held[records[0].account], operation)
    if len(can) > 1:
        message = "The client has records in several accounts that can: name one."
        raise BadInput(message, field=("accountId",))
    return held[can[0].account], can[0].vendor_id


def _can(journaling: Journaling, account: VendorAccount, operation: str) -> bool:
    row = journaling.connector.vendor(account).support.get(operation)
    return row is not None and row.level is SupportLevel.LIVE
