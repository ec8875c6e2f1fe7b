"""What vendors said reaches the ledger behind the answers, and survives a storage that is down."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from gateway.directory import learning
from gateway.directory.learning import PAUSE, Learner
from gateway.domain.caller import AgencyId
from gateway.domain.failures import StorageUnavailable
from gateway.domain.model import ClientValues, LinkStatus, LinkValues
from gateway.storage.values import SeenClient, SeenLink
from tests.directory.fakes import NOON, Hands

HARBOUR, MEADOW = AgencyId(1), AgencyId(2)


@dataclass
class Ledger:
    """Takes what it is told, unless it is down."""

    written: list[tuple[AgencyId, list[SeenClient], list[SeenLink]]] = field(default_factory=list)
    down: bool = False

    async def learn(
        self, agency: AgencyId, clients: Sequence[SeenClient], links: Sequence[SeenLink]
    ) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise StorageUnavailable("The disk is full.")
        self.written.append((agency, list(clients), list(links)))


def client(id: str, name: str = "A", account: int = 1) -> SeenClient:
    return SeenClient(account, id, ClientValues(name=name), NOON)


LINK = SeenLink(1, "a", LinkValues(client_vendor_id="c", status=LinkStatus.PENDING), NOON)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def learner(ledger: Ledger, hands: Hands) -> Learner:
    return Learner(ledger, hands.clock)  # type: ignore[arg-type]


async def test_all_that_was_said_is_written_at_once_for_each_agency(
    learner: Learner, ledger: Ledger
) -> None:
    learner.note(HARBOUR, client("a"))
    learner.note(HARBOUR, LINK)
    learner.note(HARBOUR, client("b"))
    learner.note(MEADOW, client("a", "Another's"))
    await learner.flush()
    assert sorted(ledger.written) == [
        (HARBOUR, [client("a"), client("b")], [LINK]),
        (MEADOW, [client("a", "Another's")], []),
    ]
    await learner.flush()
    assert len(ledger.written) == 2


async def test_what_is_newer_replaces_what_waits(learner: Learner, ledger: Ledger) -> None:
    for name in ("A", "B", "C"):
        learner.note(HARBOUR, client("a", name))
    learner.note(HARBOUR, client("a", "other account", account=2))
    await learner.flush()
    assert ledger.written == [
        (HARBOUR, [client("a", "C"), client("a", "other account", account=2)], [])
    ]


async def test_while_storage_is_down_what_was_said_waits(learner: Learner, ledger: Ledger) -> None:
    ledger.down = True
    learner.note(HARBOUR, client("a"))
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            await learner.flush()
    learner.note(HARBOUR, client("b"))
    ledger.down = False
    await learner.flush()
    assert ledger.written == [(HARBOUR, [client("a"), client("b")], [])]


async def test_what_is_said_during_a_write_waits_for_the_next(
    learner: Learner, ledger: Ledger
) -> None:
    learner.note(HARBOUR, client("a", "old"))
    writing = asyncio.ensure_future(learner.flush())
    await asyncio.sleep(0)
    learner.note(HARBOUR, client("a", "new"))
    await writing
    await learner.flush()
    assert [clients for _, clients, _ in ledger.written] == [
        [client("a", "old")],
        [client("a", "new")],
    ]


async def test_no_more_waits_than_is_bearable_and_the_oldest_goes_first(
    learner: Learner, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MOST", 3)
    for id in ("a", "b", "c", "a", "d"):
        learner.note(HARBOUR, client(id))
    await learner.flush()
    assert ledger.written == [(HARBOUR, [client("c"), client("a"), client("d")], [])]


async def test_it_writes_twice_a_second_and_goes_on_after_an_outage(
    learner: Learner, ledger: Ledger, hands: Hands
) -> None:
    ledger.down = True
    learner.note(HARBOUR, client("a"))
    running = asyncio.ensure_future(learner.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert hands.seconds >= 3 * PAUSE
    assert ledger.written == []
    ledger.down = False
    for _ in range(20):
        await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert ledger.written == [(HARBOUR, [client("a")], [])]
