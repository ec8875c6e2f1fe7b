"""What vendors say becomes what the ledger remembers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from gateway.domain.model import ClientRecord, ClientValues, LinkStatus, LinkValues
from gateway.domain.vendor import VendorName
from gateway.storage.values import (
    ClientFilter,
    ClientOrder,
    LinkFilter,
    Listing,
    NewAccount,
    Resource,
    SeenClient,
    SeenLink,
    Window,
)


@contextmanager
def statements(tenant: Any) -> Iterator[list[str]]:
    """The changing statements that reach the database."""
    sent: list[str] = []
    engine = tenant.storage._database._engine.sync_engine

    def note(*told: Any) -> None:
        if told[2].split()[0] in ("INSERT", "UPDATE", "DELETE"):
            sent.append(told[2])

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def record_of(tenant: Any, vendor_id: str) -> ClientRecord:
    clients = await tenant.storage.clients(tenant.agency, [await tenant.client_of(vendor_id)])
    (client,) = clients.values()
    return next(record for record in client.records if record.vendor_id == vendor_id)


async def all_links(tenant: Any) -> dict[str, Any]:
    page = await tenant.storage.page_links(tenant.agency, LinkFilter(), Window(first=100))
    return {link.vendor_id: link for link in page[0].items}


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


async def test_an_older_word_does_not_replace_a_newer_one(harbour: Any, later: Any) -> None:
    await harbour.hear(harbour.bronto, "1", later(5), name="New")
    await harbour.hear(harbour.bronto, "1", later(1), name="Old")

    record = await record_of(harbour, "1")
    assert record.values == ClientValues(name="New")
    assert record.seen_at == later(5)
    assert await harbour.clients(search="old") == []


async def test_a_listing_in_passing_erases_nothing(harbour: Any, later: Any) -> None:
    await harbour.hear(harbour.bronto, "1", later(0), name="Full", email="a@b.org")
    await harbour.hear(harbour.bronto, "1", later(1), name="Part", complete=False)

    record = await record_of(harbour, "1")
    assert record.values == ClientValues(name="Part", email="a@b.org")
    assert (record.seen_at, record.complete_at) == (later(1), later(0))
    assert await harbour.clients(email="A@B.org") == [["1"]]


async def test_words_of_one_batch_are_heard_in_the_order_of_their_time(
    harbour: Any, later: Any
) -> None:
    said = [
        SeenClient(harbour.bronto, "1", ClientValues(name="Part", complete=False), later(2)),
        SeenClient(harbour.bronto, "1", ClientValues(name="Full", email="a@b.org"), later(1)),
        SeenClient(harbour.bronto, "2", ClientValues(name="Gone"), later(1)),
        SeenClient(harbour.bronto, "2", None, later(2)),
        SeenClient(harbour.bronto, "3", None, later(2)),
    ]
    await harbour.storage.learn(harbour.agency, said, [])

    assert (await record_of(harbour, "1")).values == ClientValues(name="Part", email="a@b.org")
    assert (await record_of(harbour, "2")).archived
    assert await harbour.clients(vendor_id="3") == []


async def test_a_client_that_a_vendor_denies_is_archived_with_its_values(
    harbour: Any, later: Any
) -> None:
    await harbour.hear(harbour.bronto, "1", later(0), name="A")
    await harbour.storage.learn(
        harbour.agency, [SeenClient(harbour.bronto, "1", None, later(1))], []
    )

    record = await record_of(harbour, "1")
    assert record.archived
    assert record.values == ClientValues(name="A")
    assert record.seen_at == later(0)


async def test_what_did_not_change_is_not_written(harbour: Any, noon: datetime) -> None:
    await harbour.hear(harbour.bronto, "1", noon, name="A")
    await harbour.link("l", "1", noon)
    with statements(harbour) as sent:
        await harbour.hear(harbour.bronto, "1", noon, name="A")
        await harbour.link("l", "1", noon)
        await harbour.storage.learn(harbour.agency, [], [])
    assert sent == []


async def test_what_is_said_of_an_account_that_is_gone_is_forgotten(
    harbour: Any, noon: datetime
) -> None:
    await harbour.storage.remove_account(harbour.agency, harbour.bronto, actor="ann", at=noon)
    await harbour.hear(harbour.bronto, "1", name="A")
    await harbour.lists(harbour.bronto, ["2"])
    await harbour.storage.take_tokens(harbour.agency, harbour.bronto, [], noon)

    assert await harbour.clients() == []
    assert await harbour.storage.listings(harbour.agency) == ()


async def test_an_id_that_no_index_takes_does_not_spoil_the_list(harbour: Any) -> None:
    await harbour.lists(harbour.bronto, ["1", "x" * 100_000])
    await harbour.hear(harbour.bronto, "1", name="n" * 100_000, email="e" * 100_000)
    await harbour.link("l", "c" * 100_000)

    assert await harbour.clients() == [["1"]]
    assert list(await all_links(harbour)) == ["l"]


# ── Lists ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_list_makes_a_client_for_each_unknown_record_and_for_no_other(
    harbour: Any, later: Any
) -> None:
    await harbour.tell(harbour.bronto, "1", "acme")
    await harbour.lists(harbour.bronto, ["1", "2"], later(1))
    await harbour.lists(harbour.bronto, ["1", "2"], later(2))
    await harbour.lists(harbour.bronto, [], later(3))

    assert await harbour.clients() == [["1"], ["2"]]
    assert await harbour.clients(label="acme") == [["1"]]


async def test_what_is_missing_from_a_list_is_archived_and_may_come_back(
    harbour: Any, later: Any
) -> None:
    await harbour.lists(harbour.bronto, ["1", "2"], later(0))
    await harbour.lists(harbour.bronto, ["1"], later(1))
    gone = await record_of(harbour, "2")
    assert gone.archived
    assert gone.seen_at == later(0)
    assert not (await record_of(harbour, "1")).archived

    await harbour.lists(harbour.bronto, ["1", "2"], later(2))
    assert not (await record_of(harbour, "2")).archived
    assert (await record_of(harbour, "2")).id == gone.id


async def test_a_list_concerns_its_own_region_and_account_only(harbour: Any, later: Any) -> None:
    own = await harbour.storage.add_account(
        harbour.agency,
        NewAccount(vendor=VendorName.OWN, name="own", regions=("app1", "app10"), options={}),
        actor="ann",
        at=later(0),
    )
    await harbour.lists(harbour.bronto, ["1"], later(0))
    await harbour.lists(own.id, ["app1/1", "app1/2", "elsewhere/3"], later(0), "app1")
    await harbour.lists(own.id, ["app10/1", "APP1/4", "app1/5"], later(0), "app10")
    assert await harbour.clients(account=own.id) == [["app1/1"], ["app1/2"], ["app10/1"]]

    await harbour.lists(own.id, ["app1/1"], later(1), "app1")
    archived = [
        id for id in ("1", "app1/1", "app1/2", "app10/1") if (await record_of(harbour, id)).archived
    ]
    assert archived == ["app1/2"]
    assert await harbour.storage.listings(harbour.agency) == (
        Listing(harbour.bronto, Resource.CLIENTS, "", later(0)),
        Listing(own.id, Resource.CLIENTS, "app1", later(1)),
        Listing(own.id, Resource.CLIENTS, "app10", later(0)),
    )


async def test_a_list_that_comes_late_is_ignored(harbour: Any, later: Any) -> None:
    await harbour.lists(harbour.bronto, ["1", "2"], later(5))
    await harbour.lists(harbour.bronto, ["3"], later(1))

    assert await harbour.clients() == [["1"], ["2"]]
    assert not (await record_of(harbour, "2")).archived
    assert [each.at for each in await harbour.storage.listings(harbour.agency)] == [later(5)]


async def test_what_was_told_after_a_list_was_made_is_not_missing_from_it(
    harbour: Any, later: Any
) -> None:
    await harbour.tell(harbour.bronto, "told", at=later(2))
    await harbour.hear(harbour.bronto, "heard", later(2), name="A")
    await harbour.tell(harbour.bronto, "before", at=later(0))
    await harbour.lists(harbour.bronto, [], later(1))

    archived = {id: (await record_of(harbour, id)).archived for id in ("told", "heard", "before")}
    assert archived == {"told": False, "heard": False, "before": True}


@pytest.mark.slow
@pytest.mark.timeout(60)
async def test_ten_thousand_clients_take_few_statements(harbour: Any, later: Any) -> None:
    ids = [str(number) for number in range(10_000)]
    for minute, bound in ((0, 100), (1, 30), (2, 30)):
        with statements(harbour) as sent:
            await harbour.lists(harbour.bronto, ids, later(minute))
        assert len(sent) <= bound
    page = await harbour.storage.page_clients(
        harbour.agency, ClientFilter(search="9999"), ClientOrder.NAME_DESC, Window(first=1)
    )
    assert [record.seen_at for client in page.items for record in client.records] == [later(2)]


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_link_is_replaced_by_newer_words_only(harbour: Any, later: Any) -> None:
    await harbour.link("l", "c", later(5), status=LinkStatus.COMPLETE)
    await harbour.link("l", "c", later(1), status=LinkStatus.PENDING)
    link = (await all_links(harbour))["l"]
    assert link.values == LinkValues(client_vendor_id="c", status=LinkStatus.COMPLETE)
    assert (link.seen_at, link.client) == (later(5), None)


async def test_a_link_that_a_vendor_denies_is_kept_as_it_was(harbour: Any, later: Any) -> None:
    await harbour.link("l", "c", later(0))
    before = await all_links(harbour)
    gone = [SeenLink(harbour.agencyaccess, id, None, later(1)) for id in ("l", "unknown")]
    await harbour.storage.learn(harbour.agency, [], gone)

    assert await all_links(harbour) == before


async def test_a_link_finds_its_client_whichever_is_known_first(harbour: Any) -> None:
    await harbour.link("l", "c")
    assert (await all_links(harbour))["l"].client is None

    await harbour.hear(harbour.bronto, "c", name="Namesake at another vendor")
    assert (await all_links(harbour))["l"].client is None

    await harbour.hear(harbour.agencyaccess, "c", name="A")
    (client,) = [
        client.id
        for client in (
            await harbour.storage.page_clients(
                harbour.agency,
                ClientFilter(account=harbour.agencyaccess),
                ClientOrder.NAME_ASC,
                Window(first=9),
            )
        ).items
    ]
    assert (await all_links(harbour))["l"].client == client


@pytest.mark.parametrize("window", [{"first": 2}, {"last": 2}])
async def test_each_client_has_its_own_page_of_links_by_one_statement(
    harbour: Any, later: Any, window: dict[str, int]
) -> None:
    for client in ("c1", "c2", "c3"):
        await harbour.hear(harbour.agencyaccess, client, name=client)
    for number in range(5):
        await harbour.link(f"a{number}", "c1", created_at=later(number))
    await harbour.link("b", "c2", created_at=later(9))
    await harbour.storage.tell_link(
        harbour.agency, harbour.agencyaccess, "told", "c2", actor="ann", at=later(0)
    )
    c1, c2, c3 = [await harbour.client_of(client) for client in ("c1", "c2", "c3")]
    storage, agency = harbour.storage, harbour.agency

    async def page(**asked: Any) -> Any:
        return await storage.page_links(agency, LinkFilter(), Window(**asked), [c1, c2, c3, 0])

    found = await page(**window)
    ids = {client: [link.vendor_id for link in each.items] for client, each in found.items()}
    newest, oldest = ["a4", "a3"], ["a1", "a0"]
    assert ids == {c1: newest if "first" in window else oldest, c2: ["b", "told"], c3: [], 0: []}
    assert (found[c1].has_next, found[c1].has_previous) == ("first" in window, "last" in window)
    assert (found[c2].has_next, found[c2].has_previous) == (False, False)

    if "first" in window:
        rest = (await page(first=2, after=found[c1].cursors[1]))[c1]
        assert [link.vendor_id for link in rest.items] == ["a2", "a1"]
    else:
        rest = (await page(last=2, before=found[c1].cursors[0]))[c1]
        assert [link.vendor_id for link in rest.items] == ["a3", "a2"]
    assert rest.has_next
    assert rest.has_previous
    assert await storage.count_links(agency, LinkFilter(), [c1, c2, c3]) == {c1: 5, c2: 2, c3: 0}
    assert await storage.count_links(agency, LinkFilter()) == {0: 7}


async def test_links_are_filtered_by_state_client_account_and_id(harbour: Any) -> None:
    await harbour.hear(harbour.agencyaccess, "c", name="A")
    await harbour.link("1", "c", status=LinkStatus.COMPLETE)
    await harbour.link("2", "c", status=LinkStatus.PARTIAL)
    await harbour.link("3", "nobody", status=LinkStatus.PARTIAL)
    client = await harbour.client_of("c")

    async def ids(**filter: Any) -> list[str]:
        storage, agency = harbour.storage, harbour.agency
        page = await storage.page_links(agency, LinkFilter(**filter), Window(first=9))
        count = await storage.count_links(agency, LinkFilter(**filter))
        assert count == {0: len(page[0].items)}
        return [link.vendor_id for link in page[0].items]

    assert await ids(statuses=(LinkStatus.PARTIAL,)) == ["2", "3"]
    assert await ids(client=client) == ["1", "2"]
    assert await ids(client=client, statuses=(LinkStatus.PARTIAL, LinkStatus.SKIPPED)) == ["2"]
    assert await ids(vendor_id="3") == ["3"]
    assert await ids(account=harbour.bronto) == []
    assert await ids(vendors=(VendorName.BRONTO,)) == []
    assert await ids(vendors=(VendorName.AGENCYACCESS,)) == ["1", "2", "3"]
    assert await ids(client=2**80) == []
