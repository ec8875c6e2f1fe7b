"""Tokens issued, changed and revoked through the real stack; their values show nowhere."""

from typing import Any

import pytest

from gateway.contract import Issued, Made, Write
from gateway.domain.changes import NewToken, TokenRevocation, TokenUpdate
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    ContractBroken,
    Failure,
    Malformed,
    NotFound,
    VendorError,
)
from gateway.domain.model import Seen, TokenFacts, TokenKind

from .answers import answer
from .conftest import NOW, Bench, surrogate

MARK = "gw-intent-7"


def new(bench: Bench, **values: Any) -> NewToken:
    given = {"name": "sync", "permissions": ("READ", "SEND"), **values}
    return NewToken(client_vendor_id=bench.ids()[0], **given)


def issue(bench: Bench) -> Write[NewToken, Issued]:
    write = bench.connect().issue_token
    assert write is not None
    return write


def change(bench: Bench) -> Write[TokenUpdate, TokenFacts]:
    write = bench.connect().update_token
    assert write is not None
    return write


def revoke(bench: Bench) -> Write[TokenRevocation, Made]:
    write = bench.connect().revoke_token
    assert write is not None
    return write


def rows(bench: Bench) -> list[dict[str, Any]]:
    """Harbour's tokens, as the vendor holds them."""
    held: list[dict[str, Any]] = bench.double.state()["agencies"]["Harbour"]["tokens"]
    return held


def first(bench: Bench) -> dict[str, Any]:
    """The first client's token."""
    return next(row for row in rows(bench) if row.get("accountId") == bench.ids()[0])


async def listed(bench: Bench) -> tuple[TokenFacts, ...]:
    await bench.stack.forget(bench.account().agency, 1)
    read = bench.connect().list_tokens
    assert read is not None
    return (await read()).value


async def refusal(writing: Any) -> Failure:
    with pytest.raises(Failure) as told:
        await writing
    return told.value


async def spoil(bench: Bench, operation: str, **fault: Any) -> None:
    rule = {"match": {"operation": operation, "times": 9}, **fault}
    async with bench.http.put(f"{bench.control}/BRONTO/faults", json=[rule]) as told:
        assert told.status == 200, await told.text()


# ── Issuing ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("BRONTO", "issueToken")
async def test_a_token_is_issued_with_one_login_and_one_write(bench: Bench) -> None:
    issued = await issue(bench).send(new(bench), MARK)
    made = rows(bench)[-1]
    assert issued.secret.reveal() == made["id"]
    assert issued.facts == TokenFacts(
        key=surrogate(made["id"]),
        kind=TokenKind.CLIENT,
        name="sync",
        active=True,
        permissions=("READ", "SEND"),
        created_at=NOW,
        client_vendor_id=bench.ids()[0],
    )
    assert await bench.calls() == {"login": 1, "addApiTokens": 1}
    assert bench.journal.told == ["sending", "answered"]


async def test_the_mark_stands_in_the_name_at_the_vendor_and_callers_do_not_see_it(
    bench: Bench,
) -> None:
    issued = await issue(bench).send(new(bench), MARK)
    assert rows(bench)[-1]["name"] == "sync [gw-intent-7]"
    assert (await listed(bench))[-1].name == issued.facts.name == "sync"


async def test_what_was_issued_is_listed_under_the_same_key(bench: Bench) -> None:
    issued = await issue(bench).send(new(bench), MARK)
    shown = (await listed(bench))[-1]
    assert (shown.key, shown.permissions) == (issued.facts.key, issued.facts.permissions)


async def test_the_new_token_opens_the_inside_of_its_account(bench: Bench) -> None:
    issued = await issue(bench).send(new(bench), MARK)
    inside = bench.ids()[0]
    account = bench.account(client_tokens={inside: issued.secret.reveal()})
    read = bench.connect(account).lists_of
    assert read is not None
    assert isinstance((await read([inside]))[inside], Seen)


async def test_a_new_tokens_value_shows_nowhere(bench: Bench) -> None:
    issued = await issue(bench).send(new(bench), MARK)
    found = issue(bench).find
    assert found is not None
    again = await found(new(bench), MARK)
    value = rows(bench)[-1]["id"]
    assert value not in f"{issued!r} {again!r} {bench.events!r} {bench.journal.replies!r}"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, ("name",)),
        ({"name": "a\x00"}, ("name",)),
        ({"name": "mine [gw-intent-3]"}, ("name",)),
        ({"permissions": ("READ", "ADMIN")}, ("permissions",)),
    ],
)
async def test_what_bronto_would_not_take_is_refused_by_field_before_any_call(
    bench: Bench, values: dict[str, Any], field: tuple[str, ...]
) -> None:
    failure = await refusal(issue(bench).send(new(bench, **values), MARK))
    assert isinstance(failure, BadInput)
    assert failure.field == field
    assert await bench.calls() == {}
    assert bench.journal.told == []


