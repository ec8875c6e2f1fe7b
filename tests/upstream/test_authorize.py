"""Credentials sign calls; sessions are opened once for all, and never in a loop."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import CredentialRejected, SessionRenewed
from gateway.domain.failures import (
    CapabilityMissing,
    CredentialRefused,
    Failure,
    NotFound,
    SessionExpired,
    Throttled,
    Unavailable,
)
from gateway.domain.model import SealedCredential
from gateway.domain.secret import Secret
from gateway.upstream.authorize import Authorize, Standing, begin, used
from gateway.upstream.coalesce import Flights
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.laws import InBody, InHeader, Session


class Sessions:
    """A vendor with logins: each gives the next session, and only `valid` ones are served."""

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.logins = 0
        self.valid: set[str] = set()
        self.sent: list[str] = []
        self.wait = 0.0

    async def __call__(self, call: Call) -> Reply:
        await asyncio.sleep(self.wait)
        assert call.auth is not None
        self.sent.append(call.operation)
        if call.operation == "login":
            self.logins += 1
            token = f"s{self.logins}"
            self.valid.add(token)
            return self.reply(b'{"session": "%s"}' % token.encode())
        assert isinstance(call.auth.secret, Secret)
        if call.auth.secret.reveal() not in self.valid:
            raise SessionExpired("The session ended.", sent=True)
        return self.reply(b"{}")

    def reply(self, body: bytes) -> Reply:
        answer: Reply = self.kit.reply(200, body)
        return answer


@pytest.fixture
def policy(kit: Any) -> Authorize:
    return Authorize(kit.clock, Flights(kit.clock))


def in_session(kit: Any, **parts: Any) -> Call:
    call: Call = kit.desk.call(slot="token", **parts)
    return call


# ── Pure ──────────────────────────────────────────────────────────────────────────────────────


@given(seconds=st.floats(1, 1e6), at=st.floats(0, 1e6), later=st.floats(0, 1e6))
def test_a_session_ends_a_little_before_the_vendor_ends_it(
    seconds: float, at: float, later: float
) -> None:
    for sliding in (False, True):
        held = begin(Session(Secret("x"), seconds, sliding), at)
        assert at < held.until < at + seconds
        after = used(held, later)
        assert after.until == (max(held.until, later + held.span) if sliding else held.until)


@given(st.booleans(), st.none() | st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_refused_credential_is_tried_once_a_minute(
    refused: bool, tried_at: float | None, now: float
) -> None:
    may = Standing(refused, tried_at).may_try(now)
    assert may is (not refused or tried_at is None or now - tried_at >= 60)


# ── Credentials that sign by themselves ───────────────────────────────────────────────────────


async def test_the_sealed_credential_goes_down_unopened(kit: Any, policy: Authorize) -> None:
    await policy(kit.desk.call(), kit.vendor)
    (call,) = kit.vendor.calls
    assert call.auth.placement == InHeader("X-Auth")
    assert isinstance(call.auth.secret, SealedCredential)


async def test_a_call_that_needs_no_credential_gets_none(kit: Any, policy: Authorize) -> None:
    await policy(kit.desk.call(slot=""), kit.vendor)
    assert kit.vendor.calls[0].auth is None


@pytest.mark.parametrize("parts", [{"slot": "agency_token"}, {"slot": "key", "holder": "c1"}])
async def test_a_missing_credential_is_named_in_words_and_nothing_is_sent(
    kit: Any, policy: Authorize, parts: dict[str, str]
) -> None:
    words = "Harbour holds no (agency token|key for this client), which"
    with pytest.raises(CapabilityMissing, match=words) as caught:
        await policy(kit.desk.call(**parts), kit.vendor)
    assert caught.value.account == 7
    assert kit.vendor.calls == []


async def test_a_refused_key_is_told_of_once_and_then_left_alone_for_a_minute(
    kit: Any, policy: Authorize
) -> None:
    """Fault matrix, row 20: no hammering, as that locks accounts."""
    kit.vendor.script = [CredentialRefused("No.", sent=True), CredentialRefused("No.", sent=True)]
    for _ in range(10):
        with pytest.raises(CredentialRefused):
            await policy(kit.desk.call(), kit.vendor)
        kit.hands.advance(5)
    assert len(kit.vendor.calls) == 1
    assert [event.credential for event in kit.desk.told(CredentialRejected)] == [71]
    kit.hands.advance(10)
    for _ in range(3):
        with pytest.raises(CredentialRefused):
            await policy(kit.desk.call(), kit.vendor)
    assert len(kit.vendor.calls) == 2


async def test_a_key_that_is_good_again_is_used_again(kit: Any, policy: Authorize) -> None:
    desk = kit.desk.of(account=kit.account(refused=True))
    for _ in range(3):
        assert (await policy(desk.call(), kit.vendor)).status == 200


async def test_not_found_is_said_to_a_good_key(kit: Any, policy: Authorize) -> None:
    """AgencyAccess's harmless question is one for an object that cannot exist."""
    desk = kit.desk.of(account=kit.account(refused=True))
    kit.vendor.script = [NotFound("No.", sent=True)]
    with pytest.raises(NotFound):
        await policy(desk.call(), kit.vendor)
    assert (await policy(desk.call(), kit.vendor)).status == 200


