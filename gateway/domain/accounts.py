"""Whether an account's credentials are good, from what its tokens tell."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from .model import Token, TokenStatus, VendorAccount
from .tokens import status


class AccountStatus(Enum):
    """Whether an account's credentials are good."""

    ACTIVE = "ACTIVE"
    UNVERIFIED = "UNVERIFIED"
    CREDENTIAL_REFUSED = "CREDENTIAL_REFUSED"
    CREDENTIAL_EXPIRED = "CREDENTIAL_EXPIRED"
    ROTATING = "ROTATING"


class FactSource(Enum):
    """How a fact about a vendor is known: stated by someone, or shown by its answers."""

    DECLARED = "DECLARED"
    LEARNED = "LEARNED"


def account_status(account: VendorAccount, held: Iterable[Token], now: datetime) -> AccountStatus:
    """The worst of what is known of the account's held tokens."""
    states = {status(token, now) for token in held}
    if TokenStatus.EXPIRED in states:
        return AccountStatus.CREDENTIAL_EXPIRED
    if TokenStatus.REFUSED in states or any(each.refused for each in account.credentials):
        return AccountStatus.CREDENTIAL_REFUSED
    if account.verified_at is None:
        return AccountStatus.UNVERIFIED
    return AccountStatus.ACTIVE
