"""What becomes of a write that fails: refused and surely not done, or unknown; sent once always."""

import asyncio
from typing import Any

import pytest

from gateway.contract import Made
from gateway.domain.changes import ClientPatch, ClientUpdate, LinkUpdate, NewClient, NewLink
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.model import ClientValues, LinkService

from .bench import MARK, Bench
from .wire import first

ANA = NewClient(name="Ana Ruiz", email="ana@example.org", language="Spanish")
ADS = LinkService(platform="Google", service="Google Ads", access_level="ADMIN")

REFUSED = (
    BadInput,
    CapabilityMissing,
    Conflict,
    CredentialRefused,
    NotFound,
    Throttled,
)
"""Kinds of failure that say: the vendor surely did nothing (see the brief of a write)."""


async def fail(bench: Bench, name: str, values: Any, seconds: float = 8.0) -> Failure:
    """The failure of a write that cannot succeed."""
    write = getattr(bench.operations(seconds), name)
    with pytest.raises(Failure) as failed:
        await write.send(values, MARK)
    return failed.value


def a_link(bench: Bench) -> NewLink:
    client = first(bench.wire.agency("Harbour")["clients"])
    return NewLink(client_vendor_id=client, services=(ADS,), send_email=True)


def status(code: int, body: Any = None, **more: Any) -> dict[str, Any]:
    told = {"error": True, "msg": "canary-4711"} if body is None else body
    return {"fault": "status", "code": code, "body": told, **more}


# ── Refused ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, BadInput),
        (401, CredentialRefused),
        (403, CapabilityMissing),
        (404, NotFound),
        (409, Conflict),
        (429, Throttled),
    ],
)
@pytest.mark.parametrize("body", [None, "plain words, canary-4711", ""])
async def test_a_readable_refusal_is_told_as_one_with_or_without_the_envelope(
    bench: Bench, code: int, kind: type[Failure], body: str | None
) -> None:
    await bench.faults(status(code, body))
    failure = await fail(bench, "create_client", ANA)
    assert type(failure) is kind
    assert "canary" not in failure.message
    assert await bench.calls() == {"clients/create": 1}
    assert bench.journal.steps == ["sending", "answered"]


@pytest.mark.case(1)
async def test_a_wrong_key_writes_nothing(bench: Bench) -> None:
    bench.wire.key = "k_wrong"
    assert isinstance(await fail(bench, "create_client", ANA), CredentialRefused)
    assert bench.effects() == []


@pytest.mark.case(2)
async def test_a_rolled_key_writes_nothing_and_is_not_tried_again_at_once(bench: Bench) -> None:
    old = bench.wire.key
    bench.wire.double.dashboard({"action": "roll_key", "agency": "Harbour"})
    bench.wire.key = old
    first_try = await fail(bench, "create_client", ANA)
    second_try = await fail(bench, "create_link", a_link(bench))
    assert isinstance(first_try, CredentialRefused)
    assert isinstance(second_try, CredentialRefused)
    assert (first_try.sent, second_try.sent) == (True, False)
    assert await bench.calls() == {"clients/create": 1}


@pytest.mark.case(3)
@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("create_client", "Create Customer"),
        ("update_client", "Edit Customer"),
        ("create_link", "Create Link"),
        ("update_link", "Edit Link"),
    ],
)
async def test_a_missing_capability_is_named(bench: Bench, name: str, capability: str) -> None:
    values = {
        "create_client": ANA,
        "update_client": ClientUpdate(
            vendor_id=first(bench.wire.agency("Harbour")["clients"]),
            current=ClientValues(name="Ana"),
            patch=ClientPatch(name="Anna"),
        ),
        "create_link": a_link(bench),
        "update_link": LinkUpdate(
            vendor_id=first(bench.wire.agency("Harbour")["links"]), services=(ADS,)
        ),
    }[name]
    others = [one for one in bench.wire.agency("Harbour")["capabilities"] if one != capability]
    action = {"action": "roll_key", "agency": "Harbour", "capabilities": others}
    bench.wire.key = bench.wire.double.dashboard(action)["api_key"]
    failure = await fail(bench, name, values)
    assert isinstance(failure, CapabilityMissing)
    assert capability in failure.message
    assert bench.effects() == ["roll_key"]


@pytest.mark.case(8)
async def test_another_agencys_link_is_not_found(bench: Bench) -> None:
    theirs = first(bench.wire.agency("Meadow")["links"])
    failure = await fail(bench, "update_link", LinkUpdate(vendor_id=theirs, services=(ADS,)))
    assert isinstance(failure, NotFound)
    assert bench.effects() == []


