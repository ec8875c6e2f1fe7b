"""Agencies, their accounts, and sealed credentials with their Token rows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.caller import AgencyId
from gateway.domain.failures import BadInput, Conflict, NotFound
from gateway.domain.vendor import VendorName
from gateway.storage.port import Storage
from gateway.storage.values import NewAccount, TokenFilter, Window


async def add(tenant: Any, *credentials: Any, name: str = "own") -> Any:
    new = NewAccount(vendor=VendorName.OWN, name=name, options={}, credentials=credentials)
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return await tenant.storage.add_account(tenant.agency, new, actor="ann", at=noon)


async def token(tenant: Any, id: int) -> Any:
    return (await tenant.storage.tokens(tenant.agency, [id]))[id]


async def all_tokens(tenant: Any, account: int) -> list[Any]:
    page = await tenant.storage.page_tokens(
        tenant.agency, TokenFilter(account=account), Window(first=9)
    )
    return list(page[0].items)


# ── Agencies ──────────────────────────────────────────────────────────────────────────────────


async def test_agencies_are_told_by_name_and_names_are_unique(
    storage: Storage, noon: datetime
) -> None:
    made = [await storage.add_agency(name, actor="ops", at=noon) for name in ("b", "A", "ç", "d")]
    with pytest.raises(Conflict):
        await storage.add_agency("A", actor="ops", at=noon)
    for name in ("", " ", "x" * 201):
        with pytest.raises(BadInput):
            await storage.add_agency(name, actor="ops", at=noon)

    b, a, c, _ = made
    assert [agency.name for agency in await storage.agencies()] == ["A", "b", "ç", "d"]
    assert await storage.agency(a.id) == a
    assert await storage.agency(AgencyId(10**6)) is None
    assert [row.agency for row in await storage.audit(None, 100)] == [m.id for m in made[::-1]]
    first = await storage.page_agencies([a.id, b.id, c.id], Window(first=2))
    assert (first.items, first.has_next) == ((a, b), True)
    rest = await storage.page_agencies([a.id, b.id, c.id], Window(first=2, after=first.cursors[1]))
    assert (rest.items, rest.has_next, rest.has_previous) == ((c,), False, True)


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────


async def test_an_account_comes_back_as_it_was_added(
    harbour: Any, credential: Any, noon: datetime
) -> None:
    new = NewAccount(
        vendor=VendorName.OWN,
        name="own",
        regions=("app1", "app2"),
        base_url="https://own.example",
        options={"client_id": "x"},
        capabilities=("CREATE_LINK",),
        credentials=(credential("api_token", b"\0\xff"), credential("other", holder="7", key="k")),
    )
    added = await harbour.storage.add_account(harbour.agency, new, actor="ann", at=noon)

    assert await harbour.storage.account(harbour.agency, added.id) == added
    assert (added.vendor, added.name, added.regions) == (VendorName.OWN, "own", ("app1", "app2"))
    assert (added.base_url, added.options) == ("https://own.example", {"client_id": "x"})
    assert (added.capabilities, added.verified_at) == (("CREATE_LINK",), None)
    held = added.credential("api_token")
    assert (held.envelope, held.generation, held.refused) == (b"\0\xff", 1, False)
    assert (held.vendor, held.account_name, held.agency) == (VendorName.OWN, "own", harbour.agency)
    assert added.credential("other", "7").holder == "7"
    assert len(await all_tokens(harbour, added.id)) == 2
    accounts = await harbour.storage.accounts(harbour.agency)
    assert [account.vendor.value for account in accounts] == ["agencyaccess", "bronto", "own"]


async def test_one_vendor_and_name_is_one_account(harbour: Any, meadow: Any) -> None:
    await add(harbour)
    await add(meadow)
    await add(harbour, name="second")
    with pytest.raises(Conflict):
        await add(harbour)
    assert len(await harbour.storage.accounts(harbour.agency)) == 4


async def test_an_account_of_no_agency_is_not_found(harbour: Any, noon: datetime) -> None:
    new = NewAccount(vendor=VendorName.OWN, name="own", options={})
    for agency in (0, 10**6, 2**80):
        with pytest.raises(NotFound):
            await harbour.storage.add_account(AgencyId(agency), new, actor="ann", at=noon)


async def test_removing_an_account_takes_all_that_was_known_through_it(
    harbour: Any, told: Any, later: Any
) -> None:
    await harbour.tell(harbour.agencyaccess, "a", "acme")
    await harbour.tell(harbour.bronto, "b", "acme")
    await harbour.hear(harbour.agencyaccess, "a", name="Zeta")
    await harbour.hear(harbour.bronto, "b", name="Alpha")
    await harbour.hear(harbour.bronto, "mid", name="Mu")
    await harbour.tell(harbour.agencyaccess, "alone", "alone")
    await harbour.link("l", "a")
    await harbour.storage.learn_capability(harbour.agency, harbour.agencyaccess, "X", True)
    acme, alone = await harbour.client_of("a"), await harbour.client_of("alone")
    storage, agency = harbour.storage, harbour.agency

    removed = await storage.remove_account(agency, harbour.agencyaccess, actor="ann", at=later(1))
    assert removed
    assert await storage.account(agency, harbour.agencyaccess) is None
    assert await harbour.clients() == [["b"], ["mid"]]
    assert set(await storage.clients(agency, [acme, alone])) == {acme}
    assert await storage.links(agency, range(1, 9)) == {}
    assert await all_tokens(harbour, harbour.agencyaccess) == []
    assert await storage.learned_capabilities(agency, harbour.agencyaccess) == {}
    assert (await storage.audit(agency, 1))[0].action == "account.remove"

    assert not await storage.remove_account(agency, harbour.agencyaccess, actor="ann", at=later(2))
    again = await harbour.tell(harbour.bronto, "new")
    assert again[0] > 3  # ids of rows that are gone are not given again
    assert await harbour.client_of("new") > alone


async def test_capabilities_are_learned_and_relearned(harbour: Any) -> None:
    storage, agency = harbour.storage, harbour.agency
    for name, granted in (("B", True), ("A", True), ("B", False)):
        await storage.learn_capability(agency, harbour.bronto, name, granted)
    await storage.learn_capability(agency, 10**6, "A", True)

    assert await storage.learned_capabilities(agency, harbour.bronto) == {"A": True, "B": False}
    assert await storage.learned_capabilities(agency, 10**6) == {}


# ── Credentials ───────────────────────────────────────────────────────────────────────────────


async def test_a_told_token_becomes_the_held_one(
    harbour: Any, told: Any, credential: Any, later: Any
) -> None:
    id, _ = await harbour.storage.tell_token(
        harbour.agency, harbour.bronto, told("k", name="Ann's"), actor="ann", at=later(0)
    )
    held = await harbour.storage.replace_credential(
        harbour.agency, harbour.bronto, credential("new", key="k"), actor="ann", at=later(1)
    )
    assert held.token == id
    assert ((await token(harbour, id)).held, (await token(harbour, id)).facts.name) == (
        True,
        "Ann's",
    )


async def test_a_replaced_credential_keeps_its_row_and_token_and_is_not_refused(
    harbour: Any, credential: Any, later: Any
) -> None:
    account = await add(harbour, credential("s", b"one", key="k1", name="first", hint="1111"))
    before = account.credential("s")
    await harbour.storage.mark_credential(harbour.agency, before.id, accepted=False, at=later(1))
    after = await harbour.storage.replace_credential(
        harbour.agency, account.id, credential("s", b"two", key="k2"), actor="ann", at=later(2)
    )

    assert (after.id, after.token) == (before.id, before.token)
    assert (after.generation, after.envelope, after.refused) == (2, b"two", False)
    (row,) = await all_tokens(harbour, account.id)
    assert (row.facts.key, row.facts.name, row.facts.hint) == ("k2", None, None)
    assert (row.refused_at, row.verified_at, row.held) == (None, None, True)
    trail = (await harbour.storage.audit(harbour.agency, 1))[0]
    assert (trail.action, trail.detail) == (
        "credential.replace",
        {"account": str(account.id), "slot": "s"},
    )


async def test_a_new_value_that_a_list_told_of_already_is_one_token_again(
    harbour: Any, told: Any, credential: Any, later: Any
) -> None:
    storage, agency = harbour.storage, harbour.agency
    account = await add(harbour, credential("s", key="k1"))
    await storage.take_tokens(agency, account.id, [told("k1"), told("k2", name="N")], later(1))
    after = await storage.replace_credential(
        agency, account.id, credential("s", key="k2"), actor="ann", at=later(2)
    )

    (row,) = await all_tokens(harbour, account.id)
    assert (row.id, row.facts.key, row.facts.name) == (after.token, "k2", "N")
    assert (row.held, row.listed, row.seen_at) == (True, True, later(1))
    assert after.token == account.credential("s").token

    await storage.take_tokens(agency, account.id, [told("k1"), told("k2")], later(3))
    old, new = sorted(await all_tokens(harbour, account.id), key=lambda each: each.facts.key)
    assert (old.held, new.held) == (False, True)


async def test_two_slots_with_one_value_share_its_token_until_one_is_replaced(
    harbour: Any, credential: Any, later: Any
) -> None:
    account = await add(harbour, credential("a", key="k"), credential("b", key="k"))
    shared = account.credential("a").token
    assert account.credential("b").token == shared

    for slot, key in (("a", "k2"), ("b", "k2")):
        await harbour.storage.replace_credential(
            harbour.agency, account.id, credential(slot, key=key), actor="ann", at=later(1)
        )
    account = await harbour.storage.account(harbour.agency, account.id)
    assert account.credential("a").token == account.credential("b").token
    assert [each.facts.key for each in await all_tokens(harbour, account.id)] == ["k2"]


async def test_marks_are_kept_on_credential_token_and_account(
    harbour: Any, credential: Any, later: Any
) -> None:
    storage, agency = harbour.storage, harbour.agency
    account = await add(harbour, credential("s"))
    held = account.credential("s")

    async def mark(accepted: bool, at: datetime) -> tuple[Any, ...]:
        await storage.mark_credential(agency, held.id, accepted=accepted, at=at)
        row = await token(harbour, held.token)
        now = await storage.account(agency, account.id)
        refused = now.credential("s").refused
        return refused, row.verified_at, row.refused_at, now.verified_at

    assert await mark(True, later(1)) == (False, later(1), None, later(1))
    assert await mark(False, later(3)) == (True, later(1), later(3), later(1))
    assert await mark(True, later(2)) == (True, later(2), later(3), later(2))
    assert await mark(True, later(4)) == (False, later(4), later(3), later(4))


async def test_what_was_said_of_the_value_before_does_not_mark_the_new_one(
    harbour: Any, credential: Any, later: Any
) -> None:
    account = await add(harbour, credential("s"))
    held = await harbour.storage.replace_credential(
        harbour.agency, account.id, credential("s", key="k2"), actor="ann", at=later(5)
    )
    await harbour.storage.mark_credential(harbour.agency, held.id, accepted=False, at=later(4))
    await harbour.storage.mark_credential(harbour.agency, 10**6, accepted=False, at=later(6))

    account = await harbour.storage.account(harbour.agency, account.id)
    assert account.credential("s") == held


async def test_rewrapping_makes_no_new_generation(harbour: Any, credential: Any) -> None:
    account = await add(harbour, credential("s", b"old"))
    held = account.credential("s")
    await harbour.storage.rewrap(harbour.agency, held.id, b"new")

    account = await harbour.storage.account(harbour.agency, account.id)
    assert account.credential("s").envelope == b"new"
    assert account.credential("s").generation == 1
