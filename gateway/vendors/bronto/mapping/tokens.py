"""Tokens as they are written to Bronto, where a write must always carry permissions and `active`.

The id of a token is the token itself, so that every item here but a new one is a secret.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import structs

from ....domain.changes import NewToken, TokenUpdate
from ....domain.failures import BadInput, ContractBroken
from ....domain.model import TokenFacts, TokenKind
from ....domain.vendor import VendorName
from ....upstream.codec import Children, Element, text
from . import reading
from .writing import checked_text

_VENDOR = VendorName.BRONTO


def new_token(new: NewToken, mark: str) -> Children:
    """The item of addApiTokens; raises `BadInput` naming the field that Bronto would not take."""
    token = (
        ("name", marked_name(new, mark)),
        ("permissions", _mask(new.permissions)),
        ("active", "true"),
        ("accountId", new.client_vendor_id),
    )
    return (("tokens", token),)


def marked_name(new: NewToken, mark: str) -> str:
    """The name that a new token gets at Bronto, by which it is found again."""
    return f"{_name(new.name)} [{mark}]"


def issued(new: NewToken, key: str, at: datetime) -> TokenFacts:
    """The facts of a token that was made just now."""
    return TokenFacts(
        key=key,
        kind=TokenKind.CLIENT,
        name=_name(new.name),
        active=True,
        permissions=reading.permissions(int(_mask(new.permissions))),
        created_at=at,
        client_vendor_id=new.client_vendor_id,
    )


def same_token(row: Element) -> Children:
    """The item that names a token as it is, for deleteApiTokens."""
    return _item(row, (), _told(row, "permissions"), _told(row, "active"))


def changed_token(row: Element, update: TokenUpdate) -> Children:
    """The item of updateApiTokens; a mark in the token's name stays there."""
    name: Children = ()
    if update.name is not None:
        _, mark = reading.parted(text(row, "name") or "")
        name = (("name", _name(update.name) + mark),)
    told, active = _told(row, "permissions"), _told(row, "active")
    if update.active is not None:
        active = "true" if update.active else "false"
    return _item(
        row, name, told if update.permissions is None else _mask(update.permissions), active
    )


def changed_facts(facts: TokenFacts, update: TokenUpdate) -> TokenFacts:
    """A token's facts as an update wants them: those that it has, once it took effect."""
    wanted: dict[str, object] = {}
    if update.name is not None:
        wanted["name"] = _name(update.name)
    if update.permissions is not None:
        wanted["permissions"] = reading.permissions(int(_mask(update.permissions)))
    if update.active is not None:
        wanted["active"] = update.active
    return structs.replace(facts, **wanted)


def check(update: TokenUpdate) -> None:
    """Raises `BadInput` naming the field that Bronto would not take."""
    if update.name is not None:
        _name(update.name)
    _mask(update.permissions or ())


def _item(row: Element, name: Children, permissions: str, active: str) -> Children:
    token = (("id", _told(row, "id")), *name, ("permissions", permissions), ("active", active))
    return (("tokens", token),)


def _told(row: Element, name: str) -> str:
    told = text(row, name)
    if told is None:
        raise ContractBroken(f"Bronto tells no {name} of a token.", vendor=_VENDOR)
    return told


def _name(name: str) -> str:
    kept = checked_text(("name",), name)
    if not kept:
        raise BadInput("Bronto needs a name.", field=("name",), vendor=_VENDOR)
    if reading.parted(kept)[1]:
        message = "A name must not end as the gateway's own marks do."
        raise BadInput(message, field=("name",), vendor=_VENDOR)
    return kept


def _mask(words: Iterable[str]) -> str:
    mask = 0
    for word in words:
        if word not in reading.PERMISSIONS:
            known = ", ".join(reading.PERMISSIONS)
            message = f"Bronto's permissions are {known}."
            raise BadInput(message, field=("permissions",), vendor=_VENDOR)
        mask |= reading.PERMISSIONS[word]
    return str(mask)
