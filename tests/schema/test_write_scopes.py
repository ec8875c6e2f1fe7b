"""A mutation without its scope: refused before anything is read, top-level, null for that field."""

from typing import Any

import pytest

from gateway.domain.caller import Scope
from gateway.domain.model import Entry
from gateway.schema.client import own_entries
from tests.schema.asking import Desk
from tests.schema.test_finished import MARKED
from tests.schema.test_mutations import CALLS

SCOPES = {name.removeprefix("Mutation."): scope for name, scope in MARKED.items()}
ONCE = {name: input for name, input, _ in CALLS}


async def ask(desk: Desk, name: str, input: Any) -> Any:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    document = f"mutation M($i: {kind}) {{ {name}(input: $i) {{ warnings }} }}"
    return await desk.ask(document, {"i": input})


@pytest.mark.parametrize("name", ONCE)
async def test_without_its_scope_a_mutation_is_null_and_forbidden(name: str) -> None:
    desk = Desk(scopes=frozenset(Scope) - {SCOPES[name], Scope.AGENCIES_ADMIN, *WRITES})
    answer = await ask(desk, name, ONCE[name])
    assert answer.data == {name: None}
    assert answer.codes == ["FORBIDDEN"]
    assert desk.changes.given == []
    assert desk.directory.opened == []


@pytest.mark.parametrize("name", ONCE)
async def test_its_scope_alone_is_enough_for_a_mutation(name: str) -> None:
    desk = Desk(scopes=frozenset({SCOPES[name]}))
    answer = await ask(desk, name, ONCE[name])
    assert answer.errors == []
    assert len(desk.changes.given) == 1


WRITES = {Scope.CLIENTS_WRITE, Scope.LINKS_WRITE, Scope.TOKENS_WRITE}


def test_the_gateways_mark_is_none_of_the_agencys_entries() -> None:
    theirs = [Entry("source", "fair"), Entry("gateway_intent", "gw-intent-7"), Entry("b", "")]
    assert own_entries(theirs) == [Entry("source", "fair"), Entry("b", "")]
