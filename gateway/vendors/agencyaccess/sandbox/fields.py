"""What AgencyAccess takes as input, and how it refuses the rest: 400 (vendor page 3 and 5.1)."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from .state import LANGUAGES, SERVICES, Agency, Json


class HttpError(Exception):
    """An answer other than 200, with the vendor's sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def fields_of(verb: str, headers: Mapping[str, str], query: str, body: bytes) -> Json:
    """The input of a request: the query of a GET, else the body; 400 when it is no JSON object."""
    if verb == "GET":
        return {name: values[-1] for name, values in parse_qs(query).items()}
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HttpError(400, "The Content-Type must be application/json")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpError(400, "The body is not valid JSON") from None
    return object_of(fields, "The body is not a JSON object")


def object_of(value: Any, message: str) -> Json:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise HttpError(400, message)
    return value


def text_of(fields: Json, name: str) -> str:
    """The field of that name, which must be a text and not empty."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise HttpError(400, f"Please provide a valid {name}")
    return value


def check_client(fields: Json, required: tuple[str, ...]) -> None:
    """What a client is made or changed of."""
    for name in ("name", "email", "language"):
        if name in required or name in fields:
            text_of(fields, name)
    if "language" in fields and fields["language"] not in LANGUAGES:
        raise HttpError(400, f"language must be one of {', '.join(LANGUAGES)}")
    for name in ("company", "website"):
        if not isinstance(fields.get(name, ""), str):
            raise HttpError(400, f"{name} must be a string")
    metadata = object_of(fields.get("metadata", {}), "metadata must be an object")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise HttpError(400, "metadata must hold strings only")


def check_options(fields: Json) -> None:
    """What a link has beside client and services."""
    for name in ("intakeForm", "sendEmail", "retainTokens"):
        if not isinstance(fields.get(name, False), bool):
            raise HttpError(400, f"{name} must be a boolean")
    for name in ("thankYouMessage", "redirect", "redirectURL"):
        if not isinstance(fields.get(name, ""), str):
            raise HttpError(400, f"{name} must be a string")


def services_of(agency: Agency, fields: Json, field: str) -> dict[str, dict[str, Json]]:
    """The requested services as they will be read: nothing granted, nothing skipped yet."""
    message = f"Please provide valid {field}"
    asked = object_of(fields.get(field), message)
    if not asked:
        raise HttpError(400, message)
    return {
        platform: {
            service: _service(agency, platform, service, object_of(config, message))
            for service, config in object_of(services, message).items()
        }
        for platform, services in asked.items()
    }


_READ_LEVELS = {"admin": "Admin", "readonly": "Read Only"}
"""The vendor reads `ADMIN` back as `Admin`; the other's spelling is assumed (vendor page 4)."""


def _service(agency: Agency, platform: str, service: str, config: Json) -> Json:
    if agency.strict_services and service not in SERVICES.get(platform, ()):
        raise HttpError(400, f"{platform} has no such service")
    if not isinstance(config.get("requested", True), bool):
        raise HttpError(400, "requested must be a boolean")
    accounts = config.get("requestedAccountLinks", [])
    if not isinstance(accounts, list):
        raise HttpError(400, "requestedAccountLinks must be a list")
    for account in accounts:
        one = object_of(account, "requestedAccountLinks must hold objects")
        if not agency.accounts.get(text_of(one, "internalAccountID"), False):
            raise HttpError(400, "Please provide a valid internalAccountID")
        if "googleAdsMCCAccountID" in one:
            text_of(one, "googleAdsMCCAccountID")
    read: Json = {"requested": config.get("requested", True), "requestedAccountLinks": accounts}
    if "accessLevel" in config:
        level = text_of(config, "accessLevel")
        plain = level.replace("_", "").replace(" ", "").lower()
        read["accessLevel"] = _READ_LEVELS.get(plain, level)
    return {**read, "granted": False, "skipped": False}
