"""One flight for all who ask the same at the same time."""

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock, Deadline
from gateway.domain.events import FlightJoined
from gateway.domain.failures import DeadlineExceeded, Unavailable
from gateway.domain.model import VendorAccount
from gateway.domain.vendor import VendorName
from gateway.upstream.coalesce import Coalesce, Flights
from gateway.upstream.deadline import NoAnswer
from gateway.upstream.exchange import Call, Origin, Reply
from gateway.upstream.keys import Keys
from gateway.upstream.laws import Laws
from gateway.upstream.store import MemoryStore


def due_in(seconds: float) -> Call:
    """The least that a flight needs of a call: its deadline."""
    laws = Laws(vendor=VendorName.OWN, hosts={}, schemes={}, classify=lambda call, reply: None)
    origin = Origin(
        account=VendorAccount(id=1, agency=AgencyId(1), vendor=VendorName.OWN, name="Harbour"),
        laws=laws,
        hosts={},
        deadline=Deadline(Clock().monotonic() + seconds),
        request_id="r1",
        observe=lambda event: None,
    )
    return Call(operation="things/get", slot="key", origin=origin)


class Air:
    """Flights, the policy over them, and a vendor that lands when told."""

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.flights = Flights(kit.clock)
        self.policy = Coalesce(self.flights, MemoryStore(kit.clock), Keys(b"secret"))
        self.landing = asyncio.Event()
        self.calls: list[Call] = []
        self.cancelled = 0

    async def vendor(self, call: Call) -> Reply:
        self.calls.append(call)
        try:
            await self.landing.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        answer: Reply = self.kit.reply(200)
        return answer

    def ask(self, call: Call | None = None) -> "asyncio.Task[Reply]":
        call = call or self.kit.desk.call()
        return asyncio.create_task(self._ask(call))

    async def _ask(self, call: Call) -> Reply:
        return await self.policy(call, self.vendor)


@pytest.fixture
def air(real_kit: Any) -> Air:
    return Air(real_kit)


async def test_a_flight_that_ends_at_the_deadline_tells_its_own_end(air: Air) -> None:
    """Not cancelled by who waits a microsecond less: then the breaker would learn of no silence."""
    call = due_in(0.1)

    async def silent() -> None:
        await asyncio.sleep(call.bound.deadline.remaining(air.kit.clock) + 0.001)
        raise NoAnswer("The vendor's answer did not come in time.")

    with pytest.raises(NoAnswer):
        await air.flights.fly("key", call, silent)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_twenty_who_ask_at_once_cost_one_call(air: Air) -> None:
    tasks = [air.ask() for _ in range(20)]
    await settle()
    air.landing.set()
    replies = await asyncio.gather(*tasks)
    assert len(air.calls) == 1
    assert len({id(reply) for reply in replies}) == 1
    assert len(air.kit.desk.told(FlightJoined)) == 19


async def test_two_agencies_never_share_a_flight(air: Air) -> None:
    tasks = [
        air.ask(air.kit.desk.of(account=air.kit.account(agency=agency)).call()) for agency in (1, 2)
    ]
    await settle()
    air.landing.set()
    await asyncio.gather(*tasks)
    assert len(air.calls) == 2


async def test_writes_are_never_shared(air: Air) -> None:
    tasks = [air.ask(air.kit.desk.call(safe=False)) for _ in range(3)]
    await settle()
    air.landing.set()
    await asyncio.gather(*tasks)
    assert len(air.calls) == 3


async def test_the_one_who_began_may_leave_and_the_others_still_get_the_answer(air: Air) -> None:
    """A naive single flight dies with its leader."""
    leader, follower = air.ask(), air.ask()
    await settle()
    leader.cancel()
    await settle()
    air.landing.set()
    assert (await follower).status == 200
    assert len(air.calls) == 1
    with pytest.raises(asyncio.CancelledError):
        await leader


async def test_when_the_last_one_leaves_the_flight_ends(air: Air) -> None:
    tasks = [air.ask() for _ in range(3)]
    await settle()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await settle()
    assert air.cancelled == 1
    air.landing.set()
    assert (await air.ask()).status == 200
    assert len(air.calls) == 2


