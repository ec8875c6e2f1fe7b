"""Patches applied to what a vendor says: pure, so that "does anything differ" has one answer."""

from typing import TypeVar

from msgspec import UNSET, Struct, structs

from ...domain.changes import BrontoPatch, ClientPatch, EntryPatch
from ...domain.details import BrontoAllocations, BrontoContact, BrontoDetails
from ...domain.model import ClientStatus, ClientValues, Entry

S = TypeVar("S", bound=Struct)

_TEXTS = ("name", "email", "company", "website", "language")


def patched(current: ClientValues, patch: ClientPatch) -> ClientValues:
    """The values as the patch wants them; equal to `current` when nothing is to be sent."""
    changed: dict[str, object] = {
        name: getattr(patch, name) or None for name in _TEXTS if getattr(patch, name) is not UNSET
    }
    if patch.metadata:
        changed["metadata"] = _entries(current.metadata, patch.metadata)
    if patch.active is not None and not _is_in_use(current.status, patch.active):
        changed["status"] = ClientStatus.ACTIVE if patch.active else ClientStatus.INACTIVE
    if patch.bronto is not None and isinstance(current.details, BrontoDetails):
        changed["details"] = _bronto(current.details, patch.bronto)
    return structs.replace(current, **changed)


def _is_in_use(status: ClientStatus | None, active: bool) -> bool:
    return status is (ClientStatus.ACTIVE if active else ClientStatus.INACTIVE)


def _entries(current: tuple[Entry, ...], patch: tuple[EntryPatch, ...]) -> tuple[Entry, ...]:
    """Entries in their order, new ones last; those set to None are gone."""
    held: dict[str, str | None] = {entry.key: entry.value for entry in current}
    held.update({entry.key: entry.value for entry in patch})
    return tuple(Entry(key, value) for key, value in held.items() if value is not None)


def _bronto(current: BrontoDetails, patch: BrontoPatch) -> BrontoDetails:
    changed: dict[str, object] = {}
    if patch.allocations is not None:
        held = current.allocations or BrontoAllocations()
        changed["allocations"] = _over(held, patch.allocations)
    if patch.contact is not None:
        changed["contact"] = _over(current.contact or BrontoContact(), patch.contact)
    if patch.time_zone is not None:
        changed["time_zone"] = patch.time_zone
    if patch.locale is not None:
        changed["locale"] = patch.locale
    if patch.usage_alert_email is not UNSET:
        changed["usage_alert_email"] = patch.usage_alert_email or None
    return structs.replace(current, **changed)


def _over(held: S, patch: S) -> S:
    """The group with the patch's values over its own; None leaves a value."""
    given = {
        name: value
        for name in patch.__struct_fields__
        if (value := getattr(patch, name)) is not None
    }
    return structs.replace(held, **given)
