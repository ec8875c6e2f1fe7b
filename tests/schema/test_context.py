"""One request: the caller's agencies and no other, each with loaders of its own."""

import asyncio
from typing import Any

import pytest

from gateway.domain.caller import AgencyId, Caller, Scope
from gateway.domain.failures import BadInput, Failure, NotFound, Unavailable
from gateway.domain.vendor import VendorName
from gateway.schema.context import Asked, Context, find
from tests.directory.fakes import Hands, Watched, account, record

DOWN = Unavailable("The vendor is down.", vendor=VendorName.OWN, account=1)


class Roster:
    """One agency's rows by id."""

    def __init__(self, agency: int) -> None:
        self.agency = agency
        self.edges = self.following = self
        self.problems: list[Failure] = []
        self.asked: list[list[int]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        async def read(ids: list[int]) -> dict[int, str]:
            self.asked.append(list(ids))
            return {id: f"{self.agency}/{id}" for id in ids if id // 10 == self.agency}

        return read


class Directory:
    """Opens rosters, and counts."""

    def __init__(self) -> None:
        self.opened: list[Roster] = []
        self.clock = Hands().clock

    async def open(self, agency: AgencyId, inquiry: Any) -> Any:
        await asyncio.sleep(0)
        self.opened.append(Roster(agency))
        return self.opened[-1]


def context(*agencies: int) -> Context:
    caller = Caller("k", "key", tuple(map(AgencyId, agencies)), frozenset(Scope))
    directory: Any = Directory()
    inquiry = Watched(directory.clock).inquiry
    return Context(
        caller=caller,
        directory=directory,
        inquiry=inquiry,
        health=lambda _: None,  # type: ignore[arg-type,return-value]
        changes=None,  # type: ignore[arg-type]
        fingerprint=lambda _: "",
        asked=Asked(),
    )


async def test_the_agency_of_a_caller_of_one_need_not_be_named() -> None:
    ours = context(1)
    assert await ours.view() is await ours.view(AgencyId(1))


@pytest.mark.parametrize("agencies", [(), (1, 2)])
async def test_a_caller_of_several_names_one(agencies: tuple[int, ...]) -> None:
    with pytest.raises(BadInput) as caught:
        await context(*agencies).view()
    assert caught.value.field == ("id",)


async def test_another_agency_is_not_found_and_not_opened() -> None:
    ours = context(1, 2)
    with pytest.raises(NotFound):
        await ours.view(AgencyId(3))
    assert ours.directory.opened == []  # type: ignore[attr-defined]


async def test_a_roster_is_opened_once_however_many_ask_at_once() -> None:
    ours = context(1)
    views = await asyncio.gather(*(ours.view() for _ in range(10)))
    assert len(set(map(id, views))) == len(ours.directory.opened) == 1  # type: ignore[attr-defined]


async def test_an_object_is_looked_up_in_the_callers_agencies_only() -> None:
    ours = context(1, 2)
    found = await find(ours, 21, lambda view: view.clients_by_id)
    assert found.row == "2/21"
    assert found.view is await ours.view(AgencyId(2))
    with pytest.raises(NotFound):
        await find(ours, 31, lambda view: view.clients_by_id)


async def test_requests_share_no_loader() -> None:
    one, two = await context(1).view(), await context(1).view()
    assert one.clients_by_id is not two.clients_by_id
    await asyncio.gather(one.clients_by_id.load(11), two.clients_by_id.load(11))
    assert one.roster.asked == two.roster.asked == [[11]]  # type: ignore[attr-defined]


async def test_missing_lists_of_all_agencies_are_told() -> None:
    ours = context(1, 2)
    (await ours.view(AgencyId(2))).roster.problems.append(DOWN)
    await ours.view(AgencyId(1))
    assert ours.problems == (DOWN,)


async def test_after_a_write_everything_is_read_anew_and_no_problem_is_forgotten() -> None:
    ours = context(1)
    before = await ours.view()
    before.roster.problems.append(DOWN)
    await before.clients_by_id.load(11)

    ours.renew()

    after = await ours.view()
    assert after is not before
    await after.clients_by_id.load(11)
    assert after.roster.asked == [[11]]  # type: ignore[attr-defined]
    ours.renew()
    assert ours.problems == (DOWN,)


async def test_a_failure_is_raised_once_for_each_object() -> None:
    view = await context(1).view()
    rows = [record(id, account(1, VendorName.OWN, "app1")) for id in (1, 2)]
    for row in rows:
        with pytest.raises(Unavailable):
            view.refuse(row, DOWN)
        view.refuse(row, DOWN)
