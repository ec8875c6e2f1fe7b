"""Every field of the schema, asked of vendors that hold a value for all that they may tell.

The questions are made from the schema itself, so a field that somebody adds is asked too; that each
was answered somewhere in the whole run is judged by `tests/answered.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, is_union_type

from gateway.directory.lines import read_lines
from gateway.domain.vendor import VendorName
from tests.answered import schema
from tests.gateways import Gateway, Sandbox

PLACES = {
    "Query": "%s",
    "Agency": "agency { %s }",
    "VendorAccount": "agency { accounts { %s } }",
    "Client": "clients(first: 100) { nodes { %s } }",
    "ClientRecord": "clients(first: 100) { nodes { records { %s } } }",
    "Link": "links(first: 100) { nodes { %s } }",
    "Token": "tokens(first: 100) { nodes { %s } }",
    "Job": "agency { jobs(first: 100) { nodes { %s } } }",
    "Intent": "agency { intents(first: 100) { nodes { %s } } }",
}
"""Where an object of each type with an id of its own is found."""

ARGUMENTS = {
    "Query.vendor": "(name: BRONTO)",
    "EngagingNetworksDetails.pages": '(type: "dc")',
    "EngagingNetworksDetails.supporter": '(email: "ana.silva@example.org")',
}

BY_ID = {"node", "nodes", "account", "client", "link", "token", "job", "intent"}
"""Fields of Query that other tests ask, with ids that exist."""


def everything(kind: GraphQLObjectType, below: frozenset[str] = frozenset()) -> Iterator[str]:
    """All fields of a type and of what it holds, but of objects with an id their id only.

    Each is answered under a name of its own, for members of a union may differ in a field's type.
    """
    for name, field in kind.fields.items():
        if kind.name == "Query" and name in BY_ID:
            continue
        arguments = ARGUMENTS.get(f"{kind.name}.{name}", "")
        yield f"{kind.name}_{name}: {name}{arguments} {inner(field, below | {kind.name})}"


def inner(field: GraphQLField, below: frozenset[str]) -> str:
    """The selection below a field; none below a value."""
    kind: Any = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    if is_union_type(kind):
        parts = (
            f"... on {one.name} {{ {' '.join(everything(one, below))} }}" for one in kind.types
        )
        return f"{{ {' '.join(parts)} }}"
    if kind.name in PLACES or kind.name in below:
        return "{ __typename }" if "id" not in kind.fields else "{ id }"
    return f"{{ {' '.join(everything(kind, below))} }}"


def fill(world: Sandbox) -> None:
    """Give Meadow a value wherever a vendor may tell one and the seeded world has none."""
    access = world.state(VendorName.AGENCYACCESS)
    access["agencies"]["Meadow"]["dialect"] = "newer"
    for link in access["agencies"]["Meadow"]["links"].values():
        link["staticLinkRef"] = "static_1"
        for service in (
            one for each in link["requestedAccounts"].values() for one in each.values()
        ):
            for account in service["requestedAccountLinks"]:
                account["googleAdsMCCAccountID"] = "mcc_1"
    bronto = world.state(VendorName.BRONTO)
    names = ("phone", "address", "address2", "city", "state", "zip", "country", "notes")
    for account in bronto["agencies"]["Meadow"]["accounts"]:
        account["contactInformation"].update({name: f"a {name}" for name in names})
    own = world.state(VendorName.OWN)
    for region in own["agencies"]["Meadow"]["regions"].values():
        for service in region["services"]:
            service["return_message"] = "Two objects were skipped."
            for backed_up in (one for each in service["backups"] for one in each["objects"]):
                backed_up["message"] = "Skipped."
    filled = {VendorName.AGENCYACCESS: access, VendorName.BRONTO: bronto, VendorName.OWN: own}
    for name, state in filled.items():
        world.running.vendors[name].double.reset(state)


async def tell_of_a_token(gateway: Gateway) -> None:
    """An operator tells of a token that a person uses."""
    line = (
        '{"type": "token", "account": "Own", "kind": "USER", "name": "laptop",'
        ' "user": "ops@meadow.example", "createdAt": "2026-11-02", "hint": "9f2c"}'
    )
    agencies = {one.name: one.id for one in await gateway.runtime.storage.agencies()}
    await gateway.runtime.importer.run(agencies["Meadow"], read_lines(line), actor="test")


@pytest.mark.slow
async def test_every_field_is_answered_without_a_fault(gateway: Gateway) -> None:
    fill(gateway.sandbox)
    await tell_of_a_token(gateway)

    for _ in range(2):
        for name, place in PLACES.items():
            kind = schema().type_map[name]
            assert isinstance(kind, GraphQLObjectType)
            document = "{ " + place % " ".join(everything(kind)) + " }"
            answer = await gateway.query(document, agency="Meadow")
            assert set(answer.codes) <= {"CAPABILITY_MISSING"}, answer.errors


def test_every_type_with_an_id_has_a_place_where_it_is_asked() -> None:
    nodes = {kind.name for kind in schema().get_possible_types(schema().type_map["Node"])}

    assert nodes | {"Query"} == PLACES.keys()
