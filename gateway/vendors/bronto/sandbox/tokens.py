"""Writes of API tokens; the id of a token is its value (vendor pages 2 and 5)."""

from .seed import Json, token, uuid
from .wire import Refused
from .writes import Desk

_ALL = 7


def add(desk: Desk, item: Json) -> Json:
    """A new token of a client. How one for All Clients is made is not documented, so it is not."""
    missing = [each for each in ("name", "accountId") if each not in item]
    if missing:
        raise Refused(110, ", ".join(missing))
    if not any(each["id"] == item["accountId"] for each in desk.agency["accounts"]):
        raise Refused(704, item["accountId"])
    _refuse_odd(item)
    value = uuid("issued", desk.name, str(desk.number())).upper()
    made = token(value, item["name"], item["accountId"], desk.now, item["permissions"])
    desk.agency["tokens"].append({**made, "active": item["active"]})
    desk.note(value, item)
    return {"id": value, "isNew": True}


def update(desk: Desk, item: Json) -> Json:
    """A token that exists; its account cannot be another."""
    held = _token(desk, item)
    if item.get("accountId", held.get("accountId")) != held.get("accountId"):
        raise Refused(704, item["accountId"])
    _refuse_odd(item)
    written: Json = {key: item[key] for key in ("name", "permissions", "active") if key in item}
    held.update(written, modified=desk.now)
    desk.note(held["id"], item)
    return {"id": held["id"], "isNew": False}


def delete(desk: Desk, item: Json) -> Json:
    """A token, whose sessions die with it."""
    held = _token(desk, item)
    desk.agency["tokens"].remove(held)
    desk.note(held["id"], item)
    return {"id": held["id"], "isNew": False}


def _token(desk: Desk, item: Json) -> Json:
    if not item.get("id"):
        raise Refused(110, "id")
    for each in desk.agency["tokens"]:
        if each["id"] == item["id"]:
            found: Json = each
            return found
    raise Refused(703)


def _refuse_odd(item: Json) -> None:
    if item.get("name") == "":
        raise Refused(705, "")
    if not 0 <= item["permissions"] <= _ALL:
        raise Refused(106, "permissions")
