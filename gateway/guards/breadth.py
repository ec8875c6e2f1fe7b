"""A ceiling on what an operation makes the executor do, counted while it runs.

Lists multiply what a document asks for, and how long they are is known only then.
"""

from collections.abc import Awaitable
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.pyutils import Path

from ..domain.failures import DocumentRefused

MOST_FIELDS = 10_000
"""Fields of an answer at the most: each costs 30 to 200 microseconds of everybody's time."""


class Counted(ExecutorThrowingOnIncremental):
    """Executes an operation until it has answered too many fields."""

    answered = 0

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: dict[str, list[FieldDetails]],
        position_context: None,
    ) -> Awaitable[dict[str, Any]] | dict[str, Any]:
        """Count the fields of one object, and refuse those past the ceiling."""
        self.answered += len(grouped_field_set)
        if self.answered > MOST_FIELDS:
            raise DocumentRefused(f"The answer would have more than {MOST_FIELDS} fields.")
        return super().execute_fields(
            parent_type, source_value, path, grouped_field_set, position_context
        )
