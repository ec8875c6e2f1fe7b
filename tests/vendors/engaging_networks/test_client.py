"""The adapter through the real stack, over real sockets: its answers, and exact counts of calls."""

import asyncio
import traceback
from typing import Any

import msgspec
import pytest

from gateway.contract import Verification
from gateway.domain.details import EngagingNetworksDetails
from gateway.domain.events import CredentialRejected, SessionRenewed
from gateway.domain.failures import (
    CapabilityMissing,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    VendorError,
)
from gateway.domain.model import ClientStatus, ClientValues, Seen, Source
from gateway.upstream.exchange import Call, Reply
from gateway.vendors.engaging_networks.client.reading import login

COUNT = "data.service/EaSupporterCount"
CANARY = "c0ffee00-dead-4bad-8bad-canarycanary"
PEOPLE = ["ana.silva@example.org", "bo.lind@example.org", "cleo.marsh@example.org"]


def value(outcome: Any) -> Any:
    assert isinstance(outcome, Seen), outcome
    return outcome.value


# ── The account as a client ───────────────────────────────────────────────────────────────────


async def test_an_account_is_one_client_and_costs_one_call(bench: Any) -> None:
    mine, other, elsewhere = bench.vendor_id(), bench.vendor_id(index=1), "ca/7"
    outcomes = await bench.connect().get_clients([mine, other, elsewhere])

    count = bench.seeded()["supporter_count"]
    details = EngagingNetworksDetails(supporter_count=count)
    assert value(outcomes[mine]) == ClientValues(
        name=bench.account().name, status=ClientStatus.ACTIVE, details=details
    )
    assert (outcomes[other], outcomes[elsewhere]) == (None, None)
    assert await bench.calls() == {COUNT: 1}


async def test_the_count_is_asked_for_again_after_fifteen_minutes(bench: Any, time: Any) -> None:
    operations, mine = bench.connect(), bench.vendor_id()
    sources = []
    for _ in range(3):
        outcomes = await operations.get_clients([mine])
        sources.append(outcomes[mine].provenance.source)
        time.seconds += 600

    assert sources == [Source.LIVE, Source.CACHED, Source.LIVE]
    assert await bench.calls() == {COUNT: 2}


async def test_two_accounts_and_two_agencies_are_told_apart_by_their_tokens(bench: Any) -> None:
    for agency, index in (("Harbour", 0), ("Harbour", 1), ("Meadow", 0)):
        mine = bench.vendor_id(agency, index)
        outcomes = await bench.connect(bench.account(agency, index)).get_clients([mine])
        told = value(outcomes[mine]).details.supporter_count
        assert told == bench.seeded(agency, index)["supporter_count"]


async def test_nothing_is_asked_for_no_ids_and_nothing_without_a_public_token(bench: Any) -> None:
    operations = bench.connect(bench.account(lacks="public_token"))

    assert await operations.get_clients([]) == {}
    outcomes = await operations.get_clients(["us/7"])
    assert isinstance(outcomes["us/7"], CapabilityMissing)
    assert "public token" in str(outcomes["us/7"])
    assert await bench.calls() == {}


async def test_a_region_is_part_of_the_host_and_of_the_id(bench: Any) -> None:
    account = msgspec.structs.replace(bench.account(), regions=("ca",))
    bench.base_url = bench.base_url.replace("127.0.0.1", "127.0.0.{region}")
    account_id = bench.vendor_id().replace("us/", "ca/")

    outcomes = await bench.connect(account).get_clients([account_id])
    assert isinstance(outcomes[account_id], Failure)  # 127.0.0.ca is no host
    bench.base_url = bench.base_url.replace("{region}", "1")
    outcomes = await bench.connect(account).get_clients([account_id])
    assert value(outcomes[account_id]).status is ClientStatus.ACTIVE


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(5)
async def test_ten_calls_at_once_share_one_authentication(bench: Any) -> None:
    keys = [(bench.vendor_id(), f"nobody{n}@example.org") for n in range(10)]

    outcomes = await bench.connect().find_supporters(keys)
    assert outcomes == dict.fromkeys(keys, None)
    assert await bench.calls() == {"authenticate": 1, "supporter.get": 10}