async def test_who_comes_when_the_last_one_has_left_does_not_join_what_is_ending(air: Air) -> None:
    first = air.ask()
    await settle()
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    second = air.ask()
    air.landing.set()
    assert (await second).status == 200


async def test_a_follower_with_time_left_goes_on_when_the_leader_had_too_little(air: Air) -> None:
    async def in_time(call: Call) -> Reply:
        air.calls.append(call)
        remaining = call.bound.deadline.remaining(air.kit.clock)
        if remaining < 1:
            await asyncio.sleep(remaining)
            raise DeadlineExceeded("Too little.")
        answer: Reply = air.kit.reply(200)
        return answer

    leader = asyncio.ensure_future(air.policy(air.kit.desk.call(seconds=0.1), in_time))
    await settle()
    followers = [
        asyncio.ensure_future(air.policy(air.kit.desk.call(seconds=5), in_time)) for _ in range(5)
    ]
    assert {reply.status for reply in await asyncio.gather(*followers)} == {200}
    with pytest.raises(DeadlineExceeded):
        await leader
    assert len(air.calls) == 2


async def test_a_follower_s_own_deadline_ends_its_waiting_and_not_the_flight(air: Air) -> None:
    leader = air.ask()
    await settle()
    with pytest.raises(DeadlineExceeded) as caught:
        await air.ask(air.kit.desk.call(seconds=0.05))
    assert caught.value.vendor is air.kit.laws.vendor
    air.landing.set()
    assert (await leader).status == 200
    assert (len(air.calls), air.cancelled) == (1, 0)


async def test_a_failure_is_for_those_who_wait_and_for_nobody_later(air: Air) -> None:
    """cachebox#57, aiocache#389, #393: a failure was kept, or handed on to newcomers."""
    failing = True

    async def vendor(call: Call) -> Reply:
        air.calls.append(call)
        await asyncio.sleep(0)
        if failing:
            raise Unavailable("Down.")
        answer: Reply = air.kit.reply(200)
        return answer

    tasks = [asyncio.ensure_future(air.policy(air.kit.desk.call(), vendor)) for _ in range(4)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4
    assert len({id(outcome) for outcome in outcomes}) == 4
    failing = False
    assert (await air.policy(air.kit.desk.call(), vendor)).status == 200
    assert len(air.calls) == 2


async def test_closing_ends_every_flight_and_leaves_no_task_behind(air: Air) -> None:
    tasks = [air.ask(air.kit.desk.call(path=f"/{number}")) for number in range(3)]
    await settle()
    await air.flights.close()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert air.cancelled == 3
    assert asyncio.all_tasks() == {asyncio.current_task()}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["ask", "leave", "tick", "land", "fail"]), max_size=40))
def test_in_any_order_of_events_there_is_one_call_at_a_time_and_nobody_hangs(
    steps: list[str],
) -> None:
    """Whoever stays gets an outcome; at most one call is under way; in the end nothing is left."""

    async def run() -> None:
        flights = Flights(Clock())
        under_way = most = 0
        landing: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def work() -> int:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            try:
                return await asyncio.shield(landing)
            finally:
                under_way -= 1

        call = due_in(5)
        tasks: list[asyncio.Task[int]] = []
        for step in steps:
            match step:
                case "ask":
                    tasks.append(asyncio.create_task(flights.fly("key", call, work)))
                case "leave" if tasks:
                    tasks[len(tasks) // 2].cancel()
                case "land" if not landing.done():
                    landing.set_result(1)
                case "fail" if not landing.done():
                    landing.set_exception(Unavailable("Down."))
                case _:
                    await asyncio.sleep(0)
        await asyncio.sleep(0)
        if not landing.done():
            landing.set_result(1)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(
            outcome == 1 or isinstance(outcome, asyncio.CancelledError | Unavailable)
            for outcome in outcomes
        )
        with contextlib.suppress(Unavailable):
            await landing
        await flights.close()
        assert most <= 2  # one that is ending, as its last waiter left, and one anew
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
