"""Reads tokens, and says in SQL what `domain.tokens` says in Python."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, literal, or_

from ..domain.caller import AgencyId
from ..domain.model import Token, TokenStatus
from ..domain.tokens import EXPIRING_DAYS
from .database import Part, is_id
from .owned import Owned
from .pages import Order
from .rows import token
from .tables import tokens
from .values import Page, TokenFilter, Window

_SOONEST = Order("TOKENS_SOONEST", tokens.c.expires_at, tokens.c.id, moments=True)
_tokens = Owned(tokens, _SOONEST, token)

_FAR = 366 * 100
"""Days; what is further away counts as this far, so that no sum leaves the calendar."""


class Tokens(Part):
    """The part of `port.Ledger` that reads tokens."""

    async def page_tokens(
        self,
        agency: AgencyId,
        filter: TokenFilter,
        window: Window,
        clients: Sequence[int] | None = None,
    ) -> Mapping[int, Page[Token]]:
        conditions = tuple(_conditions(agency, filter))
        return await _tokens.page(self._database, agency, conditions, window, clients)

    async def count_tokens(
        self, agency: AgencyId, filter: TokenFilter, clients: Sequence[int] | None = None
    ) -> Mapping[int, int]:
        conditions = tuple(_conditions(agency, filter))
        return await _tokens.count(self._database, agency, conditions, clients)

    async def tokens(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Token]:
        return await _tokens.by_id(self._database, agency, ids)


def _conditions(agency: AgencyId, filter: TokenFilter) -> Iterable[ColumnElement[bool]]:
    if filter.vendors is not None:
        yield tokens.c.vendor.in_([vendor.value for vendor in filter.vendors])
    if filter.account is not None:
        yield tokens.c.account == (filter.account if is_id(filter.account) else 0)
    if filter.client is not None:
        yield _tokens.of_client(agency, filter.client)
    if filter.kinds is not None:
        yield tokens.c.kind.in_([kind.value for kind in filter.kinds])
    if filter.statuses is not None:
        yield _status(_now(filter)).in_([status.value for status in filter.statuses])
    if filter.expires_within_days is not None:
        now, days = _now(filter), max(-1, min(filter.expires_within_days, _FAR))
        yield tokens.c.revoked_at.is_(None)
        yield tokens.c.expires_at > now
        yield tokens.c.expires_at <= now + timedelta(days=days)


def _status(now: datetime) -> ColumnElement[str]:
    """`domain.tokens.status`, case by case in its order; a test holds the two together."""
    token = tokens.c
    refused_last = or_(token.verified_at.is_(None), token.refused_at > token.verified_at)
    soon = now + timedelta(days=EXPIRING_DAYS)
    return case(
        (token.revoked_at.is_not(None), literal(TokenStatus.REVOKED.value)),
        (token.expires_at <= now, literal(TokenStatus.EXPIRED.value)),
        (and_(token.refused_at.is_not(None), refused_last), literal(TokenStatus.REFUSED.value)),
        (token.active.is_(False), literal(TokenStatus.INACTIVE.value)),
        (token.expires_at <= soon, literal(TokenStatus.EXPIRING.value)),
        (and_(token.expires_at.is_(None), token.ends), literal(TokenStatus.UNKNOWN.value)),
        (or_(token.active, token.verified_at.is_not(None)), literal(TokenStatus.ACTIVE.value)),
        else_=literal(TokenStatus.UNKNOWN.value),
    )


def _now(filter: TokenFilter) -> datetime:
    if filter.now is None:
        raise ValueError("a TokenFilter that asks for a state or an end needs `now`")
    return filter.now
