"""Another agency's objects cannot be reached, counted or told from ones that do not exist."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.caller import Scope
from tests.gateways import Gateway, global_id

ALL = """
{ agency {
  id
  accounts { id }
  clients(first: 100) { totalCount edges { cursor } nodes { id records { id vendorId } } }
  links(first: 100) { totalCount edges { cursor } nodes { id vendorId } }
  tokens(first: 100) { totalCount edges { cursor } nodes { id } }
} }
"""
LISTS = ("clients", "links", "tokens")


def texts(value: Any) -> Iterator[str]:
    """All texts in an answer."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for held in value:
            yield from texts(held)
    elif isinstance(value, str):
        yield value


async def test_no_guessed_id_leads_to_another_agency_and_none_tells_that_there_is_one(
    gateway: Gateway,
) -> None:
    mine = set(texts((await gateway.query(ALL)).whole))
    theirs = set(texts((await gateway.query(ALL, agency="Meadow")).whole)) - mine
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for kind, rows in (("A", 9), ("VA", 20), ("C", 60), ("R", 90), ("L", 60), ("T", 90)):
        guesses = [id for id in (global_id(kind, row) for row in range(rows)) if id not in mine]
        assert set(guesses) & theirs

        answer = await gateway.query(document, variables={"ids": guesses})

        # A client that was merged has more than one id; all of them answer with the survivor.
        assert set(texts(answer.data)) <= mine
        refused = {(error["path"][1], error["message"]) for error in answer.errors}
        assert len({message for _, message in refused}) == 1
        assert {guesses[place] for place, _ in refused} >= set(guesses) & theirs
        assert set(answer.codes) == {"NOT_FOUND"}


@pytest.mark.parametrize("name", LISTS)
async def test_filters_and_cursors_that_name_another_agencys_things_match_nothing_of_it(
    gateway: Gateway, name: str
) -> None:
    mine = set(texts((await gateway.query(ALL)).whole))
    theirs = (await gateway.query(ALL, agency="Meadow")).whole["agency"]
    filters = [f'accountId: "{account["id"]}"' for account in theirs["accounts"]]
    if name != "clients":
        filters += [f'clientId: "{client["id"]}"' for client in theirs["clients"]["nodes"]]
    for filter in filters:
        document = (
            f"{{ agency {{ {name}(filter: {{ {filter} }}) {{ totalCount nodes {{ id }} }} }} }}"
        )
        answer = await gateway.query(document)
        assert answer.whole["agency"][name] == {"totalCount": 0, "nodes": []}
    for edge in theirs[name]["edges"]:
        document = f"query ($at: String) {{ agency {{ {name}(after: $at) {{ nodes {{ id }} }} }} }}"
        answer = await gateway.query(document, variables={"at": edge["cursor"]})
        assert set(texts(answer.data)) <= mine


async def test_a_key_of_both_agencies_sees_each_by_itself(gateway: Gateway) -> None:
    key = await gateway.key(*Scope, agencies=("Harbour", "Meadow"))
    counts = {
        agency: (await gateway.query(ALL, agency=agency)).whole["agency"]["clients"]["totalCount"]
        for agency in ("Harbour", "Meadow")
    }

    root = await gateway.query("{ clients { nodes { id } } }", key=key)
    both = await gateway.query("{ agencies { nodes { name clients { totalCount } } } }", key=key)

    assert root.codes == ["BAD_USER_INPUT"]
    assert {
        agency["name"]: agency["clients"]["totalCount"]
        for agency in both.whole["agencies"]["nodes"]
    } == counts


async def test_a_key_of_no_agency_sees_none(gateway: Gateway) -> None:
    key = await gateway.key(*Scope, agencies=())
    id = (await gateway.query(ALL)).whole["agency"]["clients"]["nodes"][0]["id"]

    answer = await gateway.query(
        "query ($id: ID!) { agencies { totalCount } node(id: $id) { id } }",
        key=key,
        variables={"id": id},
    )

    assert answer.data == {"agencies": {"totalCount": 0}, "node": None}
    assert answer.codes == ["NOT_FOUND"]
