"""Vendor tokens: facts of credentials that the gateway or people use; never a value."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from ..directory.hydrate import token_provenance
from ..domain import model, tokens
from ..domain.caller import Scope
from ..domain.model import TokenKind, TokenStatus
from ..domain.vendor import VendorName
from ..guards.marks import requires
from ..storage.values import Window
from .context import Context, Info, View, find
from .describe import field, field_of
from .filters import TokenFilter, token_filter
from .paging import After, Before, Connection, First, Last, connection
from .scalars import global_id, row_of, window
from .values import Node, Provenance
from .vendor import TokenLaw

if TYPE_CHECKING:
    from .account import VendorAccount
    from .client import Client


@strawberry.type(
    description="A vendor token: a credential that the gateway uses, or one that people use and the"
    " gateway keeps the facts of. Its value is never answered.",
    directives=[requires(Scope.TOKENS_READ)],
)
class Token(Node):
    """A token, as the ledger remembers it."""

    view: strawberry.Private[View]
    row: strawberry.Private[model.Token]

    @classmethod
    def of(cls, view: View, row: model.Token) -> "Token":
        """The token as the schema shows it."""
        return cls(id=global_id("T", row.id), view=view, row=row)

    @field
    def vendor(self) -> VendorName:
        """The vendor."""
        return self.row.vendor

    @field
    def account(self) -> Annotated["VendorAccount", strawberry.lazy(".account")]:
        """The agency's account that it belongs to."""
        from .account import VendorAccount

        return VendorAccount.of(self.view, self.view.roster.account(self.row.account))

    @field
    async def client(self) -> Annotated["Client", strawberry.lazy(".client")] | None:
        """The client whose account it opens; null for a token of the agency itself."""
        from .client import Client

        if self.row.client is None:
            return None
        found = await self.view.clients_by_id.load(self.row.client)
        return None if found is None else Client.of(self.view, found)

    @field
    def kind(self) -> TokenKind:
        """Kind of token."""
        return self.row.facts.kind

    @field
    def law(self) -> TokenLaw | None:
        """What the vendor allows with this kind; null for OTHER."""
        law = self.view.context.vendors[self.row.vendor].token_law(self.row.facts.kind)
        return None if law is None else TokenLaw.of(law)

    @field
    def name(self) -> str | None:
        """Name of the token; null when it has none."""
        return self.row.facts.name

    @field
    def hint(self) -> str | None:
        """The last characters of its value, four at most; null when not recorded."""
        return self.row.facts.hint

    @field
    def status(self) -> TokenStatus:
        """State of the token."""
        return tokens.status(self.row, self.view.context.clock.now())

    @field
    def permissions(self) -> list[str] | None:
        """What it may do, in the vendor's words, as in `Vendor.permissions`; null when unknown."""
        permissions = self.row.facts.permissions
        return None if permissions is None else list(permissions)

    @field
    def user(self) -> str | None:
        """The vendor's user that it is bound to; null where the vendor binds tokens to accounts."""
        return self.row.facts.user

    @field
    def held(self) -> bool:
        """Whether the gateway holds its sealed value and can call the vendor with it."""
        return self.row.held

    @field
    def created_at(self) -> datetime | None:
        """When it was made; null when unknown."""
        return self.row.facts.created_at

    @field
    def modified_at(self) -> datetime | None:
        """When it was last changed at the vendor; null when unknown."""
        return self.row.facts.modified_at

    @field
    def expires_at(self) -> datetime | None:
        """When it ends under the vendor's law; null when it does not expire or its making is
        unknown."""
        return self.row.expires_at

    @field
    def expires_in_days(self) -> int | None:
        """Whole days until then: 0 on the last day, negative after it; null when `expiresAt` is."""
        return tokens.expires_in_days(self.row, self.view.context.clock.now())

    @field
    def last_verified_at(self) -> datetime | None:
        """When the vendor last accepted it; null when never tried."""
        return self.row.verified_at

    @field_of(Provenance)
    def provenance(self) -> object:
        """Where the facts of this token come from."""
        context = self.view.context
        return token_provenance(
            self.row,
            context.vendors[self.row.vendor],
            self.view.roster.tokens_live(self.row.account),
            context.clock.now(),
        )


Filter = Annotated[
    TokenFilter | None,
    strawberry.argument(description="Only those that meet every condition given."),
]


async def tokens_of(view: View, asked: TokenFilter | None, wanted: Window) -> Connection[Token]:
    """A page of the agency's tokens."""
    filter = token_filter(asked, view.asked_at)

    async def count() -> int:
        return (await view.roster.count_tokens(filter)).get(0, 0)

    pages = await view.roster.page_tokens(filter, wanted)
    return connection(pages[0], lambda row: Token.of(view, row), count)


async def tokens_of_client(
    view: View, client: int, asked: TokenFilter | None, wanted: Window
) -> Connection[Token]:
    """A page of one client's tokens, batched with those of the clients beside it."""
    filter = token_filter(asked, view.asked_at)

    async def count() -> int:
        return await view.token_counts.load((client, filter))

    page = await view.token_pages.load((client, filter, wanted))
    return connection(page, lambda row: Token.of(view, row), count)


async def token_by_id(context: Context, id: str) -> Token:
    """The token of that id, in any of the caller's agencies."""
    found = await find(context, row_of("T", id), lambda view: view.tokens_by_id)
    return Token.of(found.view, found.row)


@strawberry.type
class TokenQuery:
    """The tokens' part of Query."""

    @field
    async def token(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the token.")],
    ) -> Token | None:
        """One token; null with NOT_FOUND when there is none."""
        return await token_by_id(info.context, id)

    @field
    async def tokens(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Filter = strawberry.UNSET,
    ) -> Connection[Token] | None:
        """The tokens of the caller's agency, the soonest to expire first, those that never expire
        last; a caller of several asks `agency(id)` for its `tokens`."""
        view = await info.context.view()
        return await tokens_of(view, filter, window(first, after, last, before))
