"""What types and fields declare about themselves: the scope that a caller needs."""

import strawberry
from strawberry.schema_directive import Location

from ..domain.caller import Scope


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="requiresScope",
    description="The scope that a caller needs: on a type, for every field that answers it or a"
    " connection of it; on a field, for that field. Without it the field is null, with FORBIDDEN."
    " A `write` scope includes the `read` scope of its family, and `agencies:admin` includes every"
    " other.",
)
class RequiresScope:
    """The mark, as the SDL shows it."""

    scope: str


def requires(scope: Scope) -> RequiresScope:
    """The mark for a scope."""
    return RequiresScope(scope=scope.value)
