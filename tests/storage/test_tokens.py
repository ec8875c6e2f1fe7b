"""Facts of tokens: merged by key, and the state of each the same in SQL as in Python."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from gateway.domain import tokens as law
from gateway.domain.model import Token, TokenKind, TokenStatus
from gateway.domain.vendor import VendorName
from gateway.storage.tables import tokens as table
from gateway.storage.values import Listing, Resource, TokenFilter, Window


async def tokens_of(tenant: Any, account: int | None = None) -> dict[str, Token]:
    """The account's tokens by key, without the one that is held from the start."""
    page = await tenant.storage.page_tokens(
        tenant.agency, TokenFilter(account=account or tenant.bronto), Window(first=100)
    )
    return {each.facts.key: each for each in page[0].items if each.facts.key != "held"}


async def take(tenant: Any, tokens: list[Any], at: datetime) -> None:
    await tenant.storage.take_tokens(tenant.agency, tenant.bronto, tokens, at)


async def tell(tenant: Any, token: Any, at: datetime) -> tuple[int, bool]:
    told: tuple[int, bool] = await tenant.storage.tell_token(
        tenant.agency, tenant.bronto, token, actor="ann", at=at
    )
    return told


# ── Lists ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_listed_token_that_is_missing_is_revoked_until_it_is_back(
    harbour: Any, told: Any, later: Any
) -> None:
    await take(harbour, [told("a"), told("b", active=True)], later(0))
    await take(harbour, [told("a")], later(1))
    found = await tokens_of(harbour)
    assert (found["a"].revoked_at, found["b"].revoked_at) == (None, later(1))
    assert (found["b"].listed, found["b"].held, found["b"].seen_at) == (True, False, later(0))

    await take(harbour, [told("b", active=False)], later(2))
    found = await tokens_of(harbour)
    assert (found["a"].revoked_at, found["b"].revoked_at) == (later(2), None)
    assert found["b"].facts.active is False
    assert (await harbour.storage.listings(harbour.agency)) == (
        Listing(harbour.bronto, Resource.TOKENS, "", later(2)),
    )


async def test_what_only_people_know_is_never_revoked_by_a_list(
    harbour: Any, told: Any, later: Any
) -> None:
    await tell(harbour, told("told"), later(0))
    await take(harbour, [], later(1))

    assert (await tokens_of(harbour))["told"].revoked_at is None
    page = await harbour.storage.page_tokens(harbour.agency, TokenFilter(), Window(first=9))
    assert [token.revoked_at for token in page[0].items] == [None, None, None]


async def test_a_list_that_comes_late_revokes_nothing(harbour: Any, told: Any, later: Any) -> None:
    await take(harbour, [told("a")], later(5))
    await take(harbour, [], later(1))

    assert (await tokens_of(harbour))["a"].revoked_at is None


async def test_a_listed_token_that_the_gateway_holds_stays_held(
    harbour: Any, told: Any, later: Any
) -> None:
    await take(harbour, [told("held", name="Listed", kind=TokenKind.AGENCY)], later(1))
    page = await harbour.storage.page_tokens(
        harbour.agency, TokenFilter(account=harbour.bronto), Window(first=9)
    )
    (token,) = page[0].items
    assert (token.held, token.listed, token.facts.name) == (True, True, "Listed")
    assert token.facts.kind is TokenKind.AGENCY

    await take(harbour, [], later(2))
    token = (await harbour.storage.tokens(harbour.agency, [token.id]))[token.id]
    assert (token.held, token.revoked_at) == (True, later(2))


async def test_a_list_erases_no_fact_that_it_does_not_tell(
    harbour: Any, told: Any, later: Any
) -> None:
    end = later(0) + timedelta(days=180)
    facts = {"name": "Ann's", "created_at": later(0), "permissions": ("read",)}
    id, _ = await tell(harbour, told("a", **facts, expires_at=end, ends=True), later(0))
    await take(harbour, [told("a", active=True, permissions=(), ends=True)], later(1))

    token = (await harbour.storage.tokens(harbour.agency, [id]))[id]
    assert (token.facts.name, token.facts.created_at) == ("Ann's", later(0))
    assert (token.facts.active, token.facts.permissions) == (True, ())
    assert (token.expires_at, token.ends, token.listed) == (end, True, True)


async def test_a_token_belongs_to_the_client_with_that_record_in_its_account(
    harbour: Any, told: Any, later: Any
) -> None:
    await take(harbour, [told("t", client_vendor_id="c"), told("none")], later(0))
    assert (await tokens_of(harbour))["t"].client is None

    await harbour.hear(harbour.agencyaccess, "c", name="Namesake")
    await harbour.lists(harbour.bronto, ["c"])
    page = await harbour.storage.clients(harbour.agency, range(1, 9))
    (client,) = [c.id for c in page.values() if c.records[0].account == harbour.bronto]
    found = await tokens_of(harbour)
    assert (found["t"].client, found["none"].client) == (client, None)

    await harbour.tell(harbour.agencyaccess, "c", "acme")
    await harbour.tell(harbour.bronto, "c", "acme")
    acme = await harbour.client_of("c")
    assert acme != client
    assert (await tokens_of(harbour))["t"].client == acme
    pages = await harbour.storage.page_tokens(
        harbour.agency, TokenFilter(), Window(first=9), [acme, client]
    )
    assert [token.facts.key for token in pages[acme].items] == ["t"]
    assert pages[client].items == ()


