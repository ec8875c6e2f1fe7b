"""Our changes as AgencyAccess's payloads.

What the vendor would refuse, and what it would not understand, is refused here before anything is
sent: `BadInput` names the field of the input.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import UNSET

from ....contract import Platform
from ....domain.changes import ClientPatch, ClientUpdate, LinkUpdate, NewClient, NewLink
from ....domain.failures import BadInput
from ....domain.intents import ENTRY
from ....domain.model import ClientValues, LinkedAccount, LinkService, LinkValues
from ....domain.vendor import VendorName
from .dialects import Dialect
from .reading import access_level

Json = dict[str, Any]

LANGUAGES = ("English", "Spanish", "Dutch")


_REQUIRED = ("name", "email", "language")
_TEXTS = ("name", "email", "company", "website", "language")
_LEVELS = ("ADMIN", "READ_ONLY")
_SCHEME = "https://"


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


def new_client(new: NewClient, mark: str) -> Json:
    """The body that creates a client, with the intent's mark in its metadata (vendor page 3.1)."""
    if new.bronto is not None:
        raise _refused("AgencyAccess has none of what only Bronto asks for.", "bronto")
    texts = {name: getattr(new, name) or None for name in _TEXTS}
    _check_texts(texts)
    _check_keys(entry.key for entry in new.metadata)
    metadata = {entry.key: entry.value for entry in new.metadata}
    return {**_without_none(texts), "metadata": {**metadata, ENTRY: mark}}


def client_update(update: ClientUpdate) -> Json:
    """The body that changes a client: the whole object, with "" for what is cleared.

    Whether what is left out stays, and whether metadata is merged or replaced, is not documented
    (vendor page 3.3); of the whole object both readings make the same client, but that entries
    taken away stay if metadata is merged.
    """
    texts, metadata = _wanted(update)
    cleared = {name: "" for name, text in texts.items() if not text and _patched(update, name)}
    return {"id": update.vendor_id, **_without_none(texts), **cleared, "metadata": metadata}


def has_update(update: ClientUpdate, values: ClientValues) -> bool:
    """Whether a client is as an update would leave it."""
    texts, metadata = _wanted(update)
    found = {entry.key: entry.value for entry in values.metadata}
    return found == metadata and all(getattr(values, name) == texts[name] for name in texts)


def _wanted(update: ClientUpdate) -> tuple[dict[str, str | None], dict[str, str]]:
    """The texts of the client after the update, None for unset ones, and its metadata."""
    current, patch = update.current, update.patch
    _check_patch(patch)
    texts = {
        name: (getattr(patch if _patched(update, name) else current, name) or None)
        for name in _TEXTS
    }
    metadata = {entry.key: entry.value for entry in current.metadata}
    for entry in patch.metadata:
        if entry.value is None:
            metadata.pop(entry.key, None)
        else:
            metadata[entry.key] = entry.value
    return texts, metadata


def _patched(update: ClientUpdate, name: str) -> bool:
    return getattr(update.patch, name) is not UNSET


def _check_patch(patch: ClientPatch) -> None:
    """What only Bronto has is none of AgencyAccess's business, and left alone."""
    if patch.active is not None:
        raise _refused("AgencyAccess cannot switch a client on or off.", "active")
    given = {name: getattr(patch, name) for name in _REQUIRED}
    _check_texts({name: text for name, text in given.items() if text is not UNSET})
    _check_keys(entry.key for entry in patch.metadata)


def _check_texts(texts: dict[str, str | None]) -> None:
    for name in _REQUIRED:
        if name in texts and not (texts[name] or "").strip():
            raise _refused(f"AgencyAccess needs the {name} of every client.", name)
    if "language" in texts and texts["language"] not in LANGUAGES:
        raise _refused(f"AgencyAccess's languages are {', '.join(LANGUAGES)}.", "language")


