"""The finished schema: every field that answers a scoped type is guarded, all is described."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_introspection_type,
    is_non_null_type,
    is_object_type,
    is_specified_scalar_type,
)

from gateway import schema as schemas
from gateway.domain.caller import Scope
from gateway.domain.failures import ErrorCode
from gateway.domain.vendor import VendorName
from gateway.schema.describe import enum_type, field, object_type
from gateway.vendors import load

SCOPED = {"Client", "ClientRecord", "Link", "Token"}
MARKED = {
    "VendorAccount.logins": Scope.AGENCIES_ADMIN,
    "VendorAccount.events": Scope.AGENCIES_ADMIN,
    "EngagingNetworksDetails.supporter": Scope.EXPORTS_READ,
    "Agency.intents": Scope.AGENCIES_ADMIN,
    "Mutation.createClient": Scope.CLIENTS_WRITE,
    "Mutation.updateClient": Scope.CLIENTS_WRITE,
    "Mutation.adoptClient": Scope.CLIENTS_WRITE,
    "Mutation.mergeClients": Scope.CLIENTS_WRITE,
    "Mutation.splitClient": Scope.CLIENTS_WRITE,
    "Mutation.purgeClient": Scope.AGENCIES_ADMIN,
    "Mutation.createLink": Scope.LINKS_WRITE,
    "Mutation.updateLink": Scope.LINKS_WRITE,
    "Mutation.adoptLink": Scope.LINKS_WRITE,
    "Mutation.issueToken": Scope.TOKENS_WRITE,
    "Mutation.registerToken": Scope.TOKENS_WRITE,
    "Mutation.updateToken": Scope.TOKENS_WRITE,
    "Mutation.revokeToken": Scope.TOKENS_WRITE,
    "Mutation.rotateCredential": Scope.AGENCIES_ADMIN,
    "Mutation.startExport": Scope.EXPORTS_READ,
    "Mutation.startImport": Scope.IMPORTS_WRITE,
    "Mutation.startBackup": Scope.CLIENTS_WRITE,
    "Mutation.resolveIntent": Scope.AGENCIES_ADMIN,
}
NEEDS = {
    "Client": Scope.CLIENTS_READ,
    "ClientRecord": Scope.CLIENTS_READ,
    "Link": Scope.LINKS_READ,
    "Token": Scope.TOKENS_READ,
}


class Denied(Exception):
    """The caller was asked whether it may."""


class Nobody:
    """A context whose caller may nothing."""

    used_scopes: frozenset[Scope] = frozenset()

    @property
    def caller(self) -> Any:
        return self

    def may(self, scope: Scope) -> bool:
        raise Denied(scope)


class Info:
    """What a resolver is given."""

    context = Nobody()


@pytest.fixture(scope="module")
def core() -> GraphQLSchema:
    return schemas.executable(schemas.build())


def fields(core: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    for type in core.type_map.values():
        if isinstance(type, GraphQLObjectType) and not is_introspection_type(type):
            for name, each in type.fields.items():
                yield f"{type.name}.{name}", each


def scope_of(field: GraphQLField) -> Scope | None:
    """The scope of the type that a field answers, through lists, connections and edges."""
    answered = get_named_type(field.type)
    name = answered.name.removesuffix("Connection").removesuffix("Edge")
    return NEEDS.get(name) if is_object_type(answered) else None


def test_every_field_that_answers_a_scoped_type_asks_for_the_scope_first(
    core: GraphQLSchema,
) -> None:
    guarded = 0
    for name, each in fields(core):
        wanted = MARKED.get(name) or scope_of(each)
        if wanted is None:
            continue
        assert each.resolve is not None, name
        with pytest.raises(Denied) as denied:
            each.resolve(None, Info())
        assert denied.value.args == (wanted,), name
        guarded += 1
    assert guarded >= 60


def test_no_mutation_is_for_everyone(core: GraphQLSchema) -> None:
    mutation: Any = core.mutation_type
    assert {f"Mutation.{name}" for name in mutation.fields} <= set(MARKED)
    for name, each in mutation.fields.items():
        kind = each.args["input"].type.of_type
        assert kind.name == f"{name[0].upper()}{name[1:]}Input"
        assert "idempotencyKey" in kind.fields
        assert not is_non_null_type(each.type), name
        assert [one.name for one in each.type.interfaces] == ["MutationPayload"]


def test_a_secret_is_taken_and_never_given(core: GraphQLSchema) -> None:
    taken = {
        f"{type.name}.{name}"
        for type in core.type_map.values()
        if is_input_object_type(type)
        for name, each in type.fields.items()
        if get_named_type(each.type).name == "Secret"
    }
    assert taken == {"RotateCredentialInput.secret"}
    assert [name for name, each in fields(core) if get_named_type(each.type).name == "Secret"] == []


def test_every_mark_is_shown_in_the_sdl() -> None:
    sdl = schemas.build().as_str()
    for name, scope in NEEDS.items():
        head = next(line for line in sdl.splitlines() if line.startswith(f"type {name} "))
        assert f'@requiresScope(scope: "{scope.value}")' in head
    assert sdl.count('@requiresScope(scope: "') == len(NEEDS) + len(MARKED)


def test_nothing_in_the_schema_is_without_a_description(core: GraphQLSchema) -> None:
    silent = [
        name
        for name, type in core.type_map.items()
        if not is_introspection_type(type)
        and not is_specified_scalar_type(type)
        and not type.description
    ]
    for name, each in fields(core):
        silent += [name] if not each.description else []
        silent += [f"{name}({n})" for n, argument in each.args.items() if not argument.description]
    for type in core.type_map.values():
        if is_enum_type(type) and not is_introspection_type(type):
            silent += [
                f"{type.name}.{n}" for n, each in type.values.items() if not each.description
            ]
        if is_input_object_type(type):
            silent += [
                f"{type.name}.{n}" for n, each in type.fields.items() if not each.description
            ]
    assert silent == []


def test_no_description_is_broken_into_lines_but_for_paragraphs_and_lists() -> None:
    core = schemas.executable(schemas.build())
    texts = [type.description or "" for type in core.type_map.values()]
    texts += [each.description or "" for _, each in fields(core)]
    for text in texts:
        lines = text.split("\n")
        assert all(
            not line or line.startswith("- ") or not before for before, line in pairwise(lines)
        ), text


def test_the_codes_of_errors_are_in_the_schema(core: GraphQLSchema) -> None:
    shown: Any = core.type_map["ErrorCode"]
    assert set(shown.values) == {code.value for code in ErrorCode}


def test_every_vendor_is_in_the_schema_under_its_own_summary(core: GraphQLSchema) -> None:
    shown: Any = core.type_map["VendorName"]
    assert {name: value.description for name, value in shown.values.items()} == {
        name.name: load(name).summary for name in VendorName
    }


def test_no_secret_can_be_selected_of_a_token(core: GraphQLSchema) -> None:
    token: Any = core.type_map["Token"]
    assert not {"value", "secret", "key", "token", "envelope"} & set(token.fields)


# ── Docstrings as descriptions ────────────────────────────────────────────────────────────────


def test_a_wrapped_docstring_is_one_line_for_each_paragraph_and_item() -> None:
    @object_type
    class Example:
        """What it is, in a sentence that is
        wrapped. And goes on:

        - **One** item that
          is wrapped.
        - **Another** item.

        A last paragraph
        with `code`.
        """

        @field
        def name(self) -> str:
            """Name of it; null
            when none."""
            return ""

    definition: Any = Example.__strawberry_definition__  # type: ignore[attr-defined]
    assert definition.description == (
        "What it is, in a sentence that is wrapped. And goes on:\n\n"
        "- **One** item that is wrapped.\n- **Another** item.\n\n"
        "A last paragraph with `code`."
    )
    assert definition.fields[0].description == "Name of it; null when none."


def test_an_enum_describes_each_value_or_is_refused() -> None:
    with pytest.raises(TypeError, match="VendorName do not match"):
        enum_type(VendorName, "The vendors.", OWN="Own.")
