"""Bronto's reads through the real stack, over real sockets, against its double; calls counted."""

import asyncio
from typing import Any

import pytest

from gateway.contract import Operations
from gateway.domain.failures import (
    CapabilityMissing,
    ContractBroken,
    CredentialRefused,
    Failure,
)
from gateway.domain.model import ClientStatus, ClientValues, Seen, Source, TokenKind
from gateway.vendors.bronto.client import calls

from .conftest import Bench, Time, surrogate


async def listed(operations: Operations) -> Any:
    assert operations.list_clients is not None
    return (await operations.list_clients([""]))[""]


async def got(operations: Operations, ids: list[str]) -> Any:
    assert operations.get_clients is not None
    return await operations.get_clients(ids)


async def tokens(operations: Operations) -> Any:
    assert operations.list_tokens is not None
    return await operations.list_tokens()


async def lists(operations: Operations, ids: list[str]) -> Any:
    assert operations.lists_of is not None
    return await operations.lists_of(ids)


async def test_the_first_query_costs_one_login_and_two_pages_for_each_list(bench: Bench) -> None:
    operations = bench.connect()
    clients, held = await asyncio.gather(listed(operations), tokens(operations))
    assert [each.vendor_id for each in clients.value] == bench.ids()
    assert [each.kind for each in held.value] == [TokenKind.AGENCY] + [TokenKind.CLIENT] * 2
    assert await bench.calls() == {"login": 1, "readAccounts": 2, "readApiTokens": 2}


async def test_the_second_query_costs_nothing(bench: Bench) -> None:
    operations = bench.connect()
    await listed(operations)
    await tokens(operations)
    before = await bench.calls()
    again, held = await listed(operations), await tokens(operations)
    assert again.provenance.source is Source.CACHED
    assert held.provenance.source is Source.CACHED
    assert await bench.calls() == before


async def test_a_list_tells_names_and_states_only_and_details_tell_all(bench: Bench) -> None:
    operations, first = bench.connect(), bench.ids()[0]
    brief = (await listed(operations)).value[0]
    assert brief.values == ClientValues(
        name="Rivers SL", status=ClientStatus.ACTIVE, complete=False
    )
    whole = (await got(operations, [first]))[first].value
    assert (whole.name, whole.company, whole.email) == (
        "Rivers SL",
        "Rivers SL",
        "ana@rivers.example",
    )
    assert whole.complete
    assert whole.details.locale == "es_ES"
    assert whole.details.allocations.emails == 200_000


async def test_a_list_is_read_to_its_empty_page_however_small_the_pages(bench: Bench) -> None:
    await bench.change(lambda state: state.update(page_size=1))
    clients = await listed(bench.connect())
    assert [each.vendor_id for each in clients.value] == bench.ids()
    assert await bench.calls() == {"login": 1, "readAccounts": 3}


async def test_ten_that_ask_at_once_share_one_login(bench: Bench) -> None:
    operations = bench.connect()
    answers = await asyncio.gather(*(got(operations, [f"{n:036x}"]) for n in range(10)))
    assert answers == [{f"{n:036x}": None} for n in range(10)]
    assert await bench.calls() == {"login": 1, "readAccounts": 10}


async def test_a_session_lives_on_while_it_is_used(bench: Bench, time: Time) -> None:
    operations = bench.connect()
    for n in range(4):
        await got(operations, [f"{n:036x}"])
        time.seconds += 15 * 60
    assert await bench.calls() == {"login": 1, "readAccounts": 4}


async def test_a_session_that_slept_for_twenty_minutes_is_renewed_before_it_is_used(
    bench: Bench, time: Time
) -> None:
    operations = bench.connect()
    await got(operations, ["a" * 36])
    time.seconds += 20 * 60
    await got(operations, ["b" * 36])
    assert [each["status"] for each in await bench.requests()] == [200, 200, 200, 200]
    assert await bench.calls() == {"login": 2, "readAccounts": 2}


