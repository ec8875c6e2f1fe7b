"""The law of a token's life: when it ends, and what its state is at a moment."""

from datetime import datetime, timedelta

from .model import Token, TokenStatus

EXPIRING_DAYS = 30
"""A token counts as EXPIRING from so many days before its end."""


def expires_at(created_at: datetime | None, expires_after_days: int | None) -> datetime | None:
    """When a token ends by its vendor's law; None: it never does, or its making is unknown."""
    if created_at is None or expires_after_days is None:
        return None
    return created_at + timedelta(days=expires_after_days)


def expires_in_days(token: Token, now: datetime) -> int | None:
    """Whole days until the end: 0 on the last day, negative after it."""
    return None if token.expires_at is None else (token.expires_at - now).days


def status(token: Token, now: datetime) -> TokenStatus:
    """The state of a token at `now`; the first that holds, from final to provisional."""
    if token.revoked_at is not None:
        return TokenStatus.REVOKED
    if token.expires_at is not None and token.expires_at <= now:
        return TokenStatus.EXPIRED
    refused, accepted = token.refused_at, token.verified_at
    if refused is not None and (accepted is None or refused > accepted):
        return TokenStatus.REFUSED
    if token.facts.active is False:
        return TokenStatus.INACTIVE
    if token.expires_at is not None and token.expires_at - now <= timedelta(days=EXPIRING_DAYS):
        return TokenStatus.EXPIRING
    if token.expires_at is None and token.ends:
        return TokenStatus.UNKNOWN
    if token.facts.active or token.verified_at is not None:
        return TokenStatus.ACTIVE
    return TokenStatus.UNKNOWN
