"""What a write made or changed, found again by the row that the journal names."""

from collections.abc import Callable, Mapping
from typing import Any

from ..domain.caller import Scope
from ..domain.failures import Forbidden
from ..domain.intents import Subject, SubjectKind
from .client import Client, ClientRecord
from .context import View
from .job import Job
from .link import Link
from .loader import Loader
from .token import Token
from .values import Node

_KINDS: Mapping[SubjectKind, tuple[Callable[[View], Loader[int, Any]], Any, Scope | None]] = {
    SubjectKind.CLIENT: (lambda view: view.clients_by_id, Client, Scope.CLIENTS_READ),
    SubjectKind.RECORD: (lambda view: view.records_by_id, ClientRecord, Scope.CLIENTS_READ),
    SubjectKind.LINK: (lambda view: view.links_by_id, Link, Scope.LINKS_READ),
    SubjectKind.TOKEN: (lambda view: view.tokens_by_id, Token, Scope.TOKENS_READ),
    SubjectKind.JOB: (lambda view: view.jobs_by_id, Job, None),
}
"""How each kind is loaded and shown, and the scope that its type needs."""


async def row_shown(view: View, subject: Subject | None) -> Any:
    """The row as the schema shows it; None when it is gone, `Forbidden` without its scope."""
    if subject is None:
        return None
    loader, kind, scope = _KINDS[subject.kind]
    if scope is not None and not view.context.caller.may(scope):
        raise Forbidden(f"The key lacks the scope {scope.value}.")
    row = await loader(view).load(subject.id)
    return None if row is None else kind.of(view, row)


async def subject_shown(view: View, subject: Subject | None) -> Node | None:
    """As `row_shown`, but a record as the client that it belongs to."""
    found: Node | None = await row_shown(view, subject)
    if isinstance(found, ClientRecord):
        found = await row_shown(view, Subject(SubjectKind.CLIENT, found.row.client))
    return found
