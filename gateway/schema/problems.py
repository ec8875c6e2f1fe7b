"""Failures as GraphQL errors: the only place where a failure becomes what a caller reads.

What is not a Failure of ours is a fault: it is masked as INTERNAL, and told to `log` with the
request id by which it can be found.
"""

import math
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from ..domain.failures import BadInput, ContractBroken, ErrorCode, Failure
from ..guards.echo import unquoted
from .scalars import global_id

Log = Callable[[BaseException, str], None]
"""Takes note of a fault and the id of the request in which it happened."""


def error(problem: GraphQLError, request_id: str, log: Log) -> dict[str, Any]:
    """A GraphQL error as the response shows it."""
    match problem.original_error:
        case Failure() as cause:
            shown = failure(cause, request_id)
        case None:
            shown = plain(unquoted(problem.message), ErrorCode.DOCUMENT_REFUSED, request_id)
        case GraphQLError() if problem.path is not None:
            # The executor could not show what a resolver answered: a number past 32 bits.
            unfit = ContractBroken("The vendor's value does not fit the type of this field.")
            shown = failure(unfit, request_id)
        case GraphQLError():
            # A variable's value that is not of its type.
            shown = plain(unquoted(problem.message), ErrorCode.BAD_USER_INPUT, request_id)
        case fault:
            log(fault, request_id)
            shown = masked(request_id)
    if problem.locations:
        shown["locations"] = [place.formatted for place in problem.locations]
    if problem.path is not None:
        shown["path"] = list(problem.path)
    return shown


def failure(cause: Failure, request_id: str) -> dict[str, Any]:
    """A failure as an error without a place."""
    shown = plain(cause.message, cause.code, request_id)
    extensions = shown["extensions"]
    extensions["retryable"] = cause.retryable
    if cause.vendor is not None:
        extensions["vendor"] = cause.vendor.name
    if cause.account is not None:
        extensions["account"] = global_id("VA", cause.account)
    if cause.retry_after is not None:
        extensions["retryAfterMs"] = math.ceil(cause.retry_after * 1000)
    if isinstance(cause, BadInput) and cause.field:
        extensions["field"] = list(cause.field)
    return shown


def masked(request_id: str) -> dict[str, Any]:
    """A fault of ours, of which a caller is told nothing but where to ask."""
    message = "A fault of the gateway; give the request id."
    return plain(message, ErrorCode.INTERNAL, request_id)


def plain(message: str, code: ErrorCode, request_id: str) -> dict[str, Any]:
    """An error of which nothing is told but its code."""
    extensions = {
        "code": code.value,
        "vendor": None,
        "account": None,
        "retryable": False,
        "retryAfterMs": None,
        "requestId": request_id,
    }
    return {"message": message, "extensions": extensions}
