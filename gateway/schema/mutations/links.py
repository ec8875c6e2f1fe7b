"""Mutations of access links."""

from typing import Annotated

import strawberry

from ...directory.changes import LinkWish
from ...domain import model
from ...domain.caller import Scope
from ...guards.marks import requires
from ..context import Info
from ..describe import input_type, marked_field, optional
from ..scalars import given
from .draft import Draft
from .inputs import Repeatable, several
from .payloads import AdoptLinkPayload, CreateLinkPayload, UpdateLinkPayload


@input_type
class LinkedAccountInput:
    """An agency's own account on a platform."""

    internal_account_id: str = strawberry.field(
        description="Its id at the vendor, found in the vendor's dashboard."
    )
    google_ads_mcc_account_id: str | None = optional(
        "Id of the Google Ads manager account; only for Google Ads."
    )


@input_type
class LinkServiceInput:
    """One service to ask for."""

    platform: str = strawberry.field(description="Platform, as in `Platform.name`.")
    service: str = strawberry.field(description="Service, as in `PlatformService.name`.")
    access_level: str | None = optional(
        "Access level, as in `PlatformService.accessLevels`; left out where the service has none."
    )
    requested: bool = strawberry.field(
        default=True,
        description="Whether to ask for it; false keeps it on the link without asking.",
    )
    linked_accounts: list[LinkedAccountInput] | None = optional(
        "The agency's own accounts on the platform to which access is to be granted."
    )


@input_type
class CreateLinkInput(Repeatable):
    """An access link to create."""

    client_id: strawberry.ID = strawberry.field(description="The client who is asked.")
    account_id: strawberry.ID | None = optional(
        "The account through which to ask; needed only where the client has records in several that"
        " can."
    )
    services: list[LinkServiceInput] = strawberry.field(description="What to ask for.")
    intake_form: bool = strawberry.field(
        default=False,
        description="Whether to ask the client to fill in the agency's intake form; CONFLICT where"
        " the agency has none.",
    )
    send_email: bool = strawberry.field(
        default=False,
        description="Whether the vendor mails the invitation; a mail cannot be called back.",
    )
    thank_you_message: str | None = optional(
        "What the client reads when done; cannot be changed later."
    )
    redirect_url: str | None = optional(
        "Where the client is sent when done, with `https://` or without a scheme, `http://` is"
        " refused; cannot be changed later."
    )
    retain_tokens: bool = strawberry.field(
        default=False,
        description="Whether the vendor keeps the platforms' access tokens for 30 days, for its"
        " dashboard and integrations.",
    )


@input_type
class UpdateLinkInput(Repeatable):
    """What a link is to ask for."""

    id: strawberry.ID = strawberry.field(description="The link to change.")
    services: list[LinkServiceInput] = strawberry.field(
        description="A patch: only services that are named and differ are sent, for naming one asks"
        " the client to grant it again."
    )
    confirm_regrant: bool = strawberry.field(
        default=False,
        description="Accepts that the client has to grant again what was granted and changes;"
        " CONFIRMATION_REQUIRED without it.",
    )


@input_type
class AdoptLinkInput(Repeatable):
    """A link that exists at a vendor already."""

    account_id: strawberry.ID = strawberry.field(
        description="The account through which it was made."
    )
    vendor_id: str = strawberry.field(description="Its id at the vendor.")


@strawberry.type
class LinkMutation:
    """The links' part of Mutation."""

    @marked_field(requires(Scope.LINKS_WRITE))
    async def create_link(
        self,
        info: Info,
        input: Annotated[
            CreateLinkInput, strawberry.argument(description="For whom, and what to ask for.")
        ],
    ) -> CreateLinkPayload | None:
        """Create an access link, with which a client grants the agency access to services."""
        draft = Draft.of(info, input)
        client = await draft.row("C", input.client_id, "clientId")
        account = await draft.row_if("VA", input.account_id, "accountId")
        wish = LinkWish(
            services=_services(input.services),
            intake_form=input.intake_form,
            send_email=input.send_email,
            thank_you_message=given(input.thank_you_message),
            redirect_url=given(input.redirect_url),
            retain_tokens=input.retain_tokens,
        )
        create = info.context.changes.links.create
        return CreateLinkPayload(
            written=await draft.write(
                lambda writing: create(writing, client, wish, account=account)
            )
        )

    @marked_field(requires(Scope.LINKS_WRITE))
    async def update_link(
        self,
        info: Info,
        input: Annotated[UpdateLinkInput, strawberry.argument(description="What to ask for now.")],
    ) -> UpdateLinkPayload | None:
        """Change what a link asks for; sends nothing when nothing differs, for sending asks the
        client to grant again."""
        draft = Draft.of(info, input)
        link = await draft.row("L", input.id, "id")
        services = _services(input.services)
        update, confirm = info.context.changes.links.update, input.confirm_regrant
        return UpdateLinkPayload(
            written=await draft.write(
                lambda writing: update(writing, link, services, confirm_regrant=confirm)
            )
        )

    @marked_field(requires(Scope.LINKS_WRITE))
    async def adopt_link(
        self,
        info: Info,
        input: Annotated[AdoptLinkInput, strawberry.argument(description="Which link.")],
    ) -> AdoptLinkPayload | None:
        """Tell the gateway of a link that exists at a vendor already; it is read before it is
        believed, and its client with it."""
        draft = Draft.of(info, input)
        account = await draft.row("VA", input.account_id, "accountId")
        adopt = info.context.changes.links.adopt
        return AdoptLinkPayload(
            written=await draft.write(lambda writing: adopt(writing, account, input.vendor_id))
        )


def _services(asked: list[LinkServiceInput]) -> tuple[model.LinkService, ...]:
    return tuple(
        model.LinkService(
            platform=each.platform,
            service=each.service,
            access_level=given(each.access_level),
            requested=each.requested,
            linked_accounts=tuple(
                model.LinkedAccount(one.internal_account_id, given(one.google_ads_mcc_account_id))
                for one in several(each.linked_accounts)
            ),
        )
        for each in asked
    )
