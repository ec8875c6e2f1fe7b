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
from .echo import unquoted
from .shape import Ceilings

# graphql-core's own budget lets 2.5 kB hold the event loop for a second (stack notes, 1.2).
overlap.MAX_COMPLEXITY_BUDGET = 5_000

MOST_ERRORS = 5
"""So many errors of one document are told: ten equal ones for ten directives help nobody."""

REMEMBERED = 300_000
"""Characters of the documents that are remembered; parsed, one takes about 300 bytes."""


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
        self._characters = 0

    def ready(self, text: str) -> DocumentNode | Refused:
        """The document, parsed and valid; or why it cannot run."""
        if text in self._known:
            self._known.move_to_end(text)
            return self._known[text]
        if len(text) > self._ceilings.characters:
            return _refused(f"The document has more than {self._ceilings.characters} characters.")
        try:
            document = parse(
                text, max_tokens=self._ceilings.tokens, allow_empty_selection_sets=False
            )
        except GraphQLSyntaxError as error:
            return Refused((error,), parsed=False)
        except RecursionError:
            return _refused("The document is nested too deeply.")
        refused = self._objection(document)
        if refused is None:
            self._remember(text, document)
        return refused or document

    def _objection(self, document: DocumentNode) -> Refused | None:
        """What is wrong with a document that could be parsed."""
        try:
            shape.check(document, self._ceilings)
            errors = validate(
                self._schema, document, self._rules, max_errors=MOST_ERRORS, hide_suggestions=True
            )
        except DocumentRefused as refused:
            return _refused(refused.message, parsed=True)
        except RecursionError:
            return _refused("The document is nested too deeply.", parsed=True)
        # Without causes: a literal that Python cannot read (4,300 digits) is no fault of ours.
        told = tuple(GraphQLError(unquoted(each.message), each.nodes) for each in errors)
        return Refused(told, parsed=True) if told else None

    def _remember(self, text: str, document: DocumentNode) -> None:
        self._known[text] = document
        self._characters += len(text)
        while self._characters > REMEMBERED:
            oldest, _ = self._known.popitem(last=False)
            self._characters -= len(oldest)


def _refused(message: str, *, parsed: bool = False) -> Refused:
    refused = DocumentRefused(message)
    return Refused((GraphQLError(message, original_error=refused),), parsed)
