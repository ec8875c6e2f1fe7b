"""Bronto's answers as our values: tolerant of what is extra, strict on what is needed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from ....domain.details import BrontoAllocations, BrontoContact, BrontoDetails, BrontoList, Login
from ....domain.failures import ContractBroken
from ....domain.intents import marked
from ....domain.model import ClientStatus, ClientValues, TokenFacts, TokenKind
from ....domain.secret import Secret
from ....domain.vendor import VendorName
from ....upstream.codec import Element, Fault, child, texts
from ....upstream.exchange import Reply
from ....upstream.laws import Session

_VENDOR = VendorName.BRONTO

NAMESPACE = "http://api.bronto.com/v4"

SESSION_SECONDS = 1200.0
"""A session ends 20 minutes after its last call (vendor page 2)."""

T = TypeVar("T")


class _Account(Struct):
    id: str
    name: str | None = None
    status: str | None = None


class _General(Struct, rename="camel"):
    send_usage_alerts: bool | None = None
    usage_alert_email: str | None = None
    current_contacts: int | None = None
    max_contacts: int | None = None
    current_monthly_emails: int | None = None
    current_hosting_size: int | None = None
    max_hosting_size: int | None = None


class _Contact(Struct, rename="camel"):
    organization: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    address2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    notes: str | None = None


class _Format(Struct, rename="camel"):
    time_zone: str | None = None
    locale: str | None = None


class _Allocations(Struct, rename="camel"):
    can_exceed_allocation: bool | None = None
    emails: int | None = None
    contacts: int | None = None
    hosting: int | None = None
    logins: int | None = None
    api: bool | None = None
    bundle: str | None = None
    start_date: datetime | None = None


class _Token(Struct, rename={"account_id": "accountId"}):
    id: str
    name: str | None = None
    permissions: int | None = None
    active: bool | None = None
    created: datetime | None = None
    modified: datetime | None = None
    account_id: str | None = None


class _List(Struct, rename={"active_count": "activeCount"}):
    id: str
    name: str | None = None
    label: str | None = None
    active_count: int | None = None


class _Login(Struct):
    # Its `password` is not even read (vendor page 5, loginObject).
    username: str


def session(reply: Reply) -> Session:
    """What a login gave; raises `ContractBroken` when that is no session id."""
    row = next(iter(rows(reply, "login")), None)
    token = "" if row is None else (row.text or "").strip()
    if not token:
        raise ContractBroken("Bronto's login gave no session.", vendor=_VENDOR)
    return Session(Secret(token), SESSION_SECONDS, sliding=True)


def rows(reply: Reply, operation: str) -> list[Element]:
    """What an answer holds; nothing when the page is past the end, which may be a fault too."""
    answer = reply.soap
    if isinstance(answer, Fault):
        return []
    if answer.tag != f"{{{NAMESPACE}}}{operation}Response":
        raise ContractBroken(f"Bronto's answer is not one to {operation}.", vendor=_VENDOR)
    return [row for row in answer.iterchildren("return", "{*}return") if _present(row)]


def account_id(row: Element) -> str:
    """The id of an account; raises `ContractBroken` without one."""
    return _decode(row, _Account).id


def listed(row: Element) -> ClientValues:
    """An account as a list tells it: name and state only."""
    raw = _decode(row, _Account)
    return ClientValues(name=raw.name, status=status(raw.status), complete=False)


def client(row: Element) -> ClientValues:
    """An account with all its groups; raises `ContractBroken` naming the mistyped field."""
    raw = _decode(row, _Account)
    contact = _group(row, "contactInformation", _Contact)
    return ClientValues(
        name=raw.name,
        email=None if contact is None else contact.email,
        company=None if contact is None else contact.organization,
        status=status(raw.status),
        details=_details(row, contact),
    )


def status(raw: str | None) -> ClientStatus | None:
    """The state of an account; a word that Bronto does not document is UNKNOWN."""
    return None if raw is None else _STATUSES.get(raw.casefold(), ClientStatus.UNKNOWN)


_STATUSES = {
    "unrestricted": ClientStatus.ACTIVE,
    "restricted": ClientStatus.RESTRICTED,
    "inactive": ClientStatus.INACTIVE,
}


def token(row: Element, surrogate: Callable[[str], str]) -> TokenFacts:
    """A token's facts. Its id is the token itself and goes no further than into `surrogate`.

    A token without an account is the agency's own; the vendor's pages do not show one. The name is
    without the mark of a write.
    """
    raw = _decode(row, _Token)
    return TokenFacts(
        key=surrogate(raw.id),
        kind=TokenKind.AGENCY if raw.account_id is None else TokenKind.CLIENT,
        name=None if raw.name is None else parted(raw.name)[0],
        active=raw.active,
        permissions=None if raw.permissions is None else permissions(raw.permissions),
        created_at=_utc(raw.created),
        modified_at=_utc(raw.modified),
        client_vendor_id=raw.account_id,
    )


def parted(name: str) -> tuple[str, str]:
    """A token's name, and the mark of the write that made it with its space and brackets.

    Bronto has no other field for it: what callers know as `sync` is `sync [gw-intent-7]` there.
    """
    plain, _, tail = name.rpartition(" [")
    if plain and tail.endswith("]") and marked(tail[:-1]) is not None:
        return plain, f" [{tail}"
    return name, ""


PERMISSIONS = {"READ": 1, "WRITE": 2, "SEND": 4}


def permissions(mask: int) -> tuple[str, ...]:
    """The words for a bit mask; bits without a word are left out."""
    return tuple(word for word, bit in PERMISSIONS.items() if mask & bit)


def login(row: Element) -> Login:
    """A person's sign-in, without its password."""
    contact = _group(row, "contactInformation", _Contact) or _Contact()
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return Login(
        username=_decode(row, _Login).username,
        name=name or None,
        email=contact.email,
        permissions=tuple(
            key.removeprefix("permission")
            for key, value in texts(row).items()
            if key.startswith("permission") and value in ("true", "1")
        ),
    )


