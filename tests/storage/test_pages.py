"""Cursors, without a database."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import BadInput
from gateway.storage.pages import Order
from gateway.storage.tables import clients

BY_NAME = Order("NAME", clients.c.name_key, clients.c.id)
BY_TIME = Order("TIME", clients.c.created_at, clients.c.id, moments=True)

ids = st.integers(1, 2**63 - 1)


@given(st.none() | st.text(max_size=200), ids)
def test_a_cursor_of_text_is_read_as_it_was_written(key: str | None, id: int) -> None:
    assert BY_NAME._read(BY_NAME.cursor(key, id), "after") == (key, id)


@given(st.none() | st.datetimes(timezones=st.just(UTC)), ids)
def test_a_cursor_of_a_moment_is_read_as_it_was_written(key: datetime | None, id: int) -> None:
    assert BY_TIME._read(BY_TIME.cursor(key, id), "after") == (key, id)


@given(
    st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: urlsafe_b64encode(raw).decode())
)
def test_garbage_is_bad_input_and_nothing_else(garbage: str) -> None:
    for order in (BY_NAME, BY_TIME):
        with pytest.raises(BadInput):
            order.beyond(garbage, backwards=False)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=2),
    )
)
def test_json_of_another_shape_is_bad_input(shape: object) -> None:
    try:
        text = msgspec.json.encode(shape)
    except OverflowError:
        return
    with pytest.raises(BadInput):
        BY_NAME.beyond(urlsafe_b64encode(text).decode(), backwards=True)


@pytest.mark.parametrize(
    "parts",
    [
        [2, "NAME", "a", 1],
        [1, "TIME", "a", 1],
        [1, "NAME", "a", 0],
        [1, "NAME", "a", 2**63],
        [1, "NAME", "a", True],
        [1, "NAME", "a", 1.0],
        [1, "NAME", "a", "1"],
        [1, "NAME", 1, 1],
        [1, "NAME", ["a"], 1],
        [1, "NAME", "a", 1, 1],
        [True, "NAME", "a", "1"],
    ],
)
def test_a_cursor_that_is_almost_right_is_refused(parts: list[object]) -> None:
    with pytest.raises(BadInput):
        BY_NAME.beyond(urlsafe_b64encode(msgspec.json.encode(parts)).decode(), backwards=False)


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-21T12:00:00", ""])
def test_a_moment_must_be_one_and_aware(moment: str) -> None:
    text = msgspec.json.encode([1, "TIME", moment, 1])
    with pytest.raises(BadInput):
        BY_TIME.beyond(urlsafe_b64encode(text).decode(), backwards=False)
