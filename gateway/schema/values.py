"""Small value types that several parts of the schema show; domain values answer them as they
are."""

from datetime import datetime

import strawberry

from ..domain.model import Source
from .describe import object_type


@object_type
class Provenance:
    """Where an object's values come from, and how old they are."""

    source: Source = strawberry.field(description="Who answered.")
    as_of: datetime = strawberry.field(
        description="When the vendor gave the values; where it never did, when the gateway was"
        " told of the object."
    )
    stale: bool = strawberry.field(
        description="Whether they are older than values of this sort should be, because the vendor"
        " could not be asked in time."
    )


@object_type
class KeyValue:
    """A name and a value that someone else chose."""

    key: str = strawberry.field(description="The name.")
    value: str = strawberry.field(description="The value, as text.")


@strawberry.interface(description="An object that can be fetched again by its id alone.")
class Node:
    """An object that can be fetched again by its id alone."""

    id: strawberry.ID = strawberry.field(
        description="Opaque id, unique over all types and agencies and safe to store."
    )
