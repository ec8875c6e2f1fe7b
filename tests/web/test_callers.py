"""Callers' API keys: their form, and who is let in."""

import asyncio
import random
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.caller import AgencyId, Caller, Scope
from gateway.domain.clock import Clock
from gateway.domain.failures import StorageUnavailable, Unauthenticated
from gateway.domain.secret import Secret
from gateway.storage.values import StoredKey
from gateway.web import callers
from gateway.web.callers import Callers, Key, mint, parse

# ── The form ──────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_prefix_id_secret_and_checksum() -> None:
    key = mint(lambda size: bytes(size))
    assert key.id == "aaaaaaaaaaaa"
    assert key.secret.reveal() == f"gw_aaaaaaaaaaaa_{'0' * 43}{key.secret.reveal()[-6:]}"


@given(st.integers(0, 2**32))
def test_a_minted_key_is_parsed_into_itself(seed: int) -> None:
    key = mint(random.Random(seed).randbytes)
    assert parse(key.secret.reveal()) == key


def test_a_thousand_keys_differ_in_id_and_secret() -> None:
    keys = [mint(secrets.token_bytes) for _ in range(1000)]
    assert len({key.id for key in keys}) == 1000
    assert len({key.secret.reveal()[16:59] for key in keys}) == 1000


@given(st.integers(0, 64), st.sampled_from("0123456789ABCXYZabcxyz_-é "))
def test_any_one_mistyped_character_is_noticed_without_storage(at: int, letter: str) -> None:
    text = mint(random.Random(1).randbytes).secret.reveal()
    typed = text[:at] + letter + text[at + 1 :]
    assert (parse(typed) is None) == (typed != text)


@given(st.text())
def test_no_text_is_a_key_by_accident(text: str) -> None:
    assert parse(text) is None
    assert parse(f"gw_{text}") is None


def test_a_key_never_shows_its_secret() -> None:
    key = mint(secrets.token_bytes)
    assert key.secret.reveal()[16:] not in repr(key) + str(key)


# ── Who is let in ─────────────────────────────────────────────────────────────────────────────

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Time:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.clock = Clock(
            now=lambda: NOW + timedelta(seconds=self.seconds), monotonic=lambda: self.seconds
        )


class Keys:
    """The storage of keys, counting what it is asked."""

    def __init__(self, *stored: StoredKey) -> None:
        self.stored = {key.id: key for key in stored}
        self.asked: list[str] = []
        self.touched: list[tuple[str, frozenset[Scope]]] = []
        self.down = False

    async def key(self, id: str) -> StoredKey | None:
        self.asked.append(id)
        if self.down:
            raise StorageUnavailable("down")
        return self.stored.get(id)

    async def touch_key(self, id: str, scopes: frozenset[Scope], at: datetime) -> None:
        if self.down:
            raise StorageUnavailable("down")
        self.touched.append((id, scopes))


class Door:
    """`Callers` with one known key, a clock and a list of what was put off."""

    def __init__(self) -> None:
        self.time = Time()
        self.key = mint(random.Random(7).randbytes)
        self.keys = Keys(stored(self.key))
        self.put_off: list[Coroutine[Any, Any, None]] = []
        self.callers = Callers(
            self.keys,  # type: ignore[arg-type]
            digest=digest,
            later=self.put_off.append,
            clock=self.time.clock,
        )

    async def enter(self, key: Key | None = None) -> Caller:
        text = (key or self.key).secret.reveal()
        return await self.callers.authenticate({"authorization": f"Bearer {text}"})

    async def catch_up(self) -> None:
        while self.put_off:
            await self.put_off.pop(0)


def digest(key: Secret) -> bytes:
    return sha256(b"pepper" + key.reveal().encode()).digest()


def stored(key: Key) -> StoredKey:
    return StoredKey(
        id=key.id,
        name="Nightly report",
        digest=digest(key.secret),
        agencies=(AgencyId(1),),
        scopes=frozenset({Scope.CLIENTS_READ}),
        used_scopes=frozenset(),
        created_at=NOW,
    )


@pytest.fixture
async def door() -> Any:
    made = Door()
    yield made
    await made.catch_up()


@pytest.mark.parametrize(
    "template",
    [
        {"authorization": "Bearer {}"},
        {"authorization": "bearer  {} "},
        {"x-api-key": "{}"},
        {"x-api-key": " {} "},
    ],
)
async def test_a_known_key_lets_its_caller_in(door: Door, template: dict[str, str]) -> None:
    text = door.key.secret.reveal()
    caller = await door.callers.authenticate(
        {name: value.format(text) for name, value in template.items()}
    )
    assert caller == Caller(
        door.key.id, "Nightly report", (AgencyId(1),), frozenset({Scope.CLIENTS_READ})
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "Basic Z3c6eA=="},
        {"authorization": "Bearer gw_x_y"},
        {"authorization": "Bearer é" + "\udc80"},
        {"x-api-key": "secret-but-not-ours"},
    ],
)
async def test_what_is_no_key_is_refused_without_storage(
    door: Door, headers: dict[str, str]
) -> None:
    with pytest.raises(Unauthenticated):
        await door.callers.authenticate(headers)
    assert door.keys.asked == []
    assert door.put_off == []


