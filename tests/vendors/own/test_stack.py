"""Own through the real stack and real sockets: how often the vendor hears what."""

import asyncio
import logging
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.domain.events import CredentialRejected, SessionRenewed
from gateway.domain.failures import (
    CapabilityMissing,
    CredentialRefused,
    Failure,
    Malformed,
    Unavailable,
)
from gateway.domain.model import ClientStatus, Outcome, Seen, Source

from .served import BOTH, Gateway, Time, calling, sealed, serving


def names(outcome: Outcome[Any]) -> list[str]:
    assert isinstance(outcome, Seen), outcome
    return [one.values.name for one in outcome.value]


@pytest.mark.live("OWN", "clients")
async def test_one_token_exchange_opens_all_regions(gateway: Gateway) -> None:
    listed = await gateway.listed()

    assert names(listed["app1"]) == ["ana@ana.example", "dee@dee.example"]
    assert names(listed["emea1"]) == ["cem@cem.example", "eve@eve.example"]
    assert gateway.vendor.counts == {"token": 1, "app1 services": 1, "emea1 services": 1}
    assert gateway.vendor.calls[0] == "token"


async def test_the_second_listing_costs_nothing_for_a_minute(gateway: Gateway) -> None:
    first = await gateway.listed()
    gateway.time.move(seconds=59)
    second = await gateway.listed()

    assert len(gateway.vendor.calls) == 3
    for region in BOTH:
        early, late = first[region], second[region]
        assert isinstance(early, Seen)
        assert isinstance(late, Seen)
        assert (early.provenance.source, late.provenance.source) == (Source.LIVE, Source.CACHED)

    gateway.time.move(seconds=2)
    await gateway.listed()
    assert gateway.vendor.counts == {"token": 1, "app1 services": 2, "emea1 services": 2}


@pytest.mark.live("OWN", "client")
async def test_several_clients_of_a_region_are_served_by_its_cached_list(gateway: Gateway) -> None:
    read = gateway.bound.own.get_clients
    assert read is not None
    await gateway.listed("app1")

    found = await read(("app1/310001", "app1/310002", "app1/9"))

    assert gateway.vendor.counts == {"token": 1, "app1 services": 1}
    one = found["app1/310001"]
    assert isinstance(one, Seen)
    assert one.value.status is ClientStatus.ACTIVE
    assert found["app1/9"] is None


@pytest.mark.live("OWN", "OwnDetails.backups")
@pytest.mark.live("OWN", "OwnDetails.lastBackup")
@pytest.mark.live("OWN", "OwnBackup.objects")
@pytest.mark.live("OWN", "VendorAccount.events")
async def test_backups_their_objects_and_events_come_through(gateway: Gateway) -> None:
    own = gateway.bound.own
    assert own.last_backups is not None
    assert own.backup_objects_of is not None
    assert own.events is not None

    backups = (await gateway.backups("emea1/310001"))["emea1/310001"]
    last = (await own.last_backups(("emea1/310001",)))["emea1/310001"]
    assert isinstance(backups, Seen)
    assert isinstance(last, Seen)
    key = ("emea1/310001", last.value.vendor_id)
    objects = (await own.backup_objects_of((key,)))[key]
    events = await own.events(None)

    assert backups.value[0] == last.value
    assert isinstance(objects, Seen)
    assert [one.name for one in objects.value] == ["accounts", "contacts", "my_object__cs"]
    assert [event.client_vendor_id for event in events.value] == [
        "app1/310001",
        "app1/310002",
        "emea1/310001",
        "emea1/310002",
    ]


async def test_a_bearer_is_renewed_once_for_all_whom_the_vendor_turns_away(
    gateway: Gateway,
) -> None:
    await gateway.listed()
    state = gateway.vendor.double.state()
    gateway.vendor.double.reset({**state, "bearers": {}})
    gateway.vendor.calls.clear()

    ids = [f"{region}/{id}" for region in BOTH for id in (310001, 310002)]
    found = await gateway.backups(*ids)

    assert all(isinstance(outcome, Seen) for outcome in found.values())
    assert gateway.vendor.counts["token"] == 1
    assert all(gateway.vendor.counts[f"{region} backups"] <= 4 for region in BOTH)
    assert gateway.told(SessionRenewed) == 2


