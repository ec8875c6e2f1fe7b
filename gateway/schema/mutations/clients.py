"""Mutations of clients."""

from typing import Annotated

import strawberry

from ...domain.caller import Scope
from ...domain.changes import ClientPatch, NewClient
from ...guards.marks import requires
from ..context import Info
from ..describe import input_type, marked_field, optional
from ..scalars import given
from .bronto import BrontoClientInput, bronto_patch
from .draft import Draft
from .inputs import KeyValueInput, Repeatable, entries, entry_patches, patched
from .payloads import (
    AdoptClientPayload,
    CreateClientPayload,
    MergeClientsPayload,
    PurgeClientPayload,
    SplitClientPayload,
    UpdateClientPayload,
)


@input_type
class CreateClientInput(Repeatable):
    """A client to create."""

    account_id: strawberry.ID = strawberry.field(description="The account in which to create it.")
    client_id: strawberry.ID | None = optional(
        "The client that the new record belongs to; that with the label, or else a new one, when"
        " absent."
    )
    label: str | None = optional(
        "The agency's own name or number for the client; one label, one client."
    )
    name: str = strawberry.field(description="Name of the person or organisation.")
    email: str | None = optional("E-mail address; needed at AgencyAccess.")
    company: str | None = optional("Company; refused where the vendor has none.")
    website: str | None = optional("Address of the website; refused where the vendor has none.")
    language: str | None = optional("One of `Vendor.languages`; needed at AgencyAccess.")
    metadata: list[KeyValueInput] | None = optional(
        "The agency's own entries; refused where the vendor has none."
    )
    bronto: BrontoClientInput | None = optional("What only Bronto asks for; refused elsewhere.")


@input_type
class UpdateClientInput(Repeatable):
    """What to change about a client; absent fields stay as they are, null clears a value where the
    vendor can."""

    id: strawberry.ID = strawberry.field(description="The client to change.")
    record_ids: list[strawberry.ID] | None = optional(
        "Only these records; all of the client's when absent."
    )
    label: str | None = optional(
        "The agency's own name or number for the client, which no vendor is told."
    )
    name: str | None = optional("Name of the person or organisation.")
    email: str | None = optional("E-mail address.")
    company: str | None = optional("Company.")
    website: str | None = optional("Address of the website.")
    language: str | None = optional("One of `Vendor.languages`.")
    metadata: list[KeyValueInput] | None = optional(
        "Entries to set; entries that are not named stay."
    )
    active: bool | None = optional("Switches the client on or off, where the vendor can.")
    bronto: BrontoClientInput | None = optional(
        "What only Bronto has; other vendors' records are left as they are."
    )


@input_type
class AdoptClientInput(Repeatable):
    """A client that exists at a vendor already."""

    account_id: strawberry.ID = strawberry.field(description="The account in which it is.")
    vendor_id: str = strawberry.field(description="Its id at the vendor.")
    client_id: strawberry.ID | None = optional(
        "The client that the record belongs to; that with the label, or else a new one, when"
        " absent."
    )
    label: str | None = optional(
        "The agency's own name or number for the client; one label, one client."
    )


@input_type
class MergeClientsInput(Repeatable):
    """Clients that are one customer."""

    into_client_id: strawberry.ID = strawberry.field(description="The client that remains.")
    from_client_ids: list[strawberry.ID] = strawberry.field(
        description="The clients whose records it takes over; their ids go on answering, with the"
        " one that remains."
    )


@input_type
class SplitClientInput(Repeatable):
    """Records that leave their client."""

    record_ids: list[strawberry.ID] = strawberry.field(
        description="Records of one client, not all of them."
    )


@input_type
class PurgeClientInput(Repeatable):
    """A client to erase."""

    id: strawberry.ID = strawberry.field(description="The client to erase.")


