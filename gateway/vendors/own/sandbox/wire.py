"""Own's paths and refusals (vendor page 3a, 5 and 6)."""

from http import HTTPStatus
from typing import Any, NamedTuple

TOKEN = "token"  # noqa: S105 - the name of an operation
_TOKEN_PATH = "/oauth2/aus4c3z3l8FqrbqDU4h7/v1/token"  # noqa: S105 - a path

_ROUTES = {
    ("GET", "services"): "services",
    ("GET", "services/*"): "services/get",
    ("POST", "services/*/backup_now"): "backup_now",
    ("POST", "services/*/backup_specific_objects_now"): "backup_specific_objects_now",
    ("GET", "services/*/backups"): "backups",
    ("GET", "services/*/backups/*"): "backups/get",
    ("GET", "services/*/backups/*/objects"): "backups/objects",
    # Nobody tells what a download link looks like; this one is the double's own.
    ("GET", "services/*/backups/*/objects/*/*"): "download",
    ("POST", "services/*/backups/*/export"): "export",
    ("POST", "services/*/backups/*/export_to_endpoint"): "export_to_endpoint",
    ("POST", "services/*/gdpr/rectify"): "gdpr/rectify",
    ("POST", "services/*/gdpr/forget"): "gdpr/forget",
    ("GET", "jobs"): "jobs",
    ("GET", "jobs/*"): "jobs/get",
    ("GET", "events"): "events",
    ("GET", "seeding/templates"): "seeding/templates",
    ("POST", "seeding/templates/*/seed"): "seeding/seed",
    ("POST", "seeding/templates/*/anonymize"): "seeding/anonymize",
    ("GET", "seeding/seed/*"): "seeding/seed/get",
    ("GET", "seeding/anonymize/*"): "seeding/anonymize/get",
}
_PATTERNS = [(method, pattern.split("/"), name) for (method, pattern), name in _ROUTES.items()]


class Asked(NamedTuple):
    """What a path asks for: the operation, the region, and what stands for the pattern's stars."""

    operation: str
    region: str = ""
    ids: tuple[str, ...] = ()


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


def route(method: str, path: str) -> Asked:
    """What is asked for; refuses what Own does not have, and the wrong method."""
    if path == _TOKEN_PATH:
        return _only(method, "POST", Asked(TOKEN))
    region, marked, rest = path.removeprefix("/").partition("/api/v1/")
    steps, allowed = rest.split("/"), set[str]()
    for wanted, pattern, name in _PATTERNS if marked else ():
        if len(steps) == len(pattern) and all(
            mark in ("*", step) for mark, step in zip(pattern, steps, strict=True)
        ):
            stars = zip(pattern, steps, strict=True)
            asked = Asked(name, region, tuple(step for mark, step in stars if mark == "*"))
            if method == wanted:
                return asked
            allowed.add(wanted)
    if allowed:
        raise error(HTTPStatus.METHOD_NOT_ALLOWED, "the method is not allowed")
    raise error(HTTPStatus.NOT_FOUND, "no such path")


def _only(method: str, wanted: str, asked: Asked) -> Asked:
    if method != wanted:
        raise error(HTTPStatus.METHOD_NOT_ALLOWED, "the method is not allowed")
    return asked
