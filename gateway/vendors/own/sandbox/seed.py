"""The world as Own presents it: services in two regions, and tokens that were made a while ago."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import cycle
from typing import Any
from uuid import UUID

from ....domain.vendor import VendorName
from ....double import SeedAgency, World

CLIENT_ID = "0oa4c413eq8wwcEzP4h7"
REGIONS = ("app1", "emea1")
_FIRST_AGE, _OTHER_AGE = 155, 30  # days; the first agency's token is about to expire
OBJECTS = ("accounts", "contacts", "my_object__cs")
_COUNTED = 4_000_000  # above every seeded id


def seed(world: World, now: datetime) -> dict[str, Any]:
    """Every agency's services, spread over the regions; ids count within a region, as Own's do."""
    counted = dict.fromkeys(REGIONS, 310_000)
    agencies: dict[str, Any] = {}
    for agency in world.agencies:
        age = _OTHER_AGE if agencies else _FIRST_AGE
        agencies[agency.name] = {
            "client_id": CLIENT_ID,
            "generated": 1,
            "token": new_token(agency.name, 1, now - timedelta(days=age)),
            "endpoints": [str(UUID(digest(agency.name, "endpoint")[:32]))],
            "regions": _regions(agency, counted, now),
        }
    return {
        "bearer_seconds": 3600,
        "backup_seconds": 300,
        "job_seconds": 60,
        "counted": dict.fromkeys(REGIONS, _COUNTED),
        "issued": 0,
        "bearers": {},
        "regions": list(REGIONS),
        "agencies": agencies,
    }


def _regions(agency: SeedAgency, counted: dict[str, int], now: datetime) -> dict[str, Any]:
    regions: dict[str, Any] = {
        region: {"services": [], "jobs": [], "events": [], "templates": json.loads(_TEMPLATES)}
        for region in REGIONS
    }
    customers = (one for one in agency.customers if VendorName.OWN in one.vendors)
    for customer, region in zip(customers, cycle(REGIONS), strict=False):
        counted[region] += 1
        service = _seeded_service(counted[region], customer.company, customer.email, now)
        regions[region]["services"].append(service)
        regions[region]["events"].append(_seeded_event(service, now))
        regions[region]["jobs"].append(_seeded_job(service, now))
    return regions


def _seeded_service(id: int, company: str, email: str, now: datetime) -> dict[str, Any]:
    amount = int(digest(company)[:6], 16)
    backups = [_seeded_backup(id, nth, now) for nth in range(1, 4)]
    return {
        "id": id,
        "displayed_name": email,
        "org_id": f"00D{digest(company, 'org')[:15].upper()}",
        "num_items": amount,
        "total_size": amount * 6,
        "last_backup": backups[-1]["completed_at"],
        **json.loads(_SERVICE),
        "company": company,
        "backups": backups,
    }


def _seeded_backup(service: int, nth: int, now: datetime) -> dict[str, Any]:
    return {
        "id": service * 10 + nth,
        "completed_at": wire_time(now - timedelta(days=4 - nth)),
        "num_inserted_items": 10 * nth,
        "num_updated_items": 20 * nth,
        "num_deleted_items": nth,
        **json.loads(_BACKUP),
        "objects": [
            backup_object(service, service * 10 + nth, nth, place, name)
            for place, name in enumerate(OBJECTS)
        ],
    }


def backup_object(service: int, backup: int, nth: int, place: int, name: str) -> dict[str, Any]:
    """One object of a backup; its links are without the region's address."""
    link = f"/api/v1/services/{service}/backups/{backup}/objects/{name}"
    downloads = ("download", "download_added", "download_changed", "download_removed")
    return {
        "id": backup * 10 + place,
        "name": name,
        "num_inserted_items": 3 * nth,
        "num_updated_items": 6 * nth,
        **json.loads(_OBJECT),
        **{f"{download}_link": f"{link}/{download}" for download in downloads},
    }


def _seeded_event(service: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "event_id": service["id"] - 300_000,
        "created_at": wire_time(now - timedelta(days=30)),
        "service_id": service["id"],
        **json.loads(_EVENT),
    }


def _seeded_job(service: dict[str, Any], now: datetime) -> dict[str, Any]:
    """An export of the first backup, which ended a while ago."""
    start = now - timedelta(days=2)
    return {
        "id": service["id"] + 500_000,
        "title": f"Export of backup {service['backups'][0]['id']}",
        **json.loads(_JOB),
        "started_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=1)).isoformat(),
    }


# What is alike in all of a sort, in the words of the vendor page (6). `denied` is no field of
# Own's: the service lies outside of the user's Business Units.
_SERVICE = """{"secondary_name": null, "provider": "Salesforce Data", "status": "OK",
    "archived": false, "enabled": 1, "return_code": 0, "return_message": "", "denied": false}"""
_BACKUP = """{"num_sections": 3, "num_sections_ok": 3, "num_sections_info": 0,
    "num_sections_warning": 0, "num_sections_error": 0, "num_api_calls": 102,
    "num_bulk_api_batches": 2, "trigger_type": "scheduled", "status": "OK"}"""
_OBJECT = """{"status": "OK", "message": "", "num_items": 1000, "num_deleted_items": 0,
    "num_api_calls": 30}"""
_JOB = """{"status": "completed", "progress": 100, "results": ["export.zip"], "kind": "export",
    "log": []}"""
_TEMPLATES = """[{"id": 71, "name": "Accounts of a year"}, {"id": 72, "name": "No real names"}]"""
_EVENT = """{"key": "service.created", "source": "web app", "user_id": 4711,
    "user_email": "backup@agency.example",
    "ip_address": "192.0.2.7", "parameters": {"provider": "Salesforce Data"}}"""


def new_token(agency: str, nth: int, created: datetime) -> dict[str, Any]:
    """The nth API token of the agency's user."""
    value = f"own_{digest(agency, 'token', str(nth))[:40]}"
    return {"value": value, "created_at": created.isoformat()}


def digest(*names: str) -> str:
    """What stands for chance: the same for the same names."""
    return sha256(json.dumps(names).encode()).hexdigest()


def wire_time(moment: datetime) -> str:
    """A time as Own writes it: UTC with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
