"""Root reads of one agency: lists brought up to date once an inquiry, then pages of the ledger."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.background import Spawn
from gateway.contract import ListedClient
from gateway.directory.learning import Learner
from gateway.directory.listing import Lister
from gateway.directory.roster import Directory, Roster
from gateway.domain.caller import AgencyId
from gateway.domain.failures import Failure, NotFound, Unavailable
from gateway.domain.model import ClientValues, TokenFacts, TokenKind
from gateway.domain.vendor import VendorName
from gateway.storage.port import Storage
from gateway.storage.values import (
    ClientFilter,
    ClientOrder,
    LinkFilter,
    NewAccount,
    TokenFilter,
    Window,
)
from tests.directory.fakes import HARBOUR, NOON, Hands, Script, Watched, answering, failing, live

MEADOW = AgencyId(2)
DOWN = Unavailable("The vendor is down.", vendor=VendorName.BRONTO, account=1)
ALL = Window(first=100)


@dataclass
class Scene:
    """A directory over real storage and scripted vendors; Harbour has Bronto and Own."""

    storage: Storage
    directory: Directory
    script: Script
    hands: Hands
    ids: dict[str, int] = field(default_factory=dict)

    async def open(self, agency: AgencyId = HARBOUR) -> Roster:
        return await self.directory.open(agency, Watched(self.hands.clock).inquiry)

    def lists(self, **clients: tuple[str, ...]) -> None:
        """What each vendor lists from now on."""
        for name, ids in clients.items():
            listed = tuple(ListedClient(id, ClientValues(name=id)) for id in ids)
            region = "app1" if name == "OWN" else ""
            read = answering({region: live(listed, self.hands.now())})
            self.script.play(VendorName[name], list_clients=read)


@pytest.fixture
async def scene(storage: Storage, hands: Hands, spawn: Spawn) -> Scene:
    script = Script()
    connector = script.connector(hands.clock)
    lister = Lister(
        ledger=storage,
        connector=connector,
        clock=hands.clock,
        spawn=spawn,
        unobserved=lambda request_id: Watched(hands.clock).inquiry,
        patience=10.0,
    )
    directory = Directory(
        storage=storage,
        connector=connector,
        lister=lister,
        learner=Learner(storage, hands.clock),
        clock=hands.clock,
    )
    scene = Scene(storage, directory, script, hands)
    for agency, vendor, regions in (
        (HARBOUR, VendorName.BRONTO, ()),
        (HARBOUR, VendorName.OWN, ("app1",)),
        (MEADOW, VendorName.BRONTO, ()),
    ):
        new = NewAccount(vendor=vendor, name="Main", regions=regions, options={})
        added = await storage.add_account(agency, new, actor="test", at=NOON)
        scene.ids[f"{agency}/{vendor.value}"] = added.id
    return scene


Read = Callable[[Roster], Awaitable[Any]]


async def names(roster: Roster, filter: ClientFilter | None = None) -> list[str]:
    page = await roster.page_clients(filter or ClientFilter(), ClientOrder.NAME_ASC, ALL)
    return [record.vendor_id for client in page.items for record in client.records]


async def test_a_first_query_shows_what_vendors_list(scene: Scene) -> None:
    scene.lists(BRONTO=("b1", "b2"), OWN=("app1/1",))
    roster = await scene.open()
    assert sorted(await names(roster)) == ["app1/1", "b1", "b2"]
    assert await roster.count_clients(ClientFilter()) == 3
    assert sorted(operation for _, operation, *_ in scene.script.calls) == ["list_clients"] * 2
    assert roster.problems == []


async def test_lists_are_asked_for_once_an_inquiry_however_many_fields_need_them(
    scene: Scene,
) -> None:
    scene.lists(BRONTO=("b1",), OWN=())
    roster = await scene.open()
    await asyncio.gather(names(roster), names(roster), roster.count_clients(ClientFilter()))
    assert len(scene.script.calls) == 2


async def test_lists_that_the_filter_cannot_match_are_spared(scene: Scene) -> None:
    scene.lists(BRONTO=("b1",), OWN=("app1/1",))
    roster = await scene.open()
    filter = ClientFilter(vendors=(VendorName.BRONTO,))
    assert await names(roster, filter) == ["b1"]
    assert [vendor for vendor, *_ in scene.script.calls] == [VendorName.BRONTO]
    own = scene.ids["1/own"]
    assert await names(roster, ClientFilter(account=own)) == ["app1/1"]
    assert [vendor for vendor, *_ in scene.script.calls] == [VendorName.BRONTO, VendorName.OWN]
    assert await names(roster, ClientFilter(vendors=())) == []
    assert len(scene.script.calls) == 2


async def test_a_vendor_that_never_listed_and_fails_is_a_problem_and_the_rest_is_there(
    scene: Scene,
) -> None:
    scene.lists(OWN=("app1/1",))
    scene.script.play(VendorName.BRONTO, list_clients=failing(DOWN))
    roster = await scene.open()
    assert await names(roster) == ["app1/1"]
    assert roster.problems == [DOWN]
    await names(roster)
    assert roster.problems == [DOWN]


async def test_a_vendor_that_fails_later_is_no_problem(scene: Scene) -> None:
    scene.lists(BRONTO=("b1",), OWN=())
    await names(await scene.open())
    scene.hands.seconds = 3_600.0
    scene.script.play(VendorName.BRONTO, list_clients=failing(DOWN))
    roster = await scene.open()
    assert await names(roster) == ["b1"]
    assert roster.problems == []


async def test_an_agency_sees_nothing_of_anothers_though_they_use_one_vendor(
    scene: Scene,
) -> None:
    scene.lists(BRONTO=("b1",), OWN=("app1/1",))
    mine = await scene.open()
    await names(mine)
    theirs = await scene.open(MEADOW)
    scene.lists(BRONTO=("m1",))
    assert await names(theirs) == ["m1"]
    page = await mine.page_clients(ClientFilter(), ClientOrder.NAME_ASC, ALL)
    ids = [client.id for client in page.items]
    records = [record.id for client in page.items for record in client.records]
    assert await theirs.clients(ids) == {}
    assert await theirs.records(records) == {}
    assert len(await mine.clients(ids)) == len(ids) == 2
    assert await names(theirs, ClientFilter(account=scene.ids["1/bronto"])) == []
    with pytest.raises(NotFound):
        theirs.account(scene.ids["1/bronto"])


async def test_an_agency_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound):
        await scene.open(AgencyId(99))


async def test_token_lists_are_brought_up_to_date_and_live(scene: Scene) -> None:
    async def list_tokens() -> Any:
        return live((TokenFacts(key="k1", kind=TokenKind.CLIENT, name="Shop"),), NOON)

    scene.script.play(VendorName.BRONTO, list_tokens=list_tokens)
    roster = await scene.open()
    page = (await roster.page_tokens(TokenFilter(), ALL))[0]
    assert [token.facts.name for token in page.items] == ["Shop"]
    assert await roster.count_tokens(TokenFilter()) == {0: 1}
    assert roster.tokens_live(scene.ids["1/bronto"]) == NOON
    assert roster.tokens_live(scene.ids["1/own"]) is None
    assert [operation for _, operation, *_ in scene.script.calls] == ["list_tokens"]


async def test_links_need_no_list(scene: Scene) -> None:
    roster = await scene.open()
    assert (await roster.page_links(LinkFilter(), ALL))[0].items == ()
    assert await roster.count_links(LinkFilter()) == {0: 0}
    assert scene.script.calls == []


@pytest.mark.parametrize("failure", [DOWN, NotFound("Gone.")])
async def test_whatever_a_list_fails_with_is_a_failure_of_its_account_only(
    scene: Scene, failure: Failure
) -> None:
    scene.lists(BRONTO=("b1",))
    scene.script.play(VendorName.OWN, list_clients=failing(failure))
    roster = await scene.open()
    assert await names(roster) == ["b1"]
    assert roster.problems == [failure]
