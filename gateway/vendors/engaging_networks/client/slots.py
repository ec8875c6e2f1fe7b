"""Which credentials an account has here, and where it lives."""

from ....domain.model import VendorAccount

API_KEY = "api_key"
PUBLIC_TOKEN = "public_token"  # noqa: S105 (the name of a slot)
PRIVATE_TOKENS = "private_tokens"
DEFAULT_REGION = "us"


def region_of(account: VendorAccount) -> str:
    """The one region in which the account lives."""
    return account.regions[0] if account.regions else DEFAULT_REGION


def private_holders(account: VendorAccount) -> tuple[str, ...]:
    """The places of its private tokens: in the operator's order, those refused behind the rest."""
    held = [one for one in account.credentials if one.slot == PRIVATE_TOKENS]
    held.sort(key=lambda one: (one.refused, len(one.holder), one.holder))
    return tuple(one.holder for one in held)