@pytest.mark.case(5)
async def test_an_ended_session_is_renewed_once_for_all_who_wait(bench: Any) -> None:
    operations, me = bench.connect(), bench.vendor_id()
    await operations.fields_of([me])
    await bench.change(lambda state: state["sessions"].clear())

    keys = [(me, f"nobody{n}@example.org") for n in range(4)]
    outcomes = await operations.find_supporters(keys)
    assert outcomes == dict.fromkeys(keys, None)
    # Each of the four hears once that the session ended; one of them renews it.
    assert await bench.calls() == {"authenticate": 1, "supporter.get": 8}


@pytest.mark.case(4)
async def test_a_session_is_renewed_by_the_clock_before_the_vendor_ends_it(
    bench: Any, time: Any
) -> None:
    await bench.change(lambda state: state.update(session_ms=2000))
    operations, me = bench.connect(), bench.vendor_id()
    await operations.pages_of([(me, "pet", "")])
    time.seconds += 1.9
    await operations.pages_of([(me, "nd", "")])

    assert await bench.calls() == {"authenticate": 2, "page.list": 2}
    assert sum(isinstance(event, SessionRenewed) for event in bench.events) == 2


@pytest.mark.case(6)
async def test_a_session_refused_again_at_once_is_a_failure_and_no_loop(bench: Any) -> None:
    await bench.faults(
        {
            "match": {"operation": "supporter.fields"},
            "fault": "status",
            "code": 401,
            "body": '{"message": "Invalid ens-auth-token", "messageId": 1}',
        }
    )
    me = bench.vendor_id()
    outcomes = await bench.connect().fields_of([me])

    assert isinstance(outcomes[me], CredentialRefused)
    assert await bench.calls() == {"authenticate": 2, "supporter.fields": 2}


@pytest.mark.case(7)
async def test_an_exceeded_quota_is_no_reason_to_sign_in_again(bench: Any) -> None:
    operations, me = bench.connect(), bench.vendor_id()
    await operations.fields_of([me])
    await bench.change(lambda state: state["accounts"][0]["api_user"].update(requests_left=0))

    outcomes = await operations.find_supporters([(me, PEOPLE[0])])
    assert isinstance(outcomes[me, PEOPLE[0]], Throttled)
    # The change made the record forget the first sign-in; none came after it.
    assert await bench.calls() == {"supporter.get": 1}
    assert not any(isinstance(event, CredentialRejected) for event in bench.events)


@pytest.mark.case(7)
async def test_an_exceeded_quota_at_the_sign_in_refuses_no_key(bench: Any) -> None:
    await bench.change(lambda state: state["accounts"][0]["api_user"].update(requests_left=0))
    me = bench.vendor_id()
    outcomes = await bench.connect().fields_of([me])

    assert isinstance(outcomes[me], Throttled)
    assert await bench.calls() == {"authenticate": 1}
    assert not any(isinstance(event, CredentialRejected) for event in bench.events)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "another"}, "another region than us"),
        ({"known": False}, "no API user"),
        ({"status": "Inactive"}, "not active"),
        ({"remote_address": "203.0.113.9~203.0.113.10"}, "remote addresses"),
    ],
)
@pytest.mark.case(2, 3)
async def test_a_refused_key_says_why_and_is_not_sent_again(
    bench: Any, change: dict[str, Any], words: str
) -> None:
    account = bench.account()
    await bench.change(lambda state: state["accounts"][0]["api_user"].update(change))
    operations, me = bench.connect(account), bench.vendor_id()

    outcomes = await operations.fields_of([me])
    assert isinstance(outcomes[me], CredentialRefused)
    assert words in str(outcomes[me])
    again = await operations.pages_of([(me, "pet", "")])
    assert isinstance(again[me, "pet", ""], CredentialRefused)
    assert await bench.calls() == {"authenticate": 1}


# ── Reads of the REST services ────────────────────────────────────────────────────────────────


async def test_supporter_fields_have_a_tag_where_the_account_gave_one(bench: Any) -> None:
    me = bench.vendor_id()
    outcomes = await bench.connect().fields_of([me])

    told = {field.name: field.tag for field in value(outcomes[me])}
    assert told["Email Address"] == "Email Address"
    assert told["Favourite river"] is None
    assert await bench.calls() == {"authenticate": 1, "supporter.fields": 1}


