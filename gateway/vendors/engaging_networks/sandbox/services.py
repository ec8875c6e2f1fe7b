"""The REST services behind a session: each operation with the permission that it needs."""

from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse, Response

from . import automations, components, exportjobs, formats, gifts, origins, pages, people
from .asked import Asked

_Answer = Callable[[Asked, str], Response]
"""It is given the id in the path, "" when there is none; two are joined by a slash."""

SERVICES: Mapping[str, tuple[str, _Answer]] = {
    "page.list": ("pages", lambda asked, _: pages.listed(asked)),
    "page.get": ("pages", pages.get),
    "page.process": ("pages", pages.process),
    "page.survey": ("pages", components.survey),
    "component.list": ("pages", components.listed),
    "component.get": ("pages", components.get),
    "supporter.get": ("supporters", people.get),
    "supporter.save": ("supporters", lambda asked, _: people.save(asked)),
    "supporter.update": ("supporters", people.update),
    "supporter.delete": ("supporters", people.delete),
    "supporter.bulk": ("supporters", lambda asked, _: people.suppress(asked)),
    "supporter.query": ("supporters", lambda asked, _: people.query(asked)),
    "supporter.fields": ("supporters", lambda asked, _: JSONResponse(asked.account["fields"])),
    "supporter.questions": ("supporters", lambda asked, one: people.questions(asked.account, one)),
    "originsource.get": ("supporters", origins.get),
    "originsource.create": ("supporters", origins.create),
    "originsource.update": ("supporters", origins.update),
    "originsource.delete": ("supporters", origins.delete),
    "transactions.list": ("supporters", gifts.listed),
    "transactions.get": ("supporters", gifts.get),
    "recurring.list": ("supporters", gifts.recurring),
    "recurring.get": ("supporters", gifts.recurring_one),
    "recurring.create": ("supporters", gifts.create_recurring),
    "recurring.update": ("supporters", gifts.update_recurring),
    "importformat.list": ("supporters", lambda asked, _: formats.listed(asked)),
    "importformat.get": ("supporters", formats.get),
    "importformat.create": ("supporters", lambda asked, _: formats.create(asked)),
    "importformat.update": ("supporters", formats.update),
    "importformat.delete": ("supporters", formats.delete),
    "exportjob.create": ("supporters", lambda asked, _: exportjobs.create(asked)),
    "exportjob.get": ("supporters", exportjobs.get),
    "exportjob.download": ("supporters", exportjobs.download),
    "ma.list": ("supporters", lambda asked, _: automations.listed(asked)),
    "ma.get": ("supporters", automations.get),
    "ma.stats": ("supporters", automations.stats),
    "ma.bulk": ("supporters", automations.add),
    "account.auditlog": ("account", lambda asked, _: automations.audit_log(asked)),
}
