"""What LIVE, CACHED, LEDGER and stale mean (contract page, "What an answer's source means")."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Vendor
from gateway.directory.hydrate import (
    Depth,
    remembered_link,
    remembered_record,
    settle,
    token_provenance,
)
from gateway.domain.failures import Unavailable
from gateway.domain.model import (
    ClientValues,
    LinkStatus,
    Provenance,
    Seen,
    Source,
    Token,
    TokenFacts,
    TokenKind,
)
from gateway.domain.vendor import VendorName
from gateway.vendors import load
from tests.directory.fakes import NOON, account, ago, link, record

DOWN = Unavailable("The vendor is down.")
ages = st.floats(0, 100_000)
vendors = st.sampled_from(VendorName).map(load)


def row_at(vendor: Vendor, age: float, complete_age: float | None = None, **row: object):
    """A record of that vendor, seen so many seconds before noon."""
    regions = vendor.regions[:1]
    return record(
        1,
        account(1, vendor.name, *regions),
        "/".join((*regions, "v1")),
        seen_at=ago(age),
        complete_at=None if complete_age is None else ago(complete_age),
        **row,
    )


@given(vendors, ages)
def test_a_record_is_answered_from_the_ledger_just_as_long_as_it_is_fresh(
    vendor: Vendor, age: float
) -> None:
    found = remembered_record(row_at(vendor, age), Depth.LISTED, vendor, {}, NOON)
    if timedelta(seconds=age) < timedelta(seconds=vendor.ledger.client):
        assert found is not None
        assert found.provenance == Provenance(Source.CACHED, ago(age), stale=False)
    else:
        assert found is None


@given(vendors, ages, st.none() | ages)
def test_what_is_wanted_whole_counts_from_when_the_vendor_told_all(
    vendor: Vendor, age: float, complete_age: float | None
) -> None:
    found = remembered_record(row_at(vendor, age, complete_age), Depth.WHOLE, vendor, {}, NOON)
    fresh = complete_age is not None and timedelta(seconds=complete_age) < timedelta(
        seconds=vendor.ledger.client
    )
    assert (found is not None) == fresh
    if found is not None:
        assert found.provenance.as_of == ago(complete_age)


@given(vendors, st.floats(0, 29))
def test_a_record_of_a_list_that_was_waited_for_is_live(vendor: Vendor, age: float) -> None:
    region = vendor.regions[0] if vendor.regions else ""
    came = {(1, region): ago(age)}
    found = remembered_record(row_at(vendor, age), Depth.LISTED, vendor, came, NOON)
    assert found is not None
    assert found.provenance == Provenance(Source.LIVE, ago(age))
    later = {(1, region): ago(age) + timedelta(seconds=1)}
    found = remembered_record(row_at(vendor, age), Depth.LISTED, vendor, later, NOON)
    assert found is not None
    assert found.provenance.source is Source.CACHED


def test_the_list_of_another_region_makes_no_record_live() -> None:
    own = load(VendorName.OWN)
    came = {(1, "elsewhere"): ago(1), (2, own.regions[0]): ago(1)}
    found = remembered_record(row_at(own, 1), Depth.LISTED, own, came, NOON)
    assert found is not None
    assert found.provenance.source is Source.CACHED


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize(("age", "source"), [(1, Source.CACHED), (50_000, Source.LEDGER)])
def test_a_record_missing_from_a_complete_list_is_gone_and_its_vendor_is_spared(
    depth: Depth, age: float, source: Source
) -> None:
    bronto = load(VendorName.BRONTO)
    found = remembered_record(row_at(bronto, age, archived=True), depth, bronto, {}, NOON)
    assert found is not None
    assert found.gone
    assert found.values == ClientValues(name="Client 1")
    assert found.provenance == Provenance(source, ago(age), stale=False)


def test_a_record_that_a_vendor_without_a_list_gave_up_is_asked_for_again() -> None:
    vendor = load(VendorName.AGENCYACCESS)
    old = row_at(vendor, vendor.ledger.client + 1, archived=True)
    assert remembered_record(old, Depth.LISTED, vendor, {}, NOON) is None
    new = remembered_record(row_at(vendor, 1, archived=True), Depth.LISTED, vendor, {}, NOON)
    assert new is not None
    assert new.gone


@given(st.sampled_from(LinkStatus), ages)
def test_a_link_that_is_settled_is_fresh_for_longer(status: LinkStatus, age: float) -> None:
    vendor = load(VendorName.AGENCYACCESS)
    row = link(1, account(1, vendor.name), status, seen_at=ago(age))
    found = remembered_link(row, vendor, NOON)
    settled = status in (LinkStatus.COMPLETE, LinkStatus.SKIPPED)
    fresh = vendor.ledger.settled_link if settled else vendor.ledger.link
    assert (found is not None) == (timedelta(seconds=age) < timedelta(seconds=fresh))
    if found is not None:
        assert found.provenance == Provenance(Source.CACHED, ago(age))


def test_a_link_that_was_only_told_of_is_asked_for() -> None:
    vendor = load(VendorName.AGENCYACCESS)
    assert remembered_link(link(1, account(1, vendor.name)), vendor, NOON) is None


def test_what_the_vendor_says_is_answered_as_it_says_it() -> None:
    said = Seen(ClientValues(name="New"), Provenance(Source.LIVE, NOON))
    found = settle(ClientValues(name="Old"), ago(99), ago(999), said, NOON)
    assert (found.values, found.provenance) == (said.value, said.provenance)
    assert not found.gone
    assert found.failure is None


@given(st.booleans(), st.none() | st.just(ago(500)))
def test_when_the_vendor_fails_what_is_known_is_answered_stale_with_the_reason(
    known: bool, seen_at: datetime | None
) -> None:
    values = ClientValues(name="Old") if known else None
    found = settle(values, seen_at, ago(9_000), DOWN, NOON)
    assert found.values == values
    assert found.provenance == Provenance(Source.LEDGER, seen_at or ago(9_000), stale=True)
    assert found.failure is DOWN
    assert not found.gone


def test_an_old_reply_in_a_failing_vendors_place_is_the_gateways_memory_and_stale() -> None:
    reply = Seen(ClientValues(name="Then"), Provenance(Source.CACHED, ago(700), stale=True))
    found = settle(None, None, ago(9_000), reply, NOON)
    assert found.values == ClientValues(name="Then")
    assert found.provenance == Provenance(Source.LEDGER, ago(700), stale=True)


def test_what_the_vendor_says_is_not_there_is_gone_with_its_last_values() -> None:
    found = settle(ClientValues(name="Old"), ago(99), ago(999), None, NOON)
    assert found.gone
    assert found.values == ClientValues(name="Old")
    assert found.provenance == Provenance(Source.LIVE, NOON)


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────


def token(*, listed: bool, seen_at: datetime | None) -> Token:
    return Token(
        id=1,
        account=1,
        vendor=VendorName.BRONTO,
        client=None,
        facts=TokenFacts(key="k", kind=TokenKind.CLIENT),
        held=False,
        listed=listed,
        told_at=ago(5_000),
        seen_at=seen_at,
    )


@given(st.none() | ages, ages)
def test_a_fact_that_no_vendor_can_tell_is_the_ledgers_and_never_stale(
    seen: float | None, listed: float
) -> None:
    seen_at = None if seen is None else ago(seen)
    row = token(listed=False, seen_at=seen_at)
    found = token_provenance(row, load(VendorName.BRONTO), ago(listed), NOON)
    assert found == Provenance(Source.LEDGER, seen_at or ago(5_000), stale=False)


@given(ages)
def test_a_listed_token_is_live_then_cached_then_stale(age: float) -> None:
    bronto, row = load(VendorName.BRONTO), token(listed=True, seen_at=ago(age))
    assert token_provenance(row, bronto, ago(age), NOON) == Provenance(Source.LIVE, ago(age))
    fresh = timedelta(seconds=age) < timedelta(seconds=bronto.ledger.tokens)
    source = Source.CACHED if fresh else Source.LEDGER
    assert token_provenance(row, bronto, None, NOON) == Provenance(
        source, ago(age), stale=not fresh
    )
