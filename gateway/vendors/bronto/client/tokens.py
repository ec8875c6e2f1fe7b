"""Writes of API tokens, with the All Clients token.

A token's id is the token itself: all answers here are confidential, and so are the bodies of the
calls that name one.
"""

from msgspec import structs

from ....contract import Issued, Made
from ....domain.changes import NewToken, TokenRevocation, TokenUpdate
from ....domain.failures import BadInput, ContractBroken, NotFound
from ....domain.model import TokenFacts
from ....domain.secret import Secret
from ....domain.vendor import VendorName
from ....upstream.codec import Children, Element, text
from ....upstream.exchange import Reply
from ..errors import of_item
from ..mapping import reading, tokens
from ..mapping.results import Done, Refused, write_result
from .calls import EVERYTHING, Line, Question

_VENDOR = VendorName.BRONTO


class TokenWrites:
    """Issues, changes and revokes tokens; one that exists is found by the surrogate of its id."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._surrogate = line.exchange.surrogate

    async def issue(self, new: NewToken, mark: str) -> Issued:
        """A new token of a client; the write's mark stands in its name at Bronto."""
        done, reply = await self._write("addApiTokens", tokens.new_token(new, mark))
        if done.id is None:
            raise ContractBroken("Bronto tells no id of the token.", vendor=_VENDOR)
        return Issued(tokens.issued(new, self._surrogate(done.id), reply.at), Secret(done.id))

    async def find_issued(self, new: NewToken, mark: str) -> Issued | None:
        """The client's token that bears the mark."""
        name = tokens.marked_name(new, mark)
        for row in await self._rows(new.client_vendor_id):
            value = text(row, "id")
            if value is not None and text(row, "name") == name:
                return Issued(reading.token(row, self._surrogate), Secret(value))
        return None

    async def update(self, update: TokenUpdate, mark: str) -> TokenFacts:
        """A changed token."""
        tokens.check(update)
        row = await self._row(update.client_vendor_id, update.key)
        if row is None:
            raise _unknown()
        _, reply = await self._write("updateApiTokens", tokens.changed_token(row, update))
        facts = tokens.changed_facts(reading.token(row, self._surrogate), update)
        return structs.replace(facts, modified_at=reply.at)

    async def find_updated(self, update: TokenUpdate, mark: str) -> TokenFacts | None:
        """The token, if it is as it was to be."""
        row = await self._row(update.client_vendor_id, update.key)
        facts = None if row is None else reading.token(row, self._surrogate)
        return None if facts is None or tokens.changed_facts(facts, update) != facts else facts

    async def revoke(self, revocation: TokenRevocation, mark: str) -> Made:
        """A token deleted at Bronto, where its sessions die with it."""
        row = await self._row(revocation.client_vendor_id, revocation.key)
        if row is None:
            raise _unknown()
        await self._write("deleteApiTokens", tokens.same_token(row))
        return Made(revocation.key)

    async def find_revoked(self, revocation: TokenRevocation, mark: str) -> Made | None:
        """Its key, if the token is gone."""
        row = await self._row(revocation.client_vendor_id, revocation.key)
        return Made(revocation.key) if row is None else None

    async def _write(self, operation: str, items: Children) -> tuple[Done, Reply]:
        call, reply = await self._line.write(operation, items, confidential=True)
        (outcome,) = write_result(reply, operation, 1)
        if isinstance(outcome, Refused):
            raise of_item(call, outcome.code)
        return outcome, reply

    async def _row(self, holder: str | None, key: str) -> Element | None:
        rows = await self._rows(holder)
        return next((row for row in rows if reading.token(row, self._surrogate).key == key), None)

    async def _rows(self, holder: str | None) -> list[Element]:
        """The tokens of one account, or all; not from the cache."""
        if holder is not None and not holder.isprintable():
            raise BadInput("It cannot be the id of an account.", vendor=_VENDOR)
        question = Question(
            operation="readApiTokens",
            filter=EVERYTHING if holder is None else (*EVERYTHING, ("accountId", holder)),
            confidential=True,
            safe=False,
        )
        rows, _ = await self._line.all(question)
        return rows


def _unknown() -> NotFound:
    return NotFound("Bronto knows no such token.", vendor=_VENDOR)
