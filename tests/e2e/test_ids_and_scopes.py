"""Ids of another agency are simply not there, and what a key may not see is never asked for."""

import pytest

from gateway.domain.caller import Scope
from tests.gateways import Answer, Gateway, global_id

ALL_IDS = """
{
  agency { id accounts { id } }
  clients(first: 100) { nodes { id records { id } } }
  links(first: 100) { nodes { id } }
  tokens(first: 100) { nodes { id } }
}
"""

BY_ID = {
    "node": "query ($id: ID!) { found: node(id: $id) { id } }",
    "agency": "query ($id: ID!) { found: agency(id: $id) { id } }",
    "account": "query ($id: ID!) { found: account(id: $id) { id } }",
    "client": "query ($id: ID!) { found: client(id: $id) { id } }",
    "link": "query ($id: ID!) { found: link(id: $id) { id } }",
    "token": "query ($id: ID!) { found: token(id: $id) { id } }",
}
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"

GARBAGE = [
    "",
    " ",
    "1",
    "Client:1",
    "Qzox\x00",
    "Qzox=",
    "QzotMQ",
    "QzowMQ",
    "Qzo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    global_id("X", 1),
    global_id("c", 1),
    global_id("C", 999_999),
    "é" * 20,
    "A" * 10_000,
]


async def ids_of(gateway: Gateway, agency: str) -> dict[str, list[str]]:
    """Every id that the agency can learn of, by the field that it is looked up by."""
    data = (await gateway.query(ALL_IDS, agency=agency)).whole
    clients = data["clients"]["nodes"]
    return {
        "agency": [data["agency"]["id"]],
        "account": [account["id"] for account in data["agency"]["accounts"]],
        "client": [client["id"] for client in clients],
        "link": [link["id"] for link in data["links"]["nodes"]],
        "token": [token["id"] for token in data["tokens"]["nodes"]],
        "node": [record["id"] for client in clients for record in client["records"]],
    }


async def look_up(gateway: Gateway, field: str, id: str, agency: str) -> Answer:
    return await gateway.query(BY_ID[field], agency=agency, variables={"id": id})


async def look_up_all(gateway: Gateway, field: str, ids: list[str], agency: str) -> Answer:
    """The same for many ids in one document, each under a name of its own."""
    each = (f'id{number}: {field}(id: "{id}") {{ id }}' for number, id in enumerate(ids))
    return await gateway.query(f"{{ {' '.join(each)} }}", agency=agency)


async def test_an_id_of_ones_own_finds_its_object(gateway: Gateway) -> None:
    ids = await ids_of(gateway, "Harbour")

    for field, own in ids.items():
        for way in {field, "node"}:
            found = (await look_up_all(gateway, way, own, "Harbour")).whole
            assert [one["id"] for one in found.values()] == own


@pytest.mark.slow
async def test_another_agencys_id_is_not_found_whichever_way_it_is_looked_up(
    gateway: Gateway,
) -> None:
    ids = await ids_of(gateway, "Harbour")
    gateway.sandbox.forget()

    for field, theirs in ids.items():
        assert theirs
        for way in {field, "node"}:
            answer = await look_up_all(gateway, way, theirs, "Meadow")
            assert set(answer.data.values()) == {None}
            assert answer.codes == ["NOT_FOUND"] * len(theirs)
    assert await gateway.sandbox.all_calls() == {}


async def test_among_several_ids_each_of_another_agency_is_null(gateway: Gateway) -> None:
    theirs = [id for each in (await ids_of(gateway, "Harbour")).values() for id in each]
    own = (await ids_of(gateway, "Meadow"))["client"]
    gateway.sandbox.forget()
    asked = [*theirs[:60], *own]

    answer = await gateway.query(NODES, agency="Meadow", variables={"ids": asked})

    found = answer.data["nodes"]
    assert found[: len(asked) - len(own)] == [None] * (len(asked) - len(own))
    assert [one["id"] for one in found[-len(own) :]] == own
    assert answer.codes == ["NOT_FOUND"] * (len(asked) - len(own))
    assert await gateway.sandbox.all_calls() == {}


async def test_another_agencys_account_filters_nothing_in(gateway: Gateway) -> None:
    account = (await ids_of(gateway, "Harbour"))["account"][0]
    document = """
    query ($account: ID!) {
      clients(filter: { accountId: $account }) { nodes { id } }
      links(filter: { accountId: $account }) { nodes { id } }
      tokens(filter: { accountId: $account }) { nodes { id } }
    }
    """

    answer = await gateway.query(document, agency="Meadow", variables={"account": account})

    assert all(not page or page["nodes"] == [] for page in answer.data.values())
    assert "INTERNAL" not in answer.codes


async def test_an_id_of_another_type_is_not_found(gateway: Gateway) -> None:
    ids = await ids_of(gateway, "Harbour")

    for field in BY_ID.keys() - {"node"}:
        for other in ids.keys() - {field}:
            answer = await look_up(gateway, field, ids[other][0], "Harbour")
            assert (answer.data, answer.codes) == ({"found": None}, ["NOT_FOUND"])


