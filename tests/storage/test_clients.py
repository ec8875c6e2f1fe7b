"""Reading clients: filters, orders, pages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.details import BrontoAllocations, BrontoDetails
from gateway.domain.failures import BadInput
from gateway.domain.model import ClientStatus, ClientValues, Entry
from gateway.domain.vendor import VendorName
from gateway.storage.port import Storage
from gateway.storage.values import ClientFilter, ClientOrder, SeenClient, Window


async def names(tenant: Any, order: ClientOrder, **window: Any) -> list[str]:
    page = await tenant.storage.page_clients(tenant.agency, ClientFilter(), order, Window(**window))
    return [client.records[0].vendor_id for client in page.items]


# ── Filters ───────────────────────────────────────────────────────────────────────────────────


async def test_a_search_finds_every_word_in_any_letter_case(harbour: Any) -> None:
    await harbour.hear(harbour.bronto, "1", name="Émile ZOLA", company="Les Éditions")
    await harbour.hear(harbour.bronto, "2", name="Straße", email="Weiß@Example.org")
    await harbour.hear(harbour.bronto, "3", name="Zola", website="https://zola.example")

    assert await harbour.clients(search="zola") == [["1"], ["3"]]
    assert await harbour.clients(search="  éMILE   éditions ") == [["1"]]
    assert await harbour.clients(search="zola example") == [["3"]]
    assert await harbour.clients(search="STRASSE weiss@example") == [["2"]]
    assert await harbour.clients(search="zola nobody") == []
    assert await harbour.clients(search="   ") == [["1"], ["2"], ["3"]]


async def test_signs_that_mean_something_to_sql_mean_themselves(harbour: Any) -> None:
    for id, name in {
        "1": "100% wool",
        "2": "100 wool",
        "3": "a_b",
        "4": "axb",
        "5": r"a\b/c",
    }.items():
        await harbour.hear(harbour.bronto, id, name=name)

    assert await harbour.clients(search="0%") == [["1"]]
    assert await harbour.clients(search="%") == [["1"]]
    assert await harbour.clients(search="a_b") == [["3"]]
    assert await harbour.clients(search="\\") == [["5"]]
    assert await harbour.clients(search="b/c") == [["5"]]
    assert await harbour.clients(search="' OR 1=1 --") == []


async def test_a_search_is_bounded(harbour: Any) -> None:
    for search in (" ".join(map(str, range(100))), "x" * 10_000):
        with pytest.raises(BadInput) as refused:
            await harbour.clients(search=search)
        assert refused.value.field == ("filter", "search")
        assert search not in refused.value.message


async def test_text_that_no_database_holds_is_found_all_the_same(harbour: Any) -> None:
    hostile = "nul\0half\ud800"
    await harbour.hear(harbour.bronto, hostile, name=hostile, email=hostile)

    assert len(await harbour.clients(vendor_id=hostile)) == 1
    assert len(await harbour.clients(search=hostile)) == 1
    assert len(await harbour.clients(email=hostile)) == 1
    assert await harbour.clients(label=hostile) == []


async def test_an_email_address_is_compared_whole_and_in_any_letter_case(harbour: Any) -> None:
    await harbour.hear(harbour.bronto, "1", email="Ann@Example.org")
    await harbour.hear(harbour.bronto, "2", email="joann@example.org")

    assert await harbour.clients(email="ann@EXAMPLE.org") == [["1"]]
    assert await harbour.clients(email="ann@example") == []


async def test_conditions_may_be_met_by_different_records_of_a_client(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "b1", "acme")
    await harbour.tell(harbour.agencyaccess, "a1", "acme")
    await harbour.hear(harbour.bronto, "b1", name="Acme", status=ClientStatus.RESTRICTED)
    await harbour.hear(harbour.agencyaccess, "a1", name="Acme Ltd", email="acme@example.org")
    await harbour.hear(harbour.bronto, "b2", name="Other", status=ClientStatus.ACTIVE)

    acme = [["b1", "a1"]]
    both = (VendorName.AGENCYACCESS,)
    assert await harbour.clients(vendors=both, statuses=(ClientStatus.RESTRICTED,)) == acme
    assert await harbour.clients(vendor_id="b1", email="acme@example.org") == acme
    assert await harbour.clients(account=harbour.agencyaccess, search="acme") == acme
    assert await harbour.clients(label="acme", vendors=(VendorName.BRONTO,)) == acme
    assert await harbour.clients(search="acme other") == []
    assert await harbour.clients(vendors=(), search="acme") == []
    assert await harbour.clients(label="ACME") == []


async def test_states_include_those_that_no_vendor_tells(harbour: Any, later: Any) -> None:
    await harbour.tell(harbour.agencyaccess, "told")
    await harbour.lists(harbour.bronto, ["here", "gone"])
    await harbour.lists(harbour.bronto, ["here"], later(1))
    await harbour.hear(harbour.bronto, "active", later(2), status=ClientStatus.ACTIVE)

    assert await harbour.clients(statuses=(ClientStatus.UNVERIFIED,)) == [["told"]]
    assert await harbour.clients(statuses=(ClientStatus.ARCHIVED,)) == [["gone"]]
    assert await harbour.clients(statuses=(ClientStatus.ACTIVE,)) == [["active"]]


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**200])
async def test_ids_that_no_row_can_have_are_not_there(harbour: Any, number: int) -> None:
    await harbour.hear(harbour.bronto, "1")
    storage: Storage = harbour.storage

    assert await storage.clients(harbour.agency, [number]) == {}
    assert await storage.records(harbour.agency, [number]) == {}
    assert await storage.links(harbour.agency, [number]) == {}
    assert await storage.tokens(harbour.agency, [number]) == {}
    assert await storage.account(harbour.agency, number) is None
    assert await harbour.clients(account=number) == []


async def test_many_ids_at_once_are_no_burden(harbour: Any) -> None:
    await harbour.lists(harbour.bronto, ["1"])
    client = await harbour.client_of("1")

    assert set(await harbour.storage.clients(harbour.agency, range(1, 40_000))) == {client}


# ── Values ────────────────────────────────────────────────────────────────────────────────────


async def test_values_come_back_as_they_were(harbour: Any, noon: datetime) -> None:
    allocations = BrontoAllocations(emails=2**40, api=False)
    values = ClientValues(
        name="Émile\n\0",
        status=ClientStatus.ACTIVE,
        created_at=datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=UTC),
        metadata=(Entry("k", "v"), Entry("k", "w")),
        details=BrontoDetails(time_zone="UTC", allocations=allocations),
    )
    await harbour.storage.learn(harbour.agency, [SeenClient(harbour.bronto, "1", values, noon)], [])

    (client,) = (
        await harbour.storage.clients(harbour.agency, [await harbour.client_of("1")])
    ).values()
    (record,) = client.records
    assert record.values == values
    assert (record.seen_at, record.complete_at, record.told_at) == (noon, noon, noon)
    assert record.seen_at.utcoffset() is not None
    assert (await harbour.storage.records(harbour.agency, [record.id])) == {record.id: record}


# ── Orders and pages ──────────────────────────────────────────────────────────────────────────


async def _fill(tenant: Any) -> None:
    made = {"b": ("beta", 3), "a": ("Alpha", 1), "e": ("Émile", 2), "f": ("Frank", None)}
    for id, (name, year) in made.items():
        created = None if year is None else datetime(2020 + year, 1, 1, tzinfo=UTC)
        await tenant.hear(tenant.bronto, id, name=name, created_at=created)
    await tenant.hear(tenant.bronto, "n1")
    await tenant.hear(tenant.bronto, "n2", name="  ")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ClientOrder.NAME_ASC, ["a", "b", "e", "f", "n1", "n2"]),
        (ClientOrder.NAME_DESC, ["f", "e", "b", "a", "n1", "n2"]),
        (ClientOrder.CREATED_ASC, ["a", "e", "b", "f", "n1", "n2"]),
        (ClientOrder.CREATED_DESC, ["b", "e", "a", "f", "n1", "n2"]),
    ],
)
async def test_every_order_puts_clients_without_the_value_last_and_pages_both_ways(
    harbour: Any, order: ClientOrder, expected: list[str]
) -> None:
    await _fill(harbour)
    storage, agency = harbour.storage, harbour.agency

    assert await names(harbour, order, first=100) == expected
    assert await names(harbour, order, last=100) == expected
    for size in (1, 2, 4):
        for forwards in (True, False):
            seen: list[str] = []
            cursor: str | None = None
            while True:
                window = (
                    Window(first=size, after=cursor)
                    if forwards
                    else Window(last=size, before=cursor)
                )
                page = await storage.page_clients(agency, ClientFilter(), order, window)
                ids = [client.records[0].vendor_id for client in page.items]
                seen = seen + ids if forwards else ids + seen
                assert page.has_next == (expected[-1] not in ids)
                assert page.has_previous == (expected[0] not in ids)
                if not (page.has_next if forwards else page.has_previous):
                    break
                cursor = page.cursors[-1 if forwards else 0]
            assert seen == expected


async def test_a_page_stays_where_it_is_while_clients_come_and_go(harbour: Any) -> None:
    for name in ("b", "d", "f", "h"):
        await harbour.hear(harbour.bronto, name, name=name)
    storage, agency = harbour.storage, harbour.agency
    first = await storage.page_clients(
        agency, ClientFilter(), ClientOrder.NAME_ASC, Window(first=2)
    )

    await harbour.hear(harbour.bronto, "a", name="a")
    await harbour.hear(harbour.bronto, "e", name="e")
    await harbour.tell(harbour.bronto, "d", "x")
    await harbour.tell(harbour.bronto, "h", "y")
    await harbour.tell(harbour.agencyaccess, "z", "z")

    assert await names(harbour, ClientOrder.NAME_ASC, first=9, after=first.cursors[1]) == [
        "e", "f", "h", "z",
    ]  # fmt: skip
    assert await names(harbour, ClientOrder.NAME_ASC, last=9, before=first.cursors[1]) == ["a", "b"]


async def test_a_cursor_outlives_its_client(harbour: Any) -> None:
    await harbour.tell(harbour.agencyaccess, "keeps", "one")
    for name in ("a", "b", "c"):
        await harbour.hear(harbour.bronto, name, name=name)
    page = await harbour.storage.page_clients(
        harbour.agency, ClientFilter(), ClientOrder.NAME_ASC, Window(first=2)
    )
    await harbour.tell(harbour.bronto, "b", "one")  # its own client is no more

    after = await harbour.storage.page_clients(
        harbour.agency,
        ClientFilter(account=harbour.bronto),
        ClientOrder.NAME_ASC,
        Window(first=9, after=page.cursors[1]),
    )
    assert [client.records[-1].vendor_id for client in after.items] == ["c"]
    assert after.has_previous


async def test_a_page_of_none_still_tells_whether_there_are_any(harbour: Any) -> None:
    page = await harbour.storage.page_clients(
        harbour.agency, ClientFilter(), ClientOrder.NAME_ASC, Window(first=0)
    )
    assert (page.items, page.has_next, page.has_previous) == ((), False, False)
    await harbour.hear(harbour.bronto, "1", name="a")
    page = await harbour.storage.page_clients(
        harbour.agency, ClientFilter(), ClientOrder.NAME_ASC, Window(first=0)
    )
    assert (page.items, page.has_next, page.has_previous) == ((), True, False)


@pytest.mark.parametrize("window", [{}, {"first": -1}, {"last": -1}, {"first": 2**70}])
async def test_a_page_has_a_size(harbour: Any, window: dict[str, int]) -> None:
    with pytest.raises(BadInput) as refused:
        await names(harbour, ClientOrder.NAME_ASC, **window)
    assert refused.value.field == (next(iter(window), "first"),)


@pytest.mark.parametrize("end", ["after", "before"])
async def test_what_is_not_our_cursor_is_bad_input(harbour: Any, end: str) -> None:
    await harbour.hear(harbour.bronto, "1", name="a")
    page = await harbour.storage.page_clients(
        harbour.agency, ClientFilter(), ClientOrder.NAME_ASC, Window(first=1)
    )
    ours = page.cursors[0]
    garbage = [
        "",
        "x",
        ours + "!",
        ours + "=",
        "é",
        "{}",
        "\0",
        ours[:-3],
        ours + "AAAA",
        "A" * 100_000,
    ]
    count = "first" if end == "after" else "last"
    for order, cursors in ((ClientOrder.NAME_ASC, garbage), (ClientOrder.NAME_DESC, [ours])):
        for cursor in cursors:
            with pytest.raises(BadInput) as refused:
                await names(harbour, order, **{count: 1, end: cursor})
            assert refused.value.field == (end,)


async def test_the_name_of_a_client_is_that_of_its_oldest_record_that_has_one(harbour: Any) -> None:
    await harbour.tell(harbour.agencyaccess, "a1", "acme")
    await harbour.tell(harbour.bronto, "b1", "acme")
    await harbour.hear(harbour.bronto, "b1", name="Zeta")
    await harbour.hear(harbour.bronto, "b2", name="Mu")
    assert await harbour.clients() == [["b2"], ["a1", "b1"]]

    await harbour.hear(harbour.agencyaccess, "a1", name="Alpha")
    assert await harbour.clients() == [["a1", "b1"], ["b2"]]
