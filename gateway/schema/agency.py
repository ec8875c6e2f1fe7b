"""Agencies, and who asks."""

from typing import Annotated

import strawberry

from ..domain import model
from ..domain.caller import AgencyId, Scope
from ..domain.vendor import VendorName
from ..guards.marks import requires
from ..storage.values import ClientOrder
from .account import VendorAccount, accounts_of
from .client import Client, Order, clients_of
from .client import Filter as ClientConditions
from .context import Context, Info, View
from .describe import field, marked_field, object_type
from .intent import Filter as IntentConditions
from .intent import Intent, intents_of
from .job import Filter as JobConditions
from .job import Job, jobs_of
from .link import Filter as LinkConditions
from .link import Link, links_of
from .paging import After, Before, Connection, First, Last, connection
from .scalars import global_id, row_of, window
from .token import Filter as TokenConditions
from .token import Token, tokens_of
from .values import Node


@strawberry.type(
    description="A company that runs customers over several vendors, kept wholly apart from every"
    " other agency."
)
class Agency(Node):
    """An agency; its view is opened when a field asks for more than its name."""

    context: strawberry.Private[Context]
    row: strawberry.Private[model.Agency]

    @classmethod
    def of(cls, context: Context, row: model.Agency) -> "Agency":
        """The agency as the schema shows it."""
        return cls(id=global_id("A", row.id), context=context, row=row)

    @field
    def name(self) -> str:
        """Name of the agency, as its operator gave it."""
        return self.row.name

    @field
    async def accounts(
        self,
        vendors: Annotated[
            list[VendorName] | None,
            strawberry.argument(description="Only accounts at these vendors."),
        ] = strawberry.UNSET,
    ) -> list[VendorAccount]:
        """The agency's accounts at vendors, by vendor and name."""
        return accounts_of(await self._view(), vendors)

    @field
    async def clients(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: ClientConditions = strawberry.UNSET,
        order_by: Order = ClientOrder.NAME_ASC,
    ) -> Connection[Client] | None:
        """The agency's clients."""
        wanted = window(first, after, last, before)
        return await clients_of(await self._view(), filter, order_by, wanted)

    @field
    async def links(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: LinkConditions = strawberry.UNSET,
    ) -> Connection[Link] | None:
        """The agency's access links, newest first."""
        return await links_of(await self._view(), filter, window(first, after, last, before))

    @field
    async def tokens(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: TokenConditions = strawberry.UNSET,
    ) -> Connection[Token] | None:
        """The agency's tokens, those of its clients included, the soonest to expire first, those
        that never expire last."""
        return await tokens_of(await self._view(), filter, window(first, after, last, before))

    @field
    async def jobs(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: JobConditions = strawberry.UNSET,
    ) -> Connection[Job] | None:
        """Jobs that the gateway started or saw at a vendor, newest first."""
        return await jobs_of(await self._view(), filter, window(first, after, last, before))

    @marked_field(requires(Scope.AGENCIES_ADMIN))
    async def intents(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: IntentConditions = strawberry.UNSET,
    ) -> Connection[Intent] | None:
        """The journal of writes, newest first, above all to find those that wait for a person."""
        return await intents_of(await self._view(), filter, window(first, after, last, before))

    async def _view(self) -> View:
        return await self.context.view(self.row.id)


async def agency_by_id(context: Context, id: str) -> Agency:
    """The agency of that id, if the caller may see it."""
    view = await context.view(AgencyId(row_of("A", id)))
    return Agency.of(context, view.roster.agency)


@object_type
class Viewer:
    """The caller: an API key or a service's signed token."""

    name: str = strawberry.field(description="Name of the key, or the subject of the signed token.")
    scopes: list[str] = strawberry.field(
        description="Scopes that the caller has, such as `clients:read`."
    )

    @field
    async def unused_scopes(self, info: Info) -> list[str]:
        """Scopes among these that the caller has never used, and could do without."""
        stored = await info.context.directory.storage.key(info.context.caller.key_id)
        used = {scope.value for scope in stored.used_scopes} if stored is not None else set()
        used |= {scope.value for scope in info.context.used_scopes}
        return [scope for scope in self.scopes if scope not in used]


@strawberry.type
class AgencyQuery:
    """The agencies' part of Query."""

    @field
    def viewer(self, info: Info) -> Viewer:
        """Who is asking: the caller's key and what it may do."""
        caller = info.context.caller
        return Viewer(name=caller.name, scopes=sorted(scope.value for scope in caller.scopes))

    @field
    async def agency(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Id of the agency; the caller's own when absent. A caller of several"
                " agencies names one."
            ),
        ] = strawberry.UNSET,
    ) -> Agency | None:
        """One agency; null with NOT_FOUND when the caller may not see it."""
        if id:
            return await agency_by_id(info.context, id)
        view = await info.context.view()
        return Agency.of(info.context, view.roster.agency)

    @field
    async def agencies(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Agency] | None:
        """The agencies that the caller may see, by name; most callers see one."""
        context = info.context
        ids = context.caller.agencies

        async def count() -> int:
            return len(ids)

        wanted = window(first, after, last, before)
        page = await context.directory.storage.page_agencies(ids, wanted)
        return connection(page, lambda row: Agency.of(context, row), count)
