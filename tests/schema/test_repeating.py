"""What makes a write repeatable: its key, and the digest by which a repeat is told from another."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.changes import Outcome
from gateway.domain.intents import Subject, SubjectKind
from gateway.schema.mutations.clients import CreateClientInput, PurgeClientInput
from gateway.schema.mutations.fingerprint import canonical
from tests.schema.asking import FOREIGN, OURS, SISTER, Desk, id

C, T, VA = id("C", OURS), id("T", OURS), id("VA", OURS)
TWO = f"""mutation Two {{
  a: revokeToken(input: {{ id: "{T}", idempotencyKey: "own" }}) {{ userErrors {{ code }} }}
  ...B
}}
mutation One {{ revokeToken(input: {{ id: "{T}" }}) {{ userErrors {{ code }} }} __typename }}
mutation Same {{
  revokeToken(input: {{ id: "{T}" }}) {{ userErrors {{ code }} }}
  ... on Mutation {{ revokeToken(input: {{ id: "{T}" }}) {{ warnings }} }}
}}
fragment B on Mutation {{
  b: revokeToken(input: {{ id: "{T}" }}) {{ userErrors {{ code }} }}
}}"""


def key_of(desk: Desk) -> str | None:
    (given,) = desk.changes.given
    return given.writing.key


# ── The key ───────────────────────────────────────────────────────────────────────────────────


async def test_a_write_without_a_key_has_none() -> None:
    desk = Desk()
    await desk.mutate("revokeToken", id=T, idempotencyKey=None)
    assert key_of(desk) is None


async def test_the_header_is_the_key_of_the_only_mutation() -> None:
    desk = Desk(header="from the header")
    await desk.mutate("revokeToken", id=T)
    assert key_of(desk) == "from the header"


async def test_the_inputs_own_key_wins() -> None:
    desk = Desk(header="from the header")
    await desk.mutate("revokeToken", id=T, idempotencyKey="own")
    assert key_of(desk) == "own"


@pytest.mark.parametrize("operation", ["One", "Same"])
async def test_what_is_asked_under_one_name_is_one_mutation(operation: str) -> None:
    desk = Desk(header="h")
    answer = await desk.ask(TWO, operation=operation)
    assert answer.errors == []
    assert key_of(desk) == "h"


async def test_the_header_goes_with_one_mutation_and_none_of_several_is_written() -> None:
    desk = Desk(header="h")
    answer = await desk.ask(TWO, operation="Two")
    assert answer.data == {"a": None, "b": None}
    assert answer.codes == ["BAD_USER_INPUT", "BAD_USER_INPUT"]
    assert {tuple(error["extensions"]["field"]) for error in answer.errors} == {
        ("Idempotency-Key",)
    }
    assert desk.changes.given == []


async def test_without_the_header_several_mutations_are_written() -> None:
    desk = Desk()
    await desk.ask(TWO, operation="Two")
    assert [given.writing.key for given in desk.changes.given] == ["own", None]


async def test_a_query_does_not_mind_the_header() -> None:
    answer = await Desk(header="").ask("{ a: viewer { name } b: viewer { name } }")
    assert answer.errors == []


@pytest.mark.parametrize("key", ["", "x" * 256, "a\n", "\x7f", "é", "\ud800"])
@pytest.mark.parametrize("by_header", [True, False])
async def test_a_key_is_1_to_255_printable_ascii_characters(key: str, by_header: bool) -> None:
    desk = Desk(header=key if by_header else None)
    payload = await desk.mutate(
        "revokeToken", id=T, **({} if by_header else {"idempotencyKey": key})
    )
    assert payload["userErrors"] == [
        {"code": "BAD_USER_INPUT", "field": ["input", "idempotencyKey"]}
    ]
    assert desk.changes.given == []


@pytest.mark.parametrize("key", ["x", "x" * 255, "a b~!"])
async def test_any_other_key_is_taken(key: str) -> None:
    desk = Desk()
    await desk.mutate("revokeToken", id=T, idempotencyKey=key)
    assert key_of(desk) == key


# ── A client that the write itself has erased ─────────────────────────────────────────────────


async def test_a_purge_that_is_said_again_reaches_the_journal_though_the_client_is_gone() -> None:
    desk = Desk(agencies=(1,))
    gone = Subject(SubjectKind.CLIENT, OURS + 5)
    desk.changes.outcomes = [Outcome(result=gone)]
    id_ = id("C", OURS + 5)
    payload = await desk.mutate("purgeClient", "purgedClientId", id=id_, idempotencyKey="k")
    assert payload == {"purgedClientId": id_}
    assert desk.changes.given[0].writing.agency == 1


@pytest.mark.parametrize(
    ("agencies", "row", "key"),
    [((1,), OURS + 5, None), ((1, 2), OURS + 5, "k"), ((1,), None, "k")],
)
async def test_without_key_or_plain_agency_what_is_gone_is_not_found(
    agencies: tuple[int, ...], row: int | None, key: str | None
) -> None:
    desk = Desk(agencies=agencies)
    id_ = "nonsense" if row is None else id("C", row)
    payload = await desk.mutate("purgeClient", id=id_, idempotencyKey=key)
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", "id"]}]
    assert desk.changes.given == []


@pytest.mark.parametrize("row", [SISTER, FOREIGN])
async def test_a_purge_of_anothers_client_stays_in_the_callers_agency(row: int) -> None:
    desk = Desk(agencies=(1,))
    await desk.mutate("purgeClient", id=id("C", row), idempotencyKey="k")
    assert [given.writing.agency for given in desk.changes.given] == [1]
    assert desk.directory.opened == [1, 1]


# ── The digest ────────────────────────────────────────────────────────────────────────────────


async def digested(name: str, /, **input: Any) -> bytes:
    desk = Desk()
    await desk.mutate(name, **input)
    (text,) = desk.digested
    return text


async def test_what_is_digested_is_the_operation_and_its_input_without_the_key() -> None:
    text = await digested("revokeToken", id=T, idempotencyKey="k")
    assert json.loads(text) == ["revokeToken", {"id": T, "revoked_in_dashboard": False}]


async def test_defaults_that_are_spelled_out_change_nothing() -> None:
    short = await digested("revokeToken", id=T)
    assert short == await digested("revokeToken", id=T, revokedInDashboard=False)
    assert short != await digested("revokeToken", id=T, revokedInDashboard=True)


async def test_null_is_not_the_same_as_nothing() -> None:
    assert await digested("updateClient", id=C) != await digested("updateClient", id=C, name=None)


async def test_another_secret_is_another_write() -> None:
    one = await digested("rotateCredential", id=T, secret="first")
    assert one != await digested("rotateCredential", id=T, secret="second")
    assert b"first" in one


async def test_days_moments_and_words_are_digested() -> None:
    source = {"activity": {"from": "2026-11-09", "activityTypes": ["PET"]}}
    text = await digested("startExport", recordId=id("R", OURS), source=source)
    assert b'"from_":"2026-11-09"' in text
    made = "2026-11-02T10:00:00+01:00"
    text = await digested("registerToken", accountId=VA, kind="USER", createdAt=made)
    assert b'"created_at":"2026-11-02T09:00:00+00:00"' in text
    assert b'"kind":"USER"' in text


async def test_the_same_input_under_another_mutation_is_another_write() -> None:
    assert await digested("purgeClient", id=C) != await digested("updateClient", id=C)


texts = st.text(max_size=5)


@given(st.tuples(texts, texts), st.tuples(texts, texts))
def test_two_inputs_have_the_same_bytes_only_when_they_are_the_same(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    def text(name: str, label: str) -> bytes:
        return canonical("createClient", CreateClientInput(account_id="a", name=name, label=label))  # type: ignore[arg-type,call-arg]

    assert (text(*one) == text(*other)) == (one == other)


@given(texts, st.none() | texts)
def test_the_key_is_no_part_of_the_bytes(client: str, key: str | None) -> None:
    bare = canonical("purgeClient", PurgeClientInput(id=client))  # type: ignore[arg-type,call-arg]
    assert canonical("purgeClient", PurgeClientInput(id=client, idempotency_key=key)) == bare  # type: ignore[arg-type]
