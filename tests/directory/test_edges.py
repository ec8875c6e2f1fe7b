"""Batches behind the loaders: one call an account with all its keys, one outcome for each key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.directory.edges import Edges, ParticularRead, RecordRead
from gateway.directory.hydrate import Depth
from gateway.domain.caller import AgencyId
from gateway.domain.details import BrontoList
from gateway.domain.events import LedgerServed
from gateway.domain.failures import Failure, NotFound, Unavailable, Unsupported
from gateway.domain.model import (
    ClientValues,
    LinkStatus,
    LinkValues,
    Provenance,
    Seen,
    Source,
    VendorAccount,
)
from gateway.domain.vendor import VendorName
from gateway.storage.values import SeenClient, SeenLink
from tests.directory.fakes import (
    HARBOUR,
    NOON,
    Hands,
    Script,
    Watched,
    account,
    ago,
    answering,
    failing,
    link,
    live,
    record,
)

AGENCYACCESS = account(1, VendorName.AGENCYACCESS)
SECOND = account(2, VendorName.AGENCYACCESS, name="Second")
OWN = account(3, VendorName.OWN, "app1")
DOWN = Unavailable("The vendor is down.", vendor=VendorName.OWN, account=3)


class Notes:
    """A learner that keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[SeenClient | SeenLink] = []

    def note(self, agency: AgencyId, seen: SeenClient | SeenLink) -> None:
        assert agency == HARBOUR
        self.seen.append(seen)


@dataclass
class Scene:
    """The edges of one inquiry over scripted vendors."""

    script: Script = field(default_factory=Script)
    notes: Notes = field(default_factory=Notes)
    hands: Hands = field(default_factory=Hands)
    live: dict[tuple[int, str], Any] = field(default_factory=dict)
    accounts: tuple[VendorAccount, ...] = (AGENCYACCESS, SECOND, OWN)

    def __post_init__(self) -> None:
        self.watched = Watched(self.hands.clock)
        self.edges = Edges(
            agency=HARBOUR,
            inquiry=self.watched.inquiry,
            connector=self.script.connector(self.hands.clock),
            learner=self.notes,  # type: ignore[arg-type]
            clock=self.hands.clock,
            account=self._account,
            live=self.live,
        )

    def _account(self, id: int) -> VendorAccount:
        for each in self.accounts:
            if each.id == id:
                return each
        raise NotFound("There is no such account.")

    @property
    def told(self) -> list[tuple[VendorName, str, int, bool]]:
        """When the ledger answered: vendor, operation, for how many, stale."""
        return [
            (event.vendor, event.operation, event.count, event.stale)
            for event in self.watched.events
            if isinstance(event, LedgerServed)
        ]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def whole(*rows: Any) -> list[RecordRead]:
    return [RecordRead(row, Depth.WHOLE) for row in rows]


def named(**names: str) -> Mapping[str, Any]:
    return {id: live(ClientValues(name=name)) for id, name in names.items()}


async def test_each_account_is_asked_once_with_all_its_keys(scene: Scene) -> None:
    values = named(v1="A", v2="B", v3="C")
    scene.script.play(VendorName.AGENCYACCESS, get_clients=answering(values))
    scene.script.play(VendorName.OWN, get_clients=answering(named(v4="D")))
    rows = [record(1, AGENCYACCESS), record(2, AGENCYACCESS), record(3, SECOND), record(4, OWN)]
    found = await scene.edges.records(whole(*rows))
    assert [each.values.name for each in found if each.values] == ["A", "B", "C", "D"]
    assert all(each.provenance == Provenance(Source.LIVE, NOON) for each in found)
    assert sorted(scene.script.calls, key=str) == [
        (VendorName.AGENCYACCESS, "get_clients", ["v1", "v2"]),
        (VendorName.AGENCYACCESS, "get_clients", ["v3"]),
        (VendorName.OWN, "get_clients", ["v4"]),
    ]


async def test_a_failing_vendor_fails_its_own_keys_only(scene: Scene) -> None:
    scene.script.play(VendorName.AGENCYACCESS, get_clients=answering(named(v1="A")))
    scene.script.play(VendorName.OWN, get_clients=failing(DOWN))
    known = record(2, OWN, seen_at=ago(9_000))
    unknown = record(3, OWN, values=None)
    a, b, c = await scene.edges.records(whole(record(1, AGENCYACCESS), known, unknown))
    assert (a.values, a.failure) == (ClientValues(name="A"), None)
    assert (b.values, b.failure) == (known.values, DOWN)
    assert b.provenance == Provenance(Source.LEDGER, ago(9_000), stale=True)
    assert (c.values, c.failure) == (None, DOWN)
    # The ledger answered for the one that it knows.
    assert scene.told == [(VendorName.OWN, "clients", 1, True)]


async def test_one_key_that_fails_is_alone_in_it(scene: Scene) -> None:
    outcomes = {**named(v1="A"), "v2": DOWN, "v3": None}
    scene.script.play(VendorName.AGENCYACCESS, get_clients=answering(outcomes))
    rows = [record(id, AGENCYACCESS) for id in (1, 2, 3)]
    a, b, c = await scene.edges.records(whole(*rows))
    assert (a.failure, b.failure, c.failure) == (None, DOWN, None)
    assert (a.gone, b.gone, c.gone) == (False, False, True)


