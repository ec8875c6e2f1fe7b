"""The mutation that settles a write by hand."""

from typing import Annotated

import strawberry

from ...domain.caller import Scope
from ...guards.marks import requires
from ..context import Info
from ..describe import input_type, marked_field, optional
from ..scalars import given
from .draft import Draft
from .inputs import Repeatable
from .payloads import ResolveIntentPayload


@input_type
class ResolveIntentInput(Repeatable):
    """What a person found out about a write."""

    id: strawberry.ID = strawberry.field(description="The intent, in state NEEDS_HUMAN or UNKNOWN.")
    took_effect: bool = strawberry.field(description="Whether the write took effect at the vendor.")
    vendor_id: str | None = optional(
        "The id that the vendor gave; needed when the write took effect and made something."
    )


@strawberry.type
class IntentMutation:
    """The journal's part of Mutation."""

    @marked_field(requires(Scope.AGENCIES_ADMIN))
    async def resolve_intent(
        self,
        info: Info,
        input: Annotated[
            ResolveIntentInput,
            strawberry.argument(description="What a person found out at the vendor."),
        ],
    ) -> ResolveIntentPayload | None:
        """Settle by hand a write whose outcome the gateway could not learn."""
        draft = Draft.of(info, input)
        intent = await draft.row("I", input.id, "id")
        resolve, vendor_id = info.context.changes.intents.resolve, given(input.vendor_id)
        return ResolveIntentPayload(
            written=await draft.write(
                lambda writing: resolve(writing, intent, input.took_effect, vendor_id)
            )
        )