async def test_a_session_that_the_vendor_ended_is_renewed_once_and_the_call_repeated(
    bench: Bench,
) -> None:
    operations, first = bench.connect(), bench.ids()[0]
    await listed(operations)
    await bench.change(lambda state: state.update(sessions={}))
    assert (await got(operations, [first]))[first].value.name == "Rivers SL"
    assert [(each["operation"], each["status"]) for each in await bench.requests()] == [
        ("readAccounts", 500),
        ("login", 200),
        ("readAccounts", 200),
    ]


async def test_ten_that_are_told_at_once_that_the_session_ended_share_one_renewal(
    bench: Bench,
) -> None:
    operations = bench.connect()
    await listed(operations)
    await bench.change(lambda state: state.update(sessions={}))
    await asyncio.gather(*(got(operations, [f"{n:036x}"]) for n in range(10)))
    assert (await bench.calls())["login"] == 1


async def fault_always(bench: Bench, operation: str, message: str) -> None:
    """Let the double answer an operation with that fault from now on."""
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f"<faultstring>{message}</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    fault = {"fault": "status", "code": 500, "effect": "none", "body": body}
    async with bench.http.put(
        f"{bench.control}/BRONTO/faults",
        json=[{"match": {"operation": operation, "times": 9}, **fault}],
    ) as answer:
        assert answer.status == 200, await answer.text()


@pytest.mark.parametrize("code", [103, 107])
async def test_a_session_refused_twice_is_an_error_and_no_loop(bench: Bench, code: int) -> None:
    await fault_always(bench, "readAccounts", f"{code}: Your session is invalid.")
    refused = await listed(bench.connect())
    assert isinstance(refused, CredentialRefused)
    assert await bench.calls() == {"login": 2, "readAccounts": 2}


async def test_the_end_of_a_query_may_be_a_fault(bench: Bench) -> None:
    await fault_always(bench, "readAccounts", "116: End of result set.")
    clients = await listed(bench.connect())
    assert clients.value == ()
    assert await bench.calls() == {"login": 1, "readAccounts": 1}


async def test_a_vendor_that_minds_the_probes_id_has_let_the_token_in(bench: Bench) -> None:
    await fault_always(bench, "readAccounts", "106: Unable to verify parameter id")
    agency, _ = await bench.connect().verify()
    assert agency.failure is None
    assert agency.capabilities == {"READ": True}


async def test_a_token_switched_off_is_refused_without_its_value_in_the_message(
    bench: Bench,
) -> None:
    operations, token = bench.connect(), bench.tokens()["agency_token"]
    await bench.dashboard(action="deactivate", token=token)
    refused = await listed(operations)
    assert isinstance(refused, CredentialRefused)
    assert token not in str(refused)
    assert await bench.calls() == {"login": 1}


async def test_an_unknown_token_is_refused_although_the_vendor_echoes_it(bench: Bench) -> None:
    canary = "CANARY00-1111-2222-3333-444455556666"
    refused = await listed(bench.connect(bench.account(agency_token=canary)))
    assert isinstance(refused, CredentialRefused)
    assert "CANARY" not in f"{refused!r} {refused} {refused.__cause__!r} {bench.events!r}"


async def test_a_token_that_needs_quoting_in_xml_arrives_as_it_is(bench: Bench) -> None:
    odd = """<a>&"quoted"'"""

    def rename(state: dict[str, Any]) -> None:
        state["agencies"]["Harbour"]["tokens"][0]["id"] = odd

    await bench.change(rename)
    assert isinstance(await listed(bench.connect(bench.account(agency_token=odd))), Seen)


