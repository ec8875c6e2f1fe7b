"""Saved formats of imports (section 5.4): a name, and for each column its field and label."""

from typing import Any

from starlette.responses import JSONResponse, Response

from .asked import Asked
from .wire import State, error, json_object


def listed(asked: Asked) -> Response:
    """All of them."""
    return JSONResponse(asked.account["import_formats"])


def get(asked: Asked, format_id: str) -> Response:
    """One of them."""
    found = _by_id(asked, format_id)
    return _unknown() if found is None else JSONResponse(found)


def create(asked: Asked) -> Response:
    """A new one."""
    told = _told(asked)
    if told is None:
        return _refused()
    made = {"id": asked.number(), **told}
    asked.account["import_formats"].append(made)
    return _done(asked, "create", made)


def update(asked: Asked, format_id: str) -> Response:
    """Another name and other columns; the whole is told."""
    found, told = _by_id(asked, format_id), _told(asked)
    if found is None:
        return _unknown()
    if told is None:
        return _refused()
    found.update(told)
    return _done(asked, "update", found)


def delete(asked: Asked, format_id: str) -> Response:
    """Remove one."""
    found = _by_id(asked, format_id)
    if found is None:
        return _unknown()
    asked.account["import_formats"].remove(found)
    return _done(asked, "delete", found)


def _told(asked: Asked) -> State | None:
    told = json_object(asked.body) or {}
    name, columns = told.get("name"), told.get("format")
    if not isinstance(name, str) or not name or not isinstance(columns, list) or not columns:
        return None
    return {"name": name, "format": columns} if all(map(_is_column, columns)) else None


def _is_column(column: Any) -> bool:
    return isinstance(column, dict) and all(
        isinstance(column.get(key), str) and column[key] for key in ("name", "label")
    )


def _by_id(asked: Asked, format_id: str) -> State | None:
    found = (one for one in asked.account["import_formats"] if str(one["id"]) == format_id)
    return next(found, None)


def _done(asked: Asked, verb: str, changed: State) -> Response:
    asked.note(f"importformat.{verb}", format=changed["id"])
    return JSONResponse({"id": changed["id"]})


def _unknown() -> Response:
    return error(404, "Unable to find the import format")


def _refused() -> Response:
    return error(400, "A format has a name and columns")  # assumed
