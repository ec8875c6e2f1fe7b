"""Accounts created and changed through the real stack, over real sockets; calls counted."""

from typing import Any

import pytest
from msgspec import UNSET

from gateway.contract import Made, Write
from gateway.domain.changes import (
    BrontoPatch,
    ClientPatch,
    ClientUpdate,
    EntryPatch,
    NewClient,
)
from gateway.domain.details import BrontoAllocations, BrontoContact
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    ContractBroken,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    VendorError,
)
from gateway.domain.model import ClientStatus, ClientValues, Entry, VendorAccount

from .answers import answer
from .conftest import Bench

MARK = "gw-intent-7"

ALLOTTED = BrontoAllocations(can_exceed=False, emails=1000, contacts=500, hosting=10)
NEW = NewClient(
    name="Lakes Ltd",
    email="lee@lakes.example",
    company="Lakes",
    bronto=BrontoPatch(
        allocations=ALLOTTED,
        contact=BrontoContact(first_name="Lee", city="Ghent"),
        time_zone="Europe/Brussels",
        locale="nl_BE",
        usage_alert_email="alerts@lakes.example",
    ),
)


def create(bench: Bench, account: VendorAccount | None = None) -> Write[NewClient, Made]:
    write = bench.connect(account).create_client
    assert write is not None
    assert write.find is not None
    return write


def update(bench: Bench, account: VendorAccount | None = None) -> Write[ClientUpdate, Made]:
    write = bench.connect(account).update_client
    assert write is not None
    assert write.find is not None
    return write


async def values(bench: Bench, vendor_id: str) -> ClientValues:
    """The account as a reader gets it, not from the cache."""
    await bench.stack.forget(bench.account().agency, 1)
    read = bench.connect().get_clients
    assert read is not None
    seen: Any = (await read([vendor_id]))[vendor_id]
    told: ClientValues = seen.value
    return told


async def change(bench: Bench, place: int = 0, **patch: Any) -> ClientUpdate:
    """A change of Harbour's account at that place; the calls so far are forgotten."""
    vendor_id = bench.ids()[place]
    told = await values(bench, vendor_id)
    await bench.change(lambda state: None)
    return ClientUpdate(vendor_id=vendor_id, current=told, patch=ClientPatch(**patch))


async def refusal(writing: Any) -> Failure:
    with pytest.raises(Failure) as told:
        await writing
    return told.value


async def spoil(bench: Bench, operation: str, **fault: Any) -> None:
    rule = {"match": {"operation": operation, "times": 9}, **fault}
    async with bench.http.put(f"{bench.control}/BRONTO/faults", json=[rule]) as told:
        assert told.status == 200, await told.text()


# ── Creating ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("BRONTO", "createClient")
async def test_a_new_account_costs_one_login_and_one_write(bench: Bench) -> None:
    made = await create(bench).send(NEW, MARK)
    assert bench.effects() == [("addAccounts", made.vendor_id)]
    assert await bench.calls() == {"login": 1, "addAccounts": 1}
    assert bench.journal.told == ["sending", "answered"]


@pytest.mark.live("BRONTO", "createClient")
async def test_what_was_created_is_read_back_as_it_was_given(bench: Bench) -> None:
    made = await create(bench).send(NEW, MARK)
    told = await values(bench, made.vendor_id)
    details: Any = told.details
    assert (told.name, told.email, told.company) == ("Lakes Ltd", "lee@lakes.example", "Lakes")
    assert told.status is ClientStatus.ACTIVE
    assert details.contact == BrontoContact(first_name="Lee", city="Ghent")
    assert (details.time_zone, details.locale) == ("Europe/Brussels", "nl_BE")
    assert details.usage_alert_email == "alerts@lakes.example"
    assert (details.allocations.can_exceed, details.allocations.emails) == (False, 1000)
    assert (details.allocations.contacts, details.allocations.hosting) == (500, 10)


