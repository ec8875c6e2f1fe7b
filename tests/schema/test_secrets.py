"""Secrets in what callers send: taken from variables only, and echoed by no message."""

import json
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.domain.secret import Secret
from gateway.schema.scalars import SCALARS
from tests.schema.asking import CORE, OURS, Desk, id

CANARY = "canary-7f3b9c"
T = id("T", OURS)
WORD = CANARY.replace("-", "_")
ROTATE = f'rotateCredential(input: {{ id: "{T}", secret: $s }}) {{ warnings }}'
WHOLE = "mutation M($i: RotateCredentialInput!) { rotateCredential(input: $i) { warnings } }"


async def test_a_secret_comes_in_a_variable_or_in_a_variables_input() -> None:
    for document, variables in (
        (f"mutation M($s: Secret!) {{ {ROTATE} }}", {"s": CANARY}),
        (WHOLE, {"i": {"id": T, "secret": CANARY}}),
    ):
        desk = Desk()
        answer = await desk.ask(document, variables)
        assert answer.errors == []
        (given,) = desk.changes.given
        assert given.arguments == (OURS, Secret(CANARY))
        assert CANARY not in repr(given)


LITERALS = [
    f"mutation {{ rotateCredential(input: {each}) {{ warnings }} }}"
    for each in (
        f'{{ id: "{T}", secret: "{CANARY}" }}',
        f'{{ secret: "{CANARY}" }}',
        f'{{ id: "{T}", secret: ["{CANARY}"] }}',
        f"{{ id: 1, secret: {WORD} }}",
    )
] + [f'mutation M($s: {kind} = "{CANARY}") {{ {ROTATE} }}' for kind in ("Secret!", "String")]


@pytest.mark.parametrize("document", LITERALS)
async def test_a_document_with_a_secret_in_it_is_refused_without_an_echo(document: str) -> None:
    desk = Desk()
    answer = await desk.ask(document)
    assert answer.data is None
    assert set(answer.codes) == {"DOCUMENT_REFUSED"}
    said = json.dumps(answer.errors)
    assert CANARY not in said
    assert WORD not in said
    assert desk.changes.given == []


async def test_a_literal_is_told_where_it_belongs() -> None:
    answer = await Desk().ask(LITERALS[0])
    assert [error["message"] for error in answer.errors] == ["Secret is taken from variables only."]


MISFITS: list[Any] = [
    {"secret": CANARY},
    {"id": T, "secret": CANARY, "more": 1},
    {"id": T, "secret": [CANARY]},
    {"id": T, "secret": {"value": CANARY}},
    {"id": T, "secret": "s", "createdAt": CANARY},
    {"id": {"x": CANARY}, "secret": "s"},
    {"id": T, "secret": "s", "idempotencyKey": [CANARY]},
    CANARY,
]


@pytest.mark.parametrize("input", MISFITS)
async def test_variables_that_do_not_fit_are_refused_without_an_echo(input: Any) -> None:
    desk = Desk()
    answer = await desk.ask(WHOLE, {"i": input})
    assert answer.data is None
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert CANARY not in json.dumps(answer.errors)
    assert all(error["message"].startswith("Variable '$i' has inv") for error in answer.errors)
    assert desk.changes.given == []


async def test_a_message_keeps_all_but_the_value() -> None:
    answer = await Desk().ask(WHOLE, {"i": {"secret": CANARY}})
    assert [error["message"] for error in answer.errors] == [
        "Variable '$i' has invalid value: Expected value of type 'RotateCredentialInput' to include"
        " required field 'id'."
    ]


def test_a_secret_is_never_shown_even_if_a_field_would_answer_one() -> None:
    shown: Any = CORE.type_map["Secret"]
    with pytest.raises(GraphQLError, match="never answered"):
        shown.serialize(Secret(CANARY))
    assert SCALARS[Secret].name == "Secret"
