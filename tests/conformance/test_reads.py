"""Every read of every vendor, through the real stack, against the vendor's double."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from gateway.domain.failures import CredentialRefused, Failure
from gateway.domain.model import Outcome, Provenance, Seen, Source

if TYPE_CHECKING:
    from conftest import Scene


def failures(outcomes: Iterable[Outcome[Any]]) -> list[Failure]:
    return [one for one in outcomes if isinstance(one, Failure)]


@pytest.mark.live("*", "clients")
@pytest.mark.live("*", "client")
@pytest.mark.live("*", "link")
@pytest.mark.live("*", "Agency.jobs")
@pytest.mark.live("*", "BrontoDetails.lists")
@pytest.mark.live("*", "EngagingNetworksDetails.supporterFields")
@pytest.mark.live("*", "EngagingNetworksDetails.supporter")
@pytest.mark.live("*", "EngagingNetworksDetails.pages")
@pytest.mark.live("*", "OwnDetails.backups")
@pytest.mark.live("*", "OwnDetails.lastBackup")
@pytest.mark.live("*", "OwnBackup.objects")
async def test_every_read_answers_one_outcome_for_each_key(scene: Scene) -> None:
    for accounts in scene.accounts.values():
        for account in accounts:
            for name, read in (await scene.reads(account)).items():
                outcomes = await read()
                assert read.keys, name
                assert set(outcomes) == set(read.keys), name
                assert failures(outcomes.values()) == [], name
                assert await read.ask([]) == {}, name


async def test_known_clients_and_links_are_seen_with_their_provenance(scene: Scene) -> None:
    reads = await scene.reads(scene.first())
    for name in ("get_clients", "get_links"):
        if name in reads:
            for outcome in (await reads[name]()).values():
                assert isinstance(outcome, Seen)
                assert isinstance(outcome.provenance, Provenance)
                assert outcome.provenance.as_of.utcoffset() is not None
                assert outcome.provenance.source in (Source.LIVE, Source.CACHED)


async def test_a_key_that_is_asked_for_twice_is_answered_once(scene: Scene) -> None:
    for name, read in (await scene.reads(scene.first())).items():
        key = read.keys[0]
        assert set(await read.ask([key, key])) == {key}, name


async def test_another_agencys_clients_and_links_are_not_there(scene: Scene) -> None:
    own = await scene.reads(scene.first("Harbour"))
    foreign = await scene.reads(scene.first("Meadow"))
    for name in ("get_clients", "get_links"):
        if name in own:
            keys = foreign[name].keys
            assert not set(keys) & set(own[name].keys)
            assert await own[name].ask(keys) == dict.fromkeys(keys), name


async def test_two_agencies_that_ask_at_once_are_told_nothing_of_each_other(scene: Scene) -> None:
    """Through one stack: its cache, its flights and its sessions."""
    both = [scene.first(agency) for agency in ("Harbour", "Meadow")]
    reads = [(await scene.reads(account))["get_clients"] for account in both]
    shared = [key for read in reads for key in read.keys]
    for _ in range(2):
        answers = await asyncio.gather(*(read.ask(shared) for read in reads))
        for answer, read in zip(answers, reads, strict=True):
            assert {key for key, outcome in answer.items() if outcome is not None} == set(read.keys)


async def test_lists_are_whole_and_name_what_can_be_read(scene: Scene) -> None:
    operations = scene.operations(scene.first())
    if operations.list_clients is not None:
        ids = await scene.client_ids(scene.first())
        assert len(ids) >= 3
        assert len(set(ids)) == len(ids)
    if operations.list_tokens is not None:
        tokens = (await operations.list_tokens()).value
        assert len({token.key for token in tokens}) == len(tokens) >= 1
    if operations.logins is not None:
        assert (await operations.logins()).value
    if operations.events is not None:
        events = (await operations.events(None)).value
        assert events
        assert (await operations.events(events[-1].vendor_id)).value == ()


@pytest.mark.live("*", "VendorAccount.status")
async def test_good_credentials_are_verified_and_each_slot_is_told_once(scene: Scene) -> None:
    account = scene.first()
    shown = await scene.operations(account).verify()
    assert shown
    assert [one.failure for one in shown] == [None] * len(shown)
    places = [(one.slot, one.holder) for one in shown]
    assert len(set(places)) == len(places)
    assert set(places) <= {(held.slot, held.holder) for held in account.credentials}


async def test_wrong_credentials_are_refused_and_the_failure_holds_none_of_it(scene: Scene) -> None:
    wrong = "wrong-0123456789abcdef-wrong"
    scene.sealed.update(dict.fromkeys(scene.sealed, wrong))
    scene.secrets.add(wrong)
    shown = await scene.operations(scene.first()).verify()
    assert shown
    for one in shown:
        assert isinstance(one.failure, CredentialRefused)
        assert one.failure.vendor is scene.name
        assert scene.hides_secrets_from(one, one.failure)


async def test_no_read_changes_anything_at_the_vendor(scene: Scene) -> None:
    for read in (await scene.reads(scene.first())).values():
        await read()
    await scene.operations(scene.first()).verify()
    assert await scene.control("GET", "effects") == []


async def test_a_second_reading_of_what_is_cached_costs_no_call(scene: Scene) -> None:
    reads = await scene.reads(scene.first())
    for read in reads.values():
        await read()
    before = len(scene.calls)
    for read in reads.values():
        await read()
    fresh = scene.connector.vendor(scene.first()).laws.freshness
    repeated = [call.operation for call in scene.calls[before:]]
    assert [operation for operation in repeated if operation in fresh] == []


async def test_secrets_are_in_no_call_no_event_no_log_and_no_outcome(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary is every credential of the world, and every session that was made."""
    caplog.set_level(0)
    told: list[Any] = []
    for accounts in scene.accounts.values():
        for account in accounts:
            operations = scene.operations(account)
            told += [await read() for read in (await scene.reads(account)).values()]
            told.append(await operations.verify())
            if operations.list_tokens is not None:
                told.append(await operations.list_tokens())
            if operations.logins is not None:
                told.append(await operations.logins())
    assert scene.hides_secrets_from(*told, *scene.events, *scene.calls, caplog.text)


async def test_what_is_said_of_operations_names_operations_that_are_called(scene: Scene) -> None:
    account = scene.first()
    operations = scene.operations(account)
    reads = await scene.reads(account)
    for name, read in reads.items():
        await read()
        if name == "get_clients":
            await read.ask(read.keys[:1])  # a vendor may read one client by another operation
    await operations.verify()
    for listing in (operations.list_tokens, operations.logins):
        if listing is not None:
            await listing()
    if operations.events is not None:
        await operations.events(None)
    laws = scene.connector.vendor(account).laws
    called = {call.operation for call in scene.calls}
    assert set(laws.freshness) <= called
    for rate in laws.limits:
        assert rate.operations is None or rate.operations <= called
