"""GraphQL by domain: thin types over the directory. `build()` puts them together."""

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema, build_schema, find_breaking_changes
from strawberry.schema.config import StrawberryConfig

from ..domain.failures import ErrorCode
from ..guards import scopes
from . import enums as enums
from .account import AccountQuery, VendorAccount
from .agency import Agency, AgencyQuery
from .client import Client, ClientQuery, ClientRecord
from .describe import object_type
from .intent import Intent, IntentQuery
from .job import Job, JobQuery
from .link import Link, LinkQuery
from .mutations import Mutation
from .node import NodeQuery
from .scalars import SCALARS
from .token import Token, TokenQuery
from .vendor import VendorQuery


@object_type
class Query(
    AgencyQuery,
    AccountQuery,
    ClientQuery,
    LinkQuery,
    TokenQuery,
    JobQuery,
    IntentQuery,
    VendorQuery,
    NodeQuery,
):
    """Where reading starts. What holds everywhere:

    - **Lists** page over the gateway's ledger, which vendors that can list keep up to date; fields
      are read from the vendor while that is worth a call. `provenance` says where the values came
      from and how old they are.
    - **Null** is an honest answer. What a vendor or a scope guards is nullable, so a dead vendor
      costs its own branch and one typed error. An empty list means that there is nothing; null,
      that it could not be known.
    - **Errors** carry `extensions { code vendor account retryable retryAfterMs requestId }`, where
      `code` is an `ErrorCode`.
    - **Words of ours are enums; words of a vendor are strings**, listed by `Vendor` where they are
      known. Enums and unions may grow: keep a default branch.
    - **Ids and cursors** are opaque. An id of another agency is NOT_FOUND.
    - **Price**: `extensions.vendors` tells what an answer cost in vendor calls.
    """


def build() -> strawberry.Schema:
    """The schema, guarded."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[Agency, VendorAccount, Client, ClientRecord, Link, Token, Job, Intent, ErrorCode],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    core = executable(schema)
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            # Strawberry looks after @oneOf in its own view, which is not used here.
            type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of
    scopes.enforce(core)
    return schema


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    core: GraphQLSchema = schema._schema
    return core


def breaking_changes(before: str, after: str) -> list[str]:
    """What a change of the schema takes from callers, a sentence each."""
    return [
        change.description
        for change in find_breaking_changes(build_schema(before), build_schema(after))
    ]
