"""Filters as callers write them become the ledger's; an id that cannot be matches nothing."""

from typing import Any

import pytest
import strawberry

from gateway.domain.model import ClientStatus, LinkStatus, TokenKind, TokenStatus
from gateway.domain.vendor import VendorName
from gateway.schema.filters import (
    ClientFilter,
    LinkFilter,
    TokenFilter,
    client_filter,
    link_filter,
    token_filter,
)
from gateway.schema.scalars import global_id
from gateway.storage import values
from tests.directory.fakes import NOON

UNSET: Any = strawberry.UNSET


@pytest.mark.parametrize("asked", [None, UNSET, ClientFilter()])
def test_without_conditions_all_clients_are_meant(asked: Any) -> None:
    assert client_filter(asked) == values.ClientFilter()


def test_each_condition_on_clients_is_the_ledgers() -> None:
    asked = ClientFilter(
        search="ruiz",
        email="ana@ruiz.example",
        vendors=[VendorName.OWN],
        account_id=global_id("VA", 7),
        vendor_id="app1/1",
        statuses=[ClientStatus.ACTIVE, ClientStatus.ARCHIVED],
        label="acme",
    )
    assert client_filter(asked) == values.ClientFilter(
        search="ruiz",
        email="ana@ruiz.example",
        vendors=(VendorName.OWN,),
        account=7,
        vendor_id="app1/1",
        statuses=(ClientStatus.ACTIVE, ClientStatus.ARCHIVED),
        label="acme",
    )


def test_null_and_an_empty_text_do_not_ask_but_an_empty_list_matches_nothing() -> None:
    asked = ClientFilter(search="", email=None, vendors=None, account_id=None, label="")
    assert client_filter(asked) == values.ClientFilter()
    assert client_filter(ClientFilter(vendors=[])).vendors == ()
    assert link_filter(LinkFilter(statuses=[])).statuses == ()


@pytest.mark.parametrize("id", ["nonsense", "é", global_id("C", 7), global_id("R", 7)])
def test_an_id_of_something_else_matches_nothing(id: Any) -> None:
    assert client_filter(ClientFilter(account_id=id)).account == -1
    assert link_filter(LinkFilter(account_id=id)).account == -1
    assert token_filter(TokenFilter(account_id=id), NOON).account == -1


def test_each_condition_on_links_is_the_ledgers() -> None:
    asked = LinkFilter(
        vendors=[VendorName.AGENCYACCESS],
        account_id=global_id("VA", 1),
        vendor_id="l1",
        client_id=global_id("C", 2),
        statuses=[LinkStatus.PENDING],
    )
    assert link_filter(asked) == values.LinkFilter(
        vendors=(VendorName.AGENCYACCESS,),
        account=1,
        vendor_id="l1",
        client=2,
        statuses=(LinkStatus.PENDING,),
    )


def test_each_condition_on_tokens_is_the_ledgers_at_one_moment() -> None:
    asked = TokenFilter(
        vendors=[VendorName.OWN],
        account_id=global_id("VA", 1),
        client_id=global_id("C", 2),
        kinds=[TokenKind.USER],
        statuses=[TokenStatus.EXPIRING],
        expires_within_days=0,
    )
    assert token_filter(asked, NOON) == values.TokenFilter(
        vendors=(VendorName.OWN,),
        account=1,
        client=2,
        kinds=(TokenKind.USER,),
        statuses=(TokenStatus.EXPIRING,),
        expires_within_days=0,
        now=NOON,
    )
    assert token_filter(None, NOON) == values.TokenFilter()
    assert token_filter(TokenFilter(), NOON).expires_within_days is None