async def test_nothing_is_invented_for_what_was_not_given(bench: Bench) -> None:
    await create(bench).send(NewClient(name="Bare", bronto=BrontoPatch(allocations=ALLOTTED)), MARK)
    assert bench.double.effects()[-1]["change"] == {
        "name": "Bare",
        "allocations": {
            "canExceedAllocation": False,
            "emails": 1000,
            "contacts": 500,
            "hosting": 10,
        },
    }


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewClient(name="A"), ("bronto", "allocations", "canExceed")),
        (
            NewClient(name="A", bronto=BrontoPatch(allocations=BrontoAllocations(can_exceed=True))),
            ("bronto", "allocations", "emails"),
        ),
        (
            NewClient(
                name="A",
                bronto=BrontoPatch(allocations=BrontoAllocations(can_exceed=True, emails=1)),
            ),
            ("bronto", "allocations", "contacts"),
        ),
        (
            NewClient(
                name="A",
                bronto=BrontoPatch(
                    allocations=BrontoAllocations(can_exceed=True, emails=1, contacts=1)
                ),
            ),
            ("bronto", "allocations", "hosting"),
        ),
        (
            NewClient(
                name="A",
                bronto=BrontoPatch(allocations=BrontoAllocations(can_exceed=True, emails=-1)),
            ),
            ("bronto", "allocations", "emails"),
        ),
        (
            NewClient(name="A", bronto=BrontoPatch(allocations=BrontoAllocations(contacts=2**63))),
            ("bronto", "allocations", "contacts"),
        ),
        (NewClient(name=" ", bronto=BrontoPatch(allocations=ALLOTTED)), ("name",)),
        (NewClient(name="A\x00", bronto=BrontoPatch(allocations=ALLOTTED)), ("name",)),
        (NewClient(name="A", website="https://a.example"), ("website",)),
        (NewClient(name="A", language="English"), ("language",)),
        (NewClient(name="A", metadata=(Entry("a", "b"),)), ("metadata",)),
        (
            NewClient(name="A", bronto=BrontoPatch(contact=BrontoContact(first_name="\ufffe"))),
            ("bronto", "contact", "firstName"),
        ),
    ],
)
async def test_what_bronto_would_not_take_is_refused_by_field_before_any_call(
    bench: Bench, new: NewClient, field: tuple[str, ...]
) -> None:
    failure = await refusal(create(bench).send(new, MARK))
    assert isinstance(failure, BadInput)
    assert failure.field == field
    assert await bench.calls() == {}
    assert bench.journal.told == []


async def test_without_an_all_clients_token_a_write_is_refused_before_any_call(
    bench: Bench,
) -> None:
    only = bench.account(client_tokens=bench.tokens()["client_tokens"])
    failure = await refusal(create(bench, only).send(NEW, MARK))
    assert isinstance(failure, CapabilityMissing)
    assert "All Clients token" in failure.message
    assert await bench.calls() == {}
    assert bench.journal.told == []


async def test_a_name_that_is_taken_is_a_conflict_and_nothing_is_made(bench: Bench) -> None:
    new = NewClient(name="Rivers SL", bronto=BrontoPatch(allocations=ALLOTTED))
    failure = await refusal(create(bench).send(new, MARK))
    assert isinstance(failure, Conflict)
    assert "already an account with that name" in failure.message
    assert bench.effects() == []
    assert bench.journal.told == ["sending", "answered"]


async def test_a_token_that_may_not_write_is_told_so(bench: Bench) -> None:
    def read_only(state: dict[str, Any]) -> None:
        state["agencies"]["Harbour"]["tokens"][0]["permissions"] = 1

    await bench.change(read_only)
    failure = await refusal(create(bench).send(NEW, MARK))
    assert isinstance(failure, CapabilityMissing)
    assert "permission WRITE" in failure.message
    assert bench.effects() == []


async def test_a_session_that_ended_is_renewed_and_the_write_done_once(bench: Bench) -> None:
    operations = bench.connect()
    assert operations.list_clients is not None
    await operations.list_clients([""])
    await bench.change(lambda state: state.update(sessions={}))
    made = await create(bench).send(NEW, MARK)
    assert await bench.calls() == {"login": 1, "addAccounts": 2}
    assert bench.effects() == [("addAccounts", made.vendor_id)]
    # 103 proves that nothing was done: told of twice, done once.
    assert bench.journal.told == ["sending", "answered"] * 2


# ── What leaves the outcome open ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "kind"),
    [(101, VendorError), (107, VendorError), (108, Unavailable), (113, VendorError)],
)
async def test_a_fault_that_proves_nothing_is_no_refusal_and_is_not_repeated(
    bench: Bench, code: int, kind: type[Failure]
) -> None:
    await bench.change(lambda state: state["failing"].update(addAccounts=code))
    failure = await refusal(create(bench).send(NEW, MARK))
    assert type(failure) is kind
    assert (await bench.calls())["addAccounts"] == 1
    assert bench.journal.told == ["sending", "answered"]


@pytest.mark.parametrize("code", [102, 104, 105, 106, 109, 110, 111, 119, 120, 121])
async def test_a_fault_that_proves_that_nothing_was_done_is_a_refusal(
    bench: Bench, code: int
) -> None:
    await bench.change(lambda state: state["failing"].update(addAccounts=code))
    failure = await refusal(create(bench).send(NEW, MARK))
    assert isinstance(failure, BadInput | CapabilityMissing | Conflict | CredentialRefused)
    assert (await bench.calls())["addAccounts"] == 1


