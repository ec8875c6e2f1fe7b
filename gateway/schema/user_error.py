"""What a caller, or time, can put right about a write."""

import math

import strawberry

from ..domain.failures import ErrorCode
from ..domain.intents import Problem
from ..domain.vendor import VendorName
from .describe import object_type

_LONGEST = 2**31 - 1


@object_type
class UserError:
    """Something that the caller, or time, can put right."""

    code: ErrorCode = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong and what to do next, for people.")
    field: list[str] | None = strawberry.field(
        description='Path to the input field at fault, such as `["input", "services", "0",'
        ' "platform"]`; null when none is.'
    )
    vendor: VendorName | None = strawberry.field(
        description="The vendor concerned; null when none is."
    )
    retryable: bool = strawberry.field(description="Whether the same input may succeed later.")
    retry_after_ms: int | None = strawberry.field(
        description="Milliseconds to wait before that; null when unknown."
    )

    @classmethod
    def of(cls, problem: Problem) -> "UserError":
        """The problem as the schema shows it."""
        pause = problem.retry_after
        return cls(
            code=problem.code,
            message=problem.message,
            field=None if problem.field is None else list(problem.field),
            vendor=problem.vendor,
            retryable=problem.retryable,
            retry_after_ms=None if pause is None else min(math.ceil(pause * 1000), _LONGEST),
        )
