"""No way through the graph leads around a scope."""

import pytest

from gateway.domain.caller import Scope
from tests.gateways import Gateway

IDS = "{ clients { nodes { id } } links { nodes { id } } tokens { nodes { id } } }"
EVERY_WAY = """
query EveryWay($client: ID!, $link: ID!, $token: ID!) {
  agency {
    accounts { credentials { kind } logins { username } events { nodes { client { id } } } }
    clients { nodes { links { nodes { id } } tokens { nodes { id } } } }
    links { nodes { client { id } account { credentials { kind } } } }
    tokens { nodes { client { id } account { credentials { kind } } } }
  }
  clientNode: node(id: $client) { id }
  linkNode: node(id: $link) { id }
  tokenNode: node(id: $token) { id }
  nodes(ids: [$client, $link, $token]) { __typename }
}
"""
READS = {
    Scope.CLIENTS_READ: {"Client"},
    Scope.CLIENTS_WRITE: {"Client"},
    Scope.LINKS_READ: {"Link"},
    Scope.LINKS_WRITE: {"Link"},
    Scope.TOKENS_READ: {"Token"},
    Scope.TOKENS_WRITE: {"Token"},
    Scope.AGENCIES_ADMIN: {"Client", "Link", "Token"},
}


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
async def test_a_key_of_one_scope_gets_nothing_else_by_any_way(
    gateway: Gateway, scope: Scope
) -> None:
    found = (await gateway.query(IDS)).whole
    ids = {name[:-1]: found[name]["nodes"][0]["id"] for name in found}

    answer = await gateway.query(EVERY_WAY, key=await gateway.key(scope), variables=ids)

    agency, sees = answer.data["agency"], READS.get(scope, set())
    assert {node["__typename"] for node in answer.data["nodes"] if node} == sees
    for name in ("Client", "Link", "Token"):
        assert (answer.data[f"{name.lower()}Node"] is not None) == (name in sees)
        assert (agency[f"{name.lower()}s"] is not None) == (name in sees)
    admin = scope is Scope.AGENCIES_ADMIN
    for account in agency["accounts"]:
        assert (account["credentials"] is not None) == ("Token" in sees)
        assert admin or account["logins"] is None
        assert admin or account["events"] is None
    for nested in [
        *(agency["links"] or {}).get("nodes", ()),
        *(agency["tokens"] or {}).get("nodes", ()),
    ]:
        assert admin or nested["client"] is None
    assert set(answer.codes) <= ({"CAPABILITY_MISSING"} if admin else {"FORBIDDEN"})
