"""What is written to Bronto, as its payloads; and what its answers say became of each item.

One table, `_PLACES`, says where a field of ours stands in an account of theirs. What is sent, what
is refused and whether a patch took effect all follow from it.
"""

import re
from collections.abc import Collection, Mapping

from msgspec import UNSET, Struct, UnsetType, structs

from ....domain.changes import BrontoPatch, ClientPatch, NewClient
from ....domain.details import BrontoDetails
from ....domain.failures import BadInput, Conflict
from ....domain.model import ClientStatus, ClientValues
from ....domain.vendor import VendorName
from ....upstream.codec import Children, Element, child, text, texts

_VENDOR = VendorName.BRONTO

Path = tuple[str, ...]
"""A field of the input, below `input`, in the words of the schema."""

Value = str | int | None
Fields = Mapping[Path, Value]
"""Values by field, booleans among them; None: none, or taken away."""

GENERAL, CONTACT = "generalSettings", "contactInformation"
FORMATS, ALLOCATIONS = "formatSettings", "allocations"

# What stands in each group, and in which order (vendor page 5). Nobody knows whether Bronto minds
# another order, so it is kept.
_ORDER: Mapping[str, tuple[str, ...]] = {
    GENERAL: (
        *("emergencyEmail", "dailyFrequencyCap", "weeklyFrequencyCap", "monthlyFrequencyCap"),
        *("textDelivery", "textPreference", "useSSL", "sendUsageAlerts", "usageAlertEmail"),
        *("currentContacts", "maxContacts", "currentMonthlyEmails", "currentHostingSize"),
        *("maxHostingSize", "agencyTemplateuploadPerm", "defaultTemplates"),
        *("enableInboxPreviews", "allowCustomizedBranding", "bounceLimit"),
    ),
    CONTACT: (
        *("organization", "firstName", "lastName", "email", "phone", "address", "address2"),
        *("city", "state", "zip", "country", "notes"),
    ),
    FORMATS: ("timeZone", "dateFormat", "locale"),
    ALLOCATIONS: (
        *("canExceedAllocation", "canExceedSmsAllocation", "emails", "contacts", "hosting"),
        *("logins", "api", "fields", "startDate", "periodFrequency", "bundle"),
        *("defaultTemplates", "branding"),
    ),
}

_ALERTED: Path = ("bronto", "usageAlertEmail")
_ALLOTTED = ("emails", "contacts", "hosting", "logins", "api", "bundle")
_PERSON = tuple(name for name in _ORDER[CONTACT] if name not in ("organization", "email"))

_PLACES: Mapping[Path, tuple[str, str]] = {
    ("email",): (CONTACT, "email"),
    ("company",): (CONTACT, "organization"),
    **{("bronto", "contact", name): (CONTACT, name) for name in _PERSON},
    ("bronto", "timeZone"): (FORMATS, "timeZone"),
    ("bronto", "locale"): (FORMATS, "locale"),
    _ALERTED: (GENERAL, "usageAlertEmail"),
    ("bronto", "allocations", "canExceed"): (ALLOCATIONS, "canExceedAllocation"),
    **{("bronto", "allocations", name): (ALLOCATIONS, name) for name in _ALLOTTED},
}

_NEEDED = tuple(
    ("bronto", "allocations", name) for name in ("canExceed", "emails", "contacts", "hosting")
)
"""What addAccounts requires beside the name (vendor page 5)."""

_OWNER: tuple[Path, ...] = (("email",), ("company",))

_MOST = 2**63 - 1
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# ── Fields ────────────────────────────────────────────────────────────────────────────────────


def fields(source: NewClient | ClientPatch) -> Fields:
    """What is to be set; raises `BadInput` naming what Bronto has not or would not take."""
    _refuse_foreign(source)
    given: dict[Path, Value] = {}
    if not isinstance(source.name, UnsetType):
        given[("name",)] = source.name
    patch = isinstance(source, ClientPatch)
    for name in ("email", "company"):
        value = getattr(source, name)
        if value is not (UNSET if patch else None):
            given[(name,)] = value
    given |= {} if source.bronto is None else _particular(source.bronto)
    checked = {path: _checked(path, value) for path, value in given.items()}
    if ("name",) in checked and not checked[("name",)]:
        raise BadInput("Bronto needs a name.", field=("name",), vendor=_VENDOR)
    return checked


def differing(wanted: Fields, values: ClientValues) -> tuple[Path, ...]:
    """The fields of which Bronto tells another value than the wanted one."""
    told: dict[Path, Value] = {
        ("name",): values.name,
        ("email",): values.email,
        ("company",): values.company,
    }
    if isinstance(values.details, BrontoDetails):
        told |= _particular(values.details)
    # Bronto's answers do not tell an empty text from none.
    return tuple(
        path for path, value in wanted.items() if (None if value == "" else value) != told.get(path)
    )


def _refuse_foreign(source: NewClient | ClientPatch) -> None:
    for name in ("website", "language", "metadata"):
        if getattr(source, name) not in (None, UNSET, ()):
            raise BadInput(f"Bronto keeps no {name}.", field=(name,), vendor=_VENDOR)


