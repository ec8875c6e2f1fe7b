"""What every call to Bronto has in common: its envelope, its token, and pages of rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from ....domain.failures import ContractBroken
from ....domain.model import VendorAccount
from ....domain.vendor import VendorName
from ....upstream.codec import Children, Element, Gap, envelope
from ....upstream.exchange import Call, Exchange, Reply
from ..errors import AGENCY_TOKEN, lacks_token
from ..mapping import reading

MOST_PAGES = 1000
"""Bronto ends a list with an empty page; one that has not ended by then never will."""

EVERYTHING: Children = (("type", "AND"),)
"""A filter without criteria."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to read, and with which token; `extra` stands between filter and page number."""

    operation: str
    filter: Children = EVERYTHING
    extra: Children = ()
    slot: str = AGENCY_TOKEN
    holder: str = ""
    confidential: bool = False
    safe: bool = True


def login_call(slot: str, account: VendorAccount) -> Call:
    """The call that turns a token of that slot into a session; transport writes the token in."""
    body, gap = envelope(reading.NAMESPACE, "login", (("apiToken", Gap.HERE),))
    return _call(Question(operation="login", slot=slot, confidential=True, safe=False), body, gap)


def any_of(ids: Sequence[str]) -> Children:
    """The filter for any of the ids: its type is OR, since no object has two."""
    return (("type", "OR"), *(("id", each) for each in ids))


class Line:
    """One account's line to Bronto."""

    def __init__(self, exchange: Exchange, account: VendorAccount) -> None:
        self.exchange = exchange
        self.account = account

    async def all(self, question: Question) -> tuple[list[Element], list[Reply]]:
        """All rows from page 1 to the empty page, and the replies that they came in."""
        rows: list[Element] = []
        replies: list[Reply] = []
        for page in range(1, MOST_PAGES + 1):
            reply, read = await self.page(question, page)
            replies.append(reply)
            rows += read
            if not read:
                return rows, replies
        raise endless(question)

    async def page(self, question: Question, page: int) -> tuple[Reply, list[Element]]:
        """One page; raises `CapabilityMissing` before any call when its token is not held."""
        self.admit(question.operation, question.slot, question.holder)
        body, gap = _in_session(
            question.operation,
            (("filter", question.filter), *question.extra, ("pageNumber", str(page))),
        )
        reply = await self.exchange.send(_call(question, body, gap))
        return reply, reading.rows(reply, question.operation)

    def admit(self, operation: str, slot: str = AGENCY_TOKEN, holder: str = "") -> None:
        """Raises `CapabilityMissing` when the account does not hold the token that is needed."""
        if self.account.credential(slot, holder) is None:
            raise lacks_token(operation, slot)

    async def write(
        self, operation: str, items: Children, *, confidential: bool = False
    ) -> tuple[Call, Reply]:
        """The one journaled call of a write, always with the All Clients token."""
        self.admit(operation)
        body, gap = _in_session(operation, items)
        question = Question(operation=operation, confidential=confidential, safe=False)
        call = _call(question, body, gap, journaled=True)
        return call, await self.exchange.send(call)


def endless(question: Question) -> ContractBroken:
    """A list that does not end."""
    return ContractBroken(
        f"Bronto's {question.operation} did not end after {MOST_PAGES} pages.",
        vendor=VendorName.BRONTO,
    )


def _in_session(operation: str, children: Children) -> tuple[bytes, int]:
    header = ("sessionHeader", (("sessionId", Gap.HERE),))
    return envelope(reading.NAMESPACE, operation, children, header=header)


def _call(question: Question, body: bytes, gap: int, *, journaled: bool = False) -> Call:
    return Call(
        operation=question.operation,
        slot=question.slot,
        holder=question.holder,
        method="POST",
        path="/v4/",
        headers=(("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", '""')),
        body=body,
        gap=gap,
        safe=question.safe,
        confidential=question.confidential,
        journaled=journaled,
    )
