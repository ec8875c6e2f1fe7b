"""The law of a token's life, Own's 180 days above all."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.model import Token, TokenFacts, TokenKind, TokenStatus
from gateway.domain.tokens import EXPIRING_DAYS, expires_at, expires_in_days, status
from gateway.domain.vendor import VendorName

MADE = datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
DAYS = 180
END = MADE + timedelta(days=DAYS)

moments = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(
    lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since
)
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))


@dataclass(frozen=True)
class Life:
    """What may be known of a token."""

    expires_at: datetime | None = None
    ends: bool = False
    active: bool | None = None
    verified_at: datetime | None = None
    refused_at: datetime | None = None
    revoked_at: datetime | None = None


def token(life: Life) -> Token:
    return Token(
        id=1,
        account=1,
        vendor=VendorName.OWN,
        client=None,
        facts=TokenFacts(key="k", kind=TokenKind.USER, active=life.active),
        held=True,
        listed=False,
        told_at=MADE,
        expires_at=life.expires_at,
        ends=life.ends,
        verified_at=life.verified_at,
        refused_at=life.refused_at,
        revoked_at=life.revoked_at,
    )


lives = st.builds(
    Life,
    expires_at=st.none() | moments,
    ends=st.booleans(),
    active=st.none() | st.booleans(),
    verified_at=st.none() | moments,
    refused_at=st.none() | moments,
    revoked_at=st.none() | moments,
)


class TestTheEnd:
    @given(made=moments)
    def test_is_180_days_after_the_making(self, made: datetime) -> None:
        assert expires_at(made, DAYS) == made + timedelta(days=180)

    @given(made=moments)
    def test_does_not_exist_where_the_vendor_sets_none(self, made: datetime) -> None:
        assert expires_at(made, None) is None

    def test_is_unknown_when_the_making_is(self) -> None:
        assert expires_at(None, DAYS) is None


class TestDaysLeft:
    @pytest.mark.parametrize(
        ("now", "days"),
        [
            (MADE, 180),
            (MADE + timedelta(seconds=1), 179),
            (END - timedelta(days=30), 30),
            (END - timedelta(days=1), 1),
            (END - timedelta(hours=23, minutes=59), 0),
            (END - timedelta(microseconds=1), 0),
            (END, 0),
            (END + timedelta(microseconds=1), -1),
            (END + timedelta(days=1), -1),
            (END + timedelta(days=1, seconds=1), -2),
        ],
    )
    def test_are_whole_days_0_on_the_last_and_negative_after(
        self, now: datetime, days: int
    ) -> None:
        assert expires_in_days(token(Life(expires_at=END)), now) == days

    @given(now=moments)
    def test_are_unknown_without_an_end(self, now: datetime) -> None:
        assert expires_in_days(token(Life()), now) is None

    @given(now=moments, left=spans)
    def test_never_promise_more_than_is_left(self, now: datetime, left: timedelta) -> None:
        days = expires_in_days(token(Life(expires_at=now + left)), now)

        assert days is not None
        assert timedelta(days=days) <= left < timedelta(days=days + 1)

    @given(now=moments, past=spans)
    def test_are_negative_once_the_end_has_passed(self, now: datetime, past: timedelta) -> None:
        days = expires_in_days(token(Life(expires_at=now - past)), now)

        assert days is not None
        assert (days < 0) is (past > timedelta(0))


class TestStatus:
    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (MADE, TokenStatus.ACTIVE),
            (END - timedelta(days=EXPIRING_DAYS, microseconds=1), TokenStatus.ACTIVE),
            (END - timedelta(days=EXPIRING_DAYS), TokenStatus.EXPIRING),
            (END - timedelta(microseconds=1), TokenStatus.EXPIRING),
            (END, TokenStatus.EXPIRED),
            (END + timedelta(days=1), TokenStatus.EXPIRED),
        ],
    )
    def test_warns_for_30_days_and_ends_on_the_moment(
        self, now: datetime, expected: TokenStatus
    ) -> None:
        life = Life(expires_at=END, ends=True, verified_at=MADE)

        assert status(token(life), now) is expected

    def test_a_token_made_155_days_ago_is_expiring_in_25(self) -> None:
        now = MADE + timedelta(days=155)
        own = token(Life(expires_at=expires_at(MADE, DAYS), ends=True))

        assert (status(own, now), expires_in_days(own, now)) == (TokenStatus.EXPIRING, 25)

    @given(life=lives, now=moments)
    def test_takes_the_first_that_holds_from_final_to_provisional(
        self, life: Life, now: datetime
    ) -> None:
        end = life.expires_at
        refused = life.refused_at is not None and (
            life.verified_at is None or life.refused_at > life.verified_at
        )
        laws = [
            (TokenStatus.REVOKED, life.revoked_at is not None),
            (TokenStatus.EXPIRED, end is not None and end <= now),
            (TokenStatus.REFUSED, refused),
            (TokenStatus.INACTIVE, life.active is False),
            (TokenStatus.EXPIRING, end is not None and end <= now + timedelta(days=30)),
            (TokenStatus.UNKNOWN, end is None and life.ends),
            (TokenStatus.ACTIVE, life.active is True or life.verified_at is not None),
            (TokenStatus.UNKNOWN, True),
        ]

        assert status(token(life), now) is next(state for state, holds in laws if holds)

    @given(life=lives, revoked=moments, now=moments)
    def test_revoked_is_final(self, life: Life, revoked: datetime, now: datetime) -> None:
        gone = Life(**{**vars(life), "revoked_at": revoked})

        assert status(token(gone), now) is TokenStatus.REVOKED

    @given(accepted=moments, now=moments)
    def test_a_refusal_counts_until_the_vendor_accepts_the_token_again(
        self, accepted: datetime, now: datetime
    ) -> None:
        before, after = accepted - timedelta(seconds=1), accepted + timedelta(seconds=1)

        assert (
            status(token(Life(verified_at=accepted, refused_at=before)), now) is TokenStatus.ACTIVE
        )
        assert (
            status(token(Life(verified_at=accepted, refused_at=after)), now) is TokenStatus.REFUSED
        )

    @given(now=moments, verified=st.none() | moments)
    def test_is_unknown_when_the_token_ends_on_a_day_that_nobody_told(
        self, now: datetime, verified: datetime | None
    ) -> None:
        life = Life(expires_at=None, ends=True, verified_at=verified)

        assert status(token(life), now) is TokenStatus.UNKNOWN

    @given(life=lives, now=moments, later=spans)
    def test_an_ended_token_never_comes_back(
        self, life: Life, now: datetime, later: timedelta
    ) -> None:
        over = {TokenStatus.REVOKED, TokenStatus.EXPIRED}
        told = token(life)

        assert status(told, now) not in over or status(told, now + later) in over