@pytest.mark.parametrize("fault", [{"fault": "malformed"}, {"fault": "html"}])
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(
    bench: Bench, fault: dict[str, Any]
) -> None:
    await spoil(bench, "addAccounts", effect="before", **fault)
    failure = await refusal(create(bench).send(NEW, MARK))
    assert isinstance(failure, Malformed)
    assert len(bench.effects()) == 1
    found = create(bench).find
    assert found is not None
    assert await found(NEW, MARK) == Made(bench.effects()[0][1])


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<results><isError>false</isError><errorCode>0</errorCode></results>",
        "<results><id>a</id><errorCode>0</errorCode></results>" * 2,
    ],
)
async def test_an_answer_that_tells_not_of_the_one_account_breaks_the_contract(
    bench: Bench, inner: str
) -> None:
    body = answer("addAccounts", inner).body.decode()
    await spoil(bench, "addAccounts", effect="before", fault="status", code=200, body=body)
    assert isinstance(await refusal(create(bench).send(NEW, MARK)), ContractBroken)


async def test_an_account_that_was_created_is_found_by_its_name_with_reads_alone(
    bench: Bench,
) -> None:
    write = create(bench)
    assert write.find is not None
    assert await write.find(NEW, MARK) is None
    made = await write.send(NEW, MARK)
    await bench.change(lambda state: None)
    assert await write.find(NEW, MARK) == made
    assert await bench.calls() == {"readAccounts": 2}


async def test_an_older_account_of_that_name_is_not_taken_for_ours(bench: Bench) -> None:
    write = create(bench)
    assert write.find is not None
    older = NewClient(
        name="Rivers SL", email="other@else.example", bronto=BrontoPatch(allocations=ALLOTTED)
    )
    with pytest.raises(OutcomeUnknown):
        await write.find(older, MARK)


# ── Changing ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("BRONTO", "updateClient")
async def test_a_change_sends_the_required_groups_whole_and_of_the_rest_what_differs(
    bench: Bench,
) -> None:
    before = bench.accounts()[0]
    asked = await change(bench, email="new@rivers.example")
    assert await update(bench).send(asked, MARK) == Made(asked.vendor_id)
    assert await bench.calls() == {"readAccounts": 2, "updateAccounts": 1}
    assert bench.double.effects()[-1]["change"] == {
        "id": asked.vendor_id,
        "status": "unrestricted",
        "generalSettings": before["generalSettings"],
        "contactInformation": {**before["contactInformation"], "email": "new@rivers.example"},
        "allocations": before["allocations"],
    }
    assert bench.journal.told == ["sending", "answered"]


@pytest.mark.parametrize(
    ("patch", "place", "wanted"),
    [
        ({"name": "Rivers & Sons"}, ("name",), "Rivers & Sons"),
        ({"company": "R"}, ("contactInformation", "organization"), "R"),
        ({"email": None}, ("contactInformation", "email"), None),
        (
            {"bronto": BrontoPatch(contact=BrontoContact(phone="1"))},
            ("contactInformation", "phone"),
            "1",
        ),
        (
            {"bronto": BrontoPatch(contact=BrontoContact(first_name=""))},
            ("contactInformation", "firstName"),
            None,
        ),
        ({"bronto": BrontoPatch(time_zone="UTC")}, ("formatSettings", "timeZone"), "UTC"),
        ({"bronto": BrontoPatch(locale="de_DE")}, ("formatSettings", "locale"), "de_DE"),
        (
            {"bronto": BrontoPatch(allocations=BrontoAllocations(emails=7))},
            ("allocations", "emails"),
            7,
        ),
        (
            {"bronto": BrontoPatch(allocations=BrontoAllocations(can_exceed=True))},
            ("allocations", "canExceedAllocation"),
            True,
        ),
        (
            {"bronto": BrontoPatch(usage_alert_email="x@y.example")},
            ("generalSettings", "usageAlertEmail"),
            "x@y.example",
        ),
        ({"active": False}, ("status",), "inactive"),
    ],
)
async def test_each_field_is_changed_alone_and_found_again(
    bench: Bench, patch: dict[str, Any], place: tuple[str, ...], wanted: object
) -> None:
    before = bench.accounts()[0]
    asked, write = await change(bench, **patch), update(bench)
    assert write.find is not None
    assert await write.find(asked, MARK) is None
    await write.send(asked, MARK)
    assert await write.find(asked, MARK) == Made(asked.vendor_id)
    after = bench.accounts()[0]
    *groups, name = place
    was, now = before, after
    for group in groups:
        was, now = was[group], now[group]
    assert now.get(name) == wanted
    assert {**was, name: None} == {**now, name: None}


async def test_nobody_is_told_of_usage_once_the_address_is_cleared(bench: Bench) -> None:
    asked = await change(bench, bronto=BrontoPatch(usage_alert_email=None))
    await update(bench).send(asked, MARK)
    general = bench.accounts()[0]["generalSettings"]
    assert general["sendUsageAlerts"] is False
    assert "usageAlertEmail" not in general
    details: Any = (await values(bench, asked.vendor_id)).details
    assert details.usage_alert_email is None


