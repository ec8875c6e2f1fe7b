"""Which media type is answered: weights and wildcards of RFC 9110, section 12.5.1, and garbage."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.accept import GRAPHQL, JSON, choose

RANGES = ("*/*", "application/*", JSON, GRAPHQL)
OTHERS = ("text/html", "image/*", "application/xml", "application/graphql", "application/jsonp")

weights = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
asked = st.dictionaries(st.sampled_from(RANGES), weights, min_size=1)
strangers = st.dictionaries(st.sampled_from(OTHERS), weights)


def written(ranges: dict[str, float], seed: int = 0) -> str:
    """The header in one of the ways in which it can be written."""
    chance = random.Random(seed)
    parts = []
    for media, weight in chance.sample(sorted(ranges.items()), len(ranges)):
        name = chance.choice([media, media.upper(), media.title()])
        space = chance.choice(["", " ", "\t"])
        other = chance.choice(["", ";charset=utf-8", '; level="1"'])
        quality = "" if weight == 1 else f";{space}{chance.choice('qQ')}={weight}"
        parts.append(f"{space}{name}{other}{quality}{space}")
    return ",".join(parts)


def weight_of(media: str, ranges: dict[str, float]) -> float:
    """What the caller thinks of a type: the weight of the most specific range that covers it."""
    for covering in (media, "application/*", "*/*"):
        if covering in ranges:
            return ranges[covering]
    return 0.0


@pytest.mark.parametrize("header", [None, "", "  "])
def test_a_caller_that_does_not_say_gets_the_older_json(header: str | None) -> None:
    assert choose(header) == JSON


@pytest.mark.parametrize(
    ("header", "media"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        # What the GraphQL over HTTP draft tells clients to send.
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        (f"{GRAPHQL};q=0.5, */*;q=0.1", GRAPHQL),
        (f"{GRAPHQL};q=0.1, */*", JSON),
        # Browsers.
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        # A type that is ruled out is not let in again by a wildcard.
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{JSON};q=0, {GRAPHQL};q=0.000, */*", None),
        ("*/*;q=0", None),
        ("text/html", None),
        ("application/xml, text/*", None),
    ],
)
def test_the_answer_is_what_the_caller_likes_best(header: str, media: str | None) -> None:
    assert choose(header) == media


@given(asked, strangers, st.integers())
def test_no_other_answer_has_more_weight(
    ranges: dict[str, float], others: dict[str, float], seed: int
) -> None:
    chosen = choose(written(ranges | others, seed))

    best = max(weight_of(JSON, ranges), weight_of(GRAPHQL, ranges))
    if best == 0:
        assert chosen is None
    else:
        assert chosen is not None
        assert weight_of(chosen, ranges) == best


@given(weights.filter(bool), asked)
def test_of_two_that_are_liked_alike_the_newer_wins_where_it_is_named(
    weight: float, ranges: dict[str, float]
) -> None:
    both = {**ranges, JSON: weight, GRAPHQL: weight}
    unnamed = {media: weight for media in ranges if "*" in media} or {"*/*": weight}

    assert choose(written(both)) == GRAPHQL
    assert choose(written(unnamed)) == JSON


@given(asked, strangers, st.integers(), st.integers())
def test_neither_order_nor_case_nor_spaces_nor_strangers_matter(
    ranges: dict[str, float], others: dict[str, float], one: int, other: int
) -> None:
    assert choose(written(ranges, one)) == choose(written(ranges | others, other))


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert choose(text) in (None, JSON, GRAPHQL)


@given(st.text(st.sampled_from("aplicton/json*;q=.01 ,\"'")), asked)
def test_garbage_beside_good_ranges_has_an_answer_too(
    garbage: str, ranges: dict[str, float]
) -> None:
    assert choose(f"{garbage},{written(ranges)}") in (None, JSON, GRAPHQL)


@pytest.mark.parametrize("weight", ["", "x", "high", "nan", "-1", "-inf", "0,5", "0..5", "''"])
def test_a_range_whose_weight_cannot_be_read_is_not_wanted(weight: str) -> None:
    assert choose(f"{JSON};q={weight}") is None


@pytest.mark.parametrize("weight", ["1", "1.000", "2", "1e9", "inf"])
def test_no_weight_is_more_than_one(weight: str) -> None:
    assert choose(f"{JSON};q={weight}, {GRAPHQL}") == GRAPHQL


@pytest.mark.parametrize(
    "header",
    [
        f"x{GRAPHQL}, */*",
        f"{GRAPHQL}x, */*",
        f'text/html;about="{GRAPHQL}", */*',
    ],
)
def test_the_newer_type_is_named_by_its_whole_name_only(header: str) -> None:
    assert choose(header) == JSON


@pytest.mark.parametrize("header", ["json", "application/", "/", "*", "*/json", ";q=1", ",,,"])
def test_what_is_no_range_covers_nothing(header: str) -> None:
    assert choose(header) is None


def test_a_header_of_any_length_is_read_in_one_pass() -> None:
    assert choose(",".join(["text/html;q=0.1"] * 5000 + [GRAPHQL])) == GRAPHQL
