"""What takes Own some time: backups and jobs, which go on with the clock of the double."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .seed import OBJECTS, backup_object, wire_time

_moment = datetime.fromisoformat

# No status word but OK is documented (vendor page 9): these are the double's own.
_WAITING, _RUNNING, _DONE = "pending", "running", "completed"
_QUEUED = 0.1
"""The share of a job's time for which it waits its turn."""


@dataclass
class Desk:
    """Where an agency's work in one region is kept: `state` is all that the double holds."""

    state: dict[str, Any]
    agency: str
    region: str
    now: datetime

    @property
    def holding(self) -> dict[str, Any]:
        """What the agency has in the region."""
        held: dict[str, Any] = self.state["agencies"][self.agency]["regions"][self.region]
        return held

    def next_id(self) -> int:
        """An id that nothing else in the region has."""
        self.state["counted"][self.region] += 1
        return int(self.state["counted"][self.region])

    def start_backup(self, service: dict[str, Any], objects: list[str]) -> int:
        """A backup that runs, of these objects or of all."""
        id = self.next_id()
        running = {
            "id": id,
            **json.loads(_RUNNING_BACKUP),
            "objects": [],
            "ends_at": self._after(self.state["backup_seconds"]),
            "scope": objects or list(OBJECTS),
        }
        service["backups"].append(running)
        self.tell("backup.started", service["id"], {"backup_id": id, "objects": objects})
        return id

    def start_job(self, kind: str, title: str, service: int, log: list[str]) -> dict[str, Any]:
        """A job that waits its turn."""
        job = {
            "id": self.next_id(),
            "title": title,
            "status": _WAITING,
            "progress": 0,
            "results": [],
            "kind": kind,
            "log": log,
            "started_at": self.now.isoformat(),
            "ends_at": self._after(self.state["job_seconds"]),
        }
        self.holding["jobs"].append(job)
        self.tell(f"{kind}.started", service, {"job_id": job["id"]})
        return job

    def advance(self) -> None:
        """Bring backups and jobs to where they are by now."""
        for service in self.holding["services"]:
            for backup in service["backups"]:
                if "ends_at" in backup and _moment(backup["ends_at"]) <= self.now:
                    self._end(service, backup)
        for job in self.holding["jobs"]:
            if job["status"] != _DONE:
                job.update(_stand(job, self.now))

    def _end(self, service: dict[str, Any], backup: dict[str, Any]) -> None:
        ended, names = _moment(backup.pop("ends_at")), backup.pop("scope")
        backup["objects"] = [
            backup_object(service["id"], backup["id"], 1, place, name)
            for place, name in enumerate(names)
        ]
        count = len(names)
        backup.update(num_sections=count, num_sections_ok=count, status="OK")
        backup["completed_at"] = service["last_backup"] = wire_time(ended)
        self.tell("backup.completed", service["id"], {"backup_id": backup["id"]}, ended)

    def tell(
        self, key: str, service: int, parameters: dict[str, Any], at: datetime | None = None
    ) -> None:
        """An event of the account."""
        self.holding["events"].append(
            {
                "event_id": self.next_id(),
                "created_at": wire_time(at or self.now),
                "key": key,
                "service_id": service,
                **json.loads(_BY_API),
                "parameters": parameters,
            }
        )

    def _after(self, seconds: float) -> str:
        return (self.now + timedelta(seconds=seconds)).isoformat()


def _stand(job: dict[str, Any], now: datetime) -> dict[str, Any]:
    """How far a job is at that moment; its progress is a percentage."""
    start, end = _moment(job["started_at"]), _moment(job["ends_at"])
    if now >= end:
        return {"status": _DONE, "progress": 100, "results": [f"{job['kind']}.zip"]}
    share = (now - start) / (end - start)
    status = _WAITING if share < _QUEUED else _RUNNING
    return {"status": status, "progress": int(share * 100) if status == _RUNNING else 0}


_RUNNING_BACKUP = """{"completed_at": null, "status": "RUNNING", "trigger_type": "manual",
    "num_sections": 0, "num_sections_ok": 0, "num_sections_info": 0, "num_sections_warning": 0,
    "num_sections_error": 0, "num_inserted_items": 0, "num_updated_items": 0,
    "num_deleted_items": 0, "num_api_calls": 0, "num_bulk_api_batches": 0}"""
_BY_API = """{"source": "api", "user_id": 4711, "user_email": "backup@agency.example",
    "ip_address": "192.0.2.7"}"""
