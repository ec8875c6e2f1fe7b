"""Own's payloads as our values."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from ....domain.details import OwnBackup, OwnBackupObject, OwnDetails, VendorEvent
from ....domain.failures import ContractBroken
from ....domain.model import ClientStatus, ClientValues
from ....domain.secret import Secret
from ....upstream.exchange import Reply
from ....upstream.laws import Session
from .reading import VENDOR, array, convert, id_of, utc
from .works import job, jobs, progress_of, started, status_of

__all__ = [
    "backup",
    "backup_objects",
    "backups",
    "client_status",
    "events",
    "job",
    "jobs",
    "progress_of",
    "service",
    "services",
    "session",
    "started",
    "status_of",
]

_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)  # RFC 6750, 2.1
_LONGEST = 86_400.0
"""No bearer is trusted for more than a day, in seconds, whatever the answer says."""


class _Session(Struct):
    access_token: str
    expires_in: float


class _Service(Struct):
    id: Any
    displayed_name: str | None = None
    provider: str | None = None
    org_id: str | None = None
    status: str | None = None
    archived: bool | None = None
    enabled: bool | None = None
    num_items: int | None = None
    total_size: int | None = None
    return_message: str | None = None


class _Backup(Struct):
    id: Any
    status: str | None = None
    trigger_type: str | None = None
    completed_at: datetime | None = None
    num_inserted_items: int | None = None
    num_updated_items: int | None = None
    num_deleted_items: int | None = None
    num_sections_error: int | None = None
    num_sections_warning: int | None = None
    num_api_calls: int | None = None


class _Object(Struct):
    name: str
    status: str | None = None
    message: str | None = None
    num_items: int | None = None
    num_inserted_items: int | None = None
    num_updated_items: int | None = None
    num_deleted_items: int | None = None


class _Event(Struct):
    event_id: Any
    created_at: datetime | None = None
    key: str | None = None
    source: str | None = None
    user_email: str | None = None
    ip_address: str | None = None
    service_id: Any = None
    parameters: Any = None


def session(reply: Reply) -> Session:
    """The bearer that an API token bought, and for how many seconds."""
    raw = convert(reply.json, _Session)
    if not _BEARER.fullmatch(raw.access_token):
        raise ContractBroken("Own's access_token is not a bearer token.", vendor=VENDOR)
    if not raw.expires_in > 0:
        raise ContractBroken("Own's expires_in is not positive.", vendor=VENDOR)
    return Session(Secret(raw.access_token), min(raw.expires_in, _LONGEST))


def service(reply: Reply) -> ClientValues:
    """One service as a client."""
    return _client(convert(reply.json, _Service))


def services(reply: Reply) -> dict[str, ClientValues]:
    """A region's services as clients, by Own's id; one that cannot be read spoils the list.

    Leaving it out would make a complete list say that the client is gone.
    """
    listed = (convert(item, _Service) for item in array(reply))
    return {id_of(raw.id, "id"): _client(raw) for raw in listed}


def backup(reply: Reply) -> OwnBackup:
    """One backup."""
    return _backup(convert(reply.json, _Backup))


def backups(reply: Reply) -> tuple[OwnBackup, ...]:
    """A service's backups, newest first: those that still run, then by the time they ended."""
    found = [_backup(convert(item, _Backup)) for item in array(reply)]
    return tuple(sorted(found, key=_recency, reverse=True))


def backup_objects(reply: Reply) -> tuple[OwnBackupObject, ...]:
    """The Salesforce objects of a backup, by name; download links are left out."""
    found = [_object(convert(item, _Object)) for item in array(reply)]
    return tuple(sorted(found, key=lambda item: item.name))


def events(reply: Reply, region: str) -> tuple[VendorEvent, ...]:
    """A page of a region's events, oldest first, their ids qualified by the region."""
    found = [_event(convert(item, _Event), region) for item in array(reply)]
    return tuple(sorted(found, key=lambda event: int(event.vendor_id.rpartition("/")[2])))


def client_status(*, archived: bool | None, enabled: bool | None, word: str | None) -> ClientStatus:
    """A service's state: put away, else switched off, else what its status word says.

    The words are not documented beyond `OK` and `ARCHIVED` (vendor page 6).
    """
    if archived or (word or "").upper() == "ARCHIVED":
        return ClientStatus.ARCHIVED
    if enabled is False:
        return ClientStatus.INACTIVE
    if word is None:
        return ClientStatus.ACTIVE if enabled else ClientStatus.UNKNOWN
    return ClientStatus.ACTIVE if word.upper() in ("OK", "ACTIVE") else ClientStatus.UNKNOWN


def _client(raw: _Service) -> ClientValues:
    return ClientValues(
        name=raw.displayed_name,
        status=client_status(archived=raw.archived, enabled=raw.enabled, word=raw.status),
        kind=raw.provider,
        details=OwnDetails(
            salesforce_org_id=raw.org_id,
            enabled=raw.enabled,
            item_count=raw.num_items,
            total_size=raw.total_size,
            message=raw.return_message,
        ),
    )


def _backup(raw: _Backup) -> OwnBackup:
    return OwnBackup(
        vendor_id=id_of(raw.id, "id"),
        status=raw.status,
        trigger=raw.trigger_type,
        completed_at=utc(raw.completed_at, "completed_at"),
        inserted_items=raw.num_inserted_items,
        updated_items=raw.num_updated_items,
        deleted_items=raw.num_deleted_items,
        error_count=raw.num_sections_error,
        warning_count=raw.num_sections_warning,
        salesforce_calls=raw.num_api_calls,
    )


def _recency(one: OwnBackup) -> tuple[bool, datetime, int]:
    ended = one.completed_at
    return ended is None, ended or datetime.min.replace(tzinfo=UTC), int(one.vendor_id)


def _object(raw: _Object) -> OwnBackupObject:
    return OwnBackupObject(
        name=raw.name,
        status=raw.status,
        message=raw.message,
        item_count=raw.num_items,
        inserted_items=raw.num_inserted_items,
        updated_items=raw.num_updated_items,
        deleted_items=raw.num_deleted_items,
    )


def _event(raw: _Event, region: str) -> VendorEvent:
    return VendorEvent(
        vendor_id=f"{region}/{id_of(raw.event_id, 'event_id')}",
        occurred_at=utc(raw.created_at, "created_at"),
        name=raw.key,
        source=raw.source,
        user_email=raw.user_email,
        ip_address=raw.ip_address,
        client_vendor_id=(
            None if raw.service_id is None else f"{region}/{id_of(raw.service_id, 'service_id')}"
        ),
        parameters=_parameters(raw.parameters),
    )


def _parameters(raw: Any) -> tuple[tuple[str, str], ...]:
    """An event's parameters; what is not a string is written as JSON."""
    if not isinstance(raw, dict):
        return () if raw is None else (("value", _text(raw)),)
    return tuple((key, _text(value)) for key, value in raw.items())


def _text(value: Any) -> str:
    try:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError as error:
        raise ContractBroken("Own's event is nested too deeply.", vendor=VENDOR) from error
