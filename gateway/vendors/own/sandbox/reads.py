"""What Own answers to a GET, out of what an agency has in a region."""

from http import HTTPStatus
from typing import Any

from .wire import Asked, error

_EVENTS_PER_PAGE = 1000
_PRIVATE = {
    "service": ("backups", "company", "denied"),
    "backup": ("objects", "ends_at", "scope"),
    "job": ("kind", "log", "started_at", "ends_at"),
}
_ROWS = {
    "download": "num_items",
    "download_added": "num_inserted_items",
    "download_changed": "num_updated_items",
    "download_removed": "num_deleted_items",
}


def read(asked: Asked, holding: dict[str, Any], since: str | None, base: str) -> Any:
    """The JSON of an answer; `base` is the region's address, for download links."""
    match asked.operation, asked.ids:
        case "services", _:
            return [_public(one, "service") for one in holding["services"] if not one["denied"]]
        case "jobs", _:
            return [_public(one, "job") for one in holding["jobs"]]
        case "jobs/get", (id,):
            return _public(find(holding["jobs"], id, "job_id"), "job")
        case "events", _:
            return _events_after(holding["events"], since)
        case "seeding/templates", _:
            return holding["templates"]
        case ("seeding/seed/get" | "seeding/anonymize/get") as name, (id,):
            return _logged(holding, name.split("/")[1], id)
        case "services/get", (id,):
            return _public(service_of(holding, id), "service")
        case "backups", (id,):
            return [_public(one, "backup") for one in service_of(holding, id)["backups"]]
        case "backups/get", (id, backup):
            return _public(backup_of(service_of(holding, id), backup), "backup")
        case _, (id, backup):
            found = backup_of(service_of(holding, id), backup)["objects"]
            return [_linked(one, base) for one in found]
    raise AssertionError(asked.operation)


def download(asked: Asked, holding: dict[str, Any]) -> str:
    """The CSV behind a download link: as many rows as the object tells of."""
    id, backup, name, which = asked.ids
    objects = backup_of(service_of(holding, id), backup)["objects"]
    found = next((one for one in objects if one["name"] == name), None)
    if found is None or which not in _ROWS:
        raise error(HTTPStatus.NOT_FOUND, "no such file")
    rows = (f"{name}-{nth},{name} {nth}\r\n" for nth in range(1, found[_ROWS[which]] + 1))
    return "Id,Name\r\n" + "".join(rows)


def find(things: list[dict[str, Any]], id: str, name: str) -> dict[str, Any]:
    """The thing of that id; refuses in the words of the vendor page."""
    found = next((one for one in things if str(one["id"]) == id), None)
    if found is None:
        raise error(HTTPStatus.NOT_FOUND, f"{name} {id} not found")
    return found


def service_of(holding: dict[str, Any], id: str) -> dict[str, Any]:
    """A service that the user may see."""
    found = find(holding["services"], id, "service_id")
    if found["denied"]:
        raise error(HTTPStatus.FORBIDDEN, "outside of the user's Business Units")
    return found


def backup_of(service: dict[str, Any], id: str) -> dict[str, Any]:
    """A backup by its id, or the last one that ended."""
    ended = [one for one in service["backups"] if one["completed_at"] is not None]
    if id == "last" and ended:
        return max(ended, key=lambda one: str(one["completed_at"]))
    return find(service["backups"], id, "backup_id")


def _logged(holding: dict[str, Any], kind: str, id: str) -> dict[str, Any]:
    """A seeding job with its log; the page tells no shape."""
    job = find([one for one in holding["jobs"] if one["kind"] == kind], id, f"{kind}_id")
    return {**_public(job, "job"), "log": job["log"]}


def _events_after(events: list[dict[str, Any]], since: str | None) -> list[dict[str, Any]]:
    if since is not None and not since.isdecimal():
        raise error(HTTPStatus.BAD_REQUEST, "from must be an event id")
    later = [one for one in events if since is None or one["event_id"] > int(since)]
    return later[:_EVENTS_PER_PAGE]


def _linked(thing: dict[str, Any], base: str) -> dict[str, Any]:
    """An object whose download links are whole, for scripts use them as they are."""
    return {key: base + one if key.endswith("_link") else one for key, one in thing.items()}


def _public(thing: dict[str, Any], kind: str) -> dict[str, Any]:
    return {key: value for key, value in thing.items() if key not in _PRIVATE[kind]}
