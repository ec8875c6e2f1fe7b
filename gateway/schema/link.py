"""Access links: what was asked of a client, and how far the client has come."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from ..directory.hydrate import Hydrated
from ..domain import model
from ..domain.caller import Scope
from ..domain.model import LinkStatus, LinkValues
from ..domain.vendor import VendorName
from ..guards.marks import requires
from ..storage.values import Window
from .context import Context, Info, View, find
from .describe import field, field_of, object_type
from .filters import LinkFilter, link_filter
from .paging import After, Before, Connection, First, Last, connection
from .scalars import global_id, row_of, window
from .values import Node, Provenance

if TYPE_CHECKING:
    from .account import VendorAccount
    from .client import Client


@object_type
class LinkedAccount:
    """An agency's own account on a platform, to which a client grants access."""

    internal_account_id: str = strawberry.field(
        description="Its id at the vendor, found in the vendor's dashboard."
    )
    google_ads_mcc_account_id: str | None = strawberry.field(
        description="Id of the Google Ads manager account; null outside Google Ads."
    )


@object_type
class LinkService:
    """One service that a link asks for."""

    platform: str = strawberry.field(description="Platform of the service, such as `Google`.")
    service: str = strawberry.field(description="The service, such as `Google Ads`.")
    access_level: str | None = strawberry.field(
        description="Access level asked for, spelled as in `PlatformService.accessLevels` where it"
        " is known, else as the vendor does; null where the service has none."
    )
    requested: bool = strawberry.field(description="Whether the client is asked for it.")
    granted: bool = strawberry.field(description="Whether the client granted it.")
    skipped: bool = strawberry.field(description="Whether the client chose not to grant it.")
    linked_accounts: list[LinkedAccount] = strawberry.field(
        description="The agency's own accounts on the platform to which access is granted."
    )


@object_type
class IntakeForm:
    """State of a link's intake form."""

    requested: bool = strawberry.field(description="Whether the client is asked to fill it in.")
    complete: bool = strawberry.field(description="Whether the client has filled it in.")


@object_type
class Recipient:
    """Someone who gets copies of mails."""

    name: str | None = strawberry.field(description="The person's name; null when not given.")
    email: str = strawberry.field(description="The person's e-mail address.")


@strawberry.type(
    description="An access link: a request to a client to grant the agency access to services."
    " Values are null while neither the vendor nor the ledger knows them.",
    directives=[requires(Scope.LINKS_READ)],
)
class Link(Node):
    """An access link, hydrated when a field asks for it."""

    view: strawberry.Private[View]
    row: strawberry.Private[model.Link]

    @classmethod
    def of(cls, view: View, row: model.Link) -> "Link":
        """The link as the schema shows it."""
        return cls(id=global_id("L", row.id), view=view, row=row)

    @field
    def vendor(self) -> VendorName:
        """The vendor."""
        return self.row.vendor

    @field
    def account(self) -> Annotated["VendorAccount", strawberry.lazy(".account")]:
        """The account through which the link was made."""
        from .account import VendorAccount

        return VendorAccount.of(self.view, self.view.roster.account(self.row.account))

    @field
    def vendor_id(self) -> str:
        """The link's id at the vendor."""
        return self.row.vendor_id

    @field
    async def client(self) -> Annotated["Client", strawberry.lazy(".client")] | None:
        """The client who was asked; null while the gateway does not know it."""
        from .client import Client

        if self.row.client is None:
            return None
        found = await self.view.clients_by_id.load(self.row.client)
        return None if found is None else Client.of(self.view, found)

    @field
    async def status(self) -> LinkStatus | None:
        """How far the client has come, derived from the services and the intake form."""
        values = (await self.view.links.load(self.row)).values
        return LinkStatus.UNVERIFIED if values is None else values.status

    @field_of(list[LinkService] | None)
    async def services(self) -> object:
        """What the link asks for, and what became of it."""
        return await self._value("services")

    @field_of(IntakeForm | None)
    async def intake_form(self) -> object:
        """State of the form that the client fills in beside granting."""
        return await self._value("intake_form")

    @field_of(list[Recipient] | None)
    async def cc(self) -> object:
        """People who get copies of the vendor's mails."""
        return await self._value("cc")

    @field_of(datetime | None)
    async def created_at(self) -> object:
        """When the link was made."""
        return await self._value("created_at")

    @field_of(datetime | None)
    async def last_reminder_at(self) -> object:
        """When the client was last reminded; null when never."""
        return await self._value("last_reminder_at")

    @field_of(str | None)
    async def redirect_url(self) -> object:
        """Where the client is sent when done, always with `https://`; null when nowhere."""
        return await self._value("redirect_url")

    @field_of(str | None)
    async def thank_you_message(self) -> object:
        """What the client reads when done; null when nothing was set."""
        return await self._value("thank_you_message")

    @field_of(bool | None)
    async def retain_tokens(self) -> object:
        """Whether the vendor keeps the platforms' access tokens for 30 days; they are never seen
        here."""
        return await self._value("retain_tokens")

    @field_of(str | None)
    async def static_link_ref(self) -> object:
        """The vendor's reference to the standing link that this one came from; null when it came
        from none."""
        return await self._value("static_link_ref")

    @field_of(str | None)
    async def invite_url(self) -> object:
        """Address to send to the client; null where the vendor shows it only in its dashboard or
        its mail."""
        return await self._value("invite_url")

    @field_of(Provenance)
    async def provenance(self) -> object:
        """Where the values of this link come from."""
        return (await self.view.links.load(self.row)).provenance

    async def _value(self, name: str) -> Any:
        hydrated: Hydrated[LinkValues] = await self.view.links.load(self.row)
        if hydrated.values is None and hydrated.failure is not None:
            self.view.refuse(self.row, hydrated.failure)
        return getattr(hydrated.values, name, None)


Filter = Annotated[
    LinkFilter | None,
    strawberry.argument(description="Only those that meet every condition given."),
]


async def links_of(view: View, asked: LinkFilter | None, wanted: Window) -> Connection[Link]:
    """A page of the agency's links."""
    filter = link_filter(asked)

    async def count() -> int:
        return (await view.roster.count_links(filter)).get(0, 0)

    pages = await view.roster.page_links(filter, wanted)
    return connection(pages[0], lambda row: Link.of(view, row), count)


async def links_of_client(
    view: View, client: int, asked: LinkFilter | None, wanted: Window
) -> Connection[Link]:
    """A page of one client's links, batched with those of the clients beside it."""
    filter = link_filter(asked)

    async def count() -> int:
        return await view.link_counts.load((client, filter))

    page = await view.link_pages.load((client, filter, wanted))
    return connection(page, lambda row: Link.of(view, row), count)


async def link_by_id(context: Context, id: str) -> Link:
    """The link of that id, in any of the caller's agencies."""
    found = await find(context, row_of("L", id), lambda view: view.links_by_id)
    return Link.of(found.view, found.row)


@strawberry.type
class LinkQuery:
    """The links' part of Query."""

    @field
    async def link(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the link.")],
    ) -> Link | None:
        """One access link; null with NOT_FOUND when there is none."""
        return await link_by_id(info.context, id)

    @field
    async def links(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Filter = strawberry.UNSET,
    ) -> Connection[Link] | None:
        """The access links of the caller's agency, newest first; a caller of several asks
        `agency(id)` for its `links`."""
        view = await info.context.view()
        return await links_of(view, filter, window(first, after, last, before))
