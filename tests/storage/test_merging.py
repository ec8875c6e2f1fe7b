"""What a record remembers, whatever the order in which it is told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.details import BrontoContact, BrontoDetails
from gateway.domain.model import ClientStatus, ClientValues, Entry
from gateway.storage.merging import Memory, hear, laid_over

Sayings = list[tuple[ClientValues | None, int]]

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


texts = st.none() | st.sampled_from(["a", "b"])
contacts = st.none() | st.builds(BrontoContact, city=texts)
values = st.builds(
    ClientValues,
    name=texts,
    email=texts,
    status=st.none() | st.sampled_from(ClientStatus),
    metadata=st.sampled_from([(), (Entry("k", "v"),)]),
    details=st.none()
    | st.builds(
        BrontoDetails, time_zone=texts, contact=st.none() | st.builds(BrontoContact, city=texts)
    ),
    complete=st.booleans(),
)
sayings = st.lists(
    st.tuples(st.none() | values, st.integers(0, 20)), unique_by=lambda said: said[1], max_size=6
)


def told(*sayings: tuple[ClientValues | None, int]) -> Memory:
    memory = Memory()
    for said, minutes in sayings:
        memory = hear(memory, said, at(minutes))
    return memory


@given(sayings)
def test_hearing_the_same_again_changes_nothing(
    sayings: list[tuple[ClientValues | None, int]],
) -> None:
    memory = told(*sayings)
    for said, minutes in sorted(sayings, key=lambda each: each[1])[-1:]:
        assert hear(memory, said, at(minutes)) == memory


@given(sayings, values, st.integers(0, 20))
def test_moments_never_go_back(sayings: Sayings, said: ClientValues, minutes: int) -> None:
    before = told(*sayings)
    after = hear(before, said, at(minutes))
    for name in ("seen_at", "complete_at", "heard_at"):
        was, now = getattr(before, name), getattr(after, name)
        assert was is None or (now is not None and now >= was)


@given(st.lists(st.tuples(values, st.integers(0, 20)), min_size=1, unique_by=lambda s: s[1]))
def test_the_last_complete_word_stands_where_nothing_later_was_said(
    sayings: list[tuple[ClientValues, int]],
) -> None:
    memory = told(*sayings)
    last, minutes = max(sayings, key=lambda each: each[1])
    assert memory.seen_at == at(minutes)
    if last.complete:
        assert memory.values == last


@given(values, values)
def test_a_part_never_erases_what_it_does_not_tell(whole: ClientValues, part: ClientValues) -> None:
    merged = laid_over(part, whole)
    for name in ("name", "email", "status"):
        assert getattr(merged, name) == (getattr(part, name) or getattr(whole, name))
    assert merged.metadata == (part.metadata or whole.metadata)
    if part.details is not None and whole.details is not None:
        zones = part.details.time_zone, whole.details.time_zone  # type: ignore[union-attr]
        assert merged.details.time_zone == (zones[0] or zones[1])  # type: ignore[union-attr]


def test_a_listing_adds_to_complete_values_and_leaves_them_complete() -> None:
    full = ClientValues(name="Old", email="a@b.org", metadata=(Entry("k", "v"),))
    memory = told((full, 0), (ClientValues(name="New", complete=False), 5))

    assert memory.values == ClientValues(name="New", email="a@b.org", metadata=(Entry("k", "v"),))
    assert (memory.seen_at, memory.complete_at) == (at(5), at(0))


def test_a_complete_answer_that_comes_late_fills_what_a_listing_left_open() -> None:
    part = ClientValues(name="New", complete=False)
    memory = told((part, 5), (ClientValues(name="Old", email="a@b.org"), 0))

    assert memory.values == ClientValues(name="New", email="a@b.org")
    assert (memory.seen_at, memory.complete_at) == (at(5), at(0))


def test_an_older_complete_answer_does_not_replace_a_newer_one() -> None:
    newer, older = ClientValues(name="New"), ClientValues(name="Old", email="a@b.org")

    assert told((newer, 5), (older, 0)) == told((newer, 5))


def test_a_client_that_is_gone_keeps_its_values_until_it_is_back() -> None:
    gone = told((ClientValues(name="A"), 0), (None, 5))
    assert gone.archived
    assert gone.values == ClientValues(name="A")
    assert gone.seen_at == at(0)

    assert hear(gone, ClientValues(name="A"), at(4)).archived
    assert not hear(gone, ClientValues(name="A"), at(6)).archived
