"""A secret shows dots or refuses, however it is printed, copied or serialised."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.secret import Secret

CANARY = "canary-0f3a9b"


@given(value=st.text())
def test_it_reveals_what_it_was_given(value: str) -> None:
    assert Secret(value).reveal() == value


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r}".format,
        "{:>40}".format,
        lambda secret: f"{secret}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - logging formats like this
        lambda secret: repr({"key": [secret]}),
        lambda secret: str(ValueError(secret)),
    ],
)
def test_every_way_to_print_it_shows_dots(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(CANARY))

    assert CANARY not in shown
    assert "•••" in shown


@pytest.mark.parametrize(
    "leak",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        msgspec.json.encode,
        hash,
        list,
        lambda secret: {secret: 1},
        lambda secret: "".join(secret),
        vars,
    ],
)
def test_every_way_to_copy_or_serialise_it_is_refused(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as refusal:
        leak(Secret(CANARY))

    assert CANARY not in str(refusal.value)


def test_a_dataclass_and_a_log_line_that_hold_it_show_dots(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @dataclass
    class Held:
        secret: Secret

    logging.getLogger("tests").warning("held %s by %r", Secret(CANARY), Held(Secret(CANARY)))

    assert CANARY not in caplog.text
    assert "•••" in caplog.text


def test_a_traceback_with_locals_shows_dots() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError(secret)

    try:
        fail(Secret(CANARY))
    except RuntimeError as error:
        shown = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )

    assert "Secret(•••)" in shown
    assert CANARY not in shown


@given(left=st.text(), right=st.text())
def test_two_are_equal_when_their_values_are(left: str, right: str) -> None:
    assert (Secret(left) == Secret(right)) is (left == right)


def test_it_never_equals_its_plain_value() -> None:
    assert Secret(CANARY) != CANARY
