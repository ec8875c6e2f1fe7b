"""Clients: the agency's customers, with one record at each vendor that knows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from ..directory.edges import RecordRead
from ..directory.hydrate import Depth, Hydrated
from ..domain import model
from ..domain.caller import Scope
from ..domain.failures import Failure, NotFound
from ..domain.intents import ENTRY
from ..domain.model import ClientStatus, ClientValues
from ..domain.vendor import VendorName
from ..guards.marks import requires
from ..storage.values import ClientOrder, Window
from .context import Context, Info, View, find
from .describe import field, field_of
from .details import ClientDetails, details
from .filters import ClientFilter, LinkFilter, TokenFilter, client_filter
from .link import Link, links_of_client
from .paging import After, Before, Connection, First, Last, connection
from .scalars import global_id, row_of, window
from .token import Token, tokens_of_client
from .values import KeyValue, Node, Provenance

if TYPE_CHECKING:
    from .account import VendorAccount

Vendors = Annotated[
    list[VendorName] | None,
    strawberry.argument(
        description="Only records at these vendors, which spares calls to the others."
    ),
]


async def hydrate(view: View, row: model.ClientRecord, name: str) -> Hydrated[ClientValues]:
    """The record, read as deep as the field of that name needs."""
    listed = view.context.vendors[row.vendor].listed_fields
    depth = Depth.LISTED if listed is None or name in listed else Depth.WHOLE
    return await view.records.load(RecordRead(row, depth))


async def value_of(view: View, row: model.ClientRecord, name: str) -> Any:
    """A field of a record; raises the Failure because of which there is no value."""
    hydrated = await hydrate(view, row, name)
    values = hydrated.values
    value = getattr(values, name, None)
    known = values is not None and (values.complete or value not in (None, ()))
    if not known and hydrated.failure is not None:
        raise hydrated.failure
    return value


def own_entries(entries: Sequence[model.Entry]) -> list[model.Entry]:
    """The agency's entries, without the mark by which the gateway knows what it made."""
    return [entry for entry in entries if entry.key != ENTRY]


@strawberry.type(
    description="A client at one vendor: an AgencyAccess client, a Bronto client account, an"
    " Engaging Networks account, an Own service. Values are null while neither the vendor nor the"
    " ledger knows them.",
    directives=[requires(Scope.CLIENTS_READ)],
)
class ClientRecord(Node):
    """A record, hydrated when a field asks for it."""

    view: strawberry.Private[View]
    row: strawberry.Private[model.ClientRecord]

    @classmethod
    def of(cls, view: View, row: model.ClientRecord) -> "ClientRecord":
        """The record as the schema shows it."""
        return cls(id=global_id("R", row.id), view=view, row=row)

    @field
    async def client(self) -> Annotated["Client", strawberry.lazy(".client")]:
        """The client that the record belongs to."""
        found = await self.view.clients_by_id.load(self.row.client)
        if found is None:
            raise NotFound("There is no object with this id.")
        return Client.of(self.view, found)

    @field
    def vendor(self) -> VendorName:
        """The vendor."""
        return self.row.vendor

    @field
    def account(self) -> Annotated["VendorAccount", strawberry.lazy(".account")]:
        """The account through which the gateway sees the record."""
        from .account import VendorAccount

        return VendorAccount.of(self.view, self.view.roster.account(self.row.account))

    @field
    def vendor_id(self) -> str:
        """The record's id at the vendor, as `region/id` where the vendor has regions."""
        return self.row.vendor_id

    @field
    async def name(self) -> str | None:
        """Name at the vendor."""
        return await self._text("name")

    @field
    async def email(self) -> str | None:
        """E-mail address at the vendor; null too where the vendor has none."""
        return await self._text("email")

    @field
    async def company(self) -> str | None:
        """Company at the vendor; null too where the vendor has none."""
        return await self._text("company")

    @field
    async def website(self) -> str | None:
        """Address of the website at the vendor; null too where the vendor has none."""
        return await self._text("website")

    @field
    async def language(self) -> str | None:
        """Language at the vendor, in its words; null too where the vendor has none."""
        return await self._text("language")

    @field
    async def status(self) -> ClientStatus | None:
        """State at the vendor; null too where the vendor has none."""
        hydrated = await hydrate(self.view, self.row, "status")
        if hydrated.gone or (hydrated.failure is not None and self.row.archived):
            return ClientStatus.ARCHIVED
        return ClientStatus.UNVERIFIED if hydrated.values is None else hydrated.values.status

    @field
    async def kind(self) -> str | None:
        """The vendor's word for this sort of record, such as `Prospect` at AgencyAccess; null where
        it has none."""
        return await self._text("kind")

    @field
    async def created_at(self) -> datetime | None:
        """When the record was made at the vendor; null where the vendor does not tell."""
        made: datetime | None = await self._value("created_at")
        return made

    @field_of(list[KeyValue] | None)
    async def metadata(self) -> object:
        """The agency's own entries at the vendor; empty where the vendor has no such thing."""
        entries = await self._value("metadata")
        return None if entries is None else own_entries(entries)

    @field
    async def details(self) -> ClientDetails | None:
        """What only this vendor has; null where it has nothing beyond the fields above, as
        AgencyAccess."""
        values = await self._value("details")
        return None if values is None else details(values, self.row, self.view)

    @field_of(Provenance)
    async def provenance(self) -> object:
        """Where the values of this record come from."""
        return (await hydrate(self.view, self.row, "status")).provenance

    async def _text(self, name: str) -> str | None:
        text: str | None = await self._value(name)
        return text

    async def _value(self, name: str) -> Any:
        try:
            return await value_of(self.view, self.row, name)
        except Failure as failure:
            self.view.refuse(self.row, failure)
            return None


