"""An agency's accounts at vendors: credentials, what they may do, whether the vendor is well."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from msgspec.structs import asdict

from ..contract import Operations
from ..directory.health import HealthState
from ..domain import details as domain
from ..domain import model
from ..domain.accounts import AccountStatus, FactSource, account_status
from ..domain.caller import Scope
from ..domain.failures import NotFound
from ..domain.vendor import VendorName
from ..guards.marks import requires
from ..storage.values import ClientFilter, ClientOrder, Window
from .context import Context, Info, View
from .describe import field, field_of, object_type
from .paging import After, PageInfo, event_cursor, event_of_cursor
from .scalars import DEFAULT_PAGE, global_id, row_of, window
from .token import Token
from .values import KeyValue, Node

if TYPE_CHECKING:
    from .client import Client


@object_type
class Capability:
    """One thing that an account's credentials may or may not do."""

    name: str = strawberry.field(
        description="The vendor's word for it, as in `Vendor.permissions`."
    )
    granted: bool = strawberry.field(description="Whether the credentials may do it.")
    source: FactSource = strawberry.field(description="How this is known.")


@object_type
class Health:
    """Whether a vendor can be reached, as the gateway's latest calls tell."""

    state: HealthState = strawberry.field(description="The state now.")
    since: datetime | None = strawberry.field(
        description="Since when; null when no call was made yet."
    )
    reason: str | None = strawberry.field(
        description="Why it is not UP, in a sentence; null when it is."
    )


@object_type
class Login:
    """A person's sign-in at a vendor."""

    username: str = strawberry.field(description="Name with which the person signs in.")
    name: str | None = strawberry.field(description="The person's name; null when not given.")
    email: str | None = strawberry.field(
        description="The person's e-mail address; null when not given."
    )
    permissions: list[str] = strawberry.field(
        description="What the person may do, in the vendor's words."
    )


@object_type
class VendorEvent:
    """Something that a vendor recorded: who did what, when."""

    vendor_id: str = strawberry.field(description="The event's id at the vendor.")
    occurred_at: datetime | None = strawberry.field(
        description="When it happened; null when not told."
    )
    name: str | None = strawberry.field(
        description="What happened, in the vendor's words; null when not told."
    )
    source: str | None = strawberry.field(
        description="Through what it was done, in the vendor's words, such as `web app`; null when"
        " not told."
    )
    user_email: str | None = strawberry.field(
        description="E-mail address of the user who did it; null when none did."
    )
    ip_address: str | None = strawberry.field(
        description="Network address from which it was done; null when not told."
    )
    parameters: list[KeyValue] = strawberry.field(
        description="Whatever else the vendor recorded; nested values as JSON text."
    )

    view: strawberry.Private[View]
    account: strawberry.Private[model.VendorAccount]
    client_vendor_id: strawberry.Private[str | None]

    @field
    async def client(self) -> Annotated["Client", strawberry.lazy(".client")] | None:
        """The client that it concerns; null when it concerns the whole account."""
        from .client import Client

        if self.client_vendor_id is None:
            return None
        filter = ClientFilter(account=self.account.id, vendor_id=self.client_vendor_id)
        page = await self.view.roster.page_clients(filter, ClientOrder.NAME_ASC, Window(first=1))
        return Client.of(self.view, page.items[0]) if page.items else None


@object_type
class VendorEventEdge:
    """An event in a page."""

    cursor: str = strawberry.field(description="Opaque place of this edge in the list.")
    node: VendorEvent = strawberry.field(description="The event.")


@object_type
class VendorEventConnection:
    """A page of events."""

    edges: list[VendorEventEdge] = strawberry.field(
        description="The page's events, each with its cursor."
    )
    page_info: PageInfo = strawberry.field(description="Where the page stands in the whole.")

    @field
    def nodes(self) -> list[VendorEvent]:
        """The page's events."""
        return [edge.node for edge in self.edges]