# ── Being told ────────────────────────────────────────────────────────────────────────────────


async def test_a_told_token_is_one_row_for_each_key(harbour: Any, told: Any, later: Any) -> None:
    id, is_new = await tell(harbour, told("a", name="A"), later(0))
    assert is_new
    rows = await harbour.storage.audit(harbour.agency, 100)
    assert rows[0].action == "token.tell"
    assert rows[0].detail == {"account": str(harbour.bronto), "kind": "API_KEY"}

    assert await tell(harbour, told("a", name="A"), later(1)) == (id, False)
    assert await harbour.storage.audit(harbour.agency, 100) == rows

    assert await tell(harbour, told("a", hint="1234"), later(2)) == (id, False)
    token = (await harbour.storage.tokens(harbour.agency, [id]))[id]
    assert (token.facts.name, token.facts.hint, token.told_at) == ("A", "1234", later(0))
    assert (token.held, token.listed) == (False, False)


# ── Orders and filters ────────────────────────────────────────────────────────────────────────


async def test_the_soonest_to_expire_comes_first_and_what_never_does_last(
    harbour: Any, told: Any, later: Any
) -> None:
    ends = {"never": None, "late": later(9), "soon": later(1), "same": later(9)}
    for key, end in ends.items():
        await tell(harbour, told(key, expires_at=end, ends=end is not None), later(0))
    expected = ["soon", "late", "same", "never"]
    assert list(await tokens_of(harbour)) == expected

    found: list[str] = []
    cursor = None
    while len(found) < 5:
        pages = await harbour.storage.page_tokens(
            harbour.agency, TokenFilter(account=harbour.bronto), Window(first=1, after=cursor)
        )
        found += [token.facts.key for token in pages[0].items]
        cursor = pages[0].cursors[0]
    assert found == ["soon", "late", "same", "held", "never"]
    assert not pages[0].has_next


async def test_tokens_are_filtered_by_end_kind_vendor_and_client(
    harbour: Any, told: Any, later: Any
) -> None:
    noon = later(0)
    ends = {"past": later(-1), "today": later(60), "month": noon + timedelta(days=30)}
    for key, end in ends.items():
        kind = TokenKind.USER if key == "today" else TokenKind.CLIENT
        await tell(harbour, told(key, kind=kind, expires_at=end, ends=True), noon)
    await take(harbour, [told("gone", expires_at=later(5), ends=True)], later(0))
    await take(harbour, [], later(1))

    async def keys(**filter: Any) -> list[str]:
        asked = TokenFilter(account=harbour.bronto, now=noon, **filter)
        page = await harbour.storage.page_tokens(harbour.agency, asked, Window(first=9))
        count = await harbour.storage.count_tokens(harbour.agency, asked)
        assert count == {0: len(page[0].items)}
        return [token.facts.key for token in page[0].items]

    assert await keys(expires_within_days=30) == ["today", "month"]
    assert await keys(expires_within_days=29) == ["today"]
    assert await keys(expires_within_days=10**12) == ["today", "month"]
    assert await keys(expires_within_days=0) == []
    assert await keys(expires_within_days=-(10**12)) == []
    assert await keys(kinds=(TokenKind.USER,)) == ["today"]
    assert await keys(vendors=(VendorName.OWN,)) == []
    assert await keys(client=10**9) == []
    assert await keys(statuses=()) == []


async def test_a_state_is_asked_for_at_a_moment(harbour: Any) -> None:
    with pytest.raises(ValueError, match="now"):
        await harbour.storage.count_tokens(
            harbour.agency, TokenFilter(statuses=(TokenStatus.ACTIVE,))
        )


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
moments = st.none() | st.sampled_from(
    [NOW + timedelta(days=days, microseconds=micro) for days in (-31, -1, 0, 29, 30, 31)
     for micro in (-1, 0, 1)]
)  # fmt: skip
states = st.fixed_dictionaries(
    {
        "active": st.none() | st.booleans(),
        "expires_at": moments,
        "ends": st.booleans(),
        "verified_at": moments,
        "refused_at": moments,
        "revoked_at": moments,
    }
)


@given(rows=st.lists(states, min_size=1, max_size=40))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_state_in_sql_is_the_state_in_python(
    harbour: Any, rows: list[dict[str, Any]]
) -> None:
    common = {"agency": harbour.agency, "account": harbour.bronto, "vendor": "bronto"}
    common |= {"kind": "API_KEY", "held": False, "listed": False, "told_at": NOW}
    written = []
    for number, row in enumerate(rows):
        active = {None: "null", True: "true", False: "false"}[row["active"]]
        facts = f'{{"key":"{number}","kind":"API_KEY","active":{active}}}'
        written.append({**common, **row, "key": str(number), "facts": facts})
    async with harbour.storage._database.write() as connection:
        await connection.execute(delete(table))
        await connection.execute(insert(table), written)

    everything = TokenFilter(account=harbour.bronto)
    window = Window(first=100)
    all_tokens = await harbour.storage.page_tokens(harbour.agency, everything, window)
    assert len(all_tokens[0].items) == len(rows)
    for status in TokenStatus:
        asked = TokenFilter(statuses=(status,), now=NOW)
        found = await harbour.storage.page_tokens(harbour.agency, asked, window)
        expected = [token for token in all_tokens[0].items if law.status(token, NOW) is status]
        assert list(found[0].items) == expected
