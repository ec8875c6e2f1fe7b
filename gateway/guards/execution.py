"""The execution of one operation: how much it may answer, and how it ends before its time.

Lists multiply what a document asks for, and how long they are is known only while it runs.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.pyutils import Path

from ..domain.failures import DeadlineExceeded, DocumentRefused, Failure, OutcomeUnknown

MOST_FIELDS = 10_000
"""Fields of an answer at the most: each costs 30 to 200 microseconds of everybody's time."""


class Execution(ExecutorThrowingOnIncremental):
    """The executor, with a ceiling on fields and an end that leaves what is answered already.

    Its own tasks are never cancelled: those which had not begun would leave the coroutines that
    they hold unawaited. What resolvers wait for is cancelled in their place.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._answered = 0
        self._ended: str | None = None
        self._waiting: set[asyncio.Task[Any]] = set()

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: str | None,
        variables: dict[str, Any] | None,
        context: Any,
    ) -> "Execution | list[GraphQLError]":
        """The execution of a document's operation, or why its name or variables do not fit."""
        return cls.build(  # type: ignore[return-value]
            schema,
            document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation,
            max_coercion_errors=5,
            hide_suggestions=True,
        )

    @property
    def writes(self) -> bool:
        """Whether the operation is a mutation."""
        return self.operation.operation is OperationType.MUTATION

    async def result(self) -> ExecutionResult:
        """Run it, to its end."""
        result: Any = self.execute_operation()
        return result if isinstance(result, ExecutionResult) else await result

    def end(self, why: str) -> None:
        """Fail all fields that have no value yet with `DeadlineExceeded`; in a mutation those that
        are under way with `OutcomeUnknown`, for it goes on and must not be sent again."""
        self._ended = why
        for task in self._waiting:
            task.cancel()

    async def with_abort_signal(self, awaitable: Awaitable[Any]) -> Any:
        """The one place where the executor waits for a resolver."""
        if self._ended is not None:
            _discard(awaitable)
            raise DeadlineExceeded(self._ended)
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]
        self._waiting.add(task)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self._ended is None:
                raise
            task.uncancel()
            raise self._cut(self._ended) from None
        finally:
            self._waiting.discard(task)

    def _cut(self, why: str) -> Failure:
        return cut_in_a_write(why) if self.writes else DeadlineExceeded(why)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: dict[str, list[FieldDetails]],
        position_context: None,
    ) -> Awaitable[dict[str, Any]] | dict[str, Any]:
        """Count the fields of one object, and refuse those past the ceiling."""
        self._answered += len(grouped_field_set)
        if self._answered > MOST_FIELDS:
            raise DocumentRefused(f"The answer would have more than {MOST_FIELDS} fields.")
        return super().execute_fields(
            parent_type, source_value, path, grouped_field_set, position_context
        )


def cut_in_a_write(why: str) -> OutcomeUnknown:
    """What is told of a mutation whose answer is cut off: asking again might do it twice."""
    message = (
        f"{why} What was written may take effect all the same: look at `intents`, or repeat it with"
        " the same `idempotencyKey`."
    )
    return OutcomeUnknown(message)


def _discard(awaitable: Awaitable[Any]) -> None:
    """Let go of something that nobody will wait for."""
    if isinstance(awaitable, Coroutine):
        awaitable.close()
    else:
        asyncio.ensure_future(awaitable).cancel()
