"""What is kept, how it is told apart, and what it is good for."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.clock import Clock
from gateway.domain.events import CacheServed
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    ContractBroken,
    CredentialRefused,
    DeadlineExceeded,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    TlsFailure,
    Unavailable,
    VendorError,
)
from gateway.domain.model import Source
from gateway.upstream.cache import Cache, Verdict, decide
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.keys import Keys
from gateway.upstream.laws import Freshness
from gateway.upstream.store import Kept, MemoryStore

# ── Pure ──────────────────────────────────────────────────────────────────────────────────────


@given(age=st.floats(0, 1e6), fresh=st.floats(0, 1e5), stale=st.floats(0, 1e5))
def test_a_reply_goes_from_fresh_to_stale_to_gone(age: float, fresh: float, stale: float) -> None:
    verdict = decide(0.0, age, Freshness(fresh, stale))
    expected = (
        Verdict.FRESH if age < fresh else Verdict.STALE if age < fresh + stale else Verdict.GONE
    )
    assert verdict is expected
    assert decide(None, age, Freshness(fresh, stale)) is Verdict.GONE


def variants(kit: Any) -> Iterator[Call]:
    """Calls that differ from one another in one thing each."""
    desk = kit.desk
    yield desk.call()
    yield desk.of(account=kit.account(agency=2)).call()
    yield desk.of(account=kit.account(id=8)).call()
    yield desk.of(account=kit.account(generation=2)).call()
    yield desk.call(slot="token")
    yield desk.call(holder="x")
    yield desk.call(operation="links/get")
    yield desk.call(method="POST")
    yield desk.call(region="eu")
    yield desk.call(path="/other")
    yield desk.call(query=(("a", "b"),))
    yield desk.call(query=(("ab", ""),))
    yield desk.call(query=(("a", "b"), ("", "")))
    yield desk.call(headers=(("a", "b"),))
    yield desk.call(body=b"x")
    yield desk.of(laws=replace(kit.laws, hosts={"api": "https://other.example.com"})).call()


def test_whatever_may_change_the_answer_changes_the_key(kit: Any) -> None:
    """mesh#4752, cosmo#2521, graphql-go-tools#1616: each left something out and leaked answers."""
    keys = Keys(b"secret")
    made = {keys.of(call, 0) for call in variants(kit)}
    assert len(made) == len(list(variants(kit)))
    assert keys.of(kit.desk.call(), 1) not in made
    assert Keys(b"other").of(kit.desk.call(), 0) not in made


def test_what_does_not_concern_the_answer_does_not_change_the_key(kit: Any) -> None:
    """cosmo#2941: a header of the caller's own prevented all sharing; here none is in the call."""
    one, other = kit.desk.call(seconds=1), kit.desk.call(seconds=9)
    other = replace(other, origin=replace(other.bound, request_id="r2"))
    assert Keys(b"secret").of(one, 0) == Keys(b"secret").of(other, 0)


# ── The store ─────────────────────────────────────────────────────────────────────────────────


def kept(kit: Any, body: bytes = b"{}") -> Kept:
    return Kept(kit.reply(200, body), kit.clock.monotonic())


async def test_the_least_recently_used_make_room(kit: Any) -> None:
    store = MemoryStore(kit.clock, entries=3)
    for key in "abc":
        await store.put(key, kept(kit), 60)
    await store.get("a")
    await store.put("d", kept(kit), 60)
    assert [key for key in "abcd" if await store.get(key)] == ["a", "c", "d"]


async def test_bytes_are_bounded_too_and_one_reply_cannot_take_all(kit: Any) -> None:
    store = MemoryStore(kit.clock, size=100_000)
    for number in range(20):
        await store.put(str(number), kept(kit, bytes(9_000)), 60)
    assert sum([await store.get(str(number)) is not None for number in range(20)]) == 9
    await store.put("large", kept(kit, bytes(50_000)), 60)
    assert await store.get("large") is None


async def test_an_entry_expires_by_the_clock_and_never_takes_a_newer_one_along(kit: Any) -> None:
    """aiocache's own memory: after clear(), an old entry's timer deletes the newer value."""
    store = MemoryStore(kit.clock)
    await store.put("a", kept(kit, b"old"), 10)
    kit.hands.advance(9)
    await store.put("a", kept(kit, b"new"), 10)
    kit.hands.advance(9)
    newer = await store.get("a")
    assert newer is not None
    assert newer.reply.body == b"new"
    kit.hands.advance(1)
    assert await store.get("a") is None


@given(
    steps=st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 5000), st.floats(0, 20)), max_size=60
    )
)
def test_the_bounds_hold_whatever_comes(steps: list[tuple[str, int, float]]) -> None:
    async def run() -> None:
        seconds = 0.0
        clock = Clock(monotonic=lambda: seconds)
        store = MemoryStore(clock, entries=4, size=24_000)
        for key, size, ttl in steps:
            seconds += 1
            now = clock.now()
            await store.put(key, Kept(Reply(200, bytes(size), at=now), seconds), ttl)
            held = [found for name in "abcdef" if (found := await store.get(name))]
            assert len(held) <= 4
            assert sum(found.weight for found in held) <= 24_000

    asyncio.run(run())


# ── The policy ────────────────────────────────────────────────────────────────────────────────


def cache(kit: Any) -> Cache:
    return Cache(kit.clock, MemoryStore(kit.clock), Keys(b"secret"))


