"""`/exports/{id}` and `/imports/{id}`: the files of jobs, in the clear and in pieces.

A failure before the first byte is a status and a JSON body like GraphQL's errors; one in the middle
breaks the connection off, so that nobody takes half a file for a whole one.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from ..directory.changes import Changes, Writing
from ..directory.connect import Inquiry
from ..domain.caller import AgencyId, Caller, Scope
from ..domain.failures import (
    BadInput,
    Failure,
    Forbidden,
    NotFound,
    Unauthenticated,
)
from ..domain.intents import Problem
from ..schema import problems
from ..schema.scalars import global_id, row_of
from ..storage.port import Jobs

_LOG = logging.getLogger("gateway.web")

PATIENCE = 60.0
"""Seconds that an import's file may take to come."""

LARGEST = 32 * 2**20
"""Bytes of an import's file: it is held in memory while it is handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEndpoints:
    """Answers for the files of jobs; callers and agencies as everywhere."""

    changes: Changes
    jobs: Jobs
    authenticate: Callable[[Mapping[str, str]], Awaitable[Caller]]
    used: Callable[[Caller, frozenset[Scope]], None]
    inquiry: Callable[[str], Inquiry]
    fingerprint: Callable[[bytes], str]

    def routes(self) -> list[Route]:
        """Both paths."""
        export = Route("/exports/{id}", self._guarded(self.export), methods=["GET"])
        # Starlette adds HEAD, for which the vendor would export all, and nobody would read it.
        export.methods = {"GET"}
        return [export, Route("/imports/{id}", self._guarded(self.import_), methods=["PUT"])]

    async def export(self, request: Request) -> Response:
        """GET: the CSV of an export, in pieces."""
        _, agency, job = await self._asked(request, Scope.EXPORTS_READ)
        inquiry = self.inquiry(request.state.request_id)
        pieces = self.changes.files.export(agency, job, inquiry)
        first = await anext(pieces, b"")
        return _Csv(
            _after(first, pieces),
            media_type="text/csv; charset=utf-8",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="export-{job}.csv"',
            },
        )

    async def import_(self, request: Request) -> Response:
        """PUT: the CSV of an import, handed to the vendor once."""
        caller, agency, job = await self._asked(request, Scope.IMPORTS_WRITE)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "text/csv":
            return _refused(BadInput("Send the file as text/csv."), request, 415)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return _refused(BadInput("A compressed file is not taken."), request, 415)
        try:
            async with asyncio.timeout(PATIENCE):
                content = await _body(request)
        except TimeoutError:
            return _refused(BadInput("The file did not come in time."), request, 408)
        if content is None:
            return _refused(BadInput(f"At most {LARGEST} bytes are taken."), request, 413)
        id = request.path_params["id"]
        writing = Writing(
            agency=agency,
            actor=caller.key_id,
            operation="sendImport",
            fingerprint=self.fingerprint(id.encode() + b"\0" + content),
            inquiry=self.inquiry(request.state.request_id),
            key=request.headers.get("idempotency-key"),
        )
        outcome = await self.changes.files.import_(writing, job, content)
        if outcome.problems:
            problem = outcome.problems[0]
            shown = _shown(problem, request)
            return JSONResponse({"errors": [shown]}, _STATUSES.get(problem.code.value, 502))
        intent = None if outcome.intent is None else global_id("I", outcome.intent.id)
        return JSONResponse({"job": id, "intent": intent}, 202)

    async def _asked(self, request: Request, scope: Scope) -> tuple[Caller, AgencyId, int]:
        """Who asks for which job; raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        caller = await self.authenticate(request.headers)
        if not caller.may(scope):
            raise Forbidden(f"The key lacks the scope {scope.value}.")
        self.used(caller, frozenset({scope}))
        job = row_of("J", request.path_params["id"])
        for agency in caller.agencies:
            if job in await self.jobs.jobs(agency, [job]):
                return caller, agency, job
        raise NotFound("There is no such job.")

    def _guarded(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                return await answer(request)
            except Failure as failure:
                return _refused(failure, request, _status(failure))
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to be answered

        return guarded


class _Csv(StreamingResponse):
    """Pieces of a file; a Failure in the middle ends it without its last chunk.

    Told to the log in a line: raised from here it would be a server's fault, with a traceback.
    """

    async def stream_response(self, send: Send) -> None:
        """Send the head and the pieces."""
        try:
            await super().stream_response(send)
        except Failure as failure:
            _LOG.warning("An export broke off: %s", failure.message)


async def _after(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


async def _body(request: Request) -> bytes | None:
    """The whole body; None when it is too large."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > LARGEST:
            return None
    return bytes(held)


_STATUSES = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "BAD_USER_INPUT": 400,
    "CONFLICT": 409,
    "UNSUPPORTED_BY_VENDOR": 409,
    "RATE_LIMITED": 429,
    "DEADLINE_EXCEEDED": 504,
    "STORAGE_UNAVAILABLE": 503,
}


def _status(failure: Failure) -> int:
    return _STATUSES.get(failure.code.value, 502)


def _shown(problem: Problem, request: Request) -> dict[str, object]:
    shown = problems.plain(problem.message, problem.code, request.state.request_id)
    shown["extensions"]["retryable"] = problem.retryable
    return shown


def _refused(failure: Failure, request: Request, status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    if isinstance(failure, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    body = {"errors": [problems.failure(failure, request.state.request_id)]}
    return JSONResponse(body, status, headers)
