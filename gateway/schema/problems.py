"""Failures as GraphQL errors: the only place where a failure becomes what a caller reads.

What is not a Failure of ours is a fault: it is masked as INTERNAL, and told to `log` with the
request id by which it can be found.
"""

import math
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from ..domain.failures import BadInput, ErrorCode, Failure
from .scalars import global_id

Log = Callable[[BaseException, str], None]
"""Takes note of a fault and the id of the request in which it happened."""


def error(problem: GraphQLError, request_id: str, log: Log) -> dict[str, Any]:
    """A GraphQL error as the response shows it."""
    cause = problem.original_error
    shown: dict[str, Any]
    if isinstance(cause, Failure):
        shown = failure(cause, request_id)
    elif cause is None:
        shown = {"message": problem.message, "extensions": _extensions("DOCUMENT_REFUSED")}
        shown["extensions"]["requestId"] = request_id
    else:
        log(cause, request_id)
        shown = masked(request_id)
    if problem.locations:
        shown["locations"] = [place.formatted for place in problem.locations]
    if problem.path is not None:
        shown["path"] = list(problem.path)
    return shown


def failure(cause: Failure, request_id: str) -> dict[str, Any]:
    """A failure as an error without a place."""
    extensions = _extensions(cause.code.value)
    extensions["retryable"] = cause.retryable
    extensions["requestId"] = request_id
    if cause.vendor is not None:
        extensions["vendor"] = cause.vendor.name
    if cause.account is not None:
        extensions["account"] = global_id("VA", cause.account)
    if cause.retry_after is not None:
        extensions["retryAfterMs"] = math.ceil(cause.retry_after * 1000)
    if isinstance(cause, BadInput) and cause.field:
        extensions["field"] = list(cause.field)
    return {"message": cause.message, "extensions": extensions}


def masked(request_id: str) -> dict[str, Any]:
    """A fault of ours, of which a caller is told nothing but where to ask."""
    extensions = _extensions(ErrorCode.INTERNAL.value)
    extensions["requestId"] = request_id
    return {"message": "A fault of the gateway; give the request id.", "extensions": extensions}


def _extensions(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "vendor": None,
        "account": None,
        "retryable": False,
        "retryAfterMs": None,
        "requestId": None,
    }