async def test_an_inactive_account_can_be_switched_on_again(bench: Bench) -> None:
    await bench.dashboard(action="deactivate", account=bench.ids()[0])
    before = bench.accounts()[0]
    asked = await change(bench, active=True)
    await update(bench).send(asked, MARK)
    assert bench.accounts()[0] == {**before, "status": "unrestricted"}


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"name": "Other"}, ("name",)),
        ({"active": False}, ("active",)),
        ({"active": True, "email": "a@b.example"}, ("email",)),
        (
            {"active": True, "bronto": BrontoPatch(allocations=BrontoAllocations(emails=7))},
            ("bronto", "allocations", "emails"),
        ),
        ({"bronto": BrontoPatch(locale="de_DE")}, ("bronto", "locale")),
    ],
)
async def test_of_an_inactive_account_nothing_else_can_be_changed(
    bench: Bench, patch: dict[str, Any], field: tuple[str, ...]
) -> None:
    await bench.dashboard(action="deactivate", account=bench.ids()[0])
    asked = await change(bench, **patch)
    failure = await refusal(update(bench).send(asked, MARK))
    assert isinstance(failure, BadInput)
    assert failure.field == field
    assert await bench.calls() == {}


@pytest.mark.parametrize(
    ("patch", "kind"),
    [({"active": False}, BadInput), ({"active": True}, BadInput), ({"name": "Other"}, Conflict)],
)
async def test_a_restricted_account_is_not_touched(
    bench: Bench, patch: dict[str, Any], kind: type[Failure]
) -> None:
    def restrict(state: dict[str, Any]) -> None:
        state["agencies"]["Harbour"]["accounts"][0]["status"] = "restricted"

    await bench.change(restrict)
    failure = await refusal(update(bench).send(await change(bench, **patch), MARK))
    assert type(failure) is kind
    assert not isinstance(failure, BadInput) or failure.field == ("active",)
    assert await bench.calls() == {}


async def test_a_state_that_changed_meanwhile_is_refused_by_the_vendor(bench: Bench) -> None:
    asked = await change(bench, name="Other")
    await bench.dashboard(action="deactivate", account=asked.vendor_id)
    before = bench.accounts()
    assert isinstance(await refusal(update(bench).send(asked, MARK)), Conflict)
    assert bench.accounts() == before


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"website": "https://a.example"}, ("website",)),
        ({"language": "English"}, ("language",)),
        ({"metadata": (EntryPatch("a", None),)}, ("metadata",)),
        ({"name": None}, ("name",)),
        ({"name": "  "}, ("name",)),
        ({"email": "a\x01"}, ("email",)),
    ],
)
async def test_a_change_that_bronto_would_not_take_is_refused_by_field_before_any_call(
    bench: Bench, patch: dict[str, Any], field: tuple[str, ...]
) -> None:
    failure = await refusal(update(bench).send(await change(bench, **patch), MARK))
    assert isinstance(failure, BadInput)
    assert failure.field == field
    assert await bench.calls() == {}


async def test_an_account_that_is_gone_is_not_written(bench: Bench) -> None:
    gone = ClientUpdate(
        vendor_id="f" * 36, current=ClientValues(name="A"), patch=ClientPatch(name="B")
    )
    assert isinstance(await refusal(update(bench).send(gone, MARK)), NotFound)
    assert await bench.calls() == {"login": 1, "readAccounts": 1}
    assert bench.journal.told == []


async def test_another_agencys_account_cannot_be_changed(bench: Bench) -> None:
    theirs = bench.ids("Meadow")[0]
    asked = ClientUpdate(
        vendor_id=theirs, current=ClientValues(name="A"), patch=ClientPatch(name="B")
    )
    assert isinstance(await refusal(update(bench).send(asked, MARK)), NotFound)
    assert bench.effects() == []


async def test_a_name_of_another_account_is_a_conflict(bench: Bench) -> None:
    asked = await change(bench, name="Trees & Co")
    assert isinstance(await refusal(update(bench).send(asked, MARK)), Conflict)
    assert bench.effects() == []


async def test_an_update_may_be_repeated_and_leaves_the_same(bench: Bench) -> None:
    asked, write = await change(bench, name="Other", active=False), update(bench)
    await write.send(asked, MARK)
    once = bench.accounts()
    await refusal(write.send(asked, MARK))
    assert bench.accounts() == once


async def test_an_unset_patch_differs_in_nothing(bench: Bench) -> None:
    asked, write = await change(bench, name=UNSET), update(bench)
    assert write.find is not None
    assert await write.find(asked, MARK) == Made(asked.vendor_id)
