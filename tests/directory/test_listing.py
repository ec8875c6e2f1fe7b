"""Lists kept up to date: one refresh at a time, waited for only when a list never came."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.background import Spawn
from gateway.contract import ListedClient
from gateway.directory.connect import Inquiry
from gateway.directory.listing import FRESH, Lister, is_current, told_token
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock
from gateway.domain.failures import DeadlineExceeded, Failure, StorageUnavailable, Unavailable
from gateway.domain.model import (
    ClientValues,
    Provenance,
    Seen,
    Source,
    TokenFacts,
    TokenKind,
    VendorAccount,
)
from gateway.domain.vendor import VendorName
from gateway.storage.values import Listing, Resource
from gateway.vendors import load
from tests.directory.fakes import HARBOUR, NOON, Hands, Script, Watched, account, ago, live

OWN = account(1, VendorName.OWN, "app1", "useast2")
BRONTO = account(2, VendorName.BRONTO)
ENGAGING = account(3, VendorName.ENGAGING_NETWORKS, "us")
DOWN = Unavailable("The vendor is down.", vendor=VendorName.OWN, account=1)
BOTH: dict[str, tuple[str, ...] | Failure | None] = {
    "app1": ("app1/1",),
    "useast2": ("useast2/2", "useast2/3"),
}


@dataclass
class Ledger:
    """Remembers which lists came, and what was in them."""

    known: list[Listing] = field(default_factory=list)
    taken: list[tuple[Any, ...]] = field(default_factory=list)
    failure: StorageUnavailable | None = None

    async def listings(self, agency: AgencyId) -> tuple[Listing, ...]:
        return tuple(self.known)

    async def take_clients(
        self, agency: AgencyId, account: int, region: str, clients: Sequence[Any], at: datetime
    ) -> None:
        if self.failure:
            raise self.failure
        self.taken.append((account, region, tuple(each.vendor_id for each in clients), at))
        self.known.append(Listing(account, Resource.CLIENTS, region, at))

    async def take_tokens(
        self, agency: AgencyId, account: int, tokens: Sequence[Any], at: datetime
    ) -> None:
        self.taken.append((account, "tokens", tuple(each.facts.key for each in tokens), at))
        self.known.append(Listing(account, Resource.TOKENS, "", at))


@dataclass
class Scene:
    """A lister over scripted vendors and a ledger in memory."""

    script: Script
    ledger: Ledger
    lister: Lister
    clock: Clock

    async def clients(self, *accounts: VendorAccount, inquiry: Inquiry | None = None) -> Any:
        inquiry = inquiry or Watched(self.clock).inquiry
        return await self.lister.ensure(HARBOUR, accounts, Resource.CLIENTS, inquiry)

    def knows(self, account: VendorAccount, age: float) -> None:
        """The account's lists of clients came so many seconds ago."""
        for region in account.regions or ("",):
            self.ledger.known.append(Listing(account.id, Resource.CLIENTS, region, ago(age)))


@pytest.fixture
def make(spawn: Spawn) -> Callable[[Clock], Scene]:
    def make(clock: Clock) -> Scene:
        script, ledger = Script(), Ledger()
        lister = Lister(
            ledger=ledger,  # type: ignore[arg-type]
            connector=script.connector(clock),
            clock=clock,
            spawn=spawn,
            unobserved=lambda request_id: Watched(clock).inquiry,
            patience=10.0,
        )
        return Scene(script, ledger, lister, clock)

    return make


@pytest.fixture
def scene(make: Callable[[Clock], Scene]) -> Scene:
    return make(Hands().clock)


def lists(
    ids: dict[str, tuple[str, ...] | Failure | None], gate: asyncio.Event | None = None
) -> Callable[..., Awaitable[Any]]:
    """Answers these clients by region, once the gate is open."""

    async def list_clients(regions: Sequence[str]) -> Any:
        if gate is not None:
            await gate.wait()
        return {
            region: live(tuple(ListedClient(id, ClientValues(name=id)) for id in told))
            if isinstance(told := ids[region], tuple)
            else told
            for region in regions
        }

    return list_clients