@strawberry.type
class ClientMutation:
    """The clients' part of Mutation."""

    @marked_field(requires(Scope.CLIENTS_WRITE))
    async def create_client(
        self,
        info: Info,
        input: Annotated[
            CreateClientInput, strawberry.argument(description="What to create, and where.")
        ],
    ) -> CreateClientPayload | None:
        """Create a client at one vendor."""
        draft = Draft.of(info, input)
        account = await draft.row("VA", input.account_id, "accountId")
        client = await draft.row_if("C", input.client_id, "clientId")
        new = NewClient(
            name=input.name,
            email=given(input.email),
            company=given(input.company),
            website=given(input.website),
            language=given(input.language),
            metadata=entries(draft, input.metadata),
            bronto=bronto_patch(input.bronto),
        )
        create, label = info.context.changes.clients.create, given(input.label)
        written = await draft.write(
            lambda writing: create(writing, account, new, client=client, label=label)
        )
        return CreateClientPayload(written=written)

    @marked_field(requires(Scope.CLIENTS_WRITE))
    async def update_client(
        self,
        info: Info,
        input: Annotated[UpdateClientInput, strawberry.argument(description="What to change.")],
    ) -> UpdateClientPayload | None:
        """Change a client at all of its vendors, or at some: each record is read and compared, and
        only what differs is sent."""
        draft = Draft.of(info, input)
        client = await draft.row("C", input.id, "id")
        ids = given(input.record_ids)
        records = None if ids is None else await draft.rows("R", ids, "recordIds")
        patch = ClientPatch(
            name=patched(input.name),
            email=patched(input.email),
            company=patched(input.company),
            website=patched(input.website),
            language=patched(input.language),
            metadata=entry_patches(draft, input.metadata),
            active=given(input.active),
            bronto=bronto_patch(input.bronto),
        )
        update, label = info.context.changes.clients.update, patched(input.label)
        written = await draft.write(
            lambda writing: update(writing, client, patch, records=records, label=label)
        )
        return UpdateClientPayload(written=written)

    @marked_field(requires(Scope.CLIENTS_WRITE))
    async def adopt_client(
        self,
        info: Info,
        input: Annotated[AdoptClientInput, strawberry.argument(description="Which client.")],
    ) -> AdoptClientPayload | None:
        """Tell the gateway of a client that exists at a vendor already; it is read before it is
        believed."""
        draft = Draft.of(info, input)
        account = await draft.row("VA", input.account_id, "accountId")
        client = await draft.row_if("C", input.client_id, "clientId")
        adopt, label = info.context.changes.clients.adopt, given(input.label)
        written = await draft.write(
            lambda writing: adopt(writing, account, input.vendor_id, client=client, label=label)
        )
        return AdoptClientPayload(written=written)

    @marked_field(requires(Scope.CLIENTS_WRITE))
    async def merge_clients(
        self,
        info: Info,
        input: Annotated[
            MergeClientsInput,
            strawberry.argument(description="Which clients, and which of them remains."),
        ],
    ) -> MergeClientsPayload | None:
        """Say that several clients are one customer; nothing changes at the vendors."""
        draft = Draft.of(info, input)
        into = await draft.row("C", input.into_client_id, "intoClientId")
        sources = await draft.rows("C", input.from_client_ids, "fromClientIds")
        merge = info.context.changes.clients.merge
        return MergeClientsPayload(
            written=await draft.write(lambda writing: merge(writing, into, sources))
        )

    @marked_field(requires(Scope.CLIENTS_WRITE))
    async def split_client(
        self,
        info: Info,
        input: Annotated[SplitClientInput, strawberry.argument(description="Which records leave.")],
    ) -> SplitClientPayload | None:
        """Make some of a client's records a client of their own; nothing changes at the vendors."""
        draft = Draft.of(info, input)
        records = await draft.rows("R", input.record_ids, "recordIds")
        split = info.context.changes.clients.split
        return SplitClientPayload(
            written=await draft.write(lambda writing: split(writing, records))
        )

    @marked_field(requires(Scope.AGENCIES_ADMIN))
    async def purge_client(
        self,
        info: Info,
        input: Annotated[PurgeClientInput, strawberry.argument(description="Which client.")],
    ) -> PurgeClientPayload | None:
        """Erase all that the gateway knows of a client, caches included, for good; nothing changes
        at the vendors, and one that lists the client makes it known anew."""
        draft = Draft.of(info, input)
        client = await draft.row_erased("C", input.id, "id")
        purge = info.context.changes.clients.purge
        return PurgeClientPayload(written=await draft.write(lambda writing: purge(writing, client)))
