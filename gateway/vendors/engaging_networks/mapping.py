"""Engaging Networks's payloads as our values: tolerant of what is extra, strict on what is needed.

The vendor writes numbers and booleans as such in one place and as strings in another (vendor
page 4 and 5.5); both are read.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ...domain.details import (
    EngagingNetworksDetails,
    EngagingNetworksField,
    EngagingNetworksPage,
    EngagingNetworksSupporter,
)
from ...domain.failures import ContractBroken, Malformed
from ...domain.model import ClientStatus, ClientValues
from ...domain.secret import Secret
from ...domain.vendor import VendorName
from ...upstream.exchange import Reply
from ...upstream.laws import Session

_VENDOR = VendorName.ENGAGING_NETWORKS

_LONGEST_SESSION = 86_400.0
"""Seconds. The vendor's sessions last an hour; an absurd number must not make one immortal."""

_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_JOB = re.compile(rb"job # is (\d{1,18})\b", re.IGNORECASE)

T = TypeVar("T")


class _Session(Struct, rename={"token": "ens-auth-token"}):
    token: str
    expires: int | float | str


class _Column(Struct):
    name: str
    value: str | int | float | None = None


class _Row(Struct):
    columns: list[_Column]


class _Rows(Struct):
    rows: list[_Row] = []


class _Page(Struct, rename="camel"):
    id: int | str
    name: str | None = None
    title: str | None = None
    type: str | None = None
    sub_type: str | None = None
    created_on: int | str | None = None
    modified_on: int | str | None = None
    campaign_base_url: str | None = None
    campaign_status: str | None = None
    default_locale: str | None = None


class _Field(Struct):
    name: str
    tag: str | None = None


class _Question(Struct):
    name: str
    response: Any = None


class _Supporter(Struct, rename="camel"):
    supporter_id: int | str
    suppressed: bool | int | str | None = None
    questions: list[_Question] | dict[str, Any] | None = None


def session(reply: Reply) -> Session:
    """A session; `expires` is a duration in milliseconds, never a moment (vendor page 5.1)."""
    raw = _convert(reply.json, _Session)
    seconds = _milliseconds(raw.expires) / 1000
    if not raw.token or not seconds > 0:  # NaN, too
        raise _broken("the session has no token, or no time to live")
    return Session(Secret(raw.token), min(seconds, _LONGEST_SESSION))


def client(reply: Reply) -> tuple[str, ClientValues]:
    """`EaSupporterCount`: the account's client id and what is known of it.

    Column names are compared without case and underscores, for they vary by service.
    """
    rows = _convert(reply.json, _Rows).rows if reply.body.strip() else []
    told = {
        column.name.replace("_", "").casefold(): column.value
        for row in rows[:1]
        for column in row.columns
    }
    client_id = _count(told.get("clientid"))
    if client_id is None:
        raise _broken("EaSupporterCount told no clientId")
    details = EngagingNetworksDetails(supporter_count=_count(told.get("supportercount")))
    return str(client_id), ClientValues(status=ClientStatus.ACTIVE, details=details)


def import_job(reply: Reply) -> str:
    """The number of an import's job, out of a sentence for people (vendor page 3).

    Two numbers are none: the sentence may repeat the import's name, which callers choose.
    """
    found = {str(each[1], "ascii") for each in _JOB.finditer(reply.body)}
    if len(found) != 1:
        raise Malformed("Engaging Networks's answer to an import names no job.", vendor=_VENDOR)
    return found.pop()


def pages(reply: Reply) -> tuple[EngagingNetworksPage, ...]:
    """Pages, newest first; those made at the same time, or without one, by descending id."""
    found = [_page(raw) for raw in _convert(reply.json, list[_Page])]
    return tuple(sorted(found, key=_age, reverse=True))


def fields(reply: Reply) -> tuple[EngagingNetworksField, ...]:
    """The account's supporter fields, in the vendor's order."""
    return tuple(
        EngagingNetworksField(
            name=raw.name, tag=None if raw.tag == "Not Tagged" else raw.tag or None
        )
        for raw in _convert(reply.json, list[_Field])
        if raw.name
    )


def supporter(reply: Reply, email: str) -> EngagingNetworksSupporter | None:
    """The supporter asked for by `email`; None for the empty list that also says "not found"."""
    payload = reply.json
    if payload == []:
        return None
    raw = _convert(payload, _Supporter)
    if raw.supporter_id == "":
        raise _broken("a supporter has no id")
    values = {
        name: text
        for name, value in payload.items()
        if name not in _OWN_KEYS and (text := _text(value)) is not None
    }
    told = (value for name, value in values.items() if name.casefold() in _EMAIL_KEYS)
    return EngagingNetworksSupporter(
        vendor_id=str(raw.supporter_id),
        email=next(told, email),
        suppressed=_flag(raw.suppressed),
        fields=tuple(values.items()),
        questions=_questions(raw.questions),
    )


_OWN_KEYS = frozenset({"supporterId", "suppressed", "questions", "memberships"})
_EMAIL_KEYS = frozenset({"email address", "emailaddress", "email"})
_FLAGS = {"true": True, "y": True, "1": True, "false": False, "n": False, "0": False}


def _page(raw: _Page) -> EngagingNetworksPage:
    return EngagingNetworksPage(
        vendor_id=str(raw.id),
        name=raw.name or None,
        title=raw.title or None,
        type=raw.type or None,
        sub_type=raw.sub_type or None,
        status=raw.campaign_status or None,
        url=_url(raw.campaign_base_url, str(raw.id)),
        locale=raw.default_locale or None,
        created_at=_moment(raw.created_on),
        modified_at=_moment(raw.modified_on),
    )


def _age(page: EngagingNetworksPage) -> tuple[datetime, int, str]:
    made = page.created_at or datetime.min.replace(tzinfo=UTC)
    return made, _count(page.vendor_id) or 0, page.vendor_id


def _url(base: str | None, page_id: str) -> str | None:
    """`<campaignBaseUrl>/page/<id>`; what follows it depends on the page's type and is not told."""
    if not base or not re.match(r"https?://", base, re.IGNORECASE):
        return None
    return f"{base.rstrip('/')}/page/{page_id}" if _NUMBER.fullmatch(page_id) else base


def _questions(raw: list[_Question] | dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Answers by the question's name: a list when read, an object when written; tolerate both."""
    pairs = raw.items() if isinstance(raw, dict) else ((q.name, q.response) for q in raw or ())
    return tuple((name, text) for name, value in pairs if (text := _text(value)) is not None)


def _text(value: Any) -> str | None:
    """A field's value as text; None when it has none, or is an object, which no field is."""
    match value:
        case str():
            return value or None
        case bool() | int() | float():
            return json.dumps(value)
        case _:
            return None


def _flag(value: bool | int | str | None) -> bool | None:
    return None if value is None else _FLAGS.get(str(value).strip().casefold())


def _count(value: str | int | float | None) -> int | None:
    """A whole number that is not negative, or None; digits only, for vendors are hostile input."""
    text = str(value).strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def _milliseconds(value: int | float | str) -> float:
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise _broken("a duration is not a number") from error


def _moment(milliseconds: int | str | None) -> datetime | None:
    """A moment in Unix milliseconds, as number or text."""
    if milliseconds is None or milliseconds == "":
        return None
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise _broken("a time is out of range") from error


def _convert(payload: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise _broken(str(error)) from error


def _broken(what: str) -> ContractBroken:
    return ContractBroken(
        f"Engaging Networks's answer breaks its contract: {what}.", vendor=_VENDOR
    )