async def test_1201_ids_are_asked_for_in_three_calls_of_at_most_500(bench: Bench) -> None:
    wanted = [f"0bc503ec{n:028x}" for n in range(1201)]

    def grow(state: dict[str, Any]) -> None:
        harbour = state["agencies"]["Harbour"]
        harbour["accounts"] = [{**harbour["accounts"][0], "id": each} for each in wanted]

    await bench.change(grow)
    answers = await got(bench.connect(), wanted)
    assert list(answers) == wanted
    assert all(isinstance(each, Seen) for each in answers.values())
    assert await bench.calls() == {"login": 1, "readAccounts": 3}


async def test_an_account_that_does_not_exist_is_none_and_costs_the_empty_page(
    bench: Bench,
) -> None:
    first, gone = bench.ids()[0], "f" * 36
    answers = await got(bench.connect(), [gone, first])
    assert answers[gone] is None
    assert isinstance(answers[first], Seen)
    assert await bench.calls() == {"login": 1, "readAccounts": 2}


async def test_another_agencys_account_does_not_exist(bench: Bench) -> None:
    theirs = bench.ids("Meadow")[0]
    assert theirs not in bench.ids()
    assert await got(bench.connect(), [theirs]) == {theirs: None}


@pytest.mark.parametrize("odd", ["", " ", "\x00", "a\nb", "\ud800", "\ufffe"])
async def test_what_cannot_be_an_id_is_not_asked_for_and_spoils_nothing(
    bench: Bench, odd: str
) -> None:
    first = bench.ids()[0]
    answers = await got(bench.connect(), [odd, first])
    assert answers[odd] is None
    assert isinstance(answers[first], Seen)
    assert await bench.calls() == {"login": 1, "readAccounts": 1}


async def test_asking_for_nothing_costs_nothing(bench: Bench) -> None:
    assert await got(bench.connect(), []) == {}
    assert await bench.calls() == {}


async def test_one_account_out_of_contract_fails_alone(bench: Bench) -> None:
    first, second = bench.ids()

    def spoil(state: dict[str, Any]) -> None:
        account = state["agencies"]["Harbour"]["accounts"][0]
        account["generalSettings"]["maxContacts"] = "many"

    await bench.change(spoil)
    answers = await got(bench.connect(), [first, second])
    assert isinstance(answers[first], ContractBroken)
    assert "maxContacts" in str(answers[first])
    assert isinstance(answers[second], Seen)


async def test_a_list_that_never_ends_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_PAGES", 2)
    await bench.change(lambda state: state.update(page_size=1))
    refused = await listed(bench.connect())
    assert isinstance(refused, ContractBroken)
    assert await bench.calls() == {"login": 1, "readAccounts": 2}


async def test_details_that_never_come_are_given_up_for_those_ids_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_PAGES", 1)
    first = bench.ids()[0]
    answers = await got(bench.connect(), [first, "f" * 36])
    assert isinstance(answers[first], Seen)
    assert isinstance(answers["f" * 36], ContractBroken)


@pytest.mark.live("BRONTO", "tokens")
async def test_tokens_stand_under_surrogates_and_no_value_shows_their_ids(bench: Bench) -> None:
    secrets = [token["id"] for token in bench.double.state()["agencies"]["Harbour"]["tokens"]]
    seen = await tokens(bench.connect())
    assert [each.key for each in seen.value] == [surrogate(each) for each in secrets]
    shown = f"{seen!r} {bench.events!r}"
    assert not [each for each in secrets if each.lower() in shown.lower()]
    assert [each.client_vendor_id for each in seen.value] == [None, *bench.ids()]
    assert {each.permissions for each in seen.value} == {("READ", "WRITE", "SEND")}


@pytest.mark.live("BRONTO", "VendorAccount.logins")
async def test_sign_ins_come_without_passwords(bench: Bench) -> None:
    operations = bench.connect()
    assert operations.logins is not None
    (login,) = (await operations.logins()).value
    assert login.username == "admin@harbour.example"
    assert login.permissions == ("AgencyAdmin", "Admin")
    assert "xxxxxxxx" not in repr(login)
    assert await bench.calls() == {"login": 1, "readLogins": 2}


