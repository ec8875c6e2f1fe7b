"""What Own answers, out of what it holds: the vendor page's shapes and refusals."""

from http import HTTPStatus
from typing import Any

_TOKEN_PATH = "/oauth2/aus4c3z3l8FqrbqDU4h7/v1/token"  # noqa: S105 - a path
_EVENTS_PER_PAGE = 1000


class Refused(Exception):
    """An answer other than 200, made deep inside."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def error(status: HTTPStatus, message: str) -> Refused:
    """A region's refusal."""
    return Refused(status, {"error": status.phrase, "message": message})


def oauth_error(status: int, code: str, description: str) -> Refused:
    """The auth host's refusal."""
    return Refused(status, {"error": code, "error_description": description})


def operation_of(method: str, path: str) -> str:
    """The contract's name of an operation; "" for what Own does not have."""
    if path == _TOKEN_PATH:
        return "token" if method == "POST" else ""
    _, marked, rest = path.removeprefix("/").partition("/api/v1/")
    if not marked or method != "GET":
        return ""
    match rest.split("/"):
        case ["services" | "jobs" | "events" as name]:
            return name
        case ["services", _]:
            return "services/get"
        case ["services", _, "backups"]:
            return "backups"
        case ["services", _, "backups", _]:
            return "backups/get"
        case ["services", _, "backups", _, "objects"]:
            return "backups/objects"
    return ""


def read(operation: str, holding: dict[str, Any], steps: list[str], since: str | None) -> Any:
    """The answer to a GET, out of what the agency has in the region; `steps` are the path's."""
    match operation:
        case "services":
            return [_public(one) for one in holding["services"] if not one["denied"]]
        case "jobs":
            return holding["jobs"]
        case "events":
            return _events_after(holding["events"], since)
    service = _service(holding, steps[1])
    match operation:
        case "services/get":
            return _public(service)
        case "backups":
            return [_without(one, "objects") for one in service["backups"]]
        case "backups/get":
            return _without(_backup(service, steps[3]), "objects")
        case _:
            return _backup(service, steps[3])["objects"]


def _find(things: list[dict[str, Any]], id: str, name: str) -> dict[str, Any]:
    found = next((one for one in things if str(one["id"]) == id), None)
    if found is None:
        raise error(HTTPStatus.NOT_FOUND, f"{name} {id} not found")
    return found


def _service(holding: dict[str, Any], id: str) -> dict[str, Any]:
    found = _find(holding["services"], id, "service_id")
    if found["denied"]:
        raise error(HTTPStatus.FORBIDDEN, "outside of the user's Business Units")
    return found


def _backup(service: dict[str, Any], id: str) -> dict[str, Any]:
    ended = [one for one in service["backups"] if one["completed_at"] is not None]
    if id == "last" and ended:
        return max(ended, key=lambda one: str(one["completed_at"]))
    return _find(service["backups"], id, "backup_id")


def _events_after(events: list[dict[str, Any]], since: str | None) -> list[dict[str, Any]]:
    if since is not None and not since.isdecimal():
        raise error(HTTPStatus.BAD_REQUEST, "from must be an event id")
    later = [one for one in events if since is None or one["event_id"] > int(since)]
    return later[:_EVENTS_PER_PAGE]


def _public(service: dict[str, Any]) -> dict[str, Any]:
    return _without(service, "backups", "company", "denied")


def _without(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key not in names}
