"""Any object by its id."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import strawberry

from ..domain.caller import Scope
from ..domain.failures import BadInput, Failure, Forbidden, NotFound
from .account import account_by_id
from .agency import agency_by_id
from .client import client_by_id, record_by_id
from .context import Context, Info
from .describe import field
from .intent import intent_by_id
from .job import job_by_id
from .link import link_by_id
from .scalars import LARGEST_PAGE, parse_id
from .token import token_by_id
from .values import Node

Lookup = Callable[[Context, str], Awaitable[Any]]

KINDS: Mapping[str, tuple[Lookup, Scope | None]] = {
    "A": (agency_by_id, None),
    "VA": (account_by_id, None),
    "C": (client_by_id, Scope.CLIENTS_READ),
    "R": (record_by_id, Scope.CLIENTS_READ),
    "L": (link_by_id, Scope.LINKS_READ),
    "T": (token_by_id, Scope.TOKENS_READ),
    "J": (job_by_id, None),
    "I": (intent_by_id, None),
}
"""How each kind of global id is looked up, and the scope that its type needs."""


async def node_by_id(context: Context, id: str) -> Any:
    """The object of that id; `Forbidden` without its type's scope, `NotFound` when there is
    none."""
    kind, _ = parse_id(id)
    if kind not in KINDS:
        raise NotFound("There is no object with this id.")
    look_up, scope = KINDS[kind]
    if scope is not None and not context.caller.may(scope):
        raise Forbidden(f"The key lacks the scope {scope.value}.")
    return await look_up(context, id)


@strawberry.type
class NodeQuery:
    """The part of Query that looks up any object."""

    @field
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the object.")],
    ) -> Node | None:
        """Any object by its id; null with NOT_FOUND when there is none."""
        found: Node = await node_by_id(info.context, id)
        return found

    @field
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Ids of the objects, at most 100."),
        ],
    ) -> list[Node | None]:
        """Several objects by their ids, in the order of the ids; null, with an error, for each that
        cannot be had."""
        if len(ids) > LARGEST_PAGE:
            raise BadInput(f"At most {LARGEST_PAGE} ids at once.", field=("ids",))
        found: list[Any] = []
        for id in ids:
            try:
                found.append(await node_by_id(info.context, id))
            except Failure as failure:
                found.append(failure)
        return found