async def test_what_is_fresh_in_the_ledger_is_not_asked_for(scene: Scene) -> None:
    fresh = record(1, AGENCYACCESS, seen_at=ago(1), complete_at=ago(1))
    (found,) = await scene.edges.records(whole(fresh))
    assert (found.values, found.provenance) == (
        fresh.values,
        Provenance(Source.CACHED, ago(1)),
    )
    assert scene.script.calls == []
    assert scene.told == [(VendorName.AGENCYACCESS, "clients", 1, False)]


async def test_a_record_wanted_in_passing_and_whole_is_read_once_for_both(scene: Scene) -> None:
    scene.script.play(VendorName.AGENCYACCESS, get_clients=answering(named(v1="A")))
    row = record(1, AGENCYACCESS, seen_at=ago(1))
    reads = [RecordRead(row, Depth.LISTED), RecordRead(row, Depth.WHOLE)]
    listed, full = await scene.edges.records(reads)
    assert listed == full
    assert full.provenance.source is Source.LIVE
    assert scene.script.calls == [(VendorName.AGENCYACCESS, "get_clients", ["v1"])]


async def test_what_a_list_of_this_inquiry_told_is_live(scene: Scene) -> None:
    scene.live[3, "app1"] = ago(2)
    row = record(1, OWN, "app1/1", seen_at=ago(2))
    (found,) = await scene.edges.records([RecordRead(row, Depth.LISTED)])
    assert found.provenance == Provenance(Source.LIVE, ago(2))
    assert scene.script.calls == []


async def test_what_a_vendor_says_is_learned_and_what_a_cache_says_is_not(scene: Scene) -> None:
    cached = Seen(ClientValues(name="B"), Provenance(Source.CACHED, ago(5)))
    outcomes = {"v1": live(ClientValues(name="A"), ago(1)), "v2": cached, "v3": None, "v4": DOWN}
    scene.script.play(VendorName.AGENCYACCESS, get_clients=answering(outcomes))
    await scene.edges.records(whole(*(record(id, AGENCYACCESS) for id in (1, 2, 3, 4))))
    assert scene.notes.seen == [
        SeenClient(1, "v1", ClientValues(name="A"), ago(1)),
        SeenClient(1, "v3", None, NOON),
    ]


async def test_a_record_of_an_account_that_is_no_more_is_not_found_by_name(scene: Scene) -> None:
    with pytest.raises(NotFound, match="no such account"):
        await scene.edges.records(whole(record(1, account(99, VendorName.OWN))))
    assert scene.script.calls == []


async def test_links_are_read_and_learned_like_records(scene: Scene) -> None:
    said = LinkValues(client_vendor_id="c", status=LinkStatus.PARTIAL)
    outcomes = {"l1": live(said), "l2": DOWN, "l3": None}
    scene.script.play(VendorName.AGENCYACCESS, get_links=answering(outcomes))
    rows = [
        link(1, AGENCYACCESS),
        link(2, AGENCYACCESS, LinkStatus.PENDING, seen_at=ago(9_000)),
        link(3, AGENCYACCESS),
        link(4, AGENCYACCESS, LinkStatus.COMPLETE, seen_at=ago(60)),
    ]
    a, b, c, d = await scene.edges.links(rows)
    assert (a.values, a.provenance.source) == (said, Source.LIVE)
    assert (b.values, b.failure) == (rows[1].values, DOWN)
    assert (c.values, c.gone) == (None, True)
    assert (d.values, d.provenance) == (rows[3].values, Provenance(Source.CACHED, ago(60)))
    assert scene.script.calls == [(VendorName.AGENCYACCESS, "get_links", ["l1", "l2", "l3"])]
    assert scene.notes.seen == [SeenLink(1, "l1", said, NOON)]
    assert scene.told == [
        (VendorName.AGENCYACCESS, "links", 1, False),
        (VendorName.AGENCYACCESS, "links", 1, True),
    ]


async def test_a_vendor_without_the_operation_is_a_typed_failure(scene: Scene) -> None:
    (found,) = await scene.edges.links([link(1, OWN)])
    assert isinstance(found.failure, Unsupported)
    assert (found.failure.vendor, found.failure.account) == (VendorName.OWN, 3)


async def test_particular_reads_are_batched_by_account_and_operation(scene: Scene) -> None:
    bronto = account(4, VendorName.BRONTO)
    lists = (BrontoList(vendor_id="1"),)
    backups = answering({"app1/1": live(()), "app1/2": DOWN})
    scene.script.play(VendorName.OWN, backups_of=backups, last_backups=failing(DOWN))
    scene.script.play(VendorName.BRONTO, lists_of=answering({"b": live(lists)}))
    reads = [
        ParticularRead(OWN, "backups_of", "app1/1"),
        ParticularRead(bronto, "lists_of", "b"),
        ParticularRead(OWN, "backups_of", "app1/2"),
        ParticularRead(OWN, "last_backups", "app1/1"),
        ParticularRead(bronto, "fields_of", "b"),
    ]
    found = await scene.edges.particulars(reads)
    assert found[:4] == [live(()), live(lists), DOWN, DOWN]
    assert isinstance(found[4], Unsupported)
    assert sorted(scene.script.calls, key=str) == [
        (VendorName.BRONTO, "lists_of", ["b"]),
        (VendorName.OWN, "backups_of", ["app1/1", "app1/2"]),
        (VendorName.OWN, "last_backups", ["app1/1"]),
    ]
    assert not any(isinstance(each, Failure) for each in found[:2])
