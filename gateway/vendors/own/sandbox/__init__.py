"""Own's double: the auth host and every region on one port, as the vendor page tells their wire.

`/oauth2/<server>/v1/token` is the auth host; `/<region>/api/v1/…` is a region. A token that is
revoked, or past its 180 days, takes its bearers with it at once. Backups and jobs go on with the
clock.
"""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ....domain.clock import Clock
from ....double import Double, SeedAccount, World
from .forms import Form
from .reads import download, read
from .seed import digest, new_token, seed
from .wire import TOKEN, Refused, error, oauth_error, route
from .works import Desk
from .writes import write

_TOKEN_DAYS = 180
_FORM = "application/x-www-form-urlencoded"
_moment = datetime.fromisoformat


def create(world: World, clock: Clock) -> Double:
    """The double of a seeded world; `clock` ends bearers and tokens."""
    return _Own(world, clock)


class _Own:
    """The vendor, with all agencies that are its customers."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._clock = clock
        self._seeded = seed(world, clock.now())
        self._state = copy.deepcopy(self._seeded)
        self._effects: list[dict[str, Any]] = []

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        try:
            answer = self._answer(request, body)
        except Refused as refused:
            answer = JSONResponse(refused.body, refused.status)
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        asked = route(request.method, request.url.path)
        kind = request.headers.get("content-type", "")
        if asked.operation == TOKEN:
            return JSONResponse(self._exchange(kind, body))
        if asked.region not in self._state["regions"]:
            raise error(HTTPStatus.NOT_FOUND, "no such path")
        agency = self._signed(request.headers.get("authorization", ""))
        desk = Desk(self._state, agency, asked.region, self._clock.now())
        desk.advance()
        if request.method == "POST":
            answer, effect = write(asked, desk, Form(kind, body))
            where = {"agency": agency, "region": asked.region}
            self._record(asked.operation, {**where, **effect})
            return JSONResponse(answer)
        if asked.operation == "download":
            return Response(download(asked, desk.holding), media_type="text/csv")
        base, since = f"{request.base_url}{asked.region}", request.query_params.get("from")
        return JSONResponse(read(asked, desk.holding, since, base))

    def _exchange(self, kind: str, body: bytes) -> dict[str, Any]:
        if not kind.startswith(_FORM):
            raise oauth_error(400, "invalid_request", "The body must be form-urlencoded.")
        form = Form(kind, body)
        if form.given("grant_type") != "refresh_token":
            raise oauth_error(400, "unsupported_grant_type", "The grant type is not supported.")
        if form.given("scope") != "api:access":
            raise oauth_error(400, "invalid_scope", "The scope is not allowed.")
        agencies = self._state["agencies"]
        client_id, token = form.given("client_id"), form.given("refresh_token")
        if client_id not in {agency["client_id"] for agency in agencies.values()}:
            raise oauth_error(401, "invalid_client", "The client id is not known.")
        for name, agency in agencies.items():
            if token and agency["client_id"] == client_id and self._lives(agency["token"], token):
                return self._issue(name, token)
        raise oauth_error(400, "invalid_grant", "The refresh token is invalid or expired.")

    def _issue(self, agency: str, token: str) -> dict[str, Any]:
        state, now = self._state, self._clock.now()
        state["issued"] += 1
        bearer = f"eyJ{digest(agency, 'bearer', str(state['issued']))[:40]}"
        ends = (now + timedelta(seconds=state["bearer_seconds"])).isoformat()
        living = {key: one for key, one in state["bearers"].items() if _moment(one["ends"]) > now}
        state["bearers"] = {**living, bearer: {"agency": agency, "token": token, "ends": ends}}
        answer = {"token_type": "Bearer", "expires_in": state["bearer_seconds"]}
        return {**answer, "access_token": bearer, "scope": "api:access", "refresh_token": token}

    def _signed(self, authorization: str) -> str:
        """The agency whose living bearer signs."""
        scheme, _, value = authorization.partition(" ")
        bearer = self._state["bearers"].get(value)
        if scheme == "Bearer" and bearer and _moment(bearer["ends"]) > self._clock.now():
            agency = str(bearer["agency"])
            if self._lives(self._state["agencies"][agency]["token"], bearer["token"]):
                return agency
        raise error(HTTPStatus.UNAUTHORIZED, "the access token is invalid or expired")

    def _lives(self, token: dict[str, Any] | None, value: str | None = None) -> bool:
        """Whether there is a living token, and it is the one of that value."""
        if token is None or value not in (None, token["value"]):
            return False
        ends = _moment(token["created_at"]) + timedelta(days=_TOKEN_DAYS)
        return ends > self._clock.now()

    def _record(self, action: str, effect: dict[str, Any]) -> None:
        at = self._clock.now().isoformat()
        self._effects.append(copy.deepcopy({"at": at, "action": action, **effect}))

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        """The contract's name of an operation; "" for what Own does not have."""
        try:
            return route(method, path).operation
        except Refused:
            return ""

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        """The bearer, or the API token that is exchanged for one."""
        for name, value in headers.items():
            if name.lower() == "authorization":
                return value.removeprefix("Bearer ")
        return Form(_FORM, body).given("refresh_token")

    def principal(self, credential: str) -> tuple[str, str] | None:
        """Whose a bearer is, to count by: its API token's."""
        bearer = self._state["bearers"].get(credential)
        return None if bearer is None else (bearer["token"], bearer["token"])

    def describe(self, base_url: str) -> dict[str, Any]:
        """Addresses, and the credentials of each agency that has a token."""
        base = base_url.rstrip("/")
        return {
            "auth_url": base,
            "regions": {region: f"{base}/{region}" for region in self._state["regions"]},
            "agencies": {
                name: {"api_token": agency["token"]["value"], "client_id": agency["client_id"]}
                for name, agency in self._state["agencies"].items()
                if agency["token"] is not None
            },
        }

    def state(self) -> dict[str, Any]:
        """What Own holds now."""
        return copy.deepcopy(self._state)

    def reset(self, state: dict[str, Any] | None) -> None:
        """Back to the seeded world, or to `state`."""
        self._state = copy.deepcopy(self._seeded if state is None else state)
        self._effects.clear()

    def effects(self) -> list[dict[str, Any]]:
        """What was written through the API, and tokens made and revoked."""
        return copy.deepcopy(self._effects)

    def dashboard(self, action: dict[str, Any]) -> dict[str, Any]:
        """`generate_token` and `revoke_token` of an `agency`'s user, in Edit Profile."""
        name, now = str(action.get("agency")), self._clock.now()
        if name not in self._state["agencies"]:
            raise ValueError("Own has no agency of that name.")
        agency = self._state["agencies"][name]
        match action.get("action"), self._lives(agency["token"]):
            case "generate_token", False:
                agency["generated"] += 1
                agency["token"] = new_token(name, agency["generated"], now)
            case "revoke_token", True:
                agency["token"] = None
            case "generate_token", _:
                raise ValueError("A user has one API token at a time: revoke the old one first.")
            case "revoke_token", _:
                raise ValueError("The user has no API token to revoke.")
            case _:
                raise ValueError("Own's web pages can generate_token and revoke_token only.")
        self._record(action["action"], {"agency": name})
        made = agency["token"] or {"value": None, "created_at": None}
        return {"api_token": made["value"], "created_at": made["created_at"]}

    def accounts(self, agency: str) -> tuple[SeedAccount, ...]:
        """The agency's one account, good in all its regions; none while it has no token."""
        held = self._state["agencies"].get(agency)
        if held is None or held["token"] is None:
            return ()
        ledger = tuple(
            {"type": "client", "vendorId": f"{region}/{one['id']}", "client": one["company"]}
            for region, holding in held["regions"].items()
            for one in holding["services"]
        )
        return (
            SeedAccount(
                name="Own",
                credentials={"api_token": held["token"]["value"], "client_id": held["client_id"]},
                regions=tuple(held["regions"]),
                created_at=_moment(held["token"]["created_at"]),
                ledger=ledger,
            ),
        )
