"""Nobody writes with another agency's ids, and nobody writes without the scope."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway import schema
from gateway.domain.caller import Scope
from tests.gateways import Gateway
from tests.security.mutations import all_effects, ids_of, inputs, journal, send

SCOPES = {
    "createClient": Scope.CLIENTS_WRITE,
    "updateClient": Scope.CLIENTS_WRITE,
    "adoptClient": Scope.CLIENTS_WRITE,
    "mergeClients": Scope.CLIENTS_WRITE,
    "splitClient": Scope.CLIENTS_WRITE,
    "purgeClient": Scope.AGENCIES_ADMIN,
    "createLink": Scope.LINKS_WRITE,
    "updateLink": Scope.LINKS_WRITE,
    "adoptLink": Scope.LINKS_WRITE,
    "issueToken": Scope.TOKENS_WRITE,
    "registerToken": Scope.TOKENS_WRITE,
    "updateToken": Scope.TOKENS_WRITE,
    "revokeToken": Scope.TOKENS_WRITE,
    "rotateCredential": Scope.AGENCIES_ADMIN,
    "startExport": Scope.EXPORTS_READ,
    "startImport": Scope.IMPORTS_WRITE,
    "startBackup": Scope.CLIENTS_WRITE,
    "resolveIntent": Scope.AGENCIES_ADMIN,
}


def swapped(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[list[str], Any]]:
    """The input with one id of the other agency in it, for each place that an id has."""
    for name, value in mine.items():
        if theirs[name] == value:
            continue
        yield [name, *(["0"] if isinstance(value, list) else [])], {**mine, name: theirs[name]}
        if isinstance(value, list):
            yield [name, "1"], {**mine, name: [*value, *theirs[name]]}


async def state_of(gateway: Gateway) -> Any:
    """All that a write could have changed."""
    calls = await gateway.sandbox.all_calls()
    return calls, await all_effects(gateway), await journal(gateway)


@pytest.mark.parametrize("both", [False, True], ids=["one agency", "a key of both"])
async def test_an_id_of_another_agency_is_no_id_in_any_mutation(
    gateway: Gateway, both: bool
) -> None:
    mine = inputs(await ids_of(gateway, "Harbour"), gateway)
    theirs = inputs(await ids_of(gateway, "Meadow"), gateway)
    key = await gateway.key(*Scope, agencies=("Harbour", "Meadow")) if both else None
    before, tried = await state_of(gateway), set()
    for name, input in mine.items():
        for path, mixed in swapped(input, theirs[name]):
            own = [one for one in input if mixed[one] == input[one] != theirs[name][one]]
            if both and not own and path[-1] != "1":
                continue  # all of its ids are the other agency's, whose the key is, too
            answer = await send(gateway, name, mixed, key=key)
            payload = answer.whole[name.partition(" ")[0]]
            assert payload["intent"] is None, (name, path)
            assert {error["code"] for error in payload["userErrors"]} == {"NOT_FOUND"}, (name, path)
            if not both:
                assert [error["field"] for error in payload["userErrors"]] == [["input", *path]]
            tried.add(name.partition(" ")[0])
    assert both or tried == SCOPES.keys()
    assert await state_of(gateway) == before


def test_every_mutation_of_the_schema_is_tried() -> None:
    mutations = schema.executable(schema.build()).mutation_type
    assert mutations is not None
    assert mutations.fields.keys() == SCOPES.keys()


async def test_without_its_scope_no_mutation_does_anything(gateway: Gateway) -> None:
    mine = inputs(await ids_of(gateway, "Harbour"), gateway)
    before = await state_of(gateway)
    for name, input in mine.items():
        needed = SCOPES[name.partition(" ")[0]]
        others = set(Scope) - {needed, Scope.AGENCIES_ADMIN}
        answer = await send(gateway, name, input, key=await gateway.key(*others))
        assert answer.codes == ["FORBIDDEN"], (name, answer.body)
        assert answer.data == {name.partition(" ")[0]: None}
    assert await state_of(gateway) == before


async def test_a_key_that_may_write_links_only_reads_nothing_through_them(gateway: Gateway) -> None:
    mine = inputs(await ids_of(gateway, "Harbour"), gateway)["createLink"]
    key = await gateway.key(Scope.LINKS_WRITE)
    document = """
    mutation ($input: CreateLinkInput!) { createLink(input: $input) {
      link { id client { id name } }
      intent { state result { id } }
      userErrors { code }
    } }
    """
    answer = await gateway.query(document, key=key, variables={"input": mine})
    assert answer.data["createLink"]["userErrors"] == []
    assert answer.data["createLink"]["link"]["client"] is None
    # Who may write links may read them; a client is shown to nobody without its scope.
    link = answer.data["createLink"]["link"]["id"]
    assert answer.data["createLink"]["intent"] == {"state": "DONE", "result": {"id": link}}
    assert set(answer.codes) == {"FORBIDDEN"}


async def test_the_journal_is_for_administrators(gateway: Gateway) -> None:
    id = (await ids_of(gateway, "Harbour")).intent
    lists = "{ agency { intents { totalCount nodes { id } } } }"
    one = "query ($id: ID!) { intent(id: $id) { id state } }"
    key = await gateway.key(*(set(Scope) - {Scope.AGENCIES_ADMIN}))
    assert (await gateway.query(lists, key=key)).codes == ["FORBIDDEN"]
    # By the id that its mutation was answered, a write can be followed by any key of the agency.
    assert (await gateway.query(one, key=key, variables={"id": id})).whole["intent"]["id"] == id
    theirs = await gateway.query(one, agency="Meadow", variables={"id": id})
    assert theirs.codes == ["NOT_FOUND"]
    assert (await gateway.query(lists, agency="Meadow")).whole["agency"]["intents"]["nodes"] == []


async def test_a_key_and_a_label_mean_something_within_their_agency_only(gateway: Gateway) -> None:
    made = {}
    for agency in ("Harbour", "Meadow"):
        ids = await ids_of(gateway, agency)
        person = {"name": "Ana", "email": "ana@example.org", "language": "Spanish"}
        input = {"accountId": ids.accounts["AGENCYACCESS"], "label": "one", **person}
        input["idempotencyKey"] = "the-same-key"
        answer = await send(gateway, "createClient", input, agency=agency)
        assert answer.whole["createClient"]["userErrors"] == []
        made[agency] = answer.whole["createClient"]["intent"]["id"]
    assert made["Harbour"] != made["Meadow"]
    assert len(await all_effects(gateway)) == 2
