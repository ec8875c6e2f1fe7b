"""Where a supporter came from (section 5.4): one origin source, or none.

The page does not say what the `id` of an answer is (here: the supporter's), nor how a second POST
is refused (here: 400); no origin source is an empty 204 when it is read, else 404.
"""

from starlette.responses import JSONResponse, Response

from . import people
from .asked import Asked
from .wire import State, error, json_object


def get(asked: Asked, supporter_id: str) -> Response:
    """The origin source; none, or no such supporter: 204."""
    found = asked.account["origin_sources"].get(supporter_id)
    return Response(status_code=204) if found is None else JSONResponse(found)


def create(asked: Asked, supporter_id: str) -> Response:
    """The first origin source."""
    if supporter_id in asked.account["origin_sources"]:
        return error(400, "The supporter already has an origin source")
    if people.by_id(asked.account, supporter_id) is None:
        return error(404, "Unable to find the supporter")
    return _write(asked, supporter_id, "create")


def update(asked: Asked, supporter_id: str) -> Response:
    """Another in the place of the one that there is."""
    if supporter_id not in asked.account["origin_sources"]:
        return error(404, "Unable to find the origin source")
    return _write(asked, supporter_id, "update")


def delete(asked: Asked, supporter_id: str) -> Response:
    """None any more."""
    if asked.account["origin_sources"].pop(supporter_id, None) is None:
        return error(404, "Unable to find the origin source")
    asked.note("originsource.delete", supporter=int(supporter_id))
    return JSONResponse({"id": int(supporter_id)})


def _write(asked: Asked, supporter_id: str, verb: str) -> Response:
    told = json_object(asked.body) or {}
    source: State = {name: told.get(name) for name in ("code", "category")}
    if not all(isinstance(value, str) and value for value in source.values()):
        return error(400, "An origin source has a code and a category")  # assumed
    asked.account["origin_sources"][supporter_id] = source
    asked.note(f"originsource.{verb}", supporter=int(supporter_id))
    return JSONResponse({"id": int(supporter_id)})