def contact_list(row: Element) -> BrontoList:
    """A contact list of a client."""
    raw = _decode(row, _List)
    return BrontoList(
        vendor_id=raw.id, name=raw.name, label=raw.label, active_count=raw.active_count
    )


def _details(row: Element, contact: _Contact | None) -> BrontoDetails:
    general = msgspec.structs.asdict(_group(row, "generalSettings", _General) or _General())
    if general.pop("send_usage_alerts") is False:
        # The address may stand there still, but nobody is told.
        general["usage_alert_email"] = None
    formats = _group(row, "formatSettings", _Format) or _Format()
    return BrontoDetails(
        contact=None if contact is None else _person(contact),
        time_zone=formats.time_zone,
        locale=formats.locale,
        allocations=_allocations(row),
        **general,
    )


def _person(contact: _Contact) -> BrontoContact:
    known = msgspec.structs.asdict(contact)
    return BrontoContact(**{name: known[name] for name in BrontoContact.__struct_fields__})


def _allocations(row: Element) -> BrontoAllocations | None:
    raw = _group(row, "allocations", _Allocations)
    if raw is None:
        return None
    return BrontoAllocations(
        can_exceed=raw.can_exceed_allocation,
        emails=raw.emails,
        contacts=raw.contacts,
        hosting=raw.hosting,
        logins=raw.logins,
        api=raw.api,
        bundle=raw.bundle,
        starts_at=_utc(raw.start_date),
    )


def _utc(moment: datetime | None) -> datetime | None:
    """In UTC; a time without a zone counts as UTC, which the WSDL leaves open."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise ContractBroken("Bronto sent a time out of range.", vendor=_VENDOR) from error


def _group(row: Element, name: str, kind: type[T]) -> T | None:
    group = child(row, name)
    return _decode(group, kind) if group is not None and _present(group) else None


def _present(element: Element) -> bool:
    """Whether there is anything in it: neither nil nor empty."""
    return len(element) > 0 or bool((element.text or "").strip())


def _decode(element: Element, kind: type[T]) -> T:
    try:
        return msgspec.convert(texts(element), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ContractBroken(
            f"Bronto's answer breaks its contract: {error}.", vendor=_VENDOR
        ) from error
