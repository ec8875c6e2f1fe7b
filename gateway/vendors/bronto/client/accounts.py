"""Writes of accounts, which are clients here."""

from ....contract import Made
from ....domain.changes import ClientUpdate, NewClient
from ....domain.failures import ContractBroken, NotFound, OutcomeUnknown
from ....domain.vendor import VendorName
from ....upstream.codec import Children, Element
from ..errors import of_item
from ..mapping import reading, writing
from ..mapping.results import Refused, write_result
from .calls import Line, Question

_VENDOR = VendorName.BRONTO


class AccountWrites:
    """Creates and changes accounts, with the All Clients token."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def create(self, new: NewClient, mark: str) -> Made:
        """A new account; `Conflict` when there is one of that name."""
        return Made(await self._write("addAccounts", writing.new_account(new)))

    async def find_created(self, new: NewClient, mark: str) -> Made | None:
        """The account of that name, which no two have (702), if it is the one that was wanted.

        `OutcomeUnknown` when another e-mail address or company stands there: it may be older.
        """
        name = str(writing.fields(new)[("name",)])
        for row in await self._rows((("name", (("operator", "EqualTo"), ("value", name))),)):
            values = reading.client(row)
            if values.name != name:
                continue
            if writing.of_another(values, new):
                message = "Bronto has an account of that name, but with other values."
                raise OutcomeUnknown(message, vendor=_VENDOR)
            return Made(reading.account_id(row))
        return None

    async def update(self, update: ClientUpdate, mark: str) -> Made:
        """A changed account; refused before any call where Bronto's rules on states forbid it."""
        writing.refuse_status(update.current, update.patch)
        row = await self._row(update.vendor_id)
        if row is None:
            raise NotFound("Bronto knows no such account.", vendor=_VENDOR)
        await self._write("updateAccounts", writing.changed_account(row, update.patch))
        return Made(update.vendor_id)

    async def find_updated(self, update: ClientUpdate, mark: str) -> Made | None:
        """The account, if it is as it was to be."""
        row = await self._row(update.vendor_id)
        if row is None or not writing.took_effect(reading.client(row), update.patch):
            return None
        return Made(update.vendor_id)

    async def _write(self, operation: str, items: Children) -> str:
        """The id of the one account that was written."""
        call, reply = await self._line.write(operation, items)
        (outcome,) = write_result(reply, operation, 1)
        if isinstance(outcome, Refused):
            raise of_item(call, outcome.code)
        if outcome.id is None:
            raise ContractBroken("Bronto tells no id of the account.", vendor=_VENDOR)
        return outcome.id

    async def _row(self, vendor_id: str) -> Element | None:
        rows = await self._rows((("id", vendor_id),))
        return next((row for row in rows if reading.account_id(row) == vendor_id), None)

    async def _rows(self, criteria: Children) -> list[Element]:
        """The accounts that meet a criterion, whole and not from the cache."""
        question = Question(
            operation="readAccounts",
            filter=(("type", "AND"), *criteria),
            extra=(("includeInfo", "true"),),
            safe=False,
        )
        rows, _ = await self._line.all(question)
        return rows
