"""Own's double: the auth host and every region on one port, as the vendor page tells their wire.

`/oauth2/<server>/v1/token` is the auth host; `/<region>/api/v1/…` is a region. A token that is
revoked, or past its 180 days, takes its bearers with it at once.
"""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse

from ....contract import Double, SeedAccount, World
from ....domain.clock import Clock
from .seed import digest, new_token, seed
from .wire import Refused, error, oauth_error, operation_of, read

_TOKEN_DAYS = 180
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
            status, answer = 200, self._answer(request, body)
        except Refused as refused:
            status, answer = refused.status, refused.body
        await JSONResponse(answer, status)(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Any:
        path = request.url.path
        operation = operation_of(request.method, path)
        if operation == "token":
            return self._exchange(request.headers.get("content-type", ""), body)
        region, _, rest = path.removeprefix("/").partition("/api/v1/")
        if region not in self._state["regions"] or not operation:
            raise error(HTTPStatus.NOT_FOUND, "no such path")
        holding = self._holdings(request.headers.get("authorization", ""))[region]
        return read(operation, holding, rest.split("/"), request.query_params.get("from"))

    def _exchange(self, kind: str, body: bytes) -> dict[str, Any]:
        if not kind.startswith("application/x-www-form-urlencoded"):
            raise oauth_error(400, "invalid_request", "The body must be form-urlencoded.")
        form = _form(body)
        if form.get("grant_type") != "refresh_token":
            raise oauth_error(400, "unsupported_grant_type", "The grant type is not supported.")
        if form.get("scope") != "api:access":
            raise oauth_error(400, "invalid_scope", "The scope is not allowed.")
        agencies = self._state["agencies"]
        client_id, token = form.get("client_id"), form.get("refresh_token", "")
        if client_id not in {agency["client_id"] for agency in agencies.values()}:
            raise oauth_error(401, "invalid_client", "The client id is not known.")
        for name, agency in agencies.items():
            if agency["client_id"] == client_id and not self._ended(agency["token"], token):
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

    def _holdings(self, authorization: str) -> dict[str, Any]:
        """What the bearer's agency has, by region."""
        scheme, _, value = authorization.partition(" ")
        bearer = self._state["bearers"].get(value)
        if scheme == "Bearer" and bearer and _moment(bearer["ends"]) > self._clock.now():
            agency: dict[str, Any] = self._state["agencies"][bearer["agency"]]
            if not self._ended(agency["token"], bearer["token"]):
                return dict(agency["regions"])
        raise error(HTTPStatus.UNAUTHORIZED, "the access token is invalid or expired")

    def _ended(self, token: dict[str, Any] | None, value: str | None = None) -> bool:
        """Whether there is no living token, or it is not the one of that value."""
        if token is None or value not in (None, token["value"]):
            return True
        return _moment(token["created_at"]) + timedelta(days=_TOKEN_DAYS) <= self._clock.now()

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        """The contract's name of an operation; "" for what Own does not have."""
        return operation_of(method, path)

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        """The bearer, or the API token that is exchanged for one."""
        for name, value in headers.items():
            if name.lower() == "authorization":
                return value.removeprefix("Bearer ")
        return _form(body).get("refresh_token")

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
        """Tokens made and revoked; the API that is built here only reads."""
        return copy.deepcopy(self._effects)

    def dashboard(self, action: dict[str, Any]) -> dict[str, Any]:
        """`generate_token` and `revoke_token` of an `agency`'s user, in Edit Profile."""
        name, now = str(action.get("agency")), self._clock.now()
        if name not in self._state["agencies"]:
            raise ValueError("Own has no agency of that name.")
        agency = self._state["agencies"][name]
        match action.get("action"), self._ended(agency["token"]):
            case "generate_token", True:
                agency["generated"] += 1
                agency["token"] = new_token(name, agency["generated"], now)
            case "revoke_token", False:
                agency["token"] = None
            case "generate_token", _:
                raise ValueError("A user has one API token at a time: revoke the old one first.")
            case "revoke_token", _:
                raise ValueError("The user has no API token to revoke.")
            case _:
                raise ValueError("Own's web pages can generate_token and revoke_token only.")
        self._effects.append({"at": now.isoformat(), "action": action["action"], "agency": name})
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


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace")))
