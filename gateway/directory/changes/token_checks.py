"""What may be told of a token: each check raises the `BadInput` that names the field."""

from datetime import datetime

from ...contract import Vendor
from ...domain.failures import BadInput
from ...domain.model import TokenFacts, TokenKind
from ...domain.secret import Secret

_HINT = 4
_LONGEST = 200
_LONGEST_VALUE = 10_000


def check_registered(vendor: Vendor, facts: TokenFacts, now: datetime) -> None:
    """Facts that a person tells of a token."""
    if facts.kind is not TokenKind.OTHER and vendor.token_law(facts.kind) is None:
        raise BadInput(f"{vendor.title} has no tokens of this kind.", field=("kind",))
    if facts.kind is TokenKind.USER and not facts.user:
        raise BadInput("Such a token is bound to a user: name the user.", field=("user",))
    if facts.hint is not None and len(facts.hint) > _HINT:
        raise BadInput(f"At most {_HINT} characters.", field=("hint",))
    for name in ("name", "user"):
        if len(getattr(facts, name) or "") > _LONGEST:
            raise BadInput(f"At most {_LONGEST} characters.", field=(name,))
    check_made(facts.created_at, now)
    if facts.permissions is not None:
        check_permissions(vendor, facts.permissions)


def check_made(created_at: datetime | None, now: datetime) -> None:
    """When it was made."""
    if created_at is not None and created_at > now:
        raise BadInput("It cannot be made in the future.", field=("createdAt",))


def check_name(name: str) -> None:
    """Its name."""
    if not name.strip() or len(name) > _LONGEST:
        raise BadInput(f"It must have 1 to {_LONGEST} characters.", field=("name",))


def check_permissions(vendor: Vendor, permissions: tuple[str, ...]) -> None:
    """What it may do, in the vendor's words where it has any."""
    for place, each in enumerate(permissions):
        if vendor.permissions and each not in vendor.permissions:
            words = ", ".join(vendor.permissions)
            message = f"{vendor.title} has the permissions {words}."
            raise BadInput(message, field=("permissions", str(place)))


def check_secret(secret: Secret) -> None:
    """A value that a vendor could have made."""
    value = secret.reveal()
    if not value.strip() or not value.isprintable() or len(value) > _LONGEST_VALUE:
        message = f"It must hold 1 to {_LONGEST_VALUE} printable characters."
        raise BadInput(message, field=("secret",))
