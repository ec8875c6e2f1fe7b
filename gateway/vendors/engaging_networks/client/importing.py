"""The bulk import: one form with the whole file (vendor page 3)."""

from ....contract import Made
from ....domain.changes import Import, ImportFile
from ....domain.model import VendorAccount
from ....upstream.exchange import Call, Exchange
from ....upstream.laws import InBody, Quoting
from .. import mapping
from ..errors import IMPORT
from .form import form
from .slots import PRIVATE_TOKENS, private_holders, region_of


class Importing:
    """Hands files to one account."""

    def __init__(self, exchange: Exchange, account: VendorAccount) -> None:
        self._exchange = exchange
        self._account = account

    async def send(self, file: ImportFile, mark: str) -> Made:
        """Give the vendor the file; what it makes of it, it mails to the token's user.

        The file has no place for the mark, and no call tells of imports afterwards.
        """
        return Made(mapping.import_job(await self._exchange.send(self._call(file))))

    def _call(self, file: ImportFile) -> Call:
        # Without a private token `authorize` refuses: here an answer read again must still be read.
        holder = next(iter(private_holders(self._account)), "")
        filled = form(_fields(file.details), file="upload", content=file.content, gap_in="token")
        return Call(
            operation=IMPORT,
            slot=PRIVATE_TOKENS,
            holder=holder,
            method="POST",
            region=region_of(self._account),
            path="/ea-dataservice/import.service",
            headers=(("Content-Type", filled.content_type),),
            body=filled.body,
            placement=InBody(Quoting.RAW),
            gap=filled.gap,
            journaled=True,
        )


def _fields(details: Import) -> list[tuple[str, str]]:
    told = (
        ("name", details.name),
        ("formatName", details.format),
        ("segmentId", details.segment_id),
        ("segmentName", details.segment_name),
    )
    return [(name, value) for name, value in told if value is not None]
