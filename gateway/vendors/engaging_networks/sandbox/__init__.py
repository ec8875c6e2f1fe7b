"""Engaging Networks's double: its REST services, public data service and one-day CSV export.

Written from the vendor page alone (sections 2, 4, 5). Every customer of the world is one account
with its own tokens, for at this vendor a credential belongs to exactly one account; which account
is asked, the credential alone decides. What the page leaves open is marked "assumed".

State: `session_ms`, `bind_sessions` (a session works from its own address only), `sessions`,
`issued` and `accounts`. An account's `api_user` holds the faults of section 5.3: `status`
("Active"), `remote_address` (addresses joined by `~`; "" = any), `known` (false: no user has the
key), `permissions`, `requests_left` (null = no quota).
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ....contract import Double, SeedAccount, World
from ....domain.clock import Clock
from . import wire
from .seed import State, checked, seed, uuid

_EASTERN = ZoneInfo("America/New_York")
_INACTIVE = (
    "The user specified by api key [{}] is not active or does not have access to EN services"
)
_UNREGISTERED = (
    "Authentication call is being made from an unregistered source address for this ENS api key"
)


def create(world: World, clock: Clock) -> Double:
    """The double of all Engaging Networks accounts of a world."""
    return _EngagingNetworks(world, clock)


class _RefusedError(Exception):
    """The answer in place of what was asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class _EngagingNetworks:
    def __init__(self, world: World, clock: Clock) -> None:
        self._world, self._clock = world, clock
        self.reset(None)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        try:
            response = self._answer(request, body)
        except _RefusedError as refused:
            response = refused.response
        await response(scope, receive, send)

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        name = wire.route(method, path)[0]
        service = parse_qs(query).get("service", [""])[0]
        return f"{name}/{service}" if name == "data.service" else name

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        sent = {name.lower(): value for name, value in headers.items()}
        token = sent.get("ens-auth-token") or parse_qs(query).get("token", [""])[0]
        return token or wire.key(body) or None

    def principal(self, credential: str) -> tuple[str, str] | None:
        """Whom limits count: the account, and the API user behind a session."""
        session = self._state["sessions"].get(credential)
        signer = credential if session is None else session["key"]
        account = self._find(
            lambda a: signer in (a["public_token"], a["api_user"]["key"], *a["private_tokens"])
        )
        return None if account is None else (str(account["client_id"]), signer)

    def throttled(self, credential: str | None) -> tuple[int, dict[str, str], bytes]:
        """Beyond an API user's quota: the 401 of section 5.3; elsewhere 429, which is assumed."""
        known = self._state["sessions"].get(credential, {"key": credential})["key"]
        account = self._find(lambda a: a["api_user"]["key"] == known)
        if account is None:
            return 429, {}, b""
        return 401, {}, bytes(_over_quota(account["api_user"]).body)

    def describe(self, base_url: str) -> dict[str, Any]:
        agencies: dict[str, list[dict[str, Any]]] = {a.name: [] for a in self._world.agencies}
        for account in self._state["accounts"]:
            agencies.setdefault(account["agency"], []).append(
                {
                    "public_token": account["public_token"],
                    "private_token": next(iter(account["private_tokens"]), None),
                    "api_key": account["api_user"]["key"],
                }
            )
        return {"base_url": base_url, "agencies": agencies}

    def state(self) -> State:
        return deepcopy(self._state)

    def reset(self, state: State | None) -> None:
        """Raises LookupError, TypeError or AttributeError for a state that is not one."""
        self._state = seed(self._world, self._today()) if state is None else checked(state)
        self._effects: list[dict[str, Any]] = []

    def effects(self) -> list[dict[str, Any]]:
        return deepcopy(self._effects)

    def accounts(self, agency: str) -> tuple[SeedAccount, ...]:
        return tuple(
            SeedAccount(
                name=account["name"],
                credentials={
                    "api_key": account["api_user"]["key"],
                    "public_token": account["public_token"],
                    "private_tokens": list(account["private_tokens"]),
                },
                regions=("us",),
                ledger=(
                    {
                        "type": "client",
                        "vendorId": f"us/{account['client_id']}",
                        "client": account["name"],
                    },
                ),
            )
            for account in self._state["accounts"]
            if account["agency"] == agency
        )

    def dashboard(self, action: dict[str, Any]) -> dict[str, Any]:
        """`refresh_token {kind: public|private|api_key, index?}` or `deactivate` (the API user).

        Both take `agency` and, for another than its first account, `account` (name or id).
        """
        account = self._chosen(action)
        verb, kind, index = action.get("action"), action.get("kind"), action.get("index", 0)
        private, user = account["private_tokens"], account["api_user"]
        fresh = self._issue(f"{kind}:{account['client_id']}")
        match verb, kind:
            case "refresh_token", "public":
                account["public_token"] = fresh
            case "refresh_token", "private" if index in range(len(private)):
                private[index] = fresh
            case "refresh_token", "api_key":
                user["key"] = fresh
            case "deactivate", _:
                user["status"], fresh = "Inactive", user["key"]
            case _:
                raise ValueError(
                    "use deactivate, or refresh_token with a kind (public, private or api_key)"
                    " and, for private, the index of one that exists"
                )
        at = self._clock.now().isoformat()
        self._effects.append({"at": at, "action": verb, "account": account["name"], "kind": kind})
        return {"account": account["name"], "client_id": account["client_id"], "token": fresh}

    # ── Answering ─────────────────────────────────────────────────────────────────────────────

    def _answer(self, request: Request, body: bytes) -> Response:
        name, argument = wire.route(request.method, request.url.path)
        answers: dict[str, Callable[[], Response]] = {
            "authenticate": lambda: self._authenticate(request, wire.key(body)),
            "authenticate.check": lambda: self._check(request, argument),
            "authenticate.delete": lambda: self._sign_out(argument),
            "data.service": lambda: self._data_service(request),
            "export.service": lambda: self._export(request),
            "page.list": lambda: wire.pages(self._signed(request, "pages"), request),
            "page.get": lambda: wire.one_page(self._signed(request, "pages"), argument),
            "supporter.get": lambda: wire.supporter(
                self._signed(request, "supporters"), request, argument
            ),
            "supporter.fields": lambda: JSONResponse(self._signed(request, "supporters")["fields"]),
            "supporter.questions": lambda: JSONResponse(
                self._signed(request, "supporters")["questions"]
            ),
        }
        return answers.get(name, lambda: wire.error(404, "Not found", 0))()

    def _authenticate(self, request: Request, key: str) -> Response:
        account = self._find(lambda a: a["api_user"]["key"] == key)
        if account is None:
            return wire.error(401, f"Invalid api key [{key}]", 10000000)
        user, here = account["api_user"], wire.address(request)
        if not user["known"]:
            return wire.error(401, f"A user was not found for api key[{key}]")
        if user["status"] != "Active":
            return wire.error(401, _INACTIVE.format(key))
        if user["remote_address"] and here not in user["remote_address"].split("~"):
            return wire.error(401, _UNREGISTERED)
        _spend(user)
        milliseconds = self._state["session_ms"]
        ends_at = self._clock.now().timestamp() + milliseconds / 1000
        token = self._issue(f"session:{key}")
        self._state["sessions"][token] = {"key": key, "address": here, "ends_at": ends_at}
        return JSONResponse({"expires": milliseconds, "ens-auth-token": token})

    def _check(self, request: Request, token: str) -> Response:
        valid = self._session_account(request, token) is not None
        return JSONResponse({"valid": valid, "ens-auth-token": token})

    def _sign_out(self, token: str) -> Response:
        return JSONResponse(int(self._state["sessions"].pop(token, None) is not None))

    def _signed(self, request: Request, permission: str) -> State:
        """The account whose session signs the request; refuses it in the order of section 5.3."""
        account = self._session_account(request, request.headers.get("ens-auth-token", ""))
        if account is None:
            raise _RefusedError(wire.error(401, "Invalid ens-auth-token", 10000006))
        _spend(account["api_user"])
        if permission not in account["api_user"]["permissions"]:
            # The shape of a missing permission is not documented: 403 is assumed.
            raise _RefusedError(wire.error(403, "Access denied", 10000007))
        return account

    def _session_account(self, request: Request, token: str) -> State | None:
        session = self._state["sessions"].get(token)
        if session is None or session["ends_at"] <= self._clock.now().timestamp():
            return None
        if self._state["bind_sessions"] and session["address"] != wire.address(request):
            return None
        return self._find(lambda a: a["api_user"]["key"] == session["key"])

    def _data_service(self, request: Request) -> Response:
        query = request.query_params
        token = query.get("token", "")
        account = self._find(lambda a: a["public_token"] == token)
        if account is None:
            refusal = f"Invalid token specified [{token}] from {wire.address(request)}"
            return wire.data(request, error=refusal)
        match query.get("service"):
            case "EaSupporterCount":
                return wire.data(request, [wire.supporter_count(account)])
            case "EaCampaignInfo":
                wanted = [part for part in query.get("campaignId", "").split(",") if part]
                rows = (wire.campaign(account, page) for page in account["pages"])
                return wire.data(
                    request, [r for r in rows if not wanted or r["campaignId"] in wanted]
                )
            case service:
                return wire.data(request, error=f"Unknown service [{service}]")

    def _export(self, request: Request) -> Response:
        query, today = request.query_params, self._today()
        account = self._find(lambda a: query.get("token") in a["private_tokens"])
        first = wire.us_day(query.get("startDate", ""))
        last = wire.us_day(query.get("endDate", "")) if "endDate" in query else first
        if account is None:
            return wire.export_error("the token is not valid")
        if first is None or last is None or first > last:
            return wire.export_error("the dates are not valid")
        if (today - first).days > 32 or last > today:  # what happens outside the window: assumed
            return wire.export_error("the dates are out of range")
        if query.get("type") not in ("csv", "standardcsv"):
            return wire.export_error("the type is not supported")
        kinds = [kind for kind in query.get("configTypes", "").split(",") if kind]
        rows = [
            row
            for row in account["activity"]
            if str(first) <= row["date"] <= str(last) and (not kinds or row["type"] in kinds)
        ]
        headers = {} if last == today else {"Total": str(len(rows))}
        return Response(wire.csv_of(account, rows), headers=headers, media_type="text/csv")

    # ── Time, tokens, accounts ────────────────────────────────────────────────────────────────

    def _today(self) -> date:
        return self._clock.now().astimezone(_EASTERN).date()

    def _issue(self, purpose: str) -> str:
        self._state["issued"] += 1
        return uuid(f"{purpose}:{self._state['issued']}")

    def _find(self, fits: Callable[[State], bool]) -> State | None:
        return next((account for account in self._state["accounts"] if fits(account)), None)

    def _chosen(self, action: dict[str, Any]) -> State:
        agency, name = action.get("agency"), action.get("account")
        account = self._find(
            lambda a: (
                a["agency"] == agency
                and (name is None or str(name) in (a["name"], str(a["client_id"])))
            )
        )
        if account is None:
            raise ValueError("no such account: name an `agency`, and an `account` of it")
        return account


def _spend(user: State) -> None:
    """One request of the API user's quota; refused with 401 when it is used up."""
    if user["requests_left"] is None:
        return
    if user["requests_left"] <= 0:
        raise _RefusedError(_over_quota(user))
    user["requests_left"] -= 1


def _over_quota(user: State) -> Response:
    text = f"The user with username [{user['name']}] has exceeded its api limit"
    return wire.error(401, text)