@strawberry.type(
    description="A customer of the agency, with one record at each vendor that knows it; values are"
    " those of the first record that has one.",
    directives=[requires(Scope.CLIENTS_READ)],
)
class Client(Node):
    """A client and its records, oldest first."""

    view: strawberry.Private[View]
    row: strawberry.Private[model.Client]

    @classmethod
    def of(cls, view: View, row: model.Client) -> "Client":
        """The client as the schema shows it."""
        return cls(id=global_id("C", row.id), view=view, row=row)

    @field
    def label(self) -> str | None:
        """The agency's own name or number for the client, unique in the agency; null when none was
        given."""
        return self.row.label

    @field
    async def name(self) -> str | None:
        """Name of the person or organisation; null when no record knows it."""
        return await self._text("name")

    @field
    async def email(self) -> str | None:
        """E-mail address; null when no record knows it."""
        return await self._text("email")

    @field
    async def company(self) -> str | None:
        """Company; null when no record knows it."""
        return await self._text("company")

    @field
    async def website(self) -> str | None:
        """Address of the website; null when no record knows it."""
        return await self._text("website")

    @field
    async def language(self) -> str | None:
        """Language in which the client wants to be addressed; null when no record knows it."""
        return await self._text("language")

    @field
    async def created_at(self) -> datetime | None:
        """When the first of the records was made; null when no record knows it."""
        made: datetime | None = await self._first("created_at")
        return made

    @field
    async def metadata(self) -> list[KeyValue]:
        """The agency's own entries, of all records; where two records differ, that of the first."""
        entries: dict[str, str] = {}
        for row in self.row.records:
            hydrated = await hydrate(self.view, row, "metadata")
            for entry in own_entries(hydrated.values.metadata if hydrated.values else ()):
                entries.setdefault(entry.key, entry.value)
        return [KeyValue(key=key, value=value) for key, value in entries.items()]

    @field
    def vendors(self) -> list[VendorName]:
        """Vendors where the client has a record."""
        return list(dict.fromkeys(row.vendor for row in self.row.records))

    @field
    def records(self, vendors: Vendors = strawberry.UNSET) -> list[ClientRecord]:
        """The client at each vendor."""
        return [
            ClientRecord.of(self.view, row)
            for row in self.row.records
            if not isinstance(vendors, list) or row.vendor in vendors
        ]

    @field
    async def links(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[
            LinkFilter | None,
            strawberry.argument(description="Only those that meet every condition given."),
        ] = strawberry.UNSET,
    ) -> Connection[Link] | None:
        """The client's access links, newest first."""
        wanted = window(first, after, last, before)
        return await links_of_client(self.view, self.row.id, filter, wanted)

    @field
    async def tokens(
        self,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[
            TokenFilter | None,
            strawberry.argument(description="Only those that meet every condition given."),
        ] = strawberry.UNSET,
    ) -> Connection[Token] | None:
        """Tokens to the client's accounts, the soonest to expire first, those that never expire
        last."""
        wanted = window(first, after, last, before)
        return await tokens_of_client(self.view, self.row.id, filter, wanted)

    async def _text(self, name: str) -> str | None:
        text: str | None = await self._first(name)
        return text

    async def _first(self, name: str) -> Any:
        """The value of the first record that has one; later records are not asked for nothing."""
        refused: tuple[model.ClientRecord, Failure] | None = None
        for row in self.row.records:
            try:
                value = await value_of(self.view, row, name)
            except Failure as failure:
                refused = refused or (row, failure)
                continue
            if value is not None:
                return value
        if refused is not None:
            self.view.refuse(*refused)
        return None


Filter = Annotated[
    ClientFilter | None,
    strawberry.argument(description="Only those that meet every condition given."),
]
Order = Annotated[
    ClientOrder | None,
    strawberry.argument(description="The order of the list; clients without the value come last."),
]


async def clients_of(
    view: View, asked: ClientFilter | None, order: ClientOrder | None, wanted: Window
) -> Connection[Client]:
    """A page of the agency's clients."""
    filter = client_filter(asked)

    async def count() -> int:
        return await view.roster.count_clients(filter)

    page = await view.roster.page_clients(filter, order or ClientOrder.NAME_ASC, wanted)
    return connection(page, lambda row: Client.of(view, row), count)


async def client_by_id(context: Context, id: str) -> Client:
    """The client of that id, in any of the caller's agencies."""
    found = await find(context, row_of("C", id), lambda view: view.clients_by_id)
    return Client.of(found.view, found.row)


async def record_by_id(context: Context, id: str) -> ClientRecord:
    """The record of that id, in any of the caller's agencies."""
    found = await find(context, row_of("R", id), lambda view: view.records_by_id)
    return ClientRecord.of(found.view, found.row)


@strawberry.type
class ClientQuery:
    """The clients' part of Query."""

    @field
    async def client(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID,
            strawberry.argument(
                description="Id of the client; that of a client merged into another answers the"
                " other."
            ),
        ],
    ) -> Client | None:
        """One client; null with NOT_FOUND when there is none."""
        return await client_by_id(info.context, id)

    @field
    async def clients(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Filter = strawberry.UNSET,
        order_by: Order = ClientOrder.NAME_ASC,
    ) -> Connection[Client] | None:
        """The clients of the caller's agency; a caller of several asks `agency(id)` for its
        `clients`."""
        view = await info.context.view()
        return await clients_of(view, filter, order_by, window(first, after, last, before))