@pytest.mark.case(11, 13)
async def test_supporters_are_found_by_address_in_any_letter_case_or_are_none(bench: Any) -> None:
    me = bench.vendor_id()
    keys = [(me, person.upper()) for person in PEOPLE] + [(me, "nobody@example.org")]
    outcomes = await bench.connect().find_supporters(keys)

    found = [value(outcomes[key]) for key in keys[:3]]
    assert [person.email for person in found] == PEOPLE
    assert [person.suppressed for person in found] == [False, False, True]
    assert [person.questions for person in found] == [
        (("Email opt-in", "Y"),),
        (("Email opt-in", "N"),),
        (("Email opt-in", "N"),),
    ]
    assert dict(found[0].fields) == {
        "Email Address": PEOPLE[0],
        "First Name": "Ana",
        "Last Name": "Silva",
    }
    assert outcomes[keys[3]] is None
    assert await bench.calls() == {"authenticate": 1, "supporter.get": 4}


async def test_pages_come_by_type_and_status_newest_first(bench: Any) -> None:
    me = bench.vendor_id()
    every, live, none = (me, "pet", ""), (me, "pet", "live"), (me, "survey", "")
    outcomes = await bench.connect().pages_of([every, live, none])

    assert [page.name for page in value(outcomes[every])] == ["Clean air", "Save the river"]
    assert [page.status for page in value(outcomes[every])] == ["close", "live"]
    (page,) = value(outcomes[live])
    assert page.url == f"https://rivers.example/page/{page.vendor_id}"
    assert value(outcomes[none]) == ()
    assert await bench.calls() == {"authenticate": 1, "page.list": 3}


async def test_a_missing_permission_and_a_missing_key_are_told_apart(bench: Any) -> None:
    me = bench.vendor_id()
    outcomes = await bench.connect(bench.account(lacks="api_key")).fields_of([me])
    assert isinstance(outcomes[me], CapabilityMissing)
    assert "API user's key" in str(outcomes[me])
    assert await bench.calls() == {}

    await bench.change(lambda state: state["accounts"][0]["api_user"].update(permissions=[]))
    outcomes = await bench.connect().fields_of([me])
    assert isinstance(outcomes[me], CapabilityMissing)
    assert "permission" in str(outcomes[me])


async def test_one_key_that_fails_leaves_the_others_alone(bench: Any) -> None:
    await bench.faults(
        {"match": {"operation": "supporter.get", "nth": 1, "times": 1}, "fault": "html"}
    )
    me = bench.vendor_id()
    operations = bench.connect()
    failed = await operations.find_supporters([(me, PEOPLE[0])])
    outcomes = await operations.find_supporters([(me, PEOPLE[1])])

    assert failed[me, PEOPLE[0]] is not None
    assert value(outcomes[me, PEOPLE[1]]).email == PEOPLE[1]


@pytest.mark.case(17)
@pytest.mark.parametrize("status", [502, 503])
async def test_a_read_is_repeated_when_a_web_page_says_that_the_vendor_is_out_of_service(
    bench: Any, status: int
) -> None:
    page = "<!doctype html><title>Bad gateway</title>"
    await bench.faults(
        {
            "match": {"operation": "supporter.fields", "nth": 1, "times": 1},
            "fault": "status",
            "code": status,
            "body": page,
            "headers": {"Content-Type": "text/html"},
        }
    )
    me = bench.vendor_id()

    assert value((await bench.connect().fields_of([me]))[me])
    assert await bench.calls() == {"authenticate": 1, "supporter.fields": 2}


# ── Verification ──────────────────────────────────────────────────────────────────────────────


async def test_verify_tries_every_credential_and_leaves_an_export_at_its_first_bytes(
    bench: Any,
) -> None:
    verified = await bench.connect().verify()

    assert verified == (
        Verification("public_token", "", clients=(bench.vendor_id(),)),
        Verification("api_key", "", capabilities={"MANAGE_INDIVIDUAL_SUPPORTERS": True}),
        Verification("private_tokens", "0"),
        Verification("private_tokens", "1"),
    )
    calls = {COUNT: 1, "authenticate": 1, "supporter.fields": 1, "export.service": 2}
    assert await bench.calls() == calls


async def test_verify_asks_the_vendor_although_the_cache_knows(bench: Any) -> None:
    operations = bench.connect()
    await operations.get_clients([bench.vendor_id()])
    await operations.verify()

    assert (await bench.calls())[COUNT] == 2


