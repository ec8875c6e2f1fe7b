"""No message of graphql-core quotes the value that it is about."""

import pytest
from graphql import build_schema, parse, validate
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from gateway.guards.echo import unquoted

SCHEMA = build_schema(
    """
    enum Word { ONE }
    input Inner { needed: Int! }
    input All {
      int: Int, float: Float, text: String, flag: Boolean, id: ID, word: Word, inner: Inner,
      list: [Int]
    }
    type Query { ask(all: All): Int }
    """
)
CANARY = "canary-7f3b9c"
FIELDS = ("int", "float", "text", "flag", "id", "inner", "list")


@pytest.mark.parametrize("field", [*FIELDS, "unknown"])
@pytest.mark.parametrize("value", [[CANARY], {"needed": CANARY}, {CANARY: 1, "needed": 1}])
def test_a_variable_that_does_not_fit_is_not_quoted(field: str, value: object) -> None:
    document = parse("query Q($a: All) { ask(all: $a) }")
    errors = get_variable_values(
        SCHEMA,
        document.definitions[0].variable_definitions,
        {"a": {field: value}},  # type: ignore[attr-defined]
    )
    assert isinstance(errors, list)
    for error in errors:
        told = unquoted(error.message)
        assert told.startswith("Variable '$a' has invalid value")
        if "unknown field" not in told:
            assert CANARY not in told


@pytest.mark.parametrize("field", FIELDS)
def test_a_literal_that_does_not_fit_is_not_quoted(field: str) -> None:
    document = parse(f'{{ ask(all: {{ {field}: {{ a: "{CANARY}" }} }}) }}')
    errors = validate(SCHEMA, document)
    assert errors
    assert [CANARY in unquoted(error.message) for error in errors] == [False] * len(errors)


@pytest.mark.parametrize(
    "message",
    [
        "Cannot query field 'nope' on type 'Query'.",
        "Variable '$a' has invalid value: Variable values are nested too deeply.",
        "Variable '$a' has invalid default value: Expected a value.",
        "Syntax Error: Expected Name, found <EOF>.",
    ],
)
def test_a_message_that_quotes_nothing_stays_as_it_is(message: str) -> None:
    assert unquoted(message) == message


@given(st.text(max_size=20))
def test_whatever_the_value_is_the_message_ends_before_it(value: str) -> None:
    before = "Expected value of type 'T' to be an object"
    assert unquoted(f"{before}, found: {value}.") == f"{before}."
    assert unquoted(f"Int cannot represent non-integer value: {value}") == (
        "Int cannot represent non-integer value."
    )
