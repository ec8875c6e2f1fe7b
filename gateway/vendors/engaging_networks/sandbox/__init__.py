"""Engaging Networks's double: its REST services, public data service, bulk export and import.

Written from the vendor page alone (sections 2 to 5). Every customer of the world is one account
with its own tokens, for at this vendor a credential belongs to exactly one account; which account
is asked, the credential alone decides. What the page leaves open is marked "assumed".

State: `session_ms`, `bind_sessions` (a session works from its own address only), `hourly_limit`
of an API user, `query_base` (what `start` counts from: 0 or 1), `sessions`, `processed`, `issued`
and `accounts`. An account's `api_user` holds the faults of section 5.3: `status` ("Active"),
`remote_address` (addresses joined by `~`; "" = any), `known` (false: no user has the key),
`permissions`, `requests_left` (null = as many as the hour allows). `export_type`,
`export_columns` and `file_delimiter` are the account's own settings of exports, and
`export_job_seconds` is how long an export job of a query takes.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from ....domain.clock import Clock
from ....double import Double, SeedAccount, World
from . import bulk, dashboard, pages, public, wire
from .asked import Asked, eastern_day
from .seed import State, checked, seed, uuid
from .services import SERVICES
from .sessions import RefusedError, Sessions, over_quota


def create(world: World, clock: Clock) -> Double:
    """The double of all Engaging Networks accounts of a world."""
    return _EngagingNetworks(world, clock)


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
        except RefusedError as refused:
            response = refused.response
        await response(scope, receive, send)

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        name = wire.route(method, path)[0]
        service = parse_qs(query).get("service", [""])[0]
        return f"{name}/{service}" if name == "data.service" else name

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        sent = {name.lower(): value for name, value in headers.items()}
        token = sent.get("ens-auth-token") or parse_qs(query).get("token", [""])[0]
        if kind := sent.get("content-type", "").lower().startswith("multipart/"):
            token = token or wire.text(wire.form(sent["content-type"], body), "token")
        return token or (None if kind else wire.key(body)) or None

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
        return 401, {}, bytes(over_quota(account["api_user"]).body)

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
        today = eastern_day(self._clock.now())
        self._state = seed(self._world, today) if state is None else checked(state)
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
        """What people do there: see `dashboard.py`; `agency` and `account` choose the account."""
        account = self._chosen(action)
        told = dashboard.act(account, action, self._issue)
        self._note(account)(str(action.get("action")), kind=action.get("kind"))
        return {"account": account["name"], "client_id": account["client_id"], **told}

    # ── Answering ─────────────────────────────────────────────────────────────────────────────

    def _answer(self, request: Request, body: bytes) -> Response:
        name, argument = wire.route(request.method, request.url.path)
        sessions = Sessions(self._state, self._clock.now(), self._issue)
        match name:
            case "authenticate":
                return sessions.authenticate(request, wire.key(body))
            case "authenticate.check":
                return sessions.check(request, argument)
            case "authenticate.delete":
                return sessions.end(argument)
            case "data.service":
                return self._data_service(request)
            case "export.service":
                return self._export(request, body)
            case "import.service":
                return self._import(request, body)
            case "page.preflight":
                return Response(headers=pages.CORS)
            case name if name in SERVICES:
                permission, answer = SERVICES[name]
                account = sessions.signed(request, permission, anywhere=name == "page.process")
                return answer(self._asked(request, body, account), argument)
            case _ if wire.is_known(request.url.path):
                return wire.error(405, "Method not allowed", 0)  # assumed
            case _:
                return wire.error(404, "Not found", 0)

    def _asked(self, request: Request, body: bytes, account: State) -> Asked:
        return Asked(
            request=request,
            body=body,
            account=account,
            now=self._clock.now(),
            note=self._note(account),
            number=self._number,
            query_base=self._state["query_base"],
        )

    def _note(self, account: State) -> Callable[..., None]:
        def note(action: str, **facts: Any) -> None:
            at = self._clock.now().isoformat()
            entity, _, verb = action.upper().rpartition(".")
            user, kind = account["api_user"]["name"] if entity else "admin", entity or "ACCOUNT"
            account["audit"].append({"date": at, "user": user, "type": verb, "entityType": kind})
            self._effects.append({"at": at, "action": action, "account": account["name"], **facts})

        return note

    def _data_service(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        account = self._find(lambda a: a["public_token"] == token)
        if account is None:
            refusal = f"Invalid token specified [{token}] from {wire.address(request)}"
            return public.data(request, error=refusal)
        return public.answer(account, request)

    def _export(self, request: Request, body: bytes) -> Response:
        token = request.query_params.get("token")
        account = self._find(lambda a: token in a["private_tokens"])
        if account is None:
            return bulk.export_error("the token is not valid")
        return bulk.export(self._asked(request, body, account))

    def _import(self, request: Request, body: bytes) -> Response:
        sent = wire.form(request.headers.get("content-type", ""), body)
        token = wire.text(sent, "token")
        account = self._find(lambda a: token in a["private_tokens"])
        if account is None:
            return bulk.import_error("the token is not valid")  # assumed
        return bulk.take_import(self._asked(request, body, account), sent)

    # ── Tokens, accounts ──────────────────────────────────────────────────────────────────────

    def _number(self) -> int:
        self._state["issued"] += 1
        return 900_000_000 + int(self._state["issued"])

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
