"""Bronto's double: its SOAP API as the vendor page tells the wire, so that public clients work.

Many agencies live in one double; the token that a session was opened with decides whose data it
sees. An All Clients token works at the agency's level only, a client's token inside its account
only. It knows nothing of the adapter beside it.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from ....contract import SeedAccount, World
from ....domain.clock import Clock
from . import wire
from .dashboard import act, agency_token, client_tokens
from .filters import passing
from .seed import PAGE_SIZE, Json, seed, uuid
from .wire import Asked, Fault

_WSDL = Path(__file__).parents[1].joinpath("bronto.wsdl").read_text(encoding="utf-8")
_ADDRESS = "https://api.bronto.com/v4/"
_SESSION = timedelta(minutes=20)
_READ = 1
_BRIEF = ("id", "name", "status")


def create(world: World, clock: Clock) -> "Bronto":
    """The double of a seeded world; `clock` ends sessions."""
    return Bronto(world, clock)


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Who calls: an agency's token, inside the account `inside`, which is "" at agency level."""

    agency: Json
    token: Json

    @property
    def inside(self) -> str:
        return str(self.token.get("accountId", ""))

    def at_agency_level(self) -> Json:
        """The agency; fault 104 for a client's token."""
        if self.inside:
            raise Fault(104)
        return self.agency


class Bronto:
    """The double of a world; its state is plain JSON."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._clock = clock
        self._seeded = seed(world)
        self._state = copy.deepcopy(self._seeded)
        self._effects: list[Json] = []
        self._reads: Mapping[str, Callable[[Asked, _Visitor], list[Any]]] = {
            "readAccounts": self._read_accounts,
            "readApiTokens": self._read_tokens,
            "readLogins": self._read_logins,
            "readLists": self._read_lists,
        }

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
            return _xml(_WSDL.replace(_ADDRESS, escape(address, {'"': "&quot;"})).encode())
        try:
            asked = wire.read(body)
            if asked is None:
                raise Fault(107)
            return _xml(wire.response(asked.operation, self._perform(asked)))
        except Fault as fault:
            return _xml(wire.fault(fault), status=500)

    def _perform(self, asked: Asked) -> list[Any]:
        if asked.operation == "login":
            return [self._log_in(asked.text("apiToken") or "")]
        visitor = self._visitor(asked.session)
        if asked.operation == "logout":
            del self._state["sessions"][asked.session]
            return [{"results": {"isNew": False, "isError": False, "errorCode": 0}}]
        read = self._reads.get(asked.operation)
        if read is None:
            raise Fault(107)
        if not visitor.token["permissions"] & _READ:
            raise Fault(104)
        return read(asked, visitor)

    # ── Tokens and sessions ───────────────────────────────────────────────────────────────────

    def _log_in(self, value: str) -> str:
        found = self._holder(value)
        if found is None:
            raise Fault(102, value)
        if not found.token["active"]:
            raise Fault(121)
        _refuse_inactive(found)
        session = uuid("session", value, str(self._next()))
        self._state["sessions"][session] = {"token": value, "used": self._now().isoformat()}
        return session

    def _visitor(self, session: str | None) -> _Visitor:
        """Who is in that session, whose 20 minutes begin anew."""
        held = self._state["sessions"].get(session)
        found = None if held is None else self._holder(held["token"])
        if held is None or found is None or not found.token["active"]:
            raise Fault(103)
        now = self._now()
        if now - datetime.fromisoformat(held["used"]) >= _SESSION:
            raise Fault(103)
        _refuse_inactive(found)
        held["used"] = now.isoformat()
        return found

    def _holder(self, value: str) -> _Visitor | None:
        for agency in self._state["agencies"].values():
            for token in agency["tokens"]:
                if token["id"] == value:
                    return _Visitor(agency, token)
        return None

    def _now(self) -> datetime:
        return self._clock.now()

    def _next(self) -> int:
        """A number for whatever is issued, so that no two are alike."""
        self._state["issued"] += 1
        return int(self._state["issued"])

    # ── Reads ─────────────────────────────────────────────────────────────────────────────────

    def _read_accounts(self, asked: Asked, visitor: _Visitor) -> list[Any]:
        rows = _filtered(asked, visitor.at_agency_level()["accounts"])
        # Not in the WSDL, but in the vendor's help and its own SDK (vendor page 4).
        wanted = asked.text("status")
        page = self._page(asked, [row for row in rows if wanted in (None, row["status"])])
        whole = asked.text("includeInfo") in ("true", "1")
        return page if whole else [{key: row[key] for key in _BRIEF} for row in page]

    def _read_tokens(self, asked: Asked, visitor: _Visitor) -> list[Any]:
        return self._page(asked, _filtered(asked, visitor.at_agency_level()["tokens"]))

    def _read_logins(self, asked: Asked, visitor: _Visitor) -> list[Any]:
        return self._page(asked, _filtered(asked, visitor.agency["logins"].get(visitor.inside, [])))

    def _read_lists(self, asked: Asked, visitor: _Visitor) -> list[Any]:
        if not visitor.inside:
            raise Fault(104)
        rows = _filtered(asked, visitor.agency["lists"].get(visitor.inside, []))
        return self._page(asked, rows, asked.number("pageSize", self._state["page_size"]))

    def _page(self, asked: Asked, rows: list[Json], size: int | None = None) -> list[Any]:
        size = int(self._state["page_size"]) if size is None else size
        number = asked.number("pageNumber")
        if size > PAGE_SIZE:
            raise Fault(114, PAGE_SIZE)
        if size < 1:
            raise Fault(115, 1)
        if number < 1:
            raise Fault(106, "pageNumber")
        return rows[(number - 1) * size : number * size]

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
        return asked.text("apiToken") if asked.operation == "login" else asked.session

    def principal(self, credential: str) -> tuple[str, str] | None:
        """The agency and the token behind a token or a session."""
        session = self._state["sessions"].get(credential)
        value = credential if session is None else session["token"]
        for name, agency in self._state["agencies"].items():
            if any(token["id"] == value for token in agency["tokens"]):
                return name, value
        return None

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
        """What people changed in the dashboard; the API that is built here only reads."""
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


def _refuse_inactive(visitor: _Visitor) -> None:
    """Nobody gets into an account that is switched off (vendor page 5)."""
    for account in visitor.agency["accounts"]:
        if account["id"] == visitor.inside and account["status"] == "inactive":
            raise Fault(109)


def _filtered(asked: Asked, rows: list[Json]) -> list[Json]:
    return passing(asked.payload.find("{*}filter"), rows)


def _xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="text/xml; charset=utf-8")
