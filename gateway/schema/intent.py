"""Intents: the journal of writes."""

from datetime import datetime
from typing import Annotated

import strawberry

from ..domain import intents
from ..domain.failures import NotFound
from ..domain.vendor import VendorName
from ..storage.values import Window
from .account import VendorAccount
from .context import Context, Info, View, find
from .describe import field
from .enums import ShownState, shown
from .filters import IntentFilter, intent_filter
from .paging import Connection, connection
from .scalars import global_id, row_of
from .subjects import subject_shown
from .user_error import UserError
from .values import Node


@strawberry.type(description="A write in the gateway's journal, made before the vendor is called.")
class Intent(Node):
    """A write in the journal."""

    id: strawberry.ID = strawberry.field(description="Opaque id of the intent.")
    view: strawberry.Private[View]
    row: strawberry.Private[intents.Intent]

    @classmethod
    def of(cls, view: View, row: intents.Intent) -> "Intent":
        """The intent as the schema shows it."""
        return cls(id=global_id("I", row.id), view=view, row=row)

    @field
    def operation(self) -> str:
        """The mutation, such as `createLink`."""
        return self.row.operation

    @field
    def vendor(self) -> VendorName | None:
        """The vendor; null when several are concerned or none."""
        return self.row.vendor

    @field
    def account(self) -> VendorAccount | None:
        """The account; null when several are concerned or none."""
        if self.row.account is None:
            return None
        try:
            return VendorAccount.of(self.view, self.view.roster.account(self.row.account))
        except NotFound:
            return None  # removed since

    @field
    def state(self) -> ShownState:
        """Whether the write took effect."""
        return shown(self.row.state)

    @field
    def created_at(self) -> datetime:
        """When the write was journaled."""
        return self.row.created_at

    @field
    def settled_at(self) -> datetime | None:
        """When its outcome became known; null until then."""
        return self.row.settled_at

    @field
    async def result(self) -> Node | None:
        """What it made or changed, such as a `Client` or a `Link`; null until known."""
        return await subject_shown(self.view, self.row.result)

    @field
    def error(self) -> UserError | None:
        """Why it failed, or what a person should look for at the vendor; null when all is well."""
        return UserError.of(self.row.problems[0]) if self.row.problems else None


Filter = Annotated[
    IntentFilter | None,
    strawberry.argument(description="Only those that meet every condition given."),
]


async def intents_of(view: View, asked: IntentFilter | None, wanted: Window) -> Connection[Intent]:
    """A page of the agency's journal."""
    filter = intent_filter(asked)

    async def count() -> int:
        return await view.roster.count_intents(filter)

    page = await view.roster.page_intents(filter, wanted)
    return connection(page, lambda row: Intent.of(view, row), count)


async def intent_by_id(context: Context, id: str) -> Intent:
    """The intent of that id, in any of the caller's agencies."""
    found = await find(context, row_of("I", id), lambda view: view.intents_by_id)
    return Intent.of(found.view, found.row)


@strawberry.type
class IntentQuery:
    """The journal's part of Query."""

    @field
    async def intent(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID,
            strawberry.argument(description="Id of the intent, as the mutation's payload gave it."),
        ],
    ) -> Intent | None:
        """The outcome of an earlier write; null with NOT_FOUND when there is none."""
        return await intent_by_id(info.context, id)
