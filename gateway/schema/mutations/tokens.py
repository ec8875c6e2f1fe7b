"""Mutations of tokens, and of the credentials that the gateway holds."""

from datetime import datetime
from typing import Annotated

import strawberry

from ...domain.caller import Scope
from ...domain.model import TokenKind
from ...domain.secret import Secret
from ...guards.marks import requires
from ..context import Info
from ..describe import input_type, marked_field, optional
from ..scalars import given
from .draft import Draft
from .inputs import Repeatable
from .payloads import (
    IssueTokenPayload,
    RegisterTokenPayload,
    RevokeTokenPayload,
    RotateCredentialPayload,
    UpdateTokenPayload,
)


@input_type
class IssueTokenInput(Repeatable):
    """A token for a vendor to make."""

    client_id: strawberry.ID = strawberry.field(
        description="The client whose account the token opens."
    )
    account_id: strawberry.ID | None = optional(
        "The agency's account whose credential makes the token; needed only where the client has"
        " records in several that can."
    )
    name: str = strawberry.field(description="Name of the token.")
    permissions: list[str] = strawberry.field(
        description="What it may do, of `Vendor.permissions`."
    )


@input_type
class RegisterTokenInput(Repeatable):
    """Facts of a token that a person made in a vendor's dashboard, and that the gateway does not
    hold."""

    account_id: strawberry.ID = strawberry.field(
        description="The agency's account that it belongs to."
    )
    client_id: strawberry.ID | None = optional(
        "The client whose account it opens; absent for a token of the agency itself."
    )
    kind: TokenKind = strawberry.field(description="Kind of token.")
    name: str | None = optional("Name to know it by.")
    user: str | None = optional(
        "The vendor's user that it is bound to; needed where the vendor binds tokens to users."
    )
    hint: str | None = optional("The last characters of its value, four at most.")
    permissions: list[str] | None = optional("What it may do, of `Vendor.permissions`.")
    created_at: datetime | None = optional(
        "When it was made, from which its end is counted; now when absent."
    )


@input_type
class UpdateTokenInput(Repeatable):
    """What to change about a token; absent fields stay as they are."""

    id: strawberry.ID = strawberry.field(description="The token to change.")
    name: str | None = optional("Name of the token.")
    permissions: list[str] | None = optional(
        "What it may do, of `Vendor.permissions`; replaces what it may do now."
    )
    active: bool | None = optional("Switches it on or off.")


@input_type
class RevokeTokenInput(Repeatable):
    """A token to kill."""

    id: strawberry.ID = strawberry.field(description="The token to kill.")
    revoked_in_dashboard: bool = strawberry.field(
        default=False,
        description="States that a person has revoked it in the vendor's dashboard;"
        " CONFIRMATION_REQUIRED without it where only the dashboard can.",
    )


@input_type
class RotateCredentialInput(Repeatable):
    """A credential's new value."""

    id: strawberry.ID = strawberry.field(
        description="The token that the gateway holds, of `VendorAccount.credentials`; it keeps its"
        " id."
    )
    secret: Secret = strawberry.field(description="The new value.")
    created_at: datetime | None = optional(
        "When the vendor made it, from which its end is counted; now when absent."
    )


@strawberry.type
class TokenMutation:
    """The tokens' part of Mutation."""

    @marked_field(requires(Scope.TOKENS_WRITE))
    async def issue_token(
        self,
        info: Info,
        input: Annotated[
            IssueTokenInput, strawberry.argument(description="For whom, and what it may do.")
        ],
    ) -> IssueTokenPayload | None:
        """Have a vendor make a token for a client, where it can; the gateway seals the value unseen
        and nobody is shown it."""
        draft = Draft.of(info, input)
        client = await draft.row("C", input.client_id, "clientId")
        account = await draft.row_if("VA", input.account_id, "accountId")
        issue, permissions = info.context.changes.tokens.issue, tuple(input.permissions)
        return IssueTokenPayload(
            written=await draft.write(
                lambda writing: issue(writing, client, input.name, permissions, account=account)
            )
        )

    @marked_field(requires(Scope.TOKENS_WRITE))
    async def register_token(
        self,
        info: Info,
        input: Annotated[RegisterTokenInput, strawberry.argument(description="The facts.")],
    ) -> RegisterTokenPayload | None:
        """Record the facts, never the value, of a token that only a dashboard can make."""
        draft = Draft.of(info, input)
        account = await draft.row("VA", input.account_id, "accountId")
        client = await draft.row_if("C", input.client_id, "clientId")
        register = info.context.changes.tokens.register
        written = await draft.write(
            lambda writing: register(
                writing,
                account,
                input.kind,
                client=client,
                name=given(input.name),
                user=given(input.user),
                hint=given(input.hint),
                permissions=_permissions(input.permissions),
                created_at=given(input.created_at),
            )
        )
        return RegisterTokenPayload(written=written)

    @marked_field(requires(Scope.TOKENS_WRITE))
    async def update_token(
        self,
        info: Info,
        input: Annotated[UpdateTokenInput, strawberry.argument(description="What to change.")],
    ) -> UpdateTokenPayload | None:
        """Change a token at the vendor, or only the facts recorded of it where a dashboard manages
        it."""
        draft = Draft.of(info, input)
        token = await draft.row("T", input.id, "id")
        update = info.context.changes.tokens.update
        written = await draft.write(
            lambda writing: update(
                writing,
                token,
                name=given(input.name),
                permissions=_permissions(input.permissions),
                active=given(input.active),
            )
        )
        return UpdateTokenPayload(written=written)

    @marked_field(requires(Scope.TOKENS_WRITE))
    async def revoke_token(
        self,
        info: Info,
        input: Annotated[RevokeTokenInput, strawberry.argument(description="Which token.")],
    ) -> RevokeTokenPayload | None:
        """Kill a token at the vendor for good, or record that a person did where only a dashboard
        can."""
        draft = Draft.of(info, input)
        token = await draft.row("T", input.id, "id")
        revoke, done = info.context.changes.tokens.revoke, input.revoked_in_dashboard
        return RevokeTokenPayload(
            written=await draft.write(lambda writing: revoke(writing, token, in_dashboard=done))
        )

    @marked_field(requires(Scope.AGENCIES_ADMIN))
    async def rotate_credential(
        self,
        info: Info,
        input: Annotated[
            RotateCredentialInput,
            strawberry.argument(description="Which credential, and its new value."),
        ],
    ) -> RotateCredentialPayload | None:
        """Replace the value of a credential with which the gateway calls a vendor: the new one is
        tried, then takes over at once in all regions."""
        draft = Draft.of(info, input)
        token = await draft.row("T", input.id, "id")
        rotate, made = info.context.changes.tokens.rotate, given(input.created_at)
        return RotateCredentialPayload(
            written=await draft.write(
                lambda writing: rotate(writing, token, input.secret, created_at=made)
            )
        )


def _permissions(asked: list[str] | None) -> tuple[str, ...] | None:
    """None leaves them, or does not know them; an empty list allows nothing."""
    asked = given(asked)
    return None if asked is None else tuple(asked)