def _particular(source: BrontoPatch | BrontoDetails) -> dict[Path, Value]:
    """The fields that only Bronto has; of the groups those that are given."""
    given: dict[Path, Value] = {}
    groups: tuple[tuple[str, Struct | None], ...] = (
        ("contact", source.contact),
        ("allocations", source.allocations),
    )
    for group, held in groups:
        for name, value in structs.asdict(held).items() if held is not None else ():
            path = ("bronto", group, _camel(name))
            if value is not None and path in _PLACES:
                given[path] = value
    for name in ("time_zone", "locale"):
        if (value := getattr(source, name)) is not None:
            given[("bronto", _camel(name))] = value
    if not isinstance(source.usage_alert_email, UnsetType):
        given[_ALERTED] = source.usage_alert_email
    return given


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def checked_text(path: Path, value: str) -> str:
    """A text without white space around it; raises `BadInput` for what XML cannot hold."""
    if _NOT_XML.search(value):
        message = "It holds characters that XML does not allow."
        raise BadInput(message, field=path, vendor=_VENDOR)
    return value.strip()


def _checked(path: Path, value: Value) -> Value:
    """A value as Bronto can hold it."""
    if isinstance(value, str):
        return checked_text(path, value)
    if value is not None and not 0 <= value <= _MOST:
        raise BadInput("It is out of range.", field=path, vendor=_VENDOR)
    return value


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────


def new_account(new: NewClient) -> Children:
    """The item of addAccounts; raises `BadInput` naming the field that is missing or wrong."""
    wanted = fields(new)
    for path in _NEEDED:
        if wanted.get(path) is None:
            raise BadInput("Bronto needs it for a new account.", field=path, vendor=_VENDOR)
    laid = {group: held for group, held in _laid({}, wanted).items() if held}
    return (("accounts", (("name", str(wanted[("name",)])), *_groups(laid, laid))),)


def of_another(values: ClientValues, new: NewClient) -> bool:
    """Whether an account has another e-mail address or company than the one that was wanted."""
    owner = {path: value for path, value in fields(new).items() if path in _OWNER}
    return bool(differing(owner, values))


def refuse_status(values: ClientValues, patch: ClientPatch) -> None:
    """Raises for what Bronto lets nobody do to an account in its state (vendor page 5).

    Decided on what it was said to be, not on a later read: a write that is taken up again, after
    its answer came, must not be refused for what it has done.
    """
    wanted = fields(patch)
    match values.status:
        case ClientStatus.RESTRICTED if patch.active is not None:
            message = "Bronto restricted this account: it can be switched neither on nor off."
            raise BadInput(message, field=("active",), vendor=_VENDOR)
        case ClientStatus.RESTRICTED:
            raise Conflict("Bronto restricted this account: it cannot be changed.", vendor=_VENDOR)
        case ClientStatus.INACTIVE:
            others = differing(wanted, values)
            if others or not patch.active:
                message = "An inactive account can only be switched on, and nothing else with it."
                field = others[0] if others else ("active",)
                raise BadInput(message, field=field, vendor=_VENDOR)


def changed_account(row: Element, patch: ClientPatch) -> Children:
    """The item of updateAccounts: what it requires, whole, and of the rest what differs.

    Required are id, status, general settings and allocations; whatever is omitted stays.
    """
    wanted = fields(patch)
    held = {group: _held(row, group) for group in _ORDER}
    laid = _laid(held, wanted)
    needed = [
        group for group in _ORDER if group in (GENERAL, ALLOCATIONS) or laid[group] != held[group]
    ]
    name = str(wanted.get(("name",), ""))
    renamed = (("name", name),) if name and name != text(row, "name") else ()
    status = text(row, "status") or "unrestricted"
    if patch.active is not None:
        status = "unrestricted" if patch.active else "inactive"
    id = text(row, "id") or ""
    return (("accounts", (("id", id), *renamed, ("status", status), *_groups(laid, needed))),)


def took_effect(values: ClientValues, patch: ClientPatch) -> bool:
    """Whether an account is as a patch wants it."""
    is_active = values.status is ClientStatus.ACTIVE
    active = patch.active is None or (
        is_active if patch.active else values.status is ClientStatus.INACTIVE
    )
    return active and not differing(fields(patch), values)


def _held(row: Element, group: str) -> dict[str, str]:
    found = child(row, group)
    told = {} if found is None else texts(found)
    return {name: told[name] for name in _ORDER[group] if name in told}


def _laid(held: Mapping[str, Mapping[str, str]], wanted: Fields) -> dict[str, dict[str, str]]:
    """The groups as they were, with the wanted values over them."""
    laid = {group: dict(held.get(group, {})) for group in _ORDER}
    for path, value in wanted.items():
        if path in _PLACES:
            group, name = _PLACES[path]
            laid[group][name] = _text(value)
    if _ALERTED in wanted:
        laid[GENERAL]["sendUsageAlerts"] = _text(bool(wanted[_ALERTED]))
    return laid


def _groups(laid: Mapping[str, Mapping[str, str]], chosen: Collection[str]) -> Children:
    """The groups that are chosen, in Bronto's order and each in its own."""
    return tuple(
        (group, tuple((name, laid[group][name]) for name in names if name in laid[group]))
        for group, names in _ORDER.items()
        if group in chosen
    )


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