async def test_only_an_all_clients_token_writes_tokens(bench: Bench) -> None:
    only = bench.account(client_tokens=bench.tokens()["client_tokens"])
    operations = bench.connect(only)
    assert operations.issue_token is not None
    assert operations.update_token is not None
    assert operations.revoke_token is not None
    inside, key = bench.ids()[0], "k"
    for writing in (
        operations.issue_token.send(new(bench), MARK),
        operations.update_token.send(TokenUpdate(client_vendor_id=inside, key=key), MARK),
        operations.revoke_token.send(TokenRevocation(client_vendor_id=inside, key=key), MARK),
    ):
        failure = await refusal(writing)
        assert isinstance(failure, CapabilityMissing)
        assert "All Clients token" in failure.message
    assert await bench.calls() == {}


async def test_a_client_without_a_token_is_told_how_one_is_issued(bench: Bench) -> None:
    read = bench.connect().lists_of
    assert read is not None
    lacking = (await read([bench.ids()[1]]))[bench.ids()[1]]
    assert isinstance(lacking, CapabilityMissing)
    assert "issueToken" in lacking.message


async def test_an_account_that_the_vendor_does_not_know_gets_no_token(bench: Bench) -> None:
    unknown = NewToken(client_vendor_id="f" * 36, name="sync", permissions=())
    assert isinstance(await refusal(issue(bench).send(unknown, MARK)), NotFound)
    assert bench.effects() == []


async def test_a_token_whose_answer_was_lost_is_found_by_its_mark(bench: Bench) -> None:
    await spoil(bench, "addApiTokens", fault="malformed", effect="before")
    write = issue(bench)
    assert write.find is not None
    assert await write.find(new(bench), MARK) is None
    assert isinstance(await refusal(write.send(new(bench), MARK)), Malformed)
    await bench.change(lambda state: None)
    found = await write.find(new(bench), MARK)
    assert found is not None
    assert found.secret.reveal() == rows(bench)[-1]["id"]
    assert (found.facts.name, found.facts.key) == ("sync", surrogate(rows(bench)[-1]["id"]))
    assert await write.find(new(bench), "gw-intent-77") is None
    assert await bench.calls() == {"readApiTokens": 4}


async def test_an_answer_without_the_new_token_leaves_the_outcome_open(bench: Bench) -> None:
    body = answer("addApiTokens", "<results><errorCode>0</errorCode></results>").body.decode()
    await spoil(bench, "addApiTokens", effect="before", fault="status", code=200, body=body)
    assert isinstance(await refusal(issue(bench).send(new(bench), MARK)), ContractBroken)


@pytest.mark.parametrize("code", [101, 107, 113])
async def test_a_fault_that_proves_nothing_is_no_refusal(bench: Bench, code: int) -> None:
    await bench.change(lambda state: state["failing"].update(addApiTokens=code))
    assert isinstance(await refusal(issue(bench).send(new(bench), MARK)), VendorError)
    assert (await bench.calls())["addApiTokens"] == 1


# ── Changing ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("BRONTO", "updateToken")
@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"name": "other"}, {"name": "other", "permissions": 7, "active": True}),
        ({"permissions": ("READ",)}, {"permissions": 1, "active": True}),
        ({"permissions": ()}, {"permissions": 0, "active": True}),
        ({"active": False}, {"permissions": 7, "active": False}),
    ],
)
async def test_permissions_and_active_are_always_sent_and_of_the_rest_what_changes(
    bench: Bench, values: dict[str, Any], sent: dict[str, Any]
) -> None:
    row = first(bench)
    asked = TokenUpdate(client_vendor_id=row["accountId"], key=surrogate(row["id"]), **values)
    write = change(bench)
    assert write.find is not None
    assert await write.find(asked, MARK) is None
    await bench.change(lambda state: None)
    facts = await write.send(asked, MARK)
    assert bench.double.effects()[-1]["change"] == {"id": row["id"], **sent}
    assert await bench.calls() == {"readApiTokens": 2, "updateApiTokens": 1}
    assert bench.journal.told == ["sending", "answered"]
    for name, value in values.items():
        assert getattr(facts, name) == value
    found = await write.find(asked, MARK)
    assert found is not None
    assert found.key == facts.key


async def test_a_mark_stays_in_the_name_of_a_token_that_gets_another(bench: Bench) -> None:
    issued = await issue(bench).send(new(bench), MARK)
    asked = TokenUpdate(client_vendor_id=bench.ids()[0], key=issued.facts.key, name="other")
    facts = await change(bench).send(asked, "gw-intent-8")
    assert facts.name == "other"
    assert rows(bench)[-1]["name"] == "other [gw-intent-7]"


