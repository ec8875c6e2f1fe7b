"""Bronto's double: its SOAP API as the vendor page tells the wire, so that public clients work.

Many agencies live in one double; the token that a session was opened with decides whose data it
sees. An All Clients token works at the agency's level only, a client's token inside its account
only. It knows nothing of the adapter beside it.
"""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from ....domain.clock import Clock
from ....double import SeedAccount, World
from . import schema, wire
from .dashboard import act, agency_token, client_tokens
from .operations import Read, admitted
from .seed import Json, seed
from .visitors import Visitor, holder, log_in, visitor
from .wire import Asked, Fault
from .writes import Desk, write

_ADDRESS = b"https://api.bronto.com/v4/"


def create(world: World, clock: Clock) -> "Bronto":
    """The double of a seeded world; `clock` ends sessions."""
    return Bronto(world, clock)


class Bronto:
    """The double of a world; its state is plain JSON."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._clock = clock
        self._seeded = seed(world)
        self._state = copy.deepcopy(self._seeded)
        self._effects: list[Json] = []

    # ── The wire ──────────────────────────────────────────────────────────────────────────────

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        await self._answer(request, body)(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        if request.url.path.rstrip("/") != "/v4":
            return Response("Not Found", 404, media_type="text/plain")
        if request.method != "POST":
            address = f"{request.url.scheme}://{request.headers.get('host', '')}/v4/"
            return _xml(schema.WSDL.replace(_ADDRESS, escape(address, {'"': "&quot;"}).encode()))
        try:
            asked = wire.read(body)
            if asked is None:
                raise Fault(107)
            address = "" if request.client is None else request.client.host
            told = self._perform(asked, address)
            root, element = wire.answer(asked.operation)
            schema.encode(f"{asked.operation}Response", element, {"return": told})
            return _xml(wire.written(root))
        except Fault as fault:
            return _xml(wire.fault(fault), status=500)

    def _perform(self, asked: Asked, address: str) -> Any:
        """What stands in `return`: one value, or a list where the WSDL has several."""
        name = asked.operation
        if name in self._state.get("failing", {}):
            code = self._state["failing"][name]
            raise Fault(code, *(0,) * wire.words(code))
        if name == "login":
            value = schema.decode(name, asked.payload).get("apiToken", "")
            return log_in(self._state, value, address, self._now(), self._next())
        header = {} if asked.header is None else schema.decode("sessionHeader", asked.header)
        session = header.get("sessionId")
        caller = visitor(self._state, session, address, self._now())
        if name == "logout":
            del self._state["sessions"][session]
            return {"results": [{"isNew": False, "isError": False, "errorCode": 0}]}
        operation = admitted(name, caller)
        given = schema.decode(name, asked.payload)
        if isinstance(operation, Read):
            return operation.rows(caller, given, int(self._state["page_size"]))
        desk = self._desk(caller, name)
        return write(operation.do, desk, operation.child, given.get(operation.child, []))

    def _desk(self, caller: Visitor, operation: str) -> Desk:
        def note(id: str, change: Json) -> None:
            done = {"at": self._now().isoformat(), "agency": caller.name, "operation": operation}
            self._effects.append({**done, "id": id, "change": copy.deepcopy(change)})

        now = self._now().isoformat(timespec="milliseconds")
        return Desk(caller.name, caller.agency, caller.inside, now, self._next, note)

    def _now(self) -> datetime:
        return self._clock.now()

    def _next(self) -> int:
        """A number for whatever is issued, so that no two are alike."""
        self._state["issued"] += 1
        return int(self._state["issued"])

    # ── For the harness ───────────────────────────────────────────────────────────────────────

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        """The name of the element in the SOAP body; `wsdl` when the description is asked for."""
        if method != "POST":
            return "wsdl"
        asked = wire.read(body)
        return "" if asked is None else asked.operation

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        """The session of a call, or the token of a login."""
        asked = wire.read(body)
        if asked is None:
            return None
        if asked.operation == "login":
            return wire.text_of(asked.payload, "apiToken")
        return asked.session

    def principal(self, credential: str) -> tuple[str, str] | None:
        """The agency and the token behind a token or a session."""
        session = self._state["sessions"].get(credential)
        value = credential if session is None else session["token"]
        found = holder(self._state, value)
        return None if found is None else (found.name, value)

    def describe(self, base_url: str) -> Json:
        """Addresses, and the tokens of each agency."""
        base = base_url.rstrip("/")
        agencies = {
            name: {"agency_token": agency_token(held), "client_tokens": client_tokens(held)}
            for name, held in self._state["agencies"].items()
        }
        return {"base_url": base, "wsdl": f"{base}/v4?wsdl", "agencies": agencies}

    def state(self) -> Json:
        """What Bronto holds now, sessions included."""
        return copy.deepcopy(self._state)

    def reset(self, state: Json | None) -> None:
        """Back to the seeded world, or to `state`."""
        self._state = copy.deepcopy(self._seeded if state is None else state)
        self._effects.clear()

    def effects(self) -> list[Json]:
        """What the API's writes and people in the dashboard changed, each item by itself."""
        return copy.deepcopy(self._effects)

    def dashboard(self, action: Json) -> Json:
        """An action of people in an `agency`; see `dashboard.act` for the rest of its fields."""
        agency = self._state["agencies"].get(str(action.get("agency")))
        if agency is None:
            raise ValueError("Bronto has no agency of that name.")
        answer = act(agency, action, self._now(), self._next())
        effect = {"at": self._now().isoformat(), "action": action["action"]}
        self._effects.append({**effect, "agency": action["agency"], **answer})
        return answer

    def accounts(self, agency: str) -> tuple[SeedAccount, ...]:
        """The agency's one account, with its own token and that of its first client."""
        held = self._state["agencies"].get(agency)
        if held is None or (token := agency_token(held)) is None:
            return ()
        ledger = tuple(
            {"type": "client", "vendorId": account["id"], "client": account["name"]}
            for account in held["accounts"]
        )
        first = dict(list(client_tokens(held).items())[:1])
        credentials = {"agency_token": token, "client_tokens": first}
        return (SeedAccount(name="Bronto", credentials=credentials, ledger=ledger),)


def _xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="text/xml; charset=utf-8")
