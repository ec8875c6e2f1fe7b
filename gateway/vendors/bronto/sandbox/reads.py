"""Bronto's reads: rows that pass a filter, page by page to an empty one (vendor page 3)."""

from typing import Any

from .filters import passing
from .seed import PAGE_SIZE, Json
from .visitors import Visitor
from .wire import Fault

_BRIEF = ("id", "name", "status")


def accounts(visitor: Visitor, asked: Json, size: int) -> list[Any]:
    """Accounts; without `includeInfo` only id, name and status."""
    rows = passing(asked.get("filter"), visitor.agency["accounts"])
    wanted = asked.get("status")
    page = _page(asked, [row for row in rows if wanted in (None, row["status"])], size)
    return page if asked["includeInfo"] else [{key: row[key] for key in _BRIEF} for row in page]


def tokens(visitor: Visitor, asked: Json, size: int) -> list[Any]:
    """Tokens, each with its own value as id."""
    return _page(asked, passing(asked.get("filter"), visitor.agency["tokens"]), size)


def logins(visitor: Visitor, asked: Json, size: int) -> list[Any]:
    """Logins of the agency, or of the account that the token is inside."""
    rows = visitor.agency["logins"].get(visitor.inside, [])
    return _page(asked, passing(asked.get("filter"), rows), size)


def lists(visitor: Visitor, asked: Json, size: int) -> list[Any]:
    """Contact lists of the account that the token is inside."""
    rows = visitor.agency["lists"].get(visitor.inside, [])
    return _page(asked, passing(asked.get("filter"), rows), asked.get("pageSize", size))


def _page(asked: Json, rows: list[Json], size: int) -> list[Any]:
    if size > PAGE_SIZE:
        raise Fault(114, PAGE_SIZE)
    if size < 1:
        raise Fault(115, 1)
    number = asked["pageNumber"]
    if number < 1:
        raise Fault(106, "pageNumber")
    return rows[(number - 1) * size : number * size]