def _check_keys(keys: Iterator[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key == ENTRY:
            raise _refused(f"The gateway keeps the entry {ENTRY} for itself.", "metadata")
        if key in seen:
            raise _refused("An entry is given twice.", "metadata")
        seen.add(key)


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


def new_link(new: NewLink, dialect: Dialect) -> Json:
    """The body that creates a link (vendor page 3.4)."""
    optional = {
        "thankYouMessage": new.thank_you_message or None,
        dialect.redirect: _bare(new.redirect_url) if new.redirect_url else None,
    }
    return {
        "clientID": new.client_vendor_id,
        dialect.services: _asked(new.services),
        "intakeForm": new.intake_form,
        "sendEmail": new.send_email,
        "retainTokens": new.retain_tokens,
        **_without_none(optional),
    }


def link_update(update: LinkUpdate, dialect: Dialect) -> Json:
    """The body that changes what a link asks for: only the services named (vendor page 3.6)."""
    return {"id": update.vendor_id, dialect.services: _asked(update.services)}


def has_services(services: Sequence[LinkService], values: LinkValues) -> bool:
    """Whether a link asks for these services just so; what was granted does not matter."""
    found = {(one.platform, one.service): _asking(one) for one in values.services}
    return all(found.get((one.platform, one.service)) == _asking(one) for one in services)


def remarks(services: Sequence[LinkService], platforms: Sequence[Platform]) -> tuple[str, ...]:
    """A sentence on each service, or access level of one, that nobody is known to offer."""
    known = {
        (platform.name, service.name): service.access_levels or _LEVELS
        for platform in platforms
        for service in platform.services
    }
    return tuple(
        remark
        for one in services
        if (remark := _remark(one, known.get((one.platform, one.service)))) is not None
    )


def _remark(one: LinkService, levels: tuple[str, ...] | None) -> str | None:
    if levels is None:
        return f"The service {one.service} of {one.platform} is not known to AgencyAccess's guide."
    level = access_level(one.access_level)
    if level is not None and level not in levels:
        return (
            f"The access level {level} of {one.service} of {one.platform} is not known to"
            " AgencyAccess's guide."
        )
    return None


def _asking(one: LinkService) -> tuple[object, ...]:
    accounts = {
        (account.internal_account_id, account.google_ads_mcc_account_id or None)
        for account in one.linked_accounts
    }
    # Spelled in several ways, and read back in another than it was written.
    level = re.sub("[ _-]", "", one.access_level or "").casefold()
    return one.requested, level, accounts


def _asked(services: Sequence[LinkService]) -> Json:
    """The services by platform and name, as the vendor's own builder writes them."""
    if not services:
        raise _refused("A link asks for at least one service.", "services")
    asked: dict[str, Json] = {}
    for place, one in enumerate(services):
        path = ("services", str(place))
        for name in ("platform", "service"):
            if not getattr(one, name).strip():
                raise _refused(f"The {name} is empty.", *path, name)
        of_platform = asked.setdefault(one.platform, {})
        if one.service in of_platform:
            raise _refused("A service is named twice.", *path, "service")
        of_platform[one.service] = _service(one, path)
    return asked


def _service(one: LinkService, path: tuple[str, ...]) -> Json:
    level = access_level(one.access_level)
    return {
        **({} if level is None else {"accessLevel": level}),
        "requested": one.requested,
        "requestedAccountLinks": [
            _account(account, (*path, "linkedAccounts", str(place)))
            for place, account in enumerate(one.linked_accounts)
        ],
    }


def _account(account: LinkedAccount, path: tuple[str, ...]) -> Json:
    if not account.internal_account_id.strip():
        raise _refused("The id of the linked account is empty.", *path, "internalAccountId")
    manager = account.google_ads_mcc_account_id
    return {
        "internalAccountID": account.internal_account_id,
        **({"googleAdsMCCAccountID": manager} if manager else {}),
    }


def _bare(redirect: str) -> str:
    """The redirect without `https://`, as the vendor wants it (vendor page 5.4)."""
    scheme, rest = redirect[: len(_SCHEME)], redirect[len(_SCHEME) :]
    if scheme.lower() != _SCHEME or not rest.strip():
        raise _refused("The redirect must be an address that begins with https://.", "redirectUrl")
    return rest


# ── Both ──────────────────────────────────────────────────────────────────────────────────────


def _without_none(fields: dict[str, str | None]) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _refused(message: str, *field: str) -> BadInput:
    """An input that is not sent."""
    failure = BadInput(message, field=field, vendor=VendorName.AGENCYACCESS)
    failure.sent = False
    return failure