async def test_a_token_that_bronto_does_not_list_is_not_written(bench: Bench) -> None:
    inside = bench.ids()[0]
    other = next(row for row in rows(bench) if row.get("accountId") == bench.ids()[1])
    for key in ("none", surrogate(other["id"])):
        asked = TokenUpdate(client_vendor_id=inside, key=key, active=False)
        gone = TokenRevocation(client_vendor_id=inside, key=key)
        assert isinstance(await refusal(change(bench).send(asked, MARK)), NotFound)
        assert isinstance(await refusal(revoke(bench).send(gone, MARK)), NotFound)
    assert await bench.calls() == {"login": 1, "readApiTokens": 8}
    assert bench.journal.told == []
    assert bench.effects() == []


async def test_a_change_with_a_wrong_word_costs_no_call(bench: Bench) -> None:
    row = first(bench)
    asked = TokenUpdate(
        client_vendor_id=row["accountId"], key=surrogate(row["id"]), permissions=("ALL",)
    )
    assert isinstance(await refusal(change(bench).send(asked, MARK)), BadInput)
    assert await bench.calls() == {}


async def test_a_change_of_a_token_that_is_gone_did_not_take_effect(bench: Bench) -> None:
    asked = TokenUpdate(client_vendor_id=bench.ids()[0], key="none", active=False)
    found = change(bench).find
    assert found is not None
    assert await found(asked, MARK) is None


async def test_an_agencys_own_token_is_found_without_an_account(bench: Bench) -> None:
    own = rows(bench)[0]
    asked = TokenUpdate(client_vendor_id=None, key=surrogate(own["id"]), name="Renamed")
    assert (await change(bench).send(asked, MARK)).kind is TokenKind.AGENCY
    assert rows(bench)[0]["name"] == "Renamed"


# ── Revoking ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("BRONTO", "revokeToken")
async def test_a_revoked_token_is_gone_and_its_sessions_are_dead(bench: Bench) -> None:
    row = first(bench)
    account = bench.account(**bench.tokens())
    read = bench.connect(account).lists_of
    assert read is not None
    assert isinstance((await read([row["accountId"]]))[row["accountId"]], Seen)
    await bench.change(lambda state: None)
    key = surrogate(row["id"])
    asked = TokenRevocation(client_vendor_id=row["accountId"], key=key)
    write = revoke(bench)
    assert await write.send(asked, MARK) == Made(key)
    assert await bench.calls() == {"login": 1, "readApiTokens": 2, "deleteApiTokens": 1}
    assert bench.effects() == [("deleteApiTokens", row["id"])]
    await bench.stack.forget(account.agency, 1)
    dead = (await read([row["accountId"]]))[row["accountId"]]
    assert isinstance(dead, Failure)
    assert row["id"] not in f"{dead!r} {bench.events!r}"


async def test_whether_a_token_is_gone_is_read_back(bench: Bench) -> None:
    row = first(bench)
    asked = TokenRevocation(client_vendor_id=row["accountId"], key=surrogate(row["id"]))
    write = revoke(bench)
    assert write.find is not None
    assert await write.find(asked, MARK) is None
    await write.send(asked, MARK)
    assert await write.find(asked, MARK) == Made(asked.key)


async def test_a_read_before_a_write_is_never_answered_from_the_cache(bench: Bench) -> None:
    row = first(bench)
    await listed(bench)
    await bench.dashboard(action="revoke_token", token=row["id"])
    asked = TokenRevocation(client_vendor_id=row["accountId"], key=surrogate(row["id"]))
    assert isinstance(await refusal(revoke(bench).send(asked, MARK)), NotFound)


async def test_a_token_that_is_not_told_whole_is_not_written(bench: Bench) -> None:
    row = first(bench)
    inner = f"<id>{row['id']}</id><accountId>{row['accountId']}</accountId><active>true</active>"
    page = answer("readApiTokens", inner).body.decode()
    rules = [
        {"match": {"operation": "readApiTokens", "times": 1}, "fault": "status", "code": 200}
        | {"effect": "none", "body": page}
    ]
    async with bench.http.put(f"{bench.control}/BRONTO/faults", json=rules) as told:
        assert told.status == 200, await told.text()
    asked = TokenRevocation(client_vendor_id=row["accountId"], key=surrogate(row["id"]))
    failure = await refusal(revoke(bench).send(asked, MARK))
    assert isinstance(failure, ContractBroken)
    assert "permissions" in failure.message
    assert bench.journal.told == []
