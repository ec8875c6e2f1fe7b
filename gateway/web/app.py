"""The application: its routes, what stands around them, and what each route is given."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import schema
from ..config import Profile
from ..directory.connect import Inquiry
from ..directory.health import Health, health
from ..domain.caller import Caller
from ..domain.model import VendorAccount
from ..guards.documents import Documents
from ..runtime import Runtime
from ..schema.context import Asked, Context
from . import explorer
from .callers import Callers
from .files import FileEndpoints
from .graphql import Endpoint, Patience, StatusProfile, request_id
from .health import routes as health_routes

_LOG = logging.getLogger("gateway.web")

FIRST_QUERY = """\
# One agency's clients with their links and tokens, from all vendors.
query First {
  agency {
    name
    clients(first: 20) {
      nodes {
        name
        vendors
        records { vendor vendorId status provenance { source asOf } }
        links { nodes { status services { platform service granted skipped } } }
        tokens { nodes { kind name status } }
      }
    }
    tokens { nodes { vendor kind status createdAt expiresAt expiresInDays } }
  }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How the gateway shows itself: `explorer_headers` is None where there is no explorer."""

    introspection: bool
    explorer_headers: Mapping[str, str] | None
    hosts: tuple[str, ...]


def face(profile: Profile, headers: Mapping[str, str] | None = None) -> Face:
    """The face of a profile: in production no explorer, no introspection, and any Host.

    In development only loopback names are answered: a page elsewhere that rebinds its name to this
    machine would else read the explorer, with the key in it.
    """
    if profile is Profile.PRODUCTION:
        return Face(introspection=False, explorer_headers=None, hosts=("*",))
    local = ("127.0.0.1", "localhost", "[::1]")
    return Face(introspection=True, explorer_headers=headers or {}, hosts=local)


def build(runtime: Runtime, face: Face, draining: Callable[[], bool] = lambda: False) -> Starlette:
    """The application of a runtime; whoever runs it opens and closes the runtime."""
    callers = Callers(
        runtime.storage,
        digest=runtime.vault.digest_api_key,
        later=runtime.spawn,
        clock=runtime.clock,
    )
    routes = [
        Route("/graphql", _Application(_endpoint(runtime, face, callers).asgi)),
        *FileEndpoints(
            changes=runtime.changes,
            jobs=runtime.storage,
            authenticate=callers.authenticate,
            used=callers.used,
            inquiry=runtime.unobserved,
            fingerprint=runtime.fingerprint,
        ).routes(),
        *health_routes(ping=runtime.storage.ping, draining=draining, states=runtime.stack.states),
    ]
    if face.explorer_headers is not None:
        routes += explorer.routes(
            endpoint="/graphql", query=FIRST_QUERY, headers=face.explorer_headers
        )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Not in every runtime: a command that ends at once has no time to find out anything.
        runtime.spawn(runtime.recovery.run())
        yield
        await callers.flush()

    application = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(RequestIds),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(face.hosts)),
        ],
    )
    # A redirect to the path without its slash would go to whatever host the request names.
    application.router.redirect_slashes = False
    return application


def _endpoint(runtime: Runtime, face: Face, callers: Callers) -> Endpoint:
    core = schema.executable(schema.build())
    deadline = runtime.settings.deadline

    def context(caller: Caller, inquiry: Inquiry, asked: Asked) -> Context:
        return Context(
            caller=caller,
            directory=runtime.directory,
            inquiry=inquiry,
            health=lambda account: account_health(runtime, account),
            changes=runtime.changes,
            fingerprint=runtime.fingerprint,
            asked=asked,
        )

    return Endpoint(
        schema=core,
        documents=Documents(core, introspection=face.introspection),
        authenticate=callers.authenticate,
        used=callers.used,
        context=context,
        observe=runtime.observe,
        clock=runtime.clock,
        patience=Patience(deadline.default, deadline.maximum),
        profile=StatusProfile(runtime.settings.http.status_profile.value),
        log=_log_fault,
    )


def account_health(runtime: Runtime, account: VendorAccount) -> Health:
    """The health of an account, from the breakers of the hosts that it is called at."""
    hosts = runtime.connector.hosts(account)
    return health(
        state
        for state in runtime.stack.states()
        if state.vendor is account.vendor and state.host in hosts
    )


class _Application:
    """An ASGI application as a route's endpoint: Starlette adds no method filter of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class RequestIds:
    """Gives each request an id, the caller's own where it is harmless, and answers with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark the request and its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        id = request_id(given or None)
        scope.setdefault("state", {})["request_id"] = id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", id.encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)


def _log_fault(fault: BaseException, request_id: str) -> None:
    _LOG.error(
        "A field failed by a fault of ours.", exc_info=fault, extra={"request_id": request_id}
    )
