"""Writes of logins, whose key is the username; which codes Bronto gives is not known: 106."""

from .seed import Json
from .wire import Refused
from .writes import Desk


def add(desk: Desk, item: Json) -> Json:
    """A new login."""
    if missing := [each for each in ("username", "password") if not item.get(each)]:
        raise Refused(110, ", ".join(missing))
    if _found(desk, item) is not None:
        raise Refused(106, "username")
    desk.agency["logins"].setdefault(desk.inside, []).append(dict(item))
    return _noted(desk, item, is_new=True)


def update(desk: Desk, item: Json) -> Json:
    """A login that exists; whatever is omitted stays."""
    _existing(desk, item).update(item)
    return _noted(desk, item)


def delete(desk: Desk, item: Json) -> Json:
    """A login that exists."""
    desk.agency["logins"][desk.inside].remove(_existing(desk, item))
    return _noted(desk, item)


def _found(desk: Desk, item: Json) -> Json | None:
    rows = desk.agency["logins"].get(desk.inside, [])
    return next((each for each in rows if each["username"] == item.get("username")), None)


def _existing(desk: Desk, item: Json) -> Json:
    found = _found(desk, item)
    if found is None:
        raise Refused(106, "username")
    return found


def _noted(desk: Desk, item: Json, *, is_new: bool = False) -> Json:
    shown = {key: value for key, value in item.items() if key != "password"}
    desk.note(item["username"], shown)
    return {"id": item["username"], "isNew": is_new}