@pytest.mark.parametrize("field", BY_ID)
async def test_what_is_no_id_at_all_is_not_found(gateway: Gateway, field: str) -> None:
    for id in GARBAGE:
        if field == "agency" and not id:
            continue  # no id: one's own agency
        answer = await look_up(gateway, field, id, "Harbour")
        assert (answer.data, answer.codes) == ({"found": None}, ["NOT_FOUND"]), id
    assert await gateway.sandbox.all_calls() == {}


async def test_more_than_a_hundred_ids_at_once_are_refused(gateway: Gateway) -> None:
    answer = await gateway.query(NODES, variables={"ids": [global_id("C", 1)] * 101})

    assert answer.codes == ["BAD_USER_INPUT"]


# ── Scopes ────────────────────────────────────────────────────────────────────────────────────

GUARDED = """
{
  agency {
    clients(first: 100) { nodes {
      name
      links { nodes { id status } }
      tokens { nodes { id name } }
    } }
    links { nodes { id } }
    tokens { nodes { id } }
    accounts { status credentials { id } logins { username } events { nodes { vendorId } } }
  }
  links { nodes { id } }
  tokens { nodes { id } }
}
"""


async def test_a_key_for_clients_reads_no_links_and_tokens_and_costs_no_call_for_them(
    gateway: Gateway,
) -> None:
    key = await gateway.key(Scope.CLIENTS_READ)

    answer = await gateway.query(GUARDED, key=key)

    agency = answer.data["agency"]
    clients = agency["clients"]["nodes"]
    assert all(client["name"] for client in clients)
    assert all(client["links"] is None and client["tokens"] is None for client in clients)
    assert all(account["credentials"] is None for account in agency["accounts"])
    assert all(account["logins"] is None for account in agency["accounts"])
    assert all(account["events"] is None for account in agency["accounts"])
    assert answer.data["links"] is answer.data["tokens"] is None
    assert set(answer.codes) == {"FORBIDDEN"}
    calls = await gateway.sandbox.all_calls()
    assert "links/retrieve" not in calls["AGENCYACCESS"]
    assert calls["BRONTO"].keys() == {"login", "readAccounts"}
    assert calls["OWN"].keys() == {"token", "services"}


async def test_without_the_scope_of_its_type_an_id_finds_nothing(gateway: Gateway) -> None:
    ids = await ids_of(gateway, "Harbour")
    gateway.sandbox.forget()
    key = await gateway.key(Scope.CLIENTS_READ)

    for kind in ("link", "token"):
        for way in (kind, "node"):
            answer = await gateway.query(BY_ID[way], key=key, variables={"id": ids[kind][0]})
            assert (answer.data, answer.codes) == ({"found": None}, ["FORBIDDEN"])
    assert await gateway.sandbox.all_calls() == {}


async def test_behind_a_link_or_a_token_its_client_needs_the_scope_for_clients(
    gateway: Gateway,
) -> None:
    key = await gateway.key(Scope.LINKS_READ, Scope.TOKENS_READ)
    document = "{ links { nodes { client { name } } } tokens { nodes { client { name } } } }"

    answer = await gateway.query(document, key=key)

    for page in answer.data.values():
        assert {str(node["client"]) for node in page["nodes"]} == {"None"}
    assert set(answer.codes) == {"FORBIDDEN"}


@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        (Scope.LINKS_WRITE, "{ links { nodes { id } } }"),
        (Scope.TOKENS_WRITE, "{ tokens { nodes { id } } }"),
        (Scope.CLIENTS_WRITE, "{ clients { nodes { id } } }"),
        (Scope.AGENCIES_ADMIN, GUARDED),
    ],
)
async def test_a_wider_scope_includes_the_narrower(
    gateway: Gateway, wider: Scope, narrower: str
) -> None:
    key = await gateway.key(wider)

    answer = await gateway.query(narrower, key=key)

    assert answer.errors == []


async def test_a_key_of_both_agencies_names_the_one_it_means(gateway: Gateway) -> None:
    key = await gateway.key(*Scope, agencies=("Harbour", "Meadow"))

    unnamed = await gateway.query("{ clients { totalCount } }", key=key)
    agencies = await gateway.query("{ agencies { totalCount nodes { id name } } }", key=key)

    assert unnamed.data == {"clients": None}
    assert unnamed.codes == ["BAD_USER_INPUT"]
    assert [one["name"] for one in agencies.whole["agencies"]["nodes"]] == ["Harbour", "Meadow"]
    for one in agencies.whole["agencies"]["nodes"]:
        found = await look_up(gateway, "agency", one["id"], one["name"])
        assert found.whole == {"found": {"id": one["id"]}}


async def test_without_a_valid_key_nothing_is_answered(gateway: Gateway) -> None:
    good = gateway.keys["Harbour"]

    for key in ("", "nonsense", good[:-1] + ("0" if good[-1] != "0" else "1"), good[3:]):
        answer = await gateway.query("{ viewer { name } }", key=key or " ")
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "data" not in answer.body
        assert answer.codes == ["UNAUTHENTICATED"]
    assert await gateway.sandbox.all_calls() == {}
