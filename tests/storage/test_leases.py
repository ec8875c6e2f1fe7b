"""Work handed from one process to another: each piece is in one pair of hands."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from gateway.domain.failures import Conflict, ErrorCode
from gateway.domain.intents import RESTING, IntentState, Problem
from gateway.storage.port import Storage
from gateway.storage.sql import open_storage

S = IntentState


@pytest.fixture
async def other(url: str) -> AsyncIterator[Storage]:
    """Another process."""
    opened = await open_storage(url)
    yield opened
    await opened.close()


# ── Orphans ───────────────────────────────────────────────────────────────────────────────────


async def test_a_write_whose_lease_has_run_out_is_taken_over(harbour: Any, later: Any) -> None:
    intent = await harbour.begin()
    storage = harbour.storage
    assert await storage.orphans(now=later(0.9), lease_until=later(9), most=9) == ()

    (taken,) = await storage.orphans(now=later(1), lease_until=later(9), most=9)
    assert (taken.id, taken.state, taken.epoch) == (intent.id, S.PENDING, intent.epoch + 1)
    assert taken.lease_until == later(9)
    assert await storage.orphans(now=later(2), lease_until=later(9), most=9) == ()
    (again,) = await storage.orphans(now=later(9), lease_until=later(20), most=9)
    assert again.epoch == 3


async def test_the_late_word_of_the_one_before_is_refused(harbour: Any, later: Any) -> None:
    intent = await harbour.begin()
    (taken,) = await harbour.storage.orphans(now=later(1), lease_until=later(9), most=9)

    with pytest.raises(Conflict):
        await harbour.storage.sending(harbour.agency, intent.id, intent.epoch)
    with pytest.raises(Conflict):
        await harbour.settle(intent)
    assert (await harbour.settle(taken)).state is S.DONE


@pytest.mark.parametrize("state", [state for state in S if state in RESTING])
async def test_what_rests_is_nobodys_to_take(harbour: Any, later: Any, state: IntentState) -> None:
    await harbour.settle(await harbour.begin(), state=state)
    assert await harbour.storage.orphans(now=later(99), lease_until=later(100), most=9) == ()


async def test_every_unfinished_state_is_taken_over(harbour: Any, later: Any) -> None:
    storage, agency = harbour.storage, harbour.agency
    lost = Problem(code=ErrorCode.OUTCOME_UNKNOWN, message="Lost.")
    pending, sending, answered, unknown, reconciling = [await harbour.begin() for _ in range(5)]
    for intent in (sending, answered):
        await storage.sending(agency, intent.id, 1)
    await storage.answered(agency, answered.id, 1, b"sealed")
    await storage.doubt(agency, unknown.id, 1, S.UNKNOWN, lost)
    await storage.doubt(agency, reconciling.id, 1, S.RECONCILING, lost)

    taken = await storage.orphans(now=later(1), lease_until=later(9), most=9)
    assert [(each.id, each.state) for each in taken] == [
        (pending.id, S.PENDING),
        (sending.id, S.SENDING),
        (answered.id, S.ANSWERED),
        (unknown.id, S.UNKNOWN),
        (reconciling.id, S.RECONCILING),
    ]
    assert taken[2].answer == b"sealed"


async def test_orphans_of_all_agencies_come_oldest_first_and_no_more_than_asked(
    harbour: Any, meadow: Any, later: Any
) -> None:
    begun = [await tenant.begin() for _ in range(3) for tenant in (harbour, meadow)]
    found = [
        await harbour.storage.orphans(now=later(1), lease_until=later(9), most=most)
        for most in (4, 0, 4)
    ]
    assert [[each.id for each in some] for some in found] == [
        [each.id for each in begun[:4]],
        [],
        [each.id for each in begun[4:]],
    ]
    assert {each.agency for each in found[0]} == {harbour.agency, meadow.agency}


async def test_a_whole_and_its_parts_are_taken_over(harbour: Any, later: Any) -> None:
    whole = await harbour.begin()
    part = await harbour.begin("updateRecord", parent=whole.id)
    await harbour.settle(await harbour.begin("updateRecord", parent=whole.id))

    taken = await harbour.storage.orphans(now=later(1), lease_until=later(9), most=9)
    assert [each.id for each in taken] == [whole.id, part.id]


async def test_of_two_processes_that_look_at_once_each_write_goes_to_one(
    harbour: Any, other: Storage, later: Any
) -> None:
    begun = {(await harbour.begin()).id for _ in range(12)}
    looks = await asyncio.gather(
        *(
            storage.orphans(now=later(1), lease_until=later(9), most=5)
            for _ in range(4)
            for storage in (harbour.storage, other)
        )
    )

    taken = [each for look in looks for each in look]
    assert len(taken) == len({each.id for each in taken})
    assert {each.id for each in taken} <= begun
    assert {each.epoch for each in taken} == {2}
    rest = await harbour.storage.orphans(now=later(1), lease_until=later(9), most=99)
    assert {each.id for each in (*taken, *rest)} == begun


async def test_a_write_is_settled_or_taken_over_but_never_both(
    harbour: Any, other: Storage, later: Any
) -> None:
    begun = [await harbour.begin() for _ in range(8)]
    taken, *ends = await asyncio.gather(
        other.orphans(now=later(1), lease_until=later(9), most=99),
        *(harbour.settle(intent) for intent in begun),
        return_exceptions=True,
    )

    assert isinstance(taken, tuple)
    lost = {intent.id for intent, end in zip(begun, ends, strict=True) if isinstance(end, Conflict)}
    # PostgreSQL skips the one that is being settled.
    assert lost == {each.id for each in taken}
    found = await harbour.storage.intents(harbour.agency, [intent.id for intent in begun])
    assert {id for id, intent in found.items() if intent.state is S.PENDING} == lost


# ── Leading ───────────────────────────────────────────────────────────────────────────────────


async def test_one_leads_until_its_time_is_over(storage: Storage, later: Any) -> None:
    async def leads(holder: str, now: datetime, until: datetime) -> bool:
        return await storage.lead("recovery", holder, now=now, until=until)

    assert await leads("a", later(0), later(2))
    assert not await leads("b", later(1), later(3))
    assert await leads("a", later(1), later(4))
    assert not await leads("b", later(3), later(5))
    assert await leads("b", later(4), later(6))
    assert not await leads("a", later(5), later(7))


async def test_works_have_leaders_of_their_own(storage: Storage, later: Any) -> None:
    assert await storage.lead("recovery", "a", now=later(0), until=later(2))
    assert await storage.lead("reminders", "b", now=later(0), until=later(2))


async def test_of_many_who_want_to_lead_one_does(
    storage: Storage, other: Storage, later: Any
) -> None:
    for turn in range(0, 9, 3):
        led = await asyncio.gather(
            *(
                each.lead("recovery", f"{number}", now=later(turn), until=later(turn + 3))
                for number, each in enumerate([storage, other] * 4)
            )
        )
        assert sum(led) == 1
