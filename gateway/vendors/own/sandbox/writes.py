"""What Own does on a POST: its answer, and what the double's ledger of effects says of it."""

import re
from http import HTTPStatus
from typing import Any

from .forms import Form
from .reads import backup_of, find, service_of
from .wire import Asked, error
from .works import Desk

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

Written = tuple[dict[str, Any], dict[str, Any]]
"""The answer and the effect."""


def write(asked: Asked, desk: Desk, form: Form) -> Written:
    """Do it; nothing is done when it is refused."""
    match asked.operation, asked.ids:
        case "seeding/seed", (template,):
            return _seed(desk, template, form)
        case "seeding/anonymize", (template,):
            return _anonymize(desk, template, form)
        case operation, (id, *rest):
            service = service_of(desk.holding, id)
            if rest:
                return _export(operation, desk, service, rest[0], form)
            if operation.startswith("gdpr/"):
                return _correct(operation, desk, service, form)
            return _back_up(operation, desk, service, form)
    raise AssertionError(asked.operation)


def _back_up(operation: str, desk: Desk, service: dict[str, Any], form: Form) -> Written:
    if operation == "backup_specific_objects_now":
        form.needed("list_of_objects")
        objects = form.several("list_of_objects")
    else:
        objects = []
    backup = desk.start_backup(service, objects)
    return {}, {"service": service["id"], "backup": backup, "objects": objects}


def _export(operation: str, desk: Desk, service: dict[str, Any], id: str, form: Form) -> Written:
    backup = backup_of(service, id)
    target = _endpoint(desk, form) if operation == "export_to_endpoint" else _file(form)
    title = f"Export of backup {backup['id']}"
    job = desk.start_job("export", title, service["id"], [])
    told = {"service": service["id"], "backup": backup["id"], "objects": form.several("objects")}
    return {"job_id": job["id"]}, {**told, "job": job["id"], **target}


def _file(form: Form) -> dict[str, Any]:
    form.needed("export_format")
    return {
        "format": form.choice("export_format", "csv", "sql"),
        "attachments": form.flag("include_attachments") or False,
        "dialect": form.choice("sql_dialect", "mysql", "oracle", "postgresql", "mssql"),
    }


def _endpoint(desk: Desk, form: Form) -> dict[str, Any]:
    id = form.needed("endpoint_id")
    if not _UUID.fullmatch(id):
        raise error(HTTPStatus.UNPROCESSABLE_ENTITY, "endpoint_id does not have a valid value")
    if id not in desk.state["agencies"][desk.agency]["endpoints"]:
        raise error(HTTPStatus.NOT_FOUND, f"endpoint_id {id} not found")
    return {"endpoint": id}


def _correct(operation: str, desk: Desk, service: dict[str, Any], form: Form) -> Written:
    """A person's record put right or forgotten, as the GDPR has it; the ledger keeps no value."""
    kind = operation.removeprefix("gdpr/")
    names = ("record_id", "table_name", *(("field", "value") if kind == "rectify" else ()))
    told = {name: form.needed(name) for name in names}
    told.pop("value", None)
    title = f"GDPR {kind} of {told['table_name']} {told['record_id']}"
    job = desk.start_job(f"gdpr_{kind}", title, service["id"], [])
    return {"job_id": job["id"]}, {"service": service["id"], "job": job["id"], **told}


def _seed(desk: Desk, template: str, form: Form) -> Written:
    found = find(desk.holding["templates"], template, "template_id")
    destination = service_of(desk.holding, form.needed("destination"))
    method = form.choice("seeding_method", "incremental", "upsert", "clean_and_insert")
    for name in ("disable_automations", "disable_validation_rules", "reindex"):
        form.flag(name)
    if source := form.given("service_id"):
        origin = service_of(desk.holding, source)
        if backup := form.given("backup_id"):
            backup_of(origin, backup)
    return _seeding("seed", desk, found, destination, f"by {method or 'incremental'}")


def _anonymize(desk: Desk, template: str, form: Form) -> Written:
    found = find(desk.holding["templates"], template, "template_id")
    destination = service_of(desk.holding, form.needed("destination_service_id"))
    form.needed("disable_automations")
    form.flag("disable_automations")
    answer, effect = _seeding("anonymize", desk, found, destination, "of a sandbox")
    return {"job_id": answer["id"]}, effect


def _seeding(
    kind: str, desk: Desk, template: dict[str, Any], destination: dict[str, Any], how: str
) -> Written:
    title = f"{kind.title()} {how} with {template['name']}"
    job = desk.start_job(kind, title, destination["id"], [f"{kind} began"])
    told = {"service": destination["id"], "template": template["id"], "job": job["id"]}
    answer = {key: job[key] for key in ("id", "title", "status", "progress")}
    return answer, told
