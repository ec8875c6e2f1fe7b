"""Scopes: a `write` scope includes its family's `read`, an administrator's includes every other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.caller import AgencyId, Caller, Scope

READ_BY_WRITE = {
    Scope.CLIENTS_WRITE: Scope.CLIENTS_READ,
    Scope.LINKS_WRITE: Scope.LINKS_READ,
    Scope.TOKENS_WRITE: Scope.TOKENS_READ,
}

scopes = st.sampled_from(Scope)


def caller(*held: Scope) -> Caller:
    return Caller("k1", "tests", (AgencyId(1),), frozenset(held))


def test_the_scopes_are_those_of_the_contract() -> None:
    assert {scope.value for scope in Scope} == {
        "clients:read",
        "clients:write",
        "links:read",
        "links:write",
        "tokens:read",
        "tokens:write",
        "exports:read",
        "imports:write",
        "documents:adhoc",
        "agencies:admin",
    }


@pytest.mark.parametrize(("write", "read"), READ_BY_WRITE.items())
def test_write_includes_the_read_scope_of_its_family(write: Scope, read: Scope) -> None:
    assert caller(write).may(read)


@pytest.mark.parametrize(("write", "read"), READ_BY_WRITE.items())
def test_read_never_includes_write(write: Scope, read: Scope) -> None:
    assert not caller(read).may(write)


@given(asked=scopes)
def test_an_administrator_may_do_everything(asked: Scope) -> None:
    assert caller(Scope.AGENCIES_ADMIN).may(asked)


@given(asked=scopes)
def test_a_key_without_scopes_may_do_nothing(asked: Scope) -> None:
    assert not caller().may(asked)


@given(held=st.frozensets(scopes), asked=scopes)
def test_a_caller_may_do_what_it_holds_and_what_that_includes_and_no_more(
    held: frozenset[Scope], asked: Scope
) -> None:
    included = held | {READ_BY_WRITE[scope] for scope in held if scope in READ_BY_WRITE}

    assert caller(*held).may(asked) is (asked in included or Scope.AGENCIES_ADMIN in held)
