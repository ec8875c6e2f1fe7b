"""GraphQL over HTTP: POST only, JSON only, statuses after the profile, answers in time.

The stock view of the framework is not used: docs/adr/0008.
"""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope

from ..directory.connect import Inquiry
from ..domain.caller import Caller, Scope
from ..domain.clock import Clock, Deadline
from ..domain.events import Event
from ..domain.failures import BadInput, DeadlineExceeded, ErrorCode, Failure, Unauthenticated
from ..guards.documents import Documents, Refused
from ..guards.execution import Execution, cut_in_a_write
from ..schema import problems
from ..schema.context import Asked, Context
from ..schema.tally import Tally
from . import accept
from .body import BadRequest, GraphQLRequest, read


class StatusProfile(Enum):
    """Which HTTP statuses tell of what: what clients are tested against, or the draft of 2026."""

    COMPAT = "compat"
    DRAFT_2026 = "draft-2026"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request may take, in seconds, and how much of that is kept to write the answer."""

    default: float
    maximum: float
    reserve: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Answers `/graphql`.

    `context` makes what resolvers need; `authenticate` knows callers by their headers and `used`
    takes note of the scopes that they used; `observe` is told of all calls of all requests.
    """

    schema: GraphQLSchema
    documents: Documents
    authenticate: Callable[[Mapping[str, str]], Awaitable[Caller]]
    used: Callable[[Caller, frozenset[Scope]], None]
    context: Callable[[Caller, Inquiry, Asked], Context]
    observe: Callable[[Event], None]
    clock: Clock
    patience: Patience
    profile: StatusProfile
    log: problems.Log

    async def __call__(self, request: Request) -> Response:
        """One request, one response; nothing is raised."""
        request_id = request.state.request_id
        media = accept.choose(",".join(request.headers.getlist("accept")))
        try:
            if request.method != "POST":
                raise BadRequest(405, "Only POST is answered here.", {"Allow": "POST"})
            if media is None:
                raise BadRequest(406, f"Only {accept.GRAPHQL} and {accept.JSON} can be answered.")
            deadline = self._deadline(request)
            caller = await self.authenticate(request.headers)
            asked = await self._read(request, deadline)
        except BadRequest as refused:
            shown = problems.plain(refused.message, ErrorCode.DOCUMENT_REFUSED, request_id)
            status, headers = refused.status, refused.headers
        except Failure as failure:
            shown = problems.failure(failure, request_id)
            status, headers = _status(failure), _challenge(failure)
        else:
            return await self._answer(request, asked, caller, deadline, media)
        return _respond({"errors": [shown]}, status, media or accept.JSON, headers)

    async def asgi(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """The endpoint as an ASGI application; whatever fails is a masked 500."""
        request = Request(scope, receive, send)
        request_id = request.state.request_id
        try:
            response = await self(request)
        except asyncio.CancelledError:
            # The server ends, and its patience with what is under way too: this task is all it
            # cancels, and nobody waits for more of it than an answer.
            ending = (
                cut_in_a_write("The gateway is ending.")
                if getattr(request.state, "writes", False)
                else DeadlineExceeded("The gateway is ending; ask again.")
            )
            response = _respond(
                {"errors": [problems.failure(ending, request_id)]}, 503, accept.JSON
            )
        except ClientDisconnect:
            return  # in the middle of the body: nobody is there to be answered
        except Exception as fault:  # noqa: BLE001 - an outermost edge
            self.log(fault, request_id)
            body = {"errors": [problems.masked(request_id)]}
            response = _respond(body, 500, accept.JSON)
        await response(scope, receive, send)

    async def _read(self, request: Request, deadline: Deadline) -> GraphQLRequest:
        """The request in the body; one that comes drop by drop is waited for no longer either."""
        try:
            async with asyncio.timeout(deadline.remaining(self.clock)):
                return await read(request, self._refusal(accept.GRAPHQL))
        except TimeoutError:
            message = "The request did not come in time."
            raise BadRequest(408, message, {"Connection": "close"}) from None

    def _deadline(self, request: Request) -> Deadline:
        asked = _seconds(request.headers.get("x-request-timeout"))
        seconds = min(self.patience.default if asked is None else asked, self.patience.maximum)
        return Deadline(self.clock.monotonic() + seconds)

    def _refusal(self, media: str) -> int:
        """The status of a request that is JSON, but not one that can be executed."""
        if self.profile is StatusProfile.DRAFT_2026:
            return 422
        return 400 if media == accept.GRAPHQL else 200

    async def _answer(
        self,
        request: Request,
        asked: GraphQLRequest,
        caller: Caller,
        deadline: Deadline,
        media: str,
    ) -> Response:
        request_id = request.state.request_id
        document = self.documents.ready(asked.query)
        if isinstance(document, Refused):
            status = self._refusal(media)
            if self.profile is StatusProfile.DRAFT_2026 and not document.parsed:
                status = 400
            errors = [problems.error(error, request_id, self.log) for error in document.errors]
            body = {"errors": errors, "extensions": {"vendors": {}}}
            return _respond(body, status, media)
        tally = Tally()

        def observe(event: Event) -> None:
            tally.observe(event)
            self.observe(event)

        reserve = min(self.patience.reserve, deadline.remaining(self.clock) / 10)
        inquiry = Inquiry(
            deadline=Deadline(deadline.at - reserve), request_id=request_id, observe=observe
        )
        context = self.context(caller, inquiry, _beside(request))
        result = await self._execute(request, document, asked, context, deadline)
        self.used(caller, frozenset(context.used_scopes))
        return self._result(result, context, tally, request_id, media)

    async def _execute(
        self,
        request: Request,
        document: DocumentNode,
        asked: GraphQLRequest,
        context: Context,
        deadline: Deadline,
    ) -> ExecutionResult:
        """Run the operation until it ends, the deadline passes or the caller hangs up."""
        execution = Execution.of(
            self.schema, document, asked.operation_name, asked.variables, context
        )
        if isinstance(execution, list):
            return ExecutionResult(None, execution)
        request.state.writes = execution.writes
        running = asyncio.ensure_future(execution.result())
        leaving = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait(
                {running, leaving},
                timeout=max(0.0, deadline.remaining(self.clock)),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            leaving.cancel()
            if not running.done():
                execution.end("The answer did not come together in time.")
            await asyncio.gather(running, leaving, return_exceptions=True)
            await context.close()
        return running.result()

    def _result(
        self,
        result: ExecutionResult,
        context: Context,
        tally: Tally,
        request_id: str,
        media: str,
    ) -> Response:
        errors = [problems.error(error, request_id, self.log) for error in result.errors or ()]
        errors += [problems.failure(problem, request_id) for problem in context.problems]
        body: dict[str, Any] = {}
        status = 200
        if _is_executed(result):
            body["data"] = result.data
            if errors and media == accept.GRAPHQL and self.profile is StatusProfile.DRAFT_2026:
                status = 294
        else:
            status = self._refusal(media)
        if errors:
            body["errors"] = errors
        body["extensions"] = {"vendors": tally.extension()}
        return _respond(body, status, media)


def _beside(request: Request) -> Asked:
    """What the request tells beside its body."""
    return Asked(
        base_url=str(request.base_url).rstrip("/"),
        idempotency_key=request.headers.get("idempotency-key"),
    )


def request_id(given: str | None) -> str:
    """The caller's own request id where it is harmless, else a new one."""
    if given is not None and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given):
        return given
    return secrets.token_hex(12)


async def _left(request: Request) -> None:
    """Ends when the caller hangs up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _seconds(header: str | None) -> float | None:
    """`X-Request-Timeout`, such as `2.5s` or `800ms`."""
    if header is None:
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s)", header.strip())
    if found is None or float(found[1]) <= 0:
        message = "X-Request-Timeout must be a duration above zero, such as 2.5s or 800ms."
        raise BadInput(message, field=("X-Request-Timeout",))
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def _is_executed(result: ExecutionResult) -> bool:
    """Whether execution began: else the operation was not found, or its variables do not fit."""
    return result.data is not None or all(
        error.path is not None or isinstance(error.original_error, Failure)
        for error in result.errors or ()
    )


def _status(failure: Failure) -> int:
    match failure:
        case Unauthenticated():
            return 401
        case BadInput():
            return 400
        case _:
            return 503


def _challenge(failure: Failure) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if isinstance(failure, Unauthenticated) else {}


def _respond(
    body: dict[str, Any], status: int, media: str, headers: Mapping[str, str] | None = None
) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(
        text.encode(),
        status_code=status,
        media_type=f"{media}; charset=utf-8",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