@strawberry.type(
    description="An agency's account at a vendor: one set of credentials, good for one or more"
    " regions."
)
class VendorAccount(Node):
    """An account; nothing here calls the vendor but `logins` and `events`."""

    view: strawberry.Private[View]
    row: strawberry.Private[model.VendorAccount]

    @classmethod
    def of(cls, view: View, row: model.VendorAccount) -> "VendorAccount":
        """The account as the schema shows it."""
        return cls(id=global_id("VA", row.id), view=view, row=row)

    @field
    def vendor(self) -> VendorName:
        """The vendor."""
        return self.row.vendor

    @field
    def name(self) -> str:
        """Name of the account, as its operator gave it."""
        return self.row.name

    @field
    def regions(self) -> list[str]:
        """The vendor's regions that the account covers, such as `useast2`; empty where the vendor
        has none."""
        return list(self.row.regions)

    @field
    async def status(self) -> AccountStatus:
        """Whether the account's credentials are good."""
        return account_status(self.row, await self._held(), self.view.context.clock.now())

    @field
    async def credentials(self) -> list[Token] | None:
        """The tokens with which the gateway calls the vendor for this account, one for each
        credential that it holds."""
        return [Token.of(self.view, row) for row in await self._held()]

    @field
    async def capabilities(self) -> list[Capability]:
        """What the credentials may do, in the vendor's words, as far as it is known."""
        storage = self.view.context.directory.storage
        learned = await storage.learned_capabilities(self.row.agency, self.row.id)
        declared = dict.fromkeys(self.row.capabilities, True)
        return [
            Capability(
                name=name,
                granted=granted,
                source=FactSource.LEARNED if name in learned else FactSource.DECLARED,
            )
            for name, granted in {**declared, **learned}.items()
        ]

    @field_of(Health)
    def health(self) -> object:
        """Whether the vendor can be reached for this account."""
        return self.view.context.health(self.row)

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The people who may sign in at the vendor; empty where the vendor has no such"
        " thing, null when it could not be asked.",
        directives=[requires(Scope.AGENCIES_ADMIN)],
    )
    async def logins(self) -> list[Login] | None:
        logins = self._operations().logins
        if logins is None:
            return []
        return [
            Login(**{**asdict(login), "permissions": list(login.permissions)})
            for login in (await logins()).value
        ]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="What the vendor recorded in this account, oldest first; keep the last cursor"
        " to go on from it later. Null when the vendor could not be asked.",
        directives=[requires(Scope.AGENCIES_ADMIN)],
    )
    async def events(
        self,
        first: Annotated[
            int | None,
            strawberry.argument(description="How many to give; 20 when absent, at most 100."),
        ] = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> VendorEventConnection | None:
        wanted = window(first, after, None, None)
        events = self._operations().events
        start = event_of_cursor(wanted.after)
        found = () if events is None else (await events(start)).value
        count = DEFAULT_PAGE if wanted.first is None else wanted.first
        edges = [
            VendorEventEdge(cursor=event_cursor(event.vendor_id), node=self._event(event))
            for event in found[:count]
        ]
        return VendorEventConnection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=len(found) > count,
                has_previous_page=start is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )

    def _event(self, event: domain.VendorEvent) -> VendorEvent:
        parameters = [KeyValue(key=key, value=value) for key, value in event.parameters]
        return VendorEvent(
            **{**asdict(event), "parameters": parameters}, view=self.view, account=self.row
        )

    def _operations(self) -> Operations:
        context = self.view.context
        return context.directory.connector.operations(self.row, context.inquiry)

    async def _held(self) -> list[model.Token]:
        ids = [credential.token for credential in self.row.credentials]
        rows = await self.view.tokens_by_id.load_many(ids)
        return [row for row in rows if row is not None]


def accounts_of(view: View, vendors: list[VendorName] | None) -> list[VendorAccount]:
    """The agency's accounts, at some vendors or at all."""
    return [
        VendorAccount.of(view, account)
        for account in view.roster.accounts
        if not isinstance(vendors, list) or account.vendor in vendors
    ]


async def account_by_id(context: Context, id: str) -> VendorAccount:
    """The account of that id, in any of the caller's agencies."""
    row = row_of("VA", id)
    for view in await context.views():
        for account in view.roster.accounts:
            if account.id == row:
                return VendorAccount.of(view, account)
    raise NotFound("There is no object with this id.")


@strawberry.type
class AccountQuery:
    """The accounts' part of Query."""

    @field
    async def account(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the account.")],
    ) -> VendorAccount | None:
        """One of the agency's accounts at vendors; null with NOT_FOUND when there is none."""
        return await account_by_id(info.context, id)
