"""The journal of writes: begun once, stepped only by who has them in hand, settled once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.failures import BadInput, Conflict, ErrorCode, NotFound
from gateway.domain.intents import (
    RESTING,
    SETTLED,
    Intent,
    IntentState,
    Problem,
    Subject,
    SubjectKind,
)
from gateway.domain.vendor import VendorName
from gateway.storage.sql import open_storage
from gateway.storage.steps import may_become
from gateway.storage.values import IntentFilter, LabelClient, NewIntent, Window

ALL = Window(first=100)
LOST = Problem(code=ErrorCode.OUTCOME_UNKNOWN, message="Lost.", vendor=VendorName.BRONTO)
S = IntentState
DOUBTS = {S.UNKNOWN, S.RECONCILING}


def new(key: str | None = None, operation: str = "createLink", **told: Any) -> NewIntent:
    given = {"caller": "ann", "fingerprint": "f", "arguments": b"{}", "key": key} | told
    return NewIntent(operation=operation, **given)


async def stored(tenant: Any, intent: Intent) -> Intent:
    found = await tenant.storage.intents(tenant.agency, [intent.id])
    return found[intent.id]


async def bring(tenant: Any, state: IntentState) -> Intent:
    """A new write, brought to a state by the steps that lead there."""
    storage, agency = tenant.storage, tenant.agency
    intent = await tenant.begin()
    hand = (agency, intent.id, intent.epoch)
    if state in (S.SENDING, S.ANSWERED, S.UNKNOWN, S.RECONCILING):
        await storage.sending(*hand)
    if state is S.ANSWERED:
        await storage.answered(*hand, b"sealed")
    if state in DOUBTS:
        await storage.doubt(*hand, state, LOST)
    if state in RESTING:
        await tenant.settle(intent, state=state)
    found = await stored(tenant, intent)
    assert found.state is state
    return found


def steps(tenant: Any, intent: Intent) -> dict[IntentState, Callable[[], Awaitable[Any]]]:
    """Every step that can be asked for, by the state that it leads to."""
    storage, hand = tenant.storage, (tenant.agency, intent.id, intent.epoch)
    return {
        S.SENDING: lambda: storage.sending(*hand),
        S.ANSWERED: lambda: storage.answered(*hand, b"sealed"),
        S.UNKNOWN: lambda: storage.doubt(*hand, S.UNKNOWN, LOST),
        S.RECONCILING: lambda: storage.doubt(*hand, S.RECONCILING, LOST),
        **{state: lambda state=state: tenant.settle(intent, state=state) for state in RESTING},
    }


# ── Beginning ─────────────────────────────────────────────────────────────────────────────────


async def test_a_new_write_is_pending_with_all_that_was_said_of_it(
    harbour: Any, noon: Any, later: Any
) -> None:
    asked = new("k", vendor=VendorName.BRONTO, account=harbour.bronto, arguments=b'{"a": 1}')
    intent, is_new = await harbour.storage.begin(
        harbour.agency, asked, at=noon, lease_until=later(1)
    )

    assert is_new
    assert intent == Intent(
        id=intent.id,
        agency=harbour.agency,
        operation="createLink",
        caller="ann",
        fingerprint="f",
        state=S.PENDING,
        arguments=b'{"a": 1}',
        created_at=noon,
        lease_until=later(1),
        vendor=VendorName.BRONTO,
        account=harbour.bronto,
        key="k",
    )
    assert await stored(harbour, intent) == intent
    assert await harbour.storage.keyed(harbour.agency, "createLink", "k") == intent


async def test_the_same_key_gives_the_same_write(harbour: Any, noon: Any, later: Any) -> None:
    storage, agency = harbour.storage, harbour.agency
    first = await harbour.begin("createLink", key="k")
    again, is_new = await storage.begin(
        agency, new("k", fingerprint="other"), at=later(9), lease_until=later(10)
    )

    assert (again, is_new) == (first, False)
    assert await storage.count_intents(agency, IntentFilter()) == 1


async def test_a_key_is_of_one_agency_and_one_operation(harbour: Any, meadow: Any) -> None:
    first = await harbour.begin("createLink", key="k")
    others = [
        await harbour.begin("createClient", key="k"),
        await meadow.begin("createLink", key="k"),
    ]

    assert first.id not in {other.id for other in others}
    assert await harbour.storage.keyed(harbour.agency, "createLink", "k") == first
    assert await harbour.storage.keyed(harbour.agency, "updateLink", "k") is None


async def test_writes_without_key_are_never_the_same(harbour: Any) -> None:
    assert (await harbour.begin()).id != (await harbour.begin()).id


async def test_of_many_who_begin_with_one_key_at_once_one_has_a_new_write(
    url: str, harbour: Any, noon: Any, later: Any
) -> None:
    other = await open_storage(url)
    try:
        begun = await asyncio.gather(
            *(
                storage.begin(harbour.agency, new("k"), at=noon, lease_until=later(1))
                for _ in range(8)
                for storage in (harbour.storage, other)
            )
        )
    finally:
        await other.close()

    assert sum(is_new for _, is_new in begun) == 1
    assert len({intent.id for intent, _ in begun}) == 1
    assert await harbour.storage.count_intents(harbour.agency, IntentFilter()) == 1


@pytest.mark.parametrize("key", ["", "  ", "k" * 256])
async def test_what_cannot_be_a_key_is_refused(
    harbour: Any, noon: Any, later: Any, key: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await harbour.storage.begin(harbour.agency, new(key), at=noon, lease_until=later(1))
    assert refused.value.field == ("idempotencyKey",)
    assert await harbour.storage.count_intents(harbour.agency, IntentFilter()) == 0


async def test_what_a_write_names_must_be_the_agencys(
    harbour: Any, meadow: Any, noon: Any, later: Any
) -> None:
    whole = await meadow.begin()
    for asked in (new(account=meadow.bronto), new(parent=whole.id), new(parent=2**63)):
        with pytest.raises(NotFound):
            await harbour.storage.begin(harbour.agency, asked, at=noon, lease_until=later(1))
    assert await harbour.storage.count_intents(harbour.agency, IntentFilter()) == 0


async def test_a_write_is_there_after_a_restart(url: str, harbour: Any) -> None:
    intent = await harbour.begin(key="k")
    await harbour.storage.sending(harbour.agency, intent.id, intent.epoch)
    await harbour.storage.close()

    again = await open_storage(url)
    found = await again.keyed(harbour.agency, "createClient", "k")
    await again.close()
    assert found is not None
    assert (found.id, found.state) == (intent.id, S.SENDING)


# ── Steps ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_write_goes_from_pending_over_its_sealed_answer_to_its_end(
    harbour: Any, later: Any
) -> None:
    storage, intent = harbour.storage, await harbour.begin()
    hand = (harbour.agency, intent.id, intent.epoch)
    await storage.sending(*hand)
    assert (await stored(harbour, intent)).state is S.SENDING
    await storage.answered(*hand, b"sealed \x00\xff")
    answered = await stored(harbour, intent)
    assert (answered.state, answered.answer) == (S.ANSWERED, b"sealed \x00\xff")

    result = Subject(SubjectKind.LINK, 7)
    done = await harbour.settle(
        intent, at=later(1), warnings=("Look again.",), problems=(LOST,), result=result
    )

    assert done == await stored(harbour, intent)
    assert (done.state, done.answer, done.settled_at) == (S.DONE, None, later(1))
    assert (done.result, done.warnings, done.problems) == (result, ("Look again.",), (LOST,))


async def test_a_call_that_is_sent_once_more_in_a_new_session_drops_the_first_answer(
    harbour: Any,
) -> None:
    intent = await bring(harbour, S.ANSWERED)
    await harbour.storage.sending(harbour.agency, intent.id, intent.epoch)
    again = await stored(harbour, intent)
    assert (again.state, again.answer) == (S.SENDING, None)


async def test_a_doubt_is_told_and_keeps_the_answer(harbour: Any) -> None:
    intent = await bring(harbour, S.ANSWERED)
    doubted = await harbour.storage.doubt(harbour.agency, intent.id, intent.epoch, S.UNKNOWN, LOST)
    assert doubted == await stored(harbour, intent)
    assert (doubted.state, doubted.problems, doubted.answer) == (S.UNKNOWN, (LOST,), b"sealed")


@pytest.mark.parametrize("before", S)
async def test_steps_that_cannot_follow_are_refused_and_change_nothing(
    harbour: Any, before: IntentState
) -> None:
    for after in (S.SENDING, S.ANSWERED, S.UNKNOWN, S.RECONCILING, *RESTING):
        intent = await bring(harbour, before)
        if before in may_become(after):
            await steps(harbour, intent)[after]()
            assert (await stored(harbour, intent)).state is after
        else:
            with pytest.raises(Conflict):
                await steps(harbour, intent)[after]()
            assert await stored(harbour, intent) == intent


async def test_who_has_lost_a_write_or_never_had_it_changes_nothing(
    harbour: Any, meadow: Any
) -> None:
    intent = await bring(harbour, S.SENDING)
    before = (await stored(harbour, intent), await harbour.storage.audit(harbour.agency, 99))
    strangers = [
        (harbour, Intent(**{**told(intent), "epoch": 2})),
        (harbour, Intent(**{**told(intent), "id": intent.id + 99})),
        (harbour, Intent(**{**told(intent), "id": 2**63})),
        (meadow, intent),
    ]
    for tenant, claimed in strangers:
        for step in steps(tenant, claimed).values():
            with pytest.raises(Conflict):
                await step()
        with pytest.raises(Conflict):
            await tenant.storage.withdraw(tenant.agency, claimed.id, claimed.epoch)

    after = (await stored(harbour, intent), await harbour.storage.audit(harbour.agency, 99))
    assert after == before


def told(intent: Intent) -> dict[str, Any]:
    return {name: getattr(intent, name) for name in intent.__struct_fields__}


async def test_what_a_person_has_to_settle_is_not_settled_yet(harbour: Any, later: Any) -> None:
    intent = await harbour.begin()
    flagged = await harbour.settle(intent, state=S.NEEDS_HUMAN, problems=(LOST,), at=later(1))
    assert (flagged.state, flagged.settled_at) == (S.NEEDS_HUMAN, None)

    failed = await harbour.settle(intent, state=S.FAILED, at=later(2))
    assert (failed.state, failed.settled_at, failed.problems) == (S.FAILED, later(2), ())


async def test_of_two_who_settle_at_once_one_does(harbour: Any) -> None:
    intent = await harbour.begin()
    ends = await asyncio.gather(
        *(harbour.settle(intent, state=state) for state in (S.DONE, S.FAILED)),
        return_exceptions=True,
    )
    settled = [end for end in ends if isinstance(end, Intent)]
    assert len(settled) == 1
    assert isinstance(next(end for end in ends if end not in settled), Conflict)
    assert await stored(harbour, intent) == settled[0]


@pytest.mark.parametrize("state", [state for state in S if state not in RESTING])
async def test_only_ends_settle(harbour: Any, state: IntentState) -> None:
    intent = await harbour.begin()
    with pytest.raises(ValueError, match="no end"):
        await harbour.settle(intent, state=state)


@pytest.mark.parametrize("state", [state for state in S if state not in DOUBTS])
async def test_only_doubts_doubt(harbour: Any, state: IntentState) -> None:
    intent = await harbour.begin()
    with pytest.raises(ValueError, match="no doubt"):
        await harbour.storage.doubt(harbour.agency, intent.id, 1, state, LOST)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_step_does_not_wait_for_those_who_write_the_agencys_ledger(harbour: Any) -> None:
    intent = await harbour.begin()
    hand = (harbour.agency, intent.id, intent.epoch)
    async with harbour.storage._database.write(harbour.agency), asyncio.timeout(2):
        await harbour.storage.sending(*hand)
        await harbour.storage.answered(*hand, b"sealed")
        found = await harbour.storage.intents(harbour.agency, [intent.id])
        assert found[intent.id].state is IntentState.ANSWERED


# ── Settling is one transaction ───────────────────────────────────────────────────────────────


async def test_every_end_leaves_an_audit_row(harbour: Any, later: Any) -> None:
    await harbour.tell(harbour.bronto, "b")
    client = await harbour.client_of("b")
    intent = await harbour.begin("updateClient", account=harbour.bronto)
    await harbour.settle(intent, LabelClient(client=client, label="acme"), at=later(3))

    row = (await harbour.storage.audit(harbour.agency, 1))[0]
    assert (row.actor, row.at, row.action) == ("ann", later(3), "updateClient")
    assert row.subject == f"intent:{intent.id}"
    assert row.detail == {
        "state": "DONE",
        "account": str(harbour.bronto),
        "result": f"client:{client}",
    }


async def test_the_result_is_what_is_said_or_else_what_the_first_change_made(
    harbour: Any,
) -> None:
    for name in ("a", "b"):
        await harbour.tell(harbour.bronto, name)
    first, second = await harbour.client_of("a"), await harbour.client_of("b")
    changes = [LabelClient(client=id, label=str(id)) for id in (first, second)]

    by_change = await harbour.settle(await harbour.begin(), *changes)
    assert by_change.result == Subject(SubjectKind.CLIENT, first)
    said = Subject(SubjectKind.RECORD, 3)
    assert (await harbour.settle(await harbour.begin(), *changes, result=said)).result == said
    assert (await harbour.settle(await harbour.begin())).result is None


async def test_a_change_that_is_refused_leaves_everything_as_it_was(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "a", "acme")
    await harbour.tell(harbour.bronto, "b")
    client = await harbour.client_of("b")
    intent = await bring(harbour, S.ANSWERED)
    trail = await harbour.storage.audit(harbour.agency, 99)
    changes = [LabelClient(client=client, label=label) for label in ("new", "acme")]

    with pytest.raises(Conflict):
        await harbour.settle(intent, *changes)

    assert await stored(harbour, intent) == intent
    assert await harbour.clients(label="new") == []
    assert await harbour.storage.audit(harbour.agency, 99) == trail


async def test_a_settled_write_changes_the_ledger_once_only(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "a")
    client = await harbour.client_of("a")
    intent = await harbour.begin()
    await harbour.settle(intent, LabelClient(client=client, label="acme"))
    with pytest.raises(Conflict):
        await harbour.settle(intent, LabelClient(client=client, label="late"))
    assert await harbour.clients(label="acme") == [["a"]]


# ── Withdrawing ───────────────────────────────────────────────────────────────────────────────


async def test_a_write_of_which_nothing_was_sent_can_be_withdrawn(harbour: Any) -> None:
    intent = await harbour.begin(key="k")
    await harbour.storage.withdraw(harbour.agency, intent.id, intent.epoch)
    assert await harbour.storage.intents(harbour.agency, [intent.id]) == {}
    assert (await harbour.begin(key="k")).id > intent.id


@pytest.mark.parametrize("state", [state for state in S if state is not S.PENDING])
async def test_a_write_that_went_on_stays(harbour: Any, state: IntentState) -> None:
    intent = await bring(harbour, state)
    with pytest.raises(Conflict):
        await harbour.storage.withdraw(harbour.agency, intent.id, intent.epoch)
    assert await stored(harbour, intent) == intent


async def test_a_write_with_parts_stays(harbour: Any) -> None:
    whole = await harbour.begin()
    part = await harbour.begin("updateRecord", parent=whole.id)
    with pytest.raises(Conflict):
        await harbour.storage.withdraw(harbour.agency, whole.id, whole.epoch)

    await harbour.storage.withdraw(harbour.agency, part.id, part.epoch)
    await harbour.storage.withdraw(harbour.agency, whole.id, whole.epoch)
    assert await harbour.storage.intents(harbour.agency, [whole.id, part.id]) == {}


# ── Reading ───────────────────────────────────────────────────────────────────────────────────


async def test_parts_come_with_their_whole_oldest_first(harbour: Any, meadow: Any) -> None:
    whole, other = await harbour.begin(), await harbour.begin()
    parts = [await harbour.begin("updateRecord", parent=whole.id) for _ in range(3)]

    asked = [whole.id, other.id, 2**63, -1]
    assert await harbour.storage.parts(harbour.agency, asked) == {whole.id: parts}
    assert await harbour.storage.parts(meadow.agency, asked) == {}
    assert await harbour.storage.intents(meadow.agency, [whole.id]) == {}


async def test_writes_are_listed_newest_first_and_without_parts(
    harbour: Any, meadow: Any, noon: Any, later: Any
) -> None:
    storage, agency = harbour.storage, harbour.agency
    begun = []
    for minute in range(5):
        asked = new(vendor=VendorName.BRONTO if minute % 2 else None)
        intent, _ = await storage.begin(
            agency, asked, at=later(minute), lease_until=later(minute + 1)
        )
        begun.append(intent)
    await harbour.begin("updateRecord", parent=begun[0].id)
    await meadow.begin()

    newest = [intent.id for intent in reversed(begun)]
    page = await storage.page_intents(agency, IntentFilter(), ALL)
    assert [intent.id for intent in page.items] == newest
    assert await storage.count_intents(agency, IntentFilter()) == 5

    first = await storage.page_intents(agency, IntentFilter(), Window(first=2))
    rest = await storage.page_intents(
        agency, IntentFilter(), Window(first=9, after=first.cursors[-1])
    )
    assert [each.id for page in (first, rest) for each in page.items] == newest
    assert (first.has_next, rest.has_next, rest.has_previous) == (True, False, True)


async def test_writes_are_found_by_vendor_and_state(harbour: Any) -> None:
    storage, agency = harbour.storage, harbour.agency
    mine = await harbour.begin(vendor=VendorName.BRONTO)
    flagged = await harbour.settle(await harbour.begin(), state=S.NEEDS_HUMAN)

    for filter, found in (
        (IntentFilter(vendors=(VendorName.BRONTO,)), [mine.id]),
        (IntentFilter(vendors=(VendorName.OWN,)), []),
        (IntentFilter(vendors=()), []),
        (IntentFilter(states=(S.NEEDS_HUMAN,)), [flagged.id]),
        (IntentFilter(states=tuple(SETTLED)), []),
        (IntentFilter(states=tuple(S)), [flagged.id, mine.id]),
    ):
        page = await storage.page_intents(agency, filter, ALL)
        assert sorted(each.id for each in page.items) == sorted(found)
        assert await storage.count_intents(agency, filter) == len(found)


async def test_the_journal_outlives_the_account(harbour: Any, noon: Any) -> None:
    intent = await harbour.begin(account=harbour.bronto, vendor=VendorName.BRONTO)
    await harbour.storage.remove_account(harbour.agency, harbour.bronto, actor="ops", at=noon)

    found = await stored(harbour, intent)
    assert (found.account, found.vendor, found.state) == (None, VendorName.BRONTO, S.PENDING)


async def test_the_numbers_of_withdrawn_writes_are_not_given_again(harbour: Any) -> None:
    first = await harbour.begin()
    await harbour.storage.withdraw(harbour.agency, first.id, first.epoch)
    assert (await harbour.begin()).id > first.id
    assert first.lease_until - first.created_at == timedelta(minutes=1)
