"""Text and moments, as both databases hold them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from gateway.storage.columns import Moment, email_key, folded, order_key, storable, vendor_key

anything = st.text(st.characters(exclude_categories=()))


@given(anything)
def test_stored_text_is_what_every_database_takes(text: str) -> None:
    stored = storable(text)
    stored.encode()
    assert "\0" not in stored
    assert storable(stored) == stored


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert storable(text) == text


def test_letter_case_and_composition_make_no_difference_to_a_search() -> None:
    assert folded("ÉMILE Straße") == folded("e\u0301mile STRASSE")
    assert folded("é") != folded("e")


def test_names_are_ordered_without_case_and_accents() -> None:
    assert order_key(" Émile ") == "emile"
    assert order_key(None) is None
    assert order_key("  ") is None
    assert len(order_key("\ufdfa" * 10_000) or "") == 200  # one letter that unfolds into many


def test_what_no_index_takes_has_no_key() -> None:
    assert vendor_key("x" * 500) == "x" * 500
    assert vendor_key("x" * 501) is None
    assert vendor_key(None) is None
    assert email_key(" Ann@Example.org ") == "ann@example.org"
    assert email_key("x" * 321) is None
    assert email_key(" ") is None


@given(st.datetimes(timezones=st.timezones()))
@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_a_moment_comes_back_as_the_same_moment_in_utc(dialect: Dialect, moment: datetime) -> None:
    stored = Moment().process_bind_param(moment, dialect)
    back = Moment().process_result_value(stored, dialect)
    assert back is not None
    assert back.tzinfo is UTC
    try:
        assert back == moment.astimezone(UTC)
    except OverflowError:
        assert back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def test_a_moment_outside_the_calendar_stays_at_its_edge() -> None:
    east = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    assert Moment().process_bind_param(east, sqlite.dialect()) == datetime.min  # noqa: DTZ901


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="aware"):
        Moment().process_bind_param(datetime(2026, 11, 21), sqlite.dialect())  # noqa: DTZ001
