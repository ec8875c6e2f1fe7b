"""Intents: the journal of writes as callers see it."""

import pytest

from gateway.domain.caller import Scope
from gateway.domain.failures import ErrorCode
from gateway.domain.intents import IntentState, Problem, Subject, SubjectKind
from gateway.domain.vendor import VendorName
from gateway.schema.enums import ShownState, shown
from gateway.storage.values import IntentFilter
from tests.schema.asking import FOREIGN, OURS, SISTER, Desk, id, intent

INTENT = id("I", OURS)
ALL = """query All($id: ID!) { intent(id: $id) {
  id operation vendor account { id } state createdAt settledAt error { code message }
  result { __typename id }
} }"""
RESULT = "query Result($id: ID!) { intent(id: $id) { id result { __typename id } } }"


def keep(desk: Desk, **fields: object) -> None:
    """This is the caller's intent."""
    desk.directory.rosters[1].rows["intents"][OURS] = intent(**fields)  # type: ignore[arg-type]


async def test_an_intent_tells_what_became_of_a_write() -> None:
    desk = Desk()
    problem = Problem(code=ErrorCode.OUTCOME_UNKNOWN, message="Look at the vendor.")
    keep(
        desk,
        state=IntentState.NEEDS_HUMAN,
        vendor=VendorName.AGENCYACCESS,
        account=OURS,
        problems=(problem, Problem(code=ErrorCode.INTERNAL, message="Another.")),
    )
    assert (await desk.ask(ALL, {"id": INTENT})).payload == {
        "id": INTENT,
        "operation": "createLink",
        "vendor": "AGENCYACCESS",
        "account": {"id": id("VA", OURS)},
        "state": "NEEDS_HUMAN",
        "createdAt": "2026-12-01T12:00:00.000Z",
        "settledAt": None,
        "error": {"code": "OUTCOME_UNKNOWN", "message": "Look at the vendor."},
        "result": None,
    }


async def test_an_intent_outlives_its_account() -> None:
    desk = Desk()
    keep(desk, account=OURS + 5)
    assert (await desk.ask(ALL, {"id": INTENT})).payload["account"] is None


@pytest.mark.parametrize("row", [FOREIGN, OURS + 5])
@pytest.mark.parametrize("way", ["intent", "node"])
async def test_an_intent_of_another_agency_is_not_found(row: int, way: str) -> None:
    answer = await Desk().ask(
        f"query Q($id: ID!) {{ {way}(id: $id) {{ id }} }}", {"id": id("I", row)}
    )
    assert answer.data == {way: None}
    assert answer.codes == ["NOT_FOUND"]


@pytest.mark.parametrize("row", [OURS, SISTER])
async def test_an_intent_of_any_of_the_callers_agencies_is_a_node_for_every_scope(row: int) -> None:
    desk = Desk(scopes=frozenset())
    document = "query Q($id: ID!) { node(id: $id) { ... on Intent { id state } } }"
    answer = await desk.ask(document, {"id": id("I", row)})
    assert answer.payload == {"id": id("I", row), "state": "DONE"}


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (SubjectKind.CLIENT, ("Client", "C")),
        (SubjectKind.RECORD, ("Client", "C")),
        (SubjectKind.LINK, ("Link", "L")),
        (SubjectKind.TOKEN, ("Token", "T")),
        (SubjectKind.JOB, ("Job", "J")),
    ],
)
async def test_its_result_is_the_object_and_of_a_record_the_client(
    kind: SubjectKind, shown: tuple[str, str]
) -> None:
    desk = Desk()
    keep(desk, result=Subject(kind, OURS))
    type_, prefix = shown
    result = (await desk.ask(RESULT, {"id": INTENT})).payload["result"]
    assert result == {"__typename": type_, "id": id(prefix, OURS)}


@pytest.mark.parametrize("kind", SubjectKind)
async def test_a_result_that_is_gone_is_null(kind: SubjectKind) -> None:
    desk = Desk()
    keep(desk, result=Subject(kind, OURS + 5))
    assert (await desk.ask(RESULT, {"id": INTENT})).payload["result"] is None


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (SubjectKind.CLIENT, Scope.CLIENTS_READ),
        (SubjectKind.RECORD, Scope.CLIENTS_READ),
        (SubjectKind.LINK, Scope.LINKS_READ),
        (SubjectKind.TOKEN, Scope.TOKENS_READ),
    ],
)
async def test_a_result_needs_the_scope_of_its_type(kind: SubjectKind, scope: Scope) -> None:
    for scopes, codes in (
        (frozenset(Scope) - ADMIN - WRITES - {scope}, ["FORBIDDEN"]),
        ({scope}, []),
    ):
        desk = Desk(scopes=frozenset(scopes))
        keep(desk, result=Subject(kind, OURS))
        answer = await desk.ask(RESULT, {"id": INTENT})
        assert answer.codes == codes
        assert (answer.data["intent"]["result"] is None) == bool(codes)


ADMIN = {Scope.AGENCIES_ADMIN}
WRITES = {Scope.CLIENTS_WRITE, Scope.LINKS_WRITE, Scope.TOKENS_WRITE}


def test_steps_that_mean_the_same_to_callers_are_one_state() -> None:
    assert {state: shown(state).name for state in IntentState} == {
        IntentState.PENDING: "PENDING",
        IntentState.SENDING: "PENDING",
        IntentState.ANSWERED: "PENDING",
        IntentState.UNKNOWN: "UNKNOWN",
        IntentState.RECONCILING: "UNKNOWN",
        IntentState.DONE: "DONE",
        IntentState.FAILED: "FAILED",
        IntentState.NEEDS_HUMAN: "NEEDS_HUMAN",
    }
    assert {shown(state) for state in IntentState} == set(ShownState)


# ── The inbox ─────────────────────────────────────────────────────────────────────────────────

INBOX = """query Inbox($filter: IntentFilter) { agency { id intents(filter: $filter) {
  nodes { id } totalCount edges { cursor node { id } } pageInfo { hasNextPage }
} } }"""


async def test_the_journal_is_paged_for_administrators() -> None:
    answer = await Desk(agencies=(1,)).ask(INBOX)
    page = answer.payload["intents"]
    assert [node["id"] for node in page["nodes"]] == [INTENT, id("I", OURS + 1)]
    assert page["totalCount"] == 2


async def test_nobody_else_reads_the_journal() -> None:
    desk = Desk(agencies=(1,), scopes=frozenset(Scope) - ADMIN)
    answer = await desk.ask(INBOX)
    assert answer.data["agency"] == {"id": id("A", 1), "intents": None}
    assert answer.codes == ["FORBIDDEN"]
    assert desk.directory.rosters[1].wanted == []


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, IntentFilter()),
        ({}, IntentFilter()),
        ({"vendors": ["OWN"]}, IntentFilter(vendors=(VendorName.OWN,))),
        ({"vendors": [], "states": []}, IntentFilter(vendors=(), states=())),
        (
            {"states": ["NEEDS_HUMAN", "UNKNOWN"]},
            IntentFilter(
                states=(IntentState.UNKNOWN, IntentState.RECONCILING, IntentState.NEEDS_HUMAN)
            ),
        ),
        (
            {"states": ["PENDING"]},
            IntentFilter(states=(IntentState.PENDING, IntentState.SENDING, IntentState.ANSWERED)),
        ),
    ],
)
async def test_a_state_that_is_asked_for_means_all_its_steps(
    asked: object, wanted: IntentFilter
) -> None:
    desk = Desk(agencies=(1,))
    await desk.ask(INBOX, {"filter": asked})
    assert desk.directory.rosters[1].wanted == [wanted]
