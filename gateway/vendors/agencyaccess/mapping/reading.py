"""AgencyAccess's payloads as our values: tolerant of what is extra, strict on what is needed.

What is written is answered in either dialect, and read in either.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ....contract import Made
from ....domain.failures import ContractBroken
from ....domain.model import (
    ClientStatus,
    ClientValues,
    Entry,
    IntakeForm,
    LinkedAccount,
    LinkService,
    LinkStatus,
    LinkValues,
    Recipient,
)
from ....domain.vendor import VendorName
from ....upstream.exchange import Reply
from .dialects import DIALECTS, SEED

_VENDOR = VendorName.AGENCYACCESS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)
_NEEDED = frozenset({"id", "name", "clientID"})
_DEPTH = 3
_SEED_WORDS = {
    theirs: ours
    for dialect in DIALECTS.values()
    for theirs, ours in ((dialect.services, SEED.services), (dialect.redirect, SEED.redirect))
    if theirs != ours
}

T = TypeVar("T")


class _Client(Struct):
    id: str
    name: str
    email: str | None = None
    company: str | None = None
    website: str | None = None
    language: str | None = None
    type: str | None = None
    created: int | None = None
    metadata: dict[str, str] | None = None


class _Account(
    Struct, rename={"internal_account_id": "internalAccountID", "mcc": "googleAdsMCCAccountID"}
):
    internal_account_id: str
    mcc: str | None = None


class _Service(Struct, rename="camel"):
    access_level: str | None = None
    requested: bool | None = None
    granted: bool | None = None
    skipped: bool | None = None
    requested_account_links: list[_Account] | None = None


class _Recipient(Struct):
    email: str
    name: str | None = None


class _Intake(Struct):
    requested: bool | None = None
    complete: bool | None = None


class _Link(
    Struct,
    rename={
        "client_id": "clientID",
        "requested_accounts": "requestedAccounts",
        "last_reminder": "lastReminderTimestamp",
        "intake_form": "intakeForm",
        "thank_you": "thankYouMessage",
        "static_link": "staticLinkRef",
        "retain_tokens": "retainTokens",
        "invite_url": "inviteUrl",
    },
):
    id: str
    client_id: str
    requested_accounts: dict[str, dict[str, _Service]]
    created: int | None = None
    last_reminder: int | None = None
    cc: list[_Recipient] | None = None
    # An object when read, a boolean when written (vendor page 3.5); tolerate both.
    intake_form: _Intake | bool | None = None
    redirect: str | None = None
    thank_you: str | None = None
    static_link: str | None = None
    retain_tokens: bool | None = None
    invite_url: str | None = None


class _Envelope(Struct):
    data: Any


def client(reply: Reply) -> ClientValues:
    """A client; raises `ContractBroken` naming the field that is missing or mistyped."""
    raw = _convert(_data(reply), _Client)
    return ClientValues(
        name=raw.name or None,
        email=raw.email or None,
        company=raw.company or None,
        website=raw.website or None,
        language=raw.language or None,
        status=ClientStatus.ACTIVE,
        kind=raw.type or None,
        created_at=_moment(raw.created),
        metadata=tuple(Entry(key, value) for key, value in (raw.metadata or {}).items()),
    )


def link(reply: Reply) -> LinkValues:
    """An access link, its status derived from services and intake form."""
    raw = _convert(_in_seed_words(_data(reply)), _Link)
    services = tuple(
        _service(platform, name, service)
        for platform, by_name in raw.requested_accounts.items()
        for name, service in by_name.items()
    )
    intake = _intake(raw.intake_form)
    return LinkValues(
        client_vendor_id=raw.client_id,
        status=link_status(services, intake),
        services=services,
        intake_form=intake,
        cc=tuple(Recipient(person.email, person.name or None) for person in raw.cc or ()),
        created_at=_moment(raw.created),
        last_reminder_at=_moment(raw.last_reminder),
        redirect_url=_absolute(raw.redirect),
        thank_you_message=raw.thank_you or None,
        retain_tokens=raw.retain_tokens,
        static_link_ref=raw.static_link or None,
        invite_url=_web_address(raw.invite_url),
    )


def made(reply: Reply) -> Made:
    """What a create made: its id, and the invite address where the answer has one.

    `data` is the id, or an object with `id` and `inviteUrl`, perhaps within another one: its
    nesting was never seen (vendor page 7). Raises `ContractBroken` when no single id can be read,
    for then it is unknown what was made.
    """
    data = _data(reply)
    ids = {data} - {""} if isinstance(data, str) else set(_outermost(data, "id"))
    if len(ids) != 1:
        raise ContractBroken("AgencyAccess's answer does not tell what it made.", vendor=_VENDOR)
    address = next(iter(_outermost(data, "inviteUrl")), None)
    return Made(ids.pop(), invite_url=_web_address(address))


def link_status(services: tuple[LinkService, ...], intake: IntakeForm | None) -> LinkStatus:
    """How far the client has come, over the requested services; granted wins over skipped."""
    asked = [service for service in services if service.requested]
    granted = [service for service in asked if service.granted]
    skipped = [service for service in asked if service.skipped and not service.granted]
    if not granted and not skipped:
        return LinkStatus.PENDING
    if len(granted) == len(asked):
        done = intake is None or not intake.requested or intake.complete
        return LinkStatus.COMPLETE if done else LinkStatus.PARTIAL
    if len(skipped) == len(asked):
        return LinkStatus.SKIPPED
    return LinkStatus.PARTIAL


def access_level(raw: str | None) -> str | None:
    """The builder's spelling of a level, which the API reads back as `Admin`; others as they are.

    The guide writes `ADMIN` and shows `Admin` in its example (vendor page 4).
    """
    if not raw:
        return None
    return _LEVELS.get(raw.replace("_", "").replace(" ", "").casefold(), raw)


_LEVELS = {"admin": "ADMIN", "readonly": "READ_ONLY"}


def _service(platform: str, name: str, raw: _Service) -> LinkService:
    return LinkService(
        platform=platform,
        service=name,
        access_level=access_level(raw.access_level),
        requested=raw.requested is not False,
        granted=bool(raw.granted),
        skipped=bool(raw.skipped),
        linked_accounts=tuple(
            LinkedAccount(account.internal_account_id, account.mcc or None)
            for account in raw.requested_account_links or ()
        ),
    )


def _intake(raw: _Intake | bool | None) -> IntakeForm | None:
    match raw:
        case None:
            return None
        case bool():
            return IntakeForm(requested=raw, complete=False)
        case _:
            return IntakeForm(requested=bool(raw.requested), complete=bool(raw.complete))


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ContractBroken("AgencyAccess sent a time out of range.", vendor=_VENDOR) from error


def _absolute(redirect: str | None) -> str | None:
    """The redirect with `https://`, which the vendor leaves out (vendor page 5.4)."""
    if not redirect:
        return None
    return "https://" + _SCHEME.sub("", redirect)


def _web_address(text: str | None) -> str | None:
    """An address that people may be sent to; what begins otherwise could run in their browser."""
    return text if text and text.lower().startswith("https://") else None


def _outermost(data: Any, name: str) -> list[str]:
    """The texts of that name, in the outermost of nested objects that have any."""
    level = [data]
    for _ in range(_DEPTH):
        objects = [one for one in level if isinstance(one, dict)]
        found = [one[name] for one in objects if isinstance(one.get(name), str) and one[name]]
        if found:
            return found
        level = [inner for one in objects for inner in one.values()]
    return []


def _in_seed_words(data: Any) -> Any:
    """A link's data with its fields named as in the guide's first capture."""
    if not isinstance(data, dict):
        return data
    return {_SEED_WORDS[key]: value for key, value in data.items() if key in _SEED_WORDS} | data


def _data(reply: Reply) -> Any:
    try:
        return msgspec.convert(reply.json, _Envelope).data
    except msgspec.ValidationError as error:
        raise _broken(error) from error


def _convert(data: Any, kind: type[T]) -> T:
    """The data as `kind`. What is unset may come as "", whatever its type (vendor page 3.2)."""
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if value != "" or key in _NEEDED}
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise _broken(error) from error


def _broken(error: msgspec.ValidationError) -> ContractBroken:
    return ContractBroken(f"AgencyAccess's answer breaks its contract: {error}.", vendor=_VENDOR)