async def settled() -> None:
    """Let what was begun go on as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_list_that_never_came_is_waited_for_and_taken(scene: Scene) -> None:
    scene.script.play(VendorName.OWN, list_clients=lists(BOTH))
    ensured = await scene.clients(OWN)
    assert scene.script.calls == [(VendorName.OWN, "list_clients", ("app1", "useast2"))]
    assert ensured.live == {(1, "app1"): NOON, (1, "useast2"): NOON}
    assert ensured.failures == ()
    assert scene.ledger.taken == [
        (1, "app1", ("app1/1",), NOON),
        (1, "useast2", ("useast2/2", "useast2/3"), NOON),
    ]


@pytest.mark.parametrize("age", [0.0, 30.0, FRESH])
async def test_a_list_that_is_fresh_costs_nothing(scene: Scene, age: float) -> None:
    scene.knows(OWN, age)
    ensured = await scene.clients(OWN)
    await settled()
    assert (scene.script.calls, ensured.live, ensured.failures) == ([], {}, ())


async def test_an_older_list_is_not_waited_for_but_refreshed_behind(scene: Scene) -> None:
    gate = asyncio.Event()
    scene.script.play(VendorName.OWN, list_clients=lists(BOTH, gate))
    scene.knows(OWN, FRESH + 1)
    ensured = await scene.clients(OWN)
    assert (ensured.live, ensured.failures) == ({}, ())
    await settled()
    assert len(scene.script.calls) == 1
    assert scene.ledger.taken == []
    gate.set()
    await settled()
    assert [region for _, region, *_ in scene.ledger.taken] == ["app1", "useast2"]


async def test_a_refresh_behind_that_fails_tells_nobody(scene: Scene) -> None:
    scene.script.play(VendorName.OWN, list_clients=lists(dict.fromkeys(BOTH, DOWN)))
    scene.knows(OWN, FRESH + 1)
    ensured = await scene.clients(OWN)
    await settled()
    assert ensured.failures == ()
    assert len(scene.script.calls) == 1
    assert scene.ledger.taken == []


async def test_many_who_ask_at_once_cost_one_list(scene: Scene) -> None:
    scene.script.play(VendorName.OWN, list_clients=lists(BOTH))
    ensured = await asyncio.gather(*(scene.clients(OWN) for _ in range(20)))
    assert len(scene.script.calls) == 1
    assert all(each.live == {(1, "app1"): NOON, (1, "useast2"): NOON} for each in ensured)
    assert len(scene.ledger.taken) == 2


async def test_one_who_leaves_does_not_take_the_list_from_the_others(scene: Scene) -> None:
    gate = asyncio.Event()
    scene.script.play(VendorName.OWN, list_clients=lists(BOTH, gate))
    first, second = (asyncio.ensure_future(scene.clients(OWN)) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    assert first.cancelled()
    gate.set()
    assert (await second).live == {(1, "app1"): NOON, (1, "useast2"): NOON}
    assert len(scene.script.calls) == 1


async def test_an_answer_waits_for_lists_for_six_tenths_of_its_time(
    make: Callable[[Clock], Scene],
) -> None:
    real, gate = Clock(), asyncio.Event()
    scene = make(real)
    scene.script.play(VendorName.OWN, list_clients=lists(BOTH, gate))
    begun = real.monotonic()
    ensured = await scene.clients(OWN, inquiry=Watched(real, seconds=2.0).inquiry)
    assert 1.19 <= real.monotonic() - begun < 2.0
    (late,) = ensured.failures
    assert isinstance(late, DeadlineExceeded)
    assert (late.vendor, late.account) == (VendorName.OWN, 1)
    assert ensured.live == {}
    # The list goes on for whoever comes next, with a deadline of its own.
    gate.set()
    await settled()
    assert len(scene.ledger.taken) == 2
    assert len(scene.script.calls) == 1


async def test_a_region_that_fails_leaves_the_other_its_list(scene: Scene) -> None:
    scene.script.play(VendorName.OWN, list_clients=lists({**BOTH, "useast2": DOWN}))
    ensured = await scene.clients(OWN)
    assert ensured.live == {(1, "app1"): NOON}
    assert ensured.failures == (DOWN,)
    assert scene.ledger.taken == [(1, "app1", ("app1/1",), NOON)]
    # The region that never came makes the account one to be waited for again.
    await scene.clients(OWN)
    assert len(scene.script.calls) == 2


async def test_an_account_whose_regions_all_fail_is_one_problem(scene: Scene) -> None:
    scene.script.play(VendorName.OWN, list_clients=lists(dict.fromkeys(BOTH, DOWN)))
    assert (await scene.clients(OWN)).failures == (DOWN,)


async def test_a_vendor_that_fails_takes_no_other_down(scene: Scene) -> None:
    async def fails(regions: Sequence[str]) -> Any:
        raise DOWN

    scene.script.play(VendorName.OWN, list_clients=fails)
    scene.script.play(VendorName.BRONTO, list_clients=lists({"": ("a", "b")}))
    ensured = await scene.clients(OWN, BRONTO)
    assert ensured.failures == (DOWN,)
    assert ensured.live == {(2, ""): NOON}
    assert scene.ledger.taken == [(2, "", ("a", "b"), NOON)]


async def test_a_stale_reply_is_no_list(scene: Scene) -> None:
    async def stale(regions: Sequence[str]) -> Any:
        clients = (ListedClient("a", ClientValues(name="a")),)
        return {"": Seen(clients, Provenance(Source.CACHED, ago(900), stale=True))}

    scene.script.play(VendorName.BRONTO, list_clients=stale)
    ensured = await scene.clients(BRONTO)
    (failure,) = ensured.failures
    assert (failure.vendor, failure.account) == (VendorName.BRONTO, 2)
    assert (ensured.live, scene.ledger.taken) == ({}, [])


async def test_when_storage_cannot_take_a_list_that_is_what_is_told(scene: Scene) -> None:
    scene.script.play(VendorName.BRONTO, list_clients=lists({"": ("a",)}))
    scene.ledger.failure = StorageUnavailable("The disk is full.")
    assert (await scene.clients(BRONTO)).failures == (scene.ledger.failure,)


async def test_a_fault_of_ours_is_told_as_a_missing_list_and_ends_no_later_one(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(regions: Sequence[str]) -> Any:
        raise KeyError("canary")

    scene.script.play(VendorName.BRONTO, list_clients=broken)
    (failure,) = (await scene.clients(BRONTO)).failures
    assert isinstance(failure, Unavailable)
    assert "canary" not in failure.message
    await settled()
    assert "Work in the background failed." in caplog.text
    scene.script.play(VendorName.BRONTO, list_clients=lists({"": ("a",)}))
    assert (await scene.clients(BRONTO)).live == {(2, ""): NOON}


async def test_vendors_that_cannot_list_are_not_asked(scene: Scene) -> None:
    inquiry = Watched(scene.clock).inquiry
    clients = await scene.clients(ENGAGING)
    tokens = await scene.lister.ensure(HARBOUR, [OWN, ENGAGING], Resource.TOKENS, inquiry)
    assert (clients.live, clients.failures) == (tokens.live, tokens.failures) == ({}, ())
    assert scene.script.calls == []


async def test_tokens_are_listed_once_for_the_whole_account(scene: Scene) -> None:
    async def list_tokens() -> Any:
        return live((TokenFacts(key="k1", kind=TokenKind.CLIENT),))

    scene.script.play(VendorName.BRONTO, list_tokens=list_tokens)
    inquiry = Watched(scene.clock).inquiry
    ensured = await scene.lister.ensure(HARBOUR, [BRONTO], Resource.TOKENS, inquiry)
    assert ensured.live == {(2, ""): NOON}
    assert scene.ledger.taken == [(2, "tokens", ("k1",), NOON)]


async def test_a_refresh_that_is_asked_for_asks_whatever_is_known(scene: Scene) -> None:
    scene.script.play(VendorName.BRONTO, list_clients=lists({"": ("a",)}))
    scene.knows(BRONTO, 0)
    inquiry = Watched(scene.clock).inquiry
    told = await scene.lister.refresh(HARBOUR, BRONTO, Resource.CLIENTS, inquiry)
    assert told == {"": NOON}
    assert await scene.lister.refresh(HARBOUR, ENGAGING, Resource.CLIENTS, inquiry) == {}
    assert len(scene.script.calls) == 1


def test_a_tokens_end_follows_its_vendors_law() -> None:
    facts = TokenFacts(key="k", kind=TokenKind.USER, created_at=NOON)
    told = told_token(load(VendorName.OWN), facts)
    assert (told.expires_at, told.ends) == (NOON + timedelta(days=180), True)
    unknown = told_token(load(VendorName.OWN), TokenFacts(key="k", kind=TokenKind.USER))
    assert (unknown.expires_at, unknown.ends) == (None, True)
    other = told_token(load(VendorName.OWN), TokenFacts(key="k", kind=TokenKind.OTHER))
    assert (other.expires_at, other.ends) == (None, False)


def test_what_was_never_seen_is_not_current() -> None:
    assert not is_current(None, NOON, 1e9)
    assert is_current(NOON, NOON, 0.001)
    assert not is_current(ago(60), NOON, 60)