async def test_a_key_marked_as_refused_is_tried_by_one_caller_only(
    kit: Any, policy: Authorize
) -> None:
    desk = kit.desk.of(account=kit.account(refused=True))
    kit.vendor.script = [Unavailable("Down.")]
    with pytest.raises(Unavailable):
        await policy(desk.call(), kit.vendor)
    with pytest.raises(CredentialRefused) as caught:
        await policy(desk.call(), kit.vendor)
    assert caught.value.sent is False
    assert len(kit.vendor.calls) == 1


async def test_a_replaced_key_is_not_held_against_its_predecessor(
    kit: Any, policy: Authorize
) -> None:
    kit.vendor.script = [CredentialRefused("No.", sent=True)]
    with pytest.raises(CredentialRefused):
        await policy(kit.desk.call(), kit.vendor)
    desk = kit.desk.of(account=kit.account(generation=2))
    assert (await policy(desk.call(), kit.vendor)).status == 200


async def test_two_accounts_never_share_a_refusal(kit: Any, policy: Authorize) -> None:
    kit.vendor.script = [CredentialRefused("No.", sent=True)]
    with pytest.raises(CredentialRefused):
        await policy(kit.desk.call(), kit.vendor)
    for other in (kit.account(agency=2), kit.account(id=8)):
        assert (await policy(kit.desk.of(account=other).call(), kit.vendor)).status == 200


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────


async def test_a_session_is_opened_once_for_all_who_wait(kit: Any, policy: Authorize) -> None:
    vendor = Sessions(kit)
    vendor.wait = 0.002
    calls = [in_session(kit, path=f"/{number}") for number in range(20)]
    await asyncio.gather(*(policy(call, vendor) for call in calls))
    assert vendor.logins == 1
    assert vendor.sent.count("things/get") == 20
    assert len(kit.desk.told(SessionRenewed)) == 1


async def test_a_login_is_signed_by_the_credential_and_bound_to_the_same_origin(
    kit: Any, policy: Authorize
) -> None:
    seen: list[Call] = []
    vendor = Sessions(kit)

    async def watching(call: Call) -> Reply:
        seen.append(call)
        return await vendor(call)

    call = in_session(kit)
    await policy(call, watching)
    login, question = seen
    assert login.auth is not None
    assert isinstance(login.auth.placement, InBody)
    assert isinstance(login.auth.secret, SealedCredential)
    assert (login.slot, login.origin, login.safe) == ("token", call.origin, False)
    assert question.auth is not None
    assert question.auth.placement == InHeader("X-Session")


async def test_an_ended_session_is_renewed_once_for_all_who_hear_of_it(
    kit: Any, policy: Authorize
) -> None:
    """Fault matrix, row 19. Each of the twenty is told that the session ended; one logs in."""
    vendor = Sessions(kit)
    await policy(in_session(kit), vendor)
    vendor.valid.clear()
    vendor.wait = 0.002
    replies = await asyncio.gather(
        *(policy(in_session(kit, path=f"/{number}"), vendor) for number in range(20))
    )
    assert {reply.status for reply in replies} == {200}
    assert vendor.logins == 2
    assert vendor.sent.count("things/get") == 1 + 20 + 20
    assert kit.desk.told(CredentialRejected) == []


async def test_who_hears_late_that_a_session_ended_does_not_drop_the_new_one(
    kit: Any, policy: Authorize
) -> None:
    vendor = Sessions(kit)
    await policy(in_session(kit), vendor)
    late = asyncio.Event()

    async def slow(call: Call) -> Reply:
        if call.path == "/late" and not late.is_set():
            await late.wait()
            raise SessionExpired("Ended.", sent=True)
        return await vendor(call)

    task = asyncio.ensure_future(policy(in_session(kit, path="/late"), slow))
    await asyncio.sleep(0)
    vendor.valid.clear()
    await policy(in_session(kit), vendor)
    late.set()
    assert (await task).status == 200
    assert vendor.logins == 2


