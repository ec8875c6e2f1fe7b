"""Documents made ready to run: measured, parsed and validated once, then remembered."""

from collections import OrderedDict
from dataclasses import dataclass

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged as overlap

from ..domain.failures import DocumentRefused
from . import shape
from .shape import Ceilings

# graphql-core's own budget lets 2.5 kB hold the event loop for a second (measured: stack notes 1.2).
overlap.MAX_COMPLEXITY_BUDGET = 20_000

MOST_ERRORS = 10
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that cannot run: `parsed` tells whether it got past the parser."""

    errors: tuple[GraphQLError, ...]
    parsed: bool


class Documents:
    """Knows which documents may run against one schema."""

    def __init__(
        self, schema: GraphQLSchema, *, introspection: bool, ceilings: Ceilings | None = None
    ) -> None:
        self._schema = schema
        self._ceilings = ceilings or Ceilings()
        self._rules: list[type[ASTValidationRule]] = list(specified_rules)
        if not introspection:
            self._rules.append(NoSchemaIntrospectionCustomRule)
        self._known: OrderedDict[str, DocumentNode] = OrderedDict()

    def ready(self, text: str) -> DocumentNode | Refused:
        """The document, parsed and valid; or why it cannot run."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        document = self._parse(text)
        if isinstance(document, Refused):
            return document
        try:
            shape.check(document, self._ceilings)
        except DocumentRefused as refused:
            return Refused((GraphQLError(refused.message, original_error=refused),), parsed=True)
        errors = validate(
            self._schema, document, self._rules, max_errors=MOST_ERRORS, hide_suggestions=True
        )
        if errors:
            return Refused(tuple(errors), parsed=True)
        self._known[text] = document
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return document

    def _parse(self, text: str) -> DocumentNode | Refused:
        if len(text) > self._ceilings.characters:
            refused = DocumentRefused(
                f"The document has more than {self._ceilings.characters} characters."
            )
            return Refused((GraphQLError(refused.message, original_error=refused),), parsed=False)
        try:
            return parse(text, max_tokens=self._ceilings.tokens, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as error:
            return Refused((error,), parsed=False)
        except RecursionError:
            refused = DocumentRefused("The document is nested too deeply.")
            return Refused((GraphQLError(refused.message, original_error=refused),), parsed=False)