async def test_a_fresh_reply_serves_without_the_vendor_and_is_decoded_once(kit: Any) -> None:
    policy = cache(kit)
    first = await policy(kit.desk.call(), kit.vendor)
    kit.hands.advance(29)
    second, third = [await policy(kit.desk.call(), kit.vendor) for _ in range(2)]
    assert len(kit.vendor.calls) == 1
    assert (first.source, second.source, second.stale) == (Source.LIVE, Source.CACHED, False)
    assert second.at == first.at
    assert second.json is third.json
    events = kit.desk.told(CacheServed)
    assert [(event.age_seconds, event.failure) for event in events] == [(29, None), (29, None)]


async def test_an_older_one_is_asked_for_again(kit: Any) -> None:
    policy = cache(kit)
    await policy(kit.desk.call(), kit.vendor)
    kit.hands.advance(30)
    assert (await policy(kit.desk.call(), kit.vendor)).source is Source.LIVE
    assert len(kit.vendor.calls) == 2


@pytest.mark.parametrize(
    "kind",
    [
        Unavailable,
        Throttled,
        DeadlineExceeded,
        TlsFailure,
        Malformed,
        ContractBroken,
        VendorError,
        CredentialRefused,
    ],
)
async def test_an_older_one_stands_in_when_the_vendor_cannot_be_asked(
    kit: Any, kind: type[Failure]
) -> None:
    policy = cache(kit)
    await policy(kit.desk.call(), kit.vendor)
    kit.hands.advance(100)
    kit.vendor.script = [kind("No.")]
    reply = await policy(kit.desk.call(), kit.vendor)
    assert (reply.source, reply.stale) == (Source.CACHED, True)
    (event,) = kit.desk.told(CacheServed)
    assert (event.stale, event.failure, event.age_seconds) == (True, kind.code, 100)


@pytest.mark.parametrize("kind", [NotFound, BadInput, CapabilityMissing])
async def test_an_older_one_never_hides_an_answer(kit: Any, kind: type[Failure]) -> None:
    policy = cache(kit)
    await policy(kit.desk.call(), kit.vendor)
    kit.hands.advance(100)
    kit.vendor.script = [kind("No.")]
    with pytest.raises(kind):
        await policy(kit.desk.call(), kit.vendor)


async def test_one_too_old_is_gone(kit: Any) -> None:
    policy = cache(kit)
    await policy(kit.desk.call(), kit.vendor)
    kit.hands.advance(330)
    kit.vendor.script = [Unavailable("Down.")]
    with pytest.raises(Unavailable):
        await policy(kit.desk.call(), kit.vendor)


async def test_failures_are_not_kept(kit: Any) -> None:
    policy = cache(kit)
    kit.vendor.script = [Unavailable("Down.")]
    with pytest.raises(Unavailable):
        await policy(kit.desk.call(), kit.vendor)
    assert (await policy(kit.desk.call(), kit.vendor)).status == 200


@pytest.mark.parametrize("parts", [{"safe": False}, {"operation": "without freshness"}])
async def test_what_may_not_be_kept_is_not(kit: Any, parts: dict[str, Any]) -> None:
    policy = cache(kit)
    for _ in range(2):
        await policy(kit.desk.call(**parts), kit.vendor)
    assert len(kit.vendor.calls) == 2


async def test_two_agencies_never_share_a_reply(kit: Any) -> None:
    policy = cache(kit)
    for agency in (1, 2):
        desk = kit.desk.of(account=kit.account(agency=agency))
        await policy(desk.call(), kit.vendor)
    assert len(kit.vendor.calls) == 2


async def test_a_replaced_credential_finds_nothing_of_its_predecessor(kit: Any) -> None:
    policy = cache(kit)
    for generation in (1, 2):
        desk = kit.desk.of(account=kit.account(generation=generation))
        await policy(desk.call(), kit.vendor)
    assert len(kit.vendor.calls) == 2


async def test_what_an_account_has_said_can_be_forgotten(kit: Any) -> None:
    store = MemoryStore(kit.clock)
    policy = Cache(kit.clock, store, Keys(b"secret"))
    other = kit.desk.of(account=kit.account(id=8))
    for desk in (kit.desk, other):
        await policy(desk.call(), kit.vendor)
    await store.forget(1, 7)
    for desk in (kit.desk, other):
        await policy(desk.call(), kit.vendor)
    assert [call.bound.account.id for call in kit.vendor.calls] == [7, 8, 7]


async def test_a_reply_under_way_while_all_is_forgotten_is_not_kept(kit: Any) -> None:
    store = MemoryStore(kit.clock)
    policy = Cache(kit.clock, store, Keys(b"secret"))

    async def meanwhile(call: Call) -> Reply:
        await store.forget(1, 7)
        answer: Reply = kit.reply(200, b'"before"')
        return answer

    kit.vendor.script = [meanwhile]
    await policy(kit.desk.call(), kit.vendor)
    assert (await policy(kit.desk.call(), kit.vendor)).source is Source.LIVE


async def test_with_an_older_reply_at_hand_the_vendor_has_half_of_the_time(kit: Any) -> None:
    """Fault matrix, rows 4 and 5: stale at the soft limit, not at the caller's deadline."""
    policy = cache(kit)
    await policy(kit.desk.call(seconds=10), kit.vendor)
    kit.hands.advance(100)
    await policy(kit.desk.call(seconds=10), kit.vendor)
    left = [call.bound.deadline.remaining(kit.clock) for call in kit.vendor.calls]
    assert left == [-90, 5]
