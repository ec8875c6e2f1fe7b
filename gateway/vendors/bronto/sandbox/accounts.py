"""Writes of accounts, and the rules on their states (vendor page 5)."""

from typing import Any

from .seed import Json, hex_id
from .wire import Refused
from .writes import Desk

_NEEDED = ("canExceedAllocation", "emails", "contacts", "hosting")
_REQUIRED = ("status", "generalSettings", "allocations")
_GROUPS = (
    *("generalSettings", "contactInformation", "formatSettings", "brandingSettings"),
    *("repliesSettings", "allocations"),
)
_MOVES = {("unrestricted", "inactive"), ("inactive", "unrestricted")}


def add(desk: Desk, item: Json) -> Json:
    """A new account, which is unrestricted; no two have the same name."""
    missing = [] if item.get("name") else ["name"]
    missing += [each for each in _NEEDED if each not in item.get("allocations", {})]
    if missing:
        raise Refused(110, ", ".join(missing))
    _refuse_taken(desk, item["name"])
    account = {
        "id": hex_id("0bc503ec", "added", desk.name, str(desk.number())),
        "name": item["name"],
        "status": "unrestricted",
        **{group: _merged({}, item[group]) for group in _GROUPS if group in item},
    }
    account["allocations"].setdefault("startDate", desk.now)
    desk.agency["accounts"].append(account)
    desk.agency["logins"][account["id"]] = []
    desk.agency["lists"][account["id"]] = []
    desk.note(account["id"], item)
    return {"id": account["id"], "isNew": True}


def update(desk: Desk, item: Json) -> Json:
    """An account that exists; whatever is omitted stays."""
    account = _account(desk, item)
    if missing := [each for each in _REQUIRED if each not in item]:
        raise Refused(110, ", ".join(missing))
    groups = {g: _merged(account.get(g, {}), item[g]) for g in _GROUPS if g in item}
    changed: Json = {**account, **groups, "name": item.get("name") or account["name"]}
    _refuse_move(account["status"], item["status"], alike=changed == account)
    if changed["name"] != account["name"]:
        _refuse_taken(desk, changed["name"])
    account.update(changed, status=item["status"])
    desk.note(account["id"], item)
    return {"id": account["id"], "isNew": False}


def delete(desk: Desk, item: Json) -> Json:
    """An account, and with it its tokens, logins and lists."""
    account = _account(desk, item)
    id, agency = account["id"], desk.agency
    agency["accounts"].remove(account)
    agency["tokens"][:] = [each for each in agency["tokens"] if each.get("accountId") != id]
    agency["logins"].pop(id, None)
    agency["lists"].pop(id, None)
    desk.note(id, {})
    return {"id": id, "isNew": False}


def _account(desk: Desk, item: Json) -> Json:
    """By id, else by name, which is unique too (vendor page 3)."""
    key = "id" if item.get("id") else "name"
    for account in desk.agency["accounts"]:
        if item.get(key) and account[key] == item[key]:
            found: Json = account
            return found
    raise Refused(701)


def _refuse_taken(desk: Desk, name: str) -> None:
    if any(each["name"] == name for each in desk.agency["accounts"]):
        raise Refused(702, name)


def _refuse_move(status: str, wanted: str, *, alike: bool) -> None:
    """Only unrestricted to inactive and back; a restricted account cannot be changed, an inactive
    one only be switched on again."""
    if status == "restricted" or (status != wanted and (status, wanted) not in _MOVES):
        raise Refused(106, "status")
    if status == "inactive" and not (alike and wanted == "unrestricted"):
        raise Refused(109)


def _merged(held: Json, given: Json) -> dict[str, Any]:
    """A group with what is given; an empty text takes a value away."""
    return {key: value for key, value in {**held, **given}.items() if value != ""}