# ── Which token opens what ────────────────────────────────────────────────────────────────────


async def test_lists_are_read_with_the_clients_own_token(bench: Bench) -> None:
    first, second = bench.ids()
    answers = await lists(bench.connect(), [first, second])
    assert [each.name for each in answers[first].value] == ["Newsletter", "Customers"]
    assert isinstance(answers[second], CapabilityMissing)
    assert await bench.calls() == {"login": 1, "readLists": 2}


async def test_with_only_an_all_clients_token_lists_are_refused_before_any_call(
    bench: Bench,
) -> None:
    only = bench.account(agency_token=bench.tokens()["agency_token"])
    refused = (await lists(bench.connect(only), bench.ids()))[bench.ids()[0]]
    assert isinstance(refused, CapabilityMissing)
    assert "assigned to that client account (credential slot client_tokens)" in str(refused)
    assert await bench.calls() == {}


async def test_with_only_client_tokens_the_agency_is_refused_before_any_call(bench: Bench) -> None:
    operations = bench.connect(bench.account(client_tokens=bench.tokens()["client_tokens"]))
    assert operations.list_tokens is not None
    assert operations.logins is not None
    refused = [await listed(operations), (await got(operations, ["a" * 36]))["a" * 36]]
    for read in (operations.list_tokens, operations.logins):
        with pytest.raises(CapabilityMissing) as told:
            await read()
        refused.append(told.value)
    for failure in refused:
        assert isinstance(failure, CapabilityMissing)
        assert "All Clients token" in str(failure)
    assert await bench.calls() == {}


async def test_a_client_token_in_the_agencys_place_is_told_apart(bench: Bench) -> None:
    wrong = next(iter(bench.tokens()["client_tokens"].values()))
    refused = await listed(bench.connect(bench.account(agency_token=wrong)))
    assert isinstance(refused, CapabilityMissing)
    assert "All Clients token" in str(refused)


# ── Verifying ─────────────────────────────────────────────────────────────────────────────────


async def test_each_credential_is_verified_with_one_login_and_one_empty_read(bench: Bench) -> None:
    account = bench.account(**bench.tokens())
    shown = await bench.connect(account).verify()
    assert [(each.slot, each.holder, each.failure) for each in shown] == [
        ("agency_token", "", None),
        *(("client_tokens", each, None) for each in bench.ids()),
    ]
    assert all(each.capabilities == {"READ": True} for each in shown)
    assert await bench.calls() == {"login": 3, "readAccounts": 1, "readLists": 2}


async def test_verifying_asks_anew_each_time(bench: Bench) -> None:
    operations = bench.connect()
    await operations.verify()
    await bench.dashboard(action="revoke_token", token=bench.tokens()["agency_token"])
    agency, client = await operations.verify()
    assert isinstance(agency.failure, CredentialRefused)
    assert client.failure is None


async def test_verifying_names_a_token_in_the_wrong_place(bench: Bench) -> None:
    first = bench.ids()[0]
    swapped = bench.account(
        agency_token=bench.tokens()["client_tokens"][first],
        client_tokens={first: bench.tokens()["agency_token"]},
    )
    failures = [each.failure for each in await bench.connect(swapped).verify()]
    assert all(isinstance(each, CapabilityMissing) for each in failures)


async def test_an_account_without_credentials_has_nothing_to_verify(bench: Bench) -> None:
    none = bench.account(client_tokens={})
    assert await bench.connect(none).verify() == ()


async def test_a_vendor_that_is_down_is_a_failure_for_every_key(bench: Bench) -> None:
    async with bench.http.put(
        f"{bench.control}/BRONTO/faults",
        json=[{"match": {"times": 99}, "fault": "status", "code": 503, "effect": "none"}],
    ) as answer:
        assert answer.status == 200, await answer.text()
    answers = await got(bench.connect(), ["a" * 36, "b" * 36])
    assert all(isinstance(each, Failure) and each.retryable for each in answers.values())