async def test_a_bad_authorization_is_not_made_good_by_another_header(door: Door) -> None:
    headers = {"authorization": "Bearer x", "x-api-key": door.key.secret.reveal()}
    with pytest.raises(Unauthenticated):
        await door.callers.authenticate(headers)


async def test_unknown_wrong_and_revoked_keys_hear_the_same_words(door: Door) -> None:
    unknown = mint(random.Random(8).randbytes)
    other_secret = mint(random.Random(9).randbytes)
    revoked = mint(random.Random(10).randbytes)
    door.keys.stored[other_secret.id] = replace(
        stored(other_secret), digest=digest(door.key.secret)
    )
    door.keys.stored[revoked.id] = replace(stored(revoked), revoked_at=NOW)
    said = set()
    for key in (unknown, other_secret, revoked):
        with pytest.raises(Unauthenticated) as caught:
            await door.enter(key)
        said.add(str(caught.value))
    with pytest.raises(Unauthenticated) as caught:
        await door.callers.authenticate({})
    assert said == {str(caught.value)}
    assert door.put_off == []


async def test_digests_are_compared_in_constant_time_even_for_an_unknown_id(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr(callers, "compare_digest", compare)
    with pytest.raises(Unauthenticated):
        await door.enter(mint(random.Random(8).randbytes))
    await door.enter()
    assert compared == [(32, 32), (32, 32)]


async def test_a_good_key_is_looked_up_once_in_five_seconds(door: Door) -> None:
    for _ in range(20):
        await door.enter()
    assert len(door.keys.asked) == 1
    door.time.seconds += callers.VERDICT_SECONDS
    await door.enter()
    assert len(door.keys.asked) == 2


async def test_a_revoked_key_is_refused_once_the_verdict_is_old(door: Door) -> None:
    await door.enter()
    door.keys.stored[door.key.id] = replace(stored(door.key), revoked_at=NOW)
    door.time.seconds += callers.VERDICT_SECONDS
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await door.enter()


async def test_a_refusal_is_never_remembered(door: Door) -> None:
    late = mint(random.Random(8).randbytes)
    with pytest.raises(Unauthenticated):
        await door.enter(late)
    door.keys.stored[late.id] = stored(late)
    assert (await door.enter(late)).key_id == late.id


async def test_verdicts_are_remembered_by_digest_and_bounded(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "VERDICTS", 3)
    minted = [mint(random.Random(seed).randbytes) for seed in range(20, 25)]
    for key in minted:
        door.keys.stored[key.id] = stored(key)
        await door.enter(key)
    assert list(door.callers._verdicts) == [digest(key.secret) for key in minted[-3:]]


async def test_while_storage_is_down_only_remembered_callers_enter(door: Door) -> None:
    await door.enter()
    door.keys.down = True
    await door.enter()
    door.time.seconds += callers.VERDICT_SECONDS
    with pytest.raises(StorageUnavailable):
        await door.enter()


# ── Uses ──────────────────────────────────────────────────────────────────────────────────────


async def test_use_is_written_beside_the_answer_at_most_once_a_minute(door: Door) -> None:
    for _ in range(12):
        await door.enter()
        door.time.seconds += 4.9
    assert door.keys.touched == []
    await door.catch_up()
    assert door.keys.touched == [(door.key.id, frozenset())]
    door.time.seconds += callers.TOUCH_SECONDS
    await door.enter()
    await door.catch_up()
    assert len(door.keys.touched) == 2


async def test_scopes_used_within_the_minute_are_written_with_the_next(door: Door) -> None:
    caller = await door.enter()
    await door.catch_up()
    door.callers.used(caller, frozenset({Scope.CLIENTS_READ}))
    door.callers.used(caller, frozenset({Scope.LINKS_READ}))
    await door.catch_up()
    assert door.keys.touched == [(door.key.id, frozenset())]
    door.time.seconds += callers.TOUCH_SECONDS
    await door.enter()
    await door.catch_up()
    assert door.keys.touched[1:] == [(door.key.id, {Scope.CLIENTS_READ, Scope.LINKS_READ})]


async def test_scopes_not_yet_written_are_written_before_the_end(door: Door) -> None:
    caller = await door.enter()
    await door.catch_up()
    door.callers.used(caller, frozenset({Scope.TOKENS_READ}))
    await door.callers.flush()
    await door.callers.flush()
    assert door.keys.touched == [
        (door.key.id, frozenset()),
        (door.key.id, {Scope.TOKENS_READ}),
    ]


async def test_a_use_that_storage_cannot_take_is_told_again(door: Door) -> None:
    caller = await door.enter()
    door.callers.used(caller, frozenset({Scope.CLIENTS_READ}))
    door.keys.down = True
    await door.catch_up()
    door.keys.down = False
    await door.callers.flush()
    assert door.keys.touched == [(door.key.id, {Scope.CLIENTS_READ})]


async def test_a_task_group_can_be_what_runs_later() -> None:
    door = Door()
    async with asyncio.TaskGroup() as group:
        door.callers._later = group.create_task
        await door.enter()
    assert door.keys.touched == [(door.key.id, frozenset())]