async def test_a_second_refusal_is_an_error_and_no_loop(kit: Any, policy: Authorize) -> None:
    sent: list[str] = []

    async def never(call: Call) -> Reply:
        sent.append(call.operation)
        if call.operation == "login":
            answer: Reply = kit.reply(200, b'{"session": "x"}')
            return answer
        raise SessionExpired("Ended.", sent=True)

    with pytest.raises(CredentialRefused) as caught:
        await policy(in_session(kit), never)
    assert not isinstance(caught.value, SessionExpired)
    assert sent == ["login", "things/get", "login", "things/get"]
    assert kit.desk.told(CredentialRejected) == []


async def test_a_quota_told_as_401_opens_no_session(kit: Any, policy: Authorize) -> None:
    """Engaging Networks, row 19b: 0 logins, as each would cost of the same quota."""
    vendor = Sessions(kit)
    await policy(in_session(kit), vendor)

    async def full(call: Call) -> Reply:
        raise Throttled("The API limit is exceeded.", sent=True)

    with pytest.raises(Throttled):
        await policy(in_session(kit), full)
    assert vendor.logins == 1
    assert (await policy(in_session(kit), vendor)).status == 200
    assert vendor.logins == 1


@pytest.mark.parametrize("kind", [CredentialRefused, SessionExpired, Unavailable, Throttled])
async def test_a_login_that_fails_fails_all_who_wait_and_is_sent_once(
    kit: Any, policy: Authorize, kind: type[Failure]
) -> None:
    sent: list[str] = []

    async def refusing(call: Call) -> Reply:
        sent.append(call.operation)
        await asyncio.sleep(0.002)
        raise kind("No.", sent=True)

    calls = [in_session(kit, path=f"/{number}") for number in range(5)]
    outcomes = await asyncio.gather(
        *(policy(call, refusing) for call in calls), return_exceptions=True
    )
    expected = CredentialRefused if kind is SessionExpired else kind
    assert {type(outcome) for outcome in outcomes} == {expected}
    assert sent == ["login"]
    assert len(kit.desk.told(CredentialRejected)) == (kind is CredentialRefused)


@pytest.mark.parametrize(("sliding", "logins"), [(True, 1), (False, 2)])
async def test_a_sliding_session_lives_on_with_each_use(
    kit: Any, sliding: bool, logins: int
) -> None:
    scheme = kit.laws.schemes["token"]
    login = replace(
        scheme.login, session=lambda reply: Session(Secret(reply.json["session"]), 1200, sliding)
    )
    laws = replace(kit.laws, schemes={"token": replace(scheme, login=login)})
    policy, vendor = Authorize(kit.clock, Flights(kit.clock)), Sessions(kit)
    for _ in range(3):
        await policy(kit.desk.of(laws=laws).call(slot="token"), vendor)
        kit.hands.advance(1000)
    assert vendor.logins == logins


async def test_an_idle_session_is_opened_anew_before_the_vendor_refuses_it(
    kit: Any, policy: Authorize
) -> None:
    vendor = Sessions(kit)
    for _ in range(2):
        await policy(in_session(kit), vendor)
        kit.hands.advance(1171)
    assert vendor.logins == 2
    assert vendor.sent == ["login", "things/get"] * 2


@pytest.mark.parametrize(
    "change", [{"agency": 2}, {"id": 8}, {"generation": 2}], ids=["agency", "account", "new key"]
)
async def test_a_session_is_never_used_for_another_credential(
    kit: Any, policy: Authorize, change: dict[str, int]
) -> None:
    vendor = Sessions(kit)
    await policy(in_session(kit), vendor)
    other = kit.desk.of(account=kit.account(**change)).call(slot="token")
    await policy(other, vendor)
    assert vendor.logins == 2


async def test_the_leader_of_a_login_may_leave(kit: Any, policy: Authorize) -> None:
    vendor = Sessions(kit)
    vendor.wait = 0.005
    tasks = [
        asyncio.ensure_future(policy(in_session(kit, path=f"/{number}"), vendor))
        for number in range(3)
    ]
    await asyncio.sleep(0.001)
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes] == ["CancelledError", "Reply", "Reply"]
    assert vendor.logins == 1


async def test_a_write_is_sent_again_only_after_the_session_had_ended(
    kit: Any, policy: Authorize
) -> None:
    vendor = Sessions(kit)
    await policy(in_session(kit), vendor)
    vendor.valid.clear()
    await policy(in_session(kit, safe=False), vendor)
    assert vendor.sent == ["login", "things/get", "things/get", "login", "things/get"]


async def test_no_session_is_seen_in_events_or_in_what_is_printed(
    kit: Any, policy: Authorize
) -> None:
    printed: list[Any] = []
    vendor = Sessions(kit)

    async def watching(call: Call) -> Reply:
        printed.append(repr(call))
        return await vendor(call)

    show: Callable[[Any], str] = repr
    await policy(in_session(kit), watching)
    assert "'s1'" not in show(printed) + show(kit.desk.events) + show(vars(policy))