@pytest.mark.case(21)
async def test_an_error_in_a_200_is_a_refusal_with_the_field_that_the_vendor_names(
    bench: Bench,
) -> None:
    bench.wire.switch(errors_in_200=True)
    unknown = NewLink(client_vendor_id="unknown", services=(ADS,))
    failure = await fail(bench, "create_link", unknown)
    assert isinstance(failure, BadInput)
    assert failure.field == ("clientId",)
    assert bench.effects() == []


@pytest.mark.case(21)
async def test_an_error_in_a_200_that_nobody_knows_is_a_refusal_too(bench: Bench) -> None:
    await bench.faults(status(200))
    failure = await fail(bench, "create_client", ANA)
    assert isinstance(failure, BadInput)
    assert failure.field == ()
    assert "canary" not in failure.message


@pytest.mark.case(23)
@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "3"}, 3.0), ({}, None)])
async def test_a_429_is_told_with_the_time_to_wait_and_not_repeated(
    bench: Bench, headers: dict[str, str], wait: float | None
) -> None:
    await bench.faults(status(429, headers=headers))
    failure = await fail(bench, "create_link", a_link(bench))
    assert isinstance(failure, Throttled)
    assert failure.retry_after == wait
    assert await bench.calls() == {"links/create": 1}
    assert bench.effects() == []


# ── Unknown ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(22)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(500, "<html><body>Oops</body></html>"), VendorError),
        (status(500), VendorError),
        (status(503), Unavailable),
        (status(418), Malformed),
        (status(200, {"error": False, "data": None}), Malformed),
        (status(200, {"error": False, "data": {"name": "Ana"}}), Malformed),
        (status(200, {"data": "c1"}), Malformed),
        (status(204, ""), Malformed),
        ({"fault": "malformed"}, Malformed),
        ({"fault": "html"}, Malformed),
        ({"fault": "redirect", "location": "https://elsewhere.example/"}, Malformed),
    ],
)
async def test_an_answer_that_does_not_tell_is_no_refusal_and_is_journaled(
    bench: Bench, fault: dict[str, Any], kind: type[Failure]
) -> None:
    await bench.faults({**fault, "effect": "before"})
    failure = await fail(bench, "create_client", ANA)
    assert isinstance(failure, kind)
    assert not isinstance(failure, REFUSED)
    assert failure.sent is True
    assert bench.journal.steps == ["sending", "answered"]
    assert (await bench.calls(), bench.effects()) == ({"clients/create": 1}, ["clients/create"])


@pytest.mark.parametrize(
    "fault", [{"fault": "reset", "after_bytes": 0}, {"fault": "truncate", "bytes": 9}]
)
async def test_an_answer_that_is_lost_is_neither_repeated_nor_a_refusal(
    bench: Bench, fault: dict[str, Any]
) -> None:
    await bench.faults({**fault, "effect": "before"})
    failure = await fail(bench, "create_link", a_link(bench))
    assert not isinstance(failure, REFUSED)
    assert failure.sent is not False
    assert bench.journal.steps == ["sending"]
    assert (await bench.calls(), bench.effects()) == ({"links/create": 1}, ["links/create"])


@pytest.mark.case(25)
@pytest.mark.parametrize("name", ["create_client", "create_link"])
async def test_a_create_that_times_out_is_sent_exactly_once(bench: Bench, name: str) -> None:
    values = {"create_client": ANA, "create_link": a_link(bench)}[name]
    await bench.faults({"fault": "hang", "effect": "before"})
    failure = await fail(bench, name, values, seconds=0.5)
    assert failure.code.value == "DEADLINE_EXCEEDED"
    assert failure.sent is not False
    assert bench.journal.steps == ["sending"]
    operation = {"create_client": "clients/create", "create_link": "links/create"}[name]
    assert (await bench.calls(), bench.effects()) == ({operation: 1}, [operation])


async def test_a_caller_who_leaves_ends_the_wait_and_sends_nothing_more(bench: Bench) -> None:
    await bench.faults({"fault": "hang", "effect": "before"})
    write = bench.operations().create_client
    assert write is not None
    task = asyncio.create_task(_made(write.send(ANA, MARK)))
    while not await bench.calls():
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bench.calls() == {"clients/create": 1}


async def _made(sending: Any) -> Made:
    made: Made = await sending
    return made


@pytest.mark.parametrize("code", [201, 202])
async def test_an_id_is_taken_from_any_good_status(bench: Bench, code: int) -> None:
    await bench.faults(status(code, {"error": False, "data": "c77"}))
    write = bench.operations().create_client
    assert write is not None
    assert await write.send(ANA, MARK) == Made("c77")