async def test_verify_tells_of_each_credential_apart(bench: Any) -> None:
    account = bench.account(public_token=CANARY)
    await bench.change(lambda state: state["accounts"][0]["api_user"].update(permissions=[]))
    public, key, *private = await bench.connect(account).verify()

    assert isinstance(public.failure, CredentialRefused)
    assert public.clients == ()
    assert key == Verification("api_key", "", capabilities={"MANAGE_INDIVIDUAL_SUPPORTERS": False})
    assert private == [Verification("private_tokens", "0"), Verification("private_tokens", "1")]


async def test_verify_of_a_wrong_key_gives_its_refusal(bench: Any) -> None:
    account = bench.only("api_key", api_key=CANARY)
    (key,) = await bench.connect(account).verify()

    assert (key.slot, type(key.failure)) == ("api_key", CredentialRefused)
    assert await bench.calls() == {"authenticate": 1}


@pytest.mark.case(30)
async def test_verify_tells_a_good_private_token_from_one_that_was_refreshed(bench: Any) -> None:
    account = bench.only("private_tokens")
    bench.double.dashboard(
        {"action": "refresh_token", "kind": "private", "index": 1, "agency": "Harbour"}
    )
    good, refreshed = await bench.connect(account).verify()

    assert good == Verification("private_tokens", "0")
    assert (refreshed.holder, type(refreshed.failure)) == ("1", CredentialRefused)


async def test_verify_claims_nothing_of_a_private_token_when_the_vendor_is_out_of_service(
    bench: Any,
) -> None:
    await bench.faults({"match": {"operation": "export.service"}, "fault": "status", "code": 503})

    assert await bench.connect(bench.only("private_tokens")).verify() == ()
    assert await bench.calls() == {"export.service": 2}


# ── Secrets ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(2, 31)
async def test_a_refused_token_or_key_appears_nowhere(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    account = bench.account(public_token=CANARY, api_key=CANARY)
    operations, me = bench.connect(account), bench.vendor_id()

    outcomes = await asyncio.gather(
        operations.get_clients([me]),
        operations.fields_of([me]),
        operations.pages_of([(me, "pet", "")]),
        operations.find_supporters([(me, PEOPLE[0])]),
    )
    failures = [failure for outcome in outcomes for failure in outcome.values()]
    assert [type(failure) for failure in failures] == [CredentialRefused] * 4
    shown = "".join(
        "".join(traceback.format_exception(failure)) + repr(failure) + repr(vars(failure))
        for failure in failures
    )
    assert CANARY not in shown + repr(bench.events) + caplog.text


@pytest.mark.case(31)
async def test_an_unknown_error_and_an_unreadable_answer_show_nothing_of_themselves(
    bench: Any,
) -> None:
    me, seen = bench.vendor_id(), []
    for fault, kind in (
        ({"fault": "status", "code": 200, "body": f'{{"error": "{CANARY}"}}'}, VendorError),
        ({"fault": "status", "code": 200, "body": f"<p>{CANARY}"}, Malformed),
        ({"fault": "html"}, Malformed),
    ):
        await bench.faults({"match": {"operation": COUNT}, **fault})
        outcome = (await bench.connect().get_clients([me]))[me]
        assert isinstance(outcome, kind)
        seen.append(str(outcome) + repr(outcome))

    assert CANARY not in "".join(seen)


async def test_only_the_sign_in_and_supporters_are_confidential_and_probes_are_never_kept(
    bench: Any,
) -> None:
    sent: list[Call] = []

    async def record(call: Call) -> Reply:
        sent.append(call)
        raise NotFound("nothing is here")

    bench.proceed, me = record, bench.vendor_id()
    operations = bench.connect(bench.account(lacks="private_tokens"))
    await operations.get_clients([me])
    await operations.fields_of([me])
    await operations.find_supporters([(me, PEOPLE[0])])
    await operations.pages_of([(me, "pet", "")])
    reads = len(sent)
    await operations.verify()

    assert [call.operation for call in sent if call.confidential] == ["supporter.get"]
    assert login(bench.account()).confidential
    assert [call.safe for call in sent] == [True] * reads + [False] * 2
    secrets = [held.envelope.decode() for held in bench.account().credentials]
    parts = repr([(call.path, call.query, call.headers, call.body, call.auth) for call in sent])
    assert not any(secret in parts for secret in secrets)
