"""AgencyAccess's double: its wire as docs/vendors/agencyaccess.md has it.

It knows nothing of the adapter beside it. Keys decide the agency; checks come in the order 401,
403, 400, 404, 409.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from ....domain.clock import Clock
from ....double import SeedAccount, World
from .api import ENDPOINTS, Request
from .dashboard import act
from .fields import HttpError, fields_of
from .state import Agency, Json, milliseconds, seed


def create(world: World, clock: Clock) -> "AgencyAccess":
    """The double, with the world's agencies in it."""
    return AgencyAccess(world, clock)


class AgencyAccess:
    """The vendor, with all agencies that are its customers."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._agencies: dict[str, Agency] = {}
        self._effects: list[Json] = []
        self.reset(None)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The vendor's API."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        status, answer = self._answer(scope["method"], scope["path"], headers, query, body)
        content_type = (b"content-type", b"application/json; charset=utf-8")
        await send({"type": "http.response.start", "status": status, "headers": [content_type]})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], query: str, body: bytes
    ) -> tuple[int, Json]:
        operation = self.operation(method, path, query, body)
        hidden = False
        try:
            endpoint = ENDPOINTS.get(operation)
            if endpoint is None or endpoint.verb != method or path != f"/api/{operation}":
                raise HttpError(404, "Not found")
            name = self._owner(self.credential(headers, query, body))
            agency = self._agencies[name]
            hidden = agency.errors_in_200
            if endpoint.capability not in agency.capabilities:
                raise HttpError(403, f"The API key lacks the capability {endpoint.capability}")
            request = Request(
                name=name,
                agency=agency,
                fields=fields_of(method, headers, query, body),
                now=milliseconds(self._clock.now()),
                note=lambda subject, change: self._note(name, operation, subject, change),
            )
            return 200, {"error": False, "data": endpoint.handle(request)}
        except HttpError as error:
            return 200 if hidden else error.status, {"error": True, "msg": str(error)}

    def _owner(self, key: str | None) -> str:
        for name, agency in self._agencies.items():
            if agency.key == key:
                return name
        raise HttpError(401, "Invalid API key")

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        """The path below `/api/`."""
        return path.removeprefix("/api/").strip("/")

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        """The API key."""
        return headers.get("x-auth")

    def principal(self, credential: str) -> tuple[str, str] | None:
        """Whom limits count: the agency, and its key."""
        for name, agency in self._agencies.items():
            if agency.key == credential:
                return name, credential
        return None

    def throttled(self, credential: str | None) -> tuple[int, dict[str, str], bytes]:
        """429 in the vendor's envelope; its documentation has neither (vendor page 5.1)."""
        return 429, {}, b'{"error": true, "msg": "Too many requests"}'

    def describe(self, base_url: str) -> Json:
        """The address, and each agency's key."""
        agencies = {name: {"api_key": agency.key} for name, agency in self._agencies.items()}
        return {"base_url": base_url, "agencies": agencies}

    def state(self) -> Json:
        """What the vendor holds: agencies by name, as `state.py` has them."""
        state: Json = json.loads(msgspec.json.encode({"agencies": self._agencies}))
        return state

    def reset(self, state: Json | None) -> None:
        """Back to the seeded world, or to `state`; `msgspec.ValidationError` when it is none."""
        if state is None:
            self._agencies = {agency.name: seed(agency) for agency in self._world.agencies}
        else:
            self._agencies = msgspec.json.decode(msgspec.json.encode(state), type=_State).agencies
        self._effects = []

    def effects(self) -> list[Json]:
        """What changed since the reset, in order."""
        return list(self._effects)

    def dashboard(self, action: Json) -> Json:
        """What people do; see `dashboard.act`."""
        return act(self._agencies, action, self._note)

    def accounts(self, agency: str) -> tuple[SeedAccount, ...]:
        """The agency's one account; each client labelled by its company, and each link."""
        held = self._agencies[agency]
        clients = [
            {"type": "client", "vendorId": key, "client": client["company"] or client["name"]}
            for key, client in held.clients.items()
        ]
        links = [
            {"type": "link", "vendorId": key, "clientVendorId": link["clientID"]}
            for key, link in held.links.items()
        ]
        return (
            SeedAccount(
                name="AgencyAccess",
                credentials={"api_key": held.key}
                | ({"dialect": held.dialect} if held.dialect != "seed" else {}),
                capabilities=tuple(word.upper().replace(" ", "_") for word in held.capabilities),
                ledger=(*clients, *links),
            ),
        )

    def _note(self, agency: str, operation: str, subject: str, change: Json) -> None:
        at = self._clock.now().isoformat()
        entry = {"at": at, "agency": agency, "operation": operation, "id": subject}
        self._effects.append({**entry, "change": json.loads(json.dumps(change))})


class _State(msgspec.Struct, forbid_unknown_fields=True):
    agencies: dict[str, Agency]