async def test_a_bearer_whose_time_is_up_is_renewed_before_anyone_is_turned_away(
    gateway: Gateway,
) -> None:
    await gateway.listed()
    gateway.time.move(hours=1)
    gateway.vendor.calls.clear()

    await gateway.listed()

    assert gateway.vendor.counts == {"token": 1, "app1 services": 1, "emea1 services": 1}
    assert gateway.vendor.calls[0] == "token"


async def test_a_bearer_that_is_always_refused_is_renewed_once_and_no_more(
    gateway: Gateway,
) -> None:
    gateway.vendor.replies += [("services", 401, b"{}")] * 9

    outcome = (await gateway.listed("app1"))["app1"]

    assert isinstance(outcome, CredentialRefused)
    assert gateway.vendor.counts == {"token": 2, "app1 services": 2}
    assert gateway.told(CredentialRejected) == 0


async def test_a_revoked_token_is_told_once_and_not_tried_again_for_a_minute(
    gateway: Gateway,
) -> None:
    gateway.vendor.double.dashboard({"action": "revoke_token", "agency": "Harbour"})

    first, second = await gateway.listed(), await gateway.listed()

    assert gateway.vendor.counts == {"token": 1}
    for outcome in (*first.values(), *second.values()):
        assert isinstance(outcome, CredentialRefused)
    assert gateway.told(CredentialRejected) == 1

    gateway.time.move(seconds=61)
    await gateway.listed("app1")
    assert gateway.vendor.counts == {"token": 2}


async def test_a_token_of_180_days_serves_what_was_read_before_and_is_refused(
    gateway: Gateway,
) -> None:
    gateway.time.move(days=24, hours=23, minutes=30)
    await gateway.listed("app1")
    gateway.time.move(hours=1)
    gateway.vendor.calls.clear()

    outcome = (await gateway.listed("app1"))["app1"]
    never_read = (await gateway.listed("emea1"))["emea1"]

    assert isinstance(outcome, Seen)
    assert outcome.provenance.stale
    assert isinstance(never_read, CredentialRefused)
    assert gateway.vendor.counts["token"] == 1


async def test_a_new_token_in_the_old_ones_place_is_used_at_once(gateway: Gateway) -> None:
    double = gateway.vendor.double
    await gateway.listed()
    double.dashboard({"action": "revoke_token", "agency": "Harbour"})
    made = double.dashboard({"action": "generate_token", "agency": "Harbour"})
    gateway.bound.account = replace(
        gateway.bound.account, credentials=(sealed(made["api_token"], generation=2),)
    )
    gateway.vendor.calls.clear()

    listed = await gateway.listed()

    assert len(names(listed["app1"])) == 2
    assert gateway.vendor.counts == {"token": 1, "app1 services": 1, "emea1 services": 1}


async def test_one_region_down_leaves_the_other_and_no_third_call(gateway: Gateway) -> None:
    gateway.vendor.down.add("emea1")

    listed = await gateway.listed()

    assert names(listed["app1"]) == ["ana@ana.example", "dee@dee.example"]
    assert isinstance(listed["emea1"], Unavailable)
    assert gateway.vendor.counts["app1 services"] == 1
    assert gateway.vendor.counts["emea1 services"] <= 3
    assert gateway.vendor.counts["token"] == 1


async def test_a_wrong_client_id_is_the_credentials_fault(gateway: Gateway) -> None:
    gateway.bound.account = replace(gateway.bound.account, options={"client_id": "another"})

    outcome = (await gateway.listed("app1"))["app1"]

    assert isinstance(outcome, CredentialRefused)
    assert gateway.vendor.counts == {"token": 1}


async def test_a_service_outside_of_the_users_units_lacks_a_capability(gateway: Gateway) -> None:
    state = gateway.vendor.double.state()
    state["agencies"]["Harbour"]["regions"]["app1"]["services"][0]["denied"] = True
    gateway.vendor.double.reset(state)

    found = await gateway.backups("app1/310001", "app1/310002")

    assert isinstance(found["app1/310001"], CapabilityMissing)
    assert isinstance(found["app1/310002"], Seen)


