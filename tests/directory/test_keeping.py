"""What calls show of credentials in passing is written down beside the request."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from gateway.background import Spawn
from gateway.directory.keeping import AGAIN, Keeper
from gateway.domain.caller import AgencyId
from gateway.domain.events import CallFinished, CallSent, CapabilityLearned, CredentialRejected
from gateway.domain.failures import ErrorCode, StorageUnavailable
from gateway.domain.vendor import VendorName
from tests.directory.fakes import HARBOUR, NOON, Hands
from tests.directory.test_listing import settled

WHERE = {
    "vendor": VendorName.OWN,
    "agency": HARBOUR,
    "account": 3,
    "operation": "services",
    "request_id": "r1",
}


@dataclass
class Storage:
    """Remembers what was marked and learned."""

    marks: list[tuple[AgencyId, int, bool, datetime]] = field(default_factory=list)
    learned: list[tuple[AgencyId, int, str, bool]] = field(default_factory=list)
    down: bool = False

    async def mark_credential(
        self, agency: AgencyId, credential: int, *, accepted: bool, at: datetime
    ) -> None:
        if self.down:
            raise StorageUnavailable("The disk is full.")
        self.marks.append((agency, credential, accepted, at))

    async def learn_capability(
        self, agency: AgencyId, account: int, name: str, granted: bool
    ) -> None:
        if self.down:
            raise StorageUnavailable("The disk is full.")
        self.learned.append((agency, account, name, granted))


def finished(source: str = "LIVE", credential: int | None = 7) -> CallFinished:
    failure = None if source else ErrorCode.VENDOR_ERROR
    return CallFinished(
        **WHERE, seconds=0.1, source=source, stale=False, failure=failure, credential=credential
    )


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def keeper(storage: Storage, hands: Hands, spawn: Spawn) -> Keeper:
    return Keeper(storage, hands.clock, spawn)  # type: ignore[arg-type]


async def test_a_credential_that_serves_is_marked_once_an_hour(
    keeper: Keeper, storage: Storage, hands: Hands
) -> None:
    for seconds in (0, 1, AGAIN, AGAIN + 1, AGAIN + 2):
        hands.seconds = seconds
        keeper.observe(finished())
        await settled()
    assert [(credential, good) for _, credential, good, _ in storage.marks] == [(7, True)] * 2
    assert storage.marks[0] == (HARBOUR, 7, True, NOON)


@pytest.mark.parametrize(
    "event",
    [
        finished("CACHED"),
        finished(""),
        finished(credential=None),
        CallSent(**WHERE, seconds=0.1, status=200),
    ],
)
async def test_what_shows_nothing_of_a_credential_marks_none(
    keeper: Keeper, storage: Storage, event: CallFinished
) -> None:
    keeper.observe(event)
    await settled()
    assert (storage.marks, storage.learned) == ([], [])


async def test_a_refused_credential_is_marked_at_once_and_so_is_its_return(
    keeper: Keeper, storage: Storage
) -> None:
    keeper.observe(finished())
    await settled()
    keeper.observe(CredentialRejected(**WHERE, credential=7))
    await settled()
    keeper.observe(finished())
    await settled()
    assert [good for *_, good, _ in storage.marks] == [True, False, True]


async def test_what_a_credential_may_do_is_learned(keeper: Keeper, storage: Storage) -> None:
    keeper.observe(CapabilityLearned(**WHERE, credential=7, name="EVENTS", granted=False))
    await settled()
    assert storage.learned == [(HARBOUR, 3, "EVENTS", False)]


async def test_while_storage_is_down_nothing_fails_and_the_next_call_shows_it_again(
    keeper: Keeper, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    storage.down = True
    keeper.observe(finished())
    keeper.observe(CapabilityLearned(**WHERE, credential=7, name="EVENTS", granted=True))
    await settled()
    storage.down = False
    keeper.observe(finished())
    await settled()
    assert [good for *_, good, _ in storage.marks] == [True]
    assert caplog.text == ""
