"""What stock GraphQL servers are scanned for (graphql-cop 1.15), asked of the production face."""

import json
from typing import Any

import pytest

from gateway.config import Profile
from gateway.web.app import face
from tests.conftest import Open

HOSTILE = (
    "{ __schema { types { name } } }",
    '{ __type(name: "Client") { name } }',
    "query A { ...f } fragment f on Query { ...f }",
    " ".join(
        [
            "query A { ...f0 }",
            *(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40)),
            "fragment f40 on Query { __typename }",
        ]
    ),
    " ".join(
        [
            "query A { ...f0 }",
            *(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(900)),
            "fragment f900 on Query { __typename }",
        ]
    ),
    "{ " + "agency { " * 2_000 + "id" + " }" * 2_001,
    "{ agency(id: " + "[" * 2_000 + "]" * 2_000 + ") { id } }",
    "{ " + " ".join(f"clients(first: {n}) {{ totalCount }}" for n in range(300)) + " }",
    "{ " + " ".join(f"a{n}: __typename" for n in range(2_001)) + " }",
    "# " + "a" * 100_000 + "\n{ __typename }",
    "mutation { add }",
    "subscription { told }",
)


async def test_a_hostile_document_is_refused_with_few_words(open_gateway: Open) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        for document in HOSTILE:
            answer = await gateway.query(document)
            assert "data" not in answer.body, document[:60]
            assert set(answer.codes) == {"DOCUMENT_REFUSED"}
            assert len(json.dumps(answer.body)) < 4_000


@pytest.mark.parametrize(
    "document",
    [
        "{ clientz { nodes { id } } }",
        "{ clients(frst: 1) { totalCount } }",
        "{ vendor(name: OWM) { name } }",
    ],
)
async def test_no_name_of_the_schema_is_suggested(open_gateway: Open, document: str) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        answer = await gateway.query(document)

    assert "Did you mean" not in json.dumps(answer.body)


async def test_ten_wrong_directives_are_not_answered_by_ten_errors(open_gateway: Open) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        answer = await gateway.query("{ __typename " + "@aa" * 10 + " }")

    assert 0 < len(answer.errors) < 10


async def test_several_questions_in_one_body_are_refused_and_no_trace_is_told(
    open_gateway: Open,
) -> None:
    async with open_gateway(face=face(Profile.PRODUCTION)) as gateway:
        batch: list[dict[str, Any]] = [{"query": "{ __typename }"}] * 10
        signed = {
            "X-API-Key": gateway.keys["Harbour"],
            "Accept": "application/graphql-response+json",
        }
        async with gateway.sandbox.http.post(
            f"{gateway.url}graphql", json=batch, headers=signed
        ) as got:
            assert got.status == 400
        answer = await gateway.query("{ __typename }")

    assert answer.body == {"data": {"__typename": "Query"}, "extensions": {"vendors": {}}}
