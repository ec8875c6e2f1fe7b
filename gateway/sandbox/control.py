"""The controls of the sandbox over HTTP, as the contract page has them."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..domain.vendor import VendorName
from .faults import AnyFault, Script
from .limits import Gate, Limit
from .station import Station

Answers = Callable[[Station, bytes], Any]


class _Reset(Struct, forbid_unknown_fields=True):
    world: dict[str, Any] | None = None


class _Offset(Struct, forbid_unknown_fields=True):
    offset_seconds: float


class _BodyError(Exception):
    """A body that cannot be taken, with the status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def control(stations: Mapping[VendorName, Station]) -> Starlette:
    """The application behind the control address."""
    names = {name.name: station for name, station in stations.items()}

    def route(verb: str, path: str, answer: Answers) -> Route:
        async def endpoint(request: Request) -> Response:
            station = names.get(request.path_params["vendor"])
            if station is None:
                known = ", ".join(names)
                return JSONResponse({"error": f"There is no such vendor; known: {known}."}, 404)
            try:
                return JSONResponse(answer(station, await request.body()))
            except _BodyError as refused:
                return JSONResponse({"error": str(refused)}, refused.status)

        return Route(f"/{{vendor}}/{path}", endpoint, methods=[verb])

    return Starlette(
        routes=[
            route("GET", "calls", lambda station, _: station.calls()),
            route("GET", "effects", lambda station, _: station.double.effects()),
            route("GET", "world", lambda station, _: station.double.state()),
            route("POST", "reset", _reset),
            route("PUT", "faults", _faults),
            route("PUT", "limits", _limits),
            route("POST", "dashboard", _dashboard),
            route("PUT", "clock", _clock),
        ],
        exception_handlers={404: _as_json, 405: _as_json},
    )


def _reset(station: Station, body: bytes) -> Any:
    world = _decode(body or b"{}", _Reset).world
    try:
        station.reset(world)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _BodyError(
            422, f"world: not what GET /{station.name.name}/world answers: {error}"
        ) from error
    return {}


def _faults(station: Station, body: bytes) -> Any:
    faults = _decode(body, list[AnyFault])
    station.script = Script(faults)
    return {"faults": len(faults)}


def _limits(station: Station, body: bytes) -> Any:
    limits = _decode(body, list[Limit])
    station.gate = Gate(tuple(limits))
    return {"limits": len(limits)}


def _dashboard(station: Station, body: bytes) -> Any:
    action = _decode(body, dict[str, Any])
    if not isinstance(action.get("action"), str):
        raise _BodyError(422, "action: a name such as grant or roll_key is needed")
    try:
        return station.double.dashboard(action)
    except ValueError as error:
        raise _BodyError(422, str(error)) from error


def _clock(station: Station, body: bytes) -> Any:
    station.offset = _decode(body, _Offset).offset_seconds
    return {"now": station.clock.now().isoformat()}


def _decode(body: bytes, kind: Any) -> Any:
    """The body as that kind; what does not fit is named by its path, such as `$[0].ms`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _BodyError(422, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _BodyError(400, f"The body is not JSON: {error}") from error


async def _as_json(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    return JSONResponse({"error": f"{request.method} {request.url.path}: {error}"}, status)