@pytest.mark.parametrize(
    "body",
    [b"<html>please sign in</html>", b"[", b"", b'"words"', b"[]", b"NaN", b"\xff"],
)
async def test_an_answer_that_is_not_owns_is_malformed_and_not_kept(
    gateway: Gateway, body: bytes
) -> None:
    gateway.vendor.replies.append(("services/get", 200, body))
    read = gateway.bound.own.get_clients
    assert read is not None

    first = (await read(("app1/310001",)))["app1/310001"]
    second = (await read(("app1/310001",)))["app1/310001"]

    assert isinstance(first, Malformed)
    assert isinstance(second, Seen)
    assert gateway.vendor.counts == {"token": 1, "app1 services/get": 2}


@pytest.mark.parametrize(
    "body", [b"{}", b"<html></html>", b'{"access_token": "a b", "expires_in": 60}', b"[]"]
)
async def test_a_token_answer_without_a_bearer_is_malformed_and_opens_nothing(
    gateway: Gateway, body: bytes
) -> None:
    gateway.vendor.replies.append(("token", 200, body))

    outcome = (await gateway.listed("app1"))["app1"]

    assert isinstance(outcome, Malformed)
    assert gateway.vendor.counts == {"token": 1}
    assert len(names((await gateway.listed("app1"))["app1"])) == 2


@pytest.mark.live("OWN", "VendorAccount.status")
async def test_verifying_asks_the_vendor_even_when_the_list_is_cached(gateway: Gateway) -> None:
    await gateway.listed("app1")

    (verified,) = await gateway.bound.own.verify()

    assert verified.failure is None
    assert gateway.vendor.counts == {"token": 1, "app1 services": 2}


async def test_verifying_a_revoked_token_says_so(gateway: Gateway) -> None:
    gateway.vendor.double.dashboard({"action": "revoke_token", "agency": "Harbour"})

    (verified,) = await gateway.bound.own.verify()

    assert isinstance(verified.failure, CredentialRefused)
    assert "180 days" in verified.failure.message


async def test_twenty_at_once_cost_what_one_costs(gateway: Gateway) -> None:
    await asyncio.gather(*(gateway.listed() for _ in range(20)))

    assert gateway.vendor.counts == {"token": 1, "app1 services": 1, "emea1 services": 1}


async def test_two_agencies_share_nothing() -> None:
    time = Time()
    async with (
        serving(time) as vendor,
        calling(vendor, time) as harbour,
        calling(vendor, time, "Meadow") as meadow,
    ):
        ours, theirs = (Gateway(vendor, bound, time) for bound in (harbour, meadow))
        mine, other = await asyncio.gather(ours.listed("app1"), theirs.listed("app1"))

    assert names(mine["app1"]) == ["ana@ana.example", "dee@dee.example"]
    assert names(other["app1"]) == ["ana@ana.example"]
    assert vendor.counts == {"token": 2, "app1 services": 2}


async def test_neither_token_nor_bearer_is_ever_seen(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Logs, events, failures, addresses and the calls themselves are searched for both."""
    caplog.set_level(logging.DEBUG)
    held = gateway.bound.account.credentials[0].envelope.decode()
    seen: list[object] = [await gateway.listed(), await gateway.bound.own.verify()]
    bearers = set(gateway.vendor.double.state()["bearers"])
    gateway.vendor.replies += [("backups", 401, held.encode())] * 2
    gateway.vendor.replies += [("events", 500, held.encode())] * 9
    seen.append(await gateway.backups("app1/310001"))
    assert gateway.bound.own.events is not None
    with pytest.raises(Failure) as failed:
        await gateway.bound.own.events(None)
    seen += [failed.value.message, repr(failed.value), failed.getrepr(style="value")]
    bearers |= set(gateway.vendor.double.state()["bearers"])

    shown = "\n".join(
        [caplog.text, *capfd.readouterr(), *gateway.vendor.sent, *map(repr, gateway.bound.events)]
        + [str(one) for one in seen]
    )

    assert len(bearers) == 3
    assert "services" in shown
    for secret in (held, *bearers):
        assert secret not in shown
