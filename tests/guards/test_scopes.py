"""`@requiresScope` is enforced on every field that answers what a mark protects."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, graphql_sync

from gateway.domain.caller import AgencyId, Caller, Scope
from gateway.domain.failures import Forbidden
from gateway.guards import scopes
from gateway.guards.marks import requires

SDL = """
type Query {
  name: String, client: Client, clients: ClientConnection, secret: String, list: [[Client!]!]
}
type Client { name: String, link: Link }
type Link { id: ID, client: Client! }
type ClientConnection { nodes: [Client!]!, edges: [ClientEdge!]!, total: Int }
type ClientEdge { node: Client!, cursor: String }
"""

CLIENT = {"name": "A", "link": {"id": "1"}}
CLIENT["link"]["client"] = CLIENT  # type: ignore[index]
ROOT = {
    "name": "x",
    "client": CLIENT,
    "clients": {"nodes": [CLIENT], "edges": [{"node": CLIENT}], "total": 1},
    "secret": "s",
    "list": [[CLIENT]],
}


@dataclass
class Definition:
    """What strawberry leaves on a type or field."""

    directives: list[object]


@dataclass
class Asked:
    """A request's context."""

    caller: Caller
    used_scopes: set[Scope] = field(default_factory=set)


@pytest.fixture
def schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    types: Any = schema.type_map
    types["Client"].extensions = {
        "strawberry-definition": Definition([requires(Scope.CLIENTS_READ)])
    }
    types["Link"].extensions = {
        "strawberry-definition": Definition([object(), requires(Scope.LINKS_READ)])
    }
    types["Query"].fields["secret"].extensions = {
        "strawberry-definition": Definition([requires(Scope.AGENCIES_ADMIN)])
    }
    scopes.enforce(schema)
    return schema


def ask(schema: GraphQLSchema, text: str, *held: Scope) -> tuple[Any, list[Any], set[Scope]]:
    asked = Asked(Caller("k", "key", (AgencyId(1),), frozenset(held)))
    result = graphql_sync(schema, text, ROOT, asked)
    causes = [error.original_error for error in result.errors or ()]
    assert all(isinstance(cause, Forbidden) for cause in causes)
    return result.data, causes, asked.used_scopes


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("{ client { name } }", Scope.CLIENTS_READ),
        ("{ clients { total } }", Scope.CLIENTS_READ),
        ("{ list { name } }", Scope.CLIENTS_READ),
        ("{ secret }", Scope.AGENCIES_ADMIN),
    ],
)
def test_without_the_scope_a_field_is_null_and_forbidden(
    schema: GraphQLSchema, text: str, scope: Scope
) -> None:
    data, causes, used = ask(schema, text)
    assert list(data.values()) == [None]
    assert [cause.message for cause in causes] == [f"The key lacks the scope {scope.value}."]
    assert used == set()
    data, causes, used = ask(schema, text, scope)
    assert list(data.values()) != [None]
    assert (causes, used) == ([], {scope})


def test_what_is_not_marked_is_for_everyone(schema: GraphQLSchema) -> None:
    assert ask(schema, "{ name }") == ({"name": "x"}, [], set())


def test_each_edge_needs_the_scope_of_what_it_leads_to(schema: GraphQLSchema) -> None:
    data, causes, used = ask(schema, "{ client { name link { id } } }", Scope.CLIENTS_READ)
    assert data == {"client": {"name": "A", "link": None}}
    assert len(causes) == 1
    assert used == {Scope.CLIENTS_READ}


def test_a_write_scope_reads_and_an_administrator_does_all(schema: GraphQLSchema) -> None:
    text = "{ client { link { client { name } } } }"
    data, causes, _ = ask(schema, text, Scope.CLIENTS_WRITE, Scope.LINKS_WRITE)
    assert data is not None
    assert causes == []
    data, causes, _ = ask(schema, "{ secret client { name } }", Scope.AGENCIES_ADMIN)
    assert causes == []
    assert data["secret"] == "s"


def test_a_guard_stands_before_fields_that_have_no_resolver_of_their_own(
    schema: GraphQLSchema,
) -> None:
    types: Any = schema.type_map
    guarded = {
        f"{type.name}.{name}"
        for type in types.values()
        for name, each in getattr(type, "fields", {}).items()
        if not type.name.startswith("__") and each.resolve is not None
    }
    assert guarded == {
        "Query.client",
        "Query.clients",
        "Query.list",
        "Query.secret",
        "Client.link",
        "Link.client",
        "ClientConnection.nodes",
        "ClientConnection.edges",
        "ClientEdge.node",
    }
