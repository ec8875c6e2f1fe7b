"""A generic SOAP client, started from the served WSDL, runs all 14 operations (vendor page 4)."""

from typing import Any

from .conftest import Bench
from .public import Public

ALLOTTED = {"canExceedAllocation": False, "emails": 10, "contacts": 10, "hosting": 1}


async def read(public: Public, operation: str, **criteria: Any) -> list[Any]:
    """All rows from page 1 to the empty one."""
    whole = {"includeInfo": True} if operation == "readAccounts" else {}
    rows: list[Any] = []
    page = 1
    while told := await public.call(operation, filter=criteria, pageNumber=page, **whole):
        rows, page = [*rows, *told], page + 1
    return rows


async def done(public: Public, operation: str, *items: dict[str, Any]) -> list[str]:
    """The ids of the items, all of which must have been written."""
    child = "tokens" if operation.endswith("ApiTokens") else "accounts"
    outcome = await public.call(operation, **{child: list(items)})
    assert outcome.errors == []
    assert [each.errorCode for each in outcome.results] == [0] * len(items)
    assert {each.isNew for each in outcome.results} == {operation.startswith("add")}
    return [each.id for each in outcome.results]


async def test_a_public_client_runs_all_fourteen_operations(bench: Bench, public: Public) -> None:
    await public.login(bench.tokens()["agency_token"])

    (account,) = await done(public, "addAccounts", {"name": "Lakes", "allocations": ALLOTTED})
    (lakes,) = await read(public, "readAccounts", id=[account])
    assert (lakes.name, lakes.status, lakes.allocations.emails) == ("Lakes", "unrestricted", 10)
    changed = {
        "id": account,
        "name": "Lakes Ltd",
        "status": "unrestricted",
        "generalSettings": {"useSSL": True},
        "allocations": {"emails": 20},
    }
    assert await done(public, "updateAccounts", changed) == [account]
    (lakes,) = await read(public, "readAccounts", id=[account])
    assert (lakes.name, lakes.generalSettings.useSSL) == ("Lakes Ltd", True)
    assert (lakes.allocations.emails, lakes.allocations.contacts) == (20, 10)

    item = {"name": "sync", "permissions": 3, "active": True, "accountId": account}
    (token,) = await done(public, "addApiTokens", item)
    (sync,) = await read(public, "readApiTokens", accountId=[account])
    assert (sync.id, sync.permissions, sync.active) == (token, 3, True)
    off = {"id": token, "permissions": 7, "active": False}
    assert await done(public, "updateApiTokens", off) == [token]
    (sync,) = await read(public, "readApiTokens", accountId=[account])
    assert (sync.name, sync.permissions, sync.active) == ("sync", 7, False)
    assert await done(public, "deleteApiTokens", off) == [token]
    assert await read(public, "readApiTokens", accountId=[account]) == []

    login = {"username": "lee@lakes.example", "password": "p", "permissionApi": True}
    await done(public, "addLogins", login)
    await done(public, "updateLogins", {"username": login["username"], "permissionAdmin": True})
    told = {each.username: each for each in await read(public, "readLogins")}
    assert told["lee@lakes.example"].permissionAdmin is True
    assert told["lee@lakes.example"].permissionApi is True
    await done(public, "deleteLogins", {"username": login["username"]})
    assert login["username"] not in {each.username for each in await read(public, "readLogins")}

    assert await done(public, "deleteAccounts", {"id": account}) == [account]
    assert await read(public, "readAccounts", id=[account]) == []
    assert (await public.call("logout")).results[0].errorCode == 0

    assert {operation for operation in await bench.calls() if operation != "wsdl"} == {
        *("login", "logout"),
        *("readAccounts", "addAccounts", "updateAccounts", "deleteAccounts"),
        *("readApiTokens", "addApiTokens", "updateApiTokens", "deleteApiTokens"),
        *("readLogins", "addLogins", "updateLogins", "deleteLogins"),
    }
    assert [operation for operation, _ in bench.effects()] == [
        *("addAccounts", "updateAccounts"),
        *("addApiTokens", "updateApiTokens", "deleteApiTokens"),
        *("addLogins", "updateLogins", "deleteLogins"),
        "deleteAccounts",
    ]
