"""Two agencies in one database: whatever one asks, nothing of the other answers or changes."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from gateway.domain.failures import NotFound
from gateway.domain.model import ClientValues, LinkStatus, LinkValues
from gateway.storage.tables import metadata
from gateway.storage.values import (
    ClientFilter,
    ClientOrder,
    LinkFilter,
    SeenClient,
    SeenLink,
    TokenFilter,
    Window,
)

ALL = Window(first=100)


async def everything(tenant: Any) -> list[Any]:
    """All that the ledger answers to one agency."""
    storage, agency = tenant.storage, tenant.agency
    clients = await storage.page_clients(agency, ClientFilter(), ClientOrder.NAME_ASC, ALL)
    return [
        await storage.agency(agency),
        await storage.accounts(agency),
        clients,
        await storage.page_links(agency, LinkFilter(), ALL),
        await storage.page_tokens(agency, TokenFilter(), ALL),
        await storage.listings(agency),
        await storage.export(agency),
        await storage.audit(agency, 1000),
        await storage.learned_capabilities(agency, tenant.bronto),
    ]


@pytest.fixture
async def full(harbour: Any, meadow: Any, told: Any, noon: datetime) -> tuple[Any, Any]:
    """Two agencies that hold the same, down to vendor ids, labels and keys."""
    for tenant in (harbour, meadow):
        await tenant.tell(tenant.agencyaccess, "c", "acme")
        await tenant.tell(tenant.agencyaccess, "d")
        await tenant.hear(tenant.agencyaccess, "c", name="Acme", email="acme@example.org")
        await tenant.lists(tenant.bronto, ["1", "2"])
        await tenant.link("l", "c", status=LinkStatus.COMPLETE)
        tokens = [told("t", client_vendor_id="1")]
        await tenant.storage.take_tokens(tenant.agency, tenant.bronto, tokens, noon)
        await tenant.storage.learn_capability(tenant.agency, tenant.bronto, "X", True)
    return harbour, meadow


async def test_the_same_ids_labels_and_keys_are_two_agencies_own(full: tuple[Any, Any]) -> None:
    for tenant, other in (full, full[::-1]):
        mine = await tenant.storage.accounts(tenant.agency)
        assert {account.id for account in mine} == {tenant.agencyaccess, tenant.bronto}
        assert all(credential.agency == tenant.agency for a in mine for credential in a.credentials)
        assert await tenant.clients(label="acme") == [["c"]]
        assert await tenant.clients(search="acme") == [["c"]]
        assert await tenant.clients(account=other.bronto) == []
        assert len(await tenant.clients()) == 4
        assert await tenant.storage.count_tokens(tenant.agency, TokenFilter()) == {0: 3}
        assert await tenant.storage.count_links(tenant.agency, LinkFilter()) == {0: 1}


async def test_ids_of_another_agency_are_not_there(full: tuple[Any, Any]) -> None:
    harbour, meadow = full
    storage, ids = harbour.storage, range(1, 50)
    for reader in (storage.clients, storage.records, storage.links, storage.tokens):
        mine, theirs = await reader(harbour.agency, ids), await reader(meadow.agency, ids)
        assert mine
        assert theirs
        assert not mine.keys() & theirs.keys()
        assert await reader(harbour.agency, list(theirs)) == {}
    assert await storage.account(harbour.agency, meadow.bronto) is None
    assert await storage.learned_capabilities(harbour.agency, meadow.bronto) == {}


async def test_clients_of_another_agency_have_no_links_or_tokens_here(
    full: tuple[Any, Any],
) -> None:
    harbour, meadow = full
    storage = harbour.storage
    theirs = list(await storage.clients(meadow.agency, range(1, 50)))
    links = await storage.page_links(harbour.agency, LinkFilter(), ALL, theirs)
    tokens = await storage.page_tokens(harbour.agency, TokenFilter(), ALL, theirs)
    counts = [
        await storage.count_links(harbour.agency, LinkFilter(), theirs),
        await storage.count_tokens(harbour.agency, TokenFilter(), theirs),
    ]

    assert all(page.items == () for page in (*links.values(), *tokens.values()))
    assert all(set(count.values()) == {0} for count in counts)
    for client in theirs:
        asked = LinkFilter(client=client)
        assert await storage.count_links(harbour.agency, asked) == {0: 0}
        assert await storage.count_tokens(harbour.agency, TokenFilter(client=client)) == {0: 0}


async def test_a_cursor_of_another_agency_shows_only_what_is_ones_own(
    full: tuple[Any, Any],
) -> None:
    harbour, meadow = full
    storage, order = harbour.storage, ClientOrder.NAME_ASC
    theirs = await storage.page_clients(meadow.agency, ClientFilter(), order, ALL)
    mine = await storage.page_clients(harbour.agency, ClientFilter(), order, ALL)
    own = {client.id for client in mine.items}
    for cursor in theirs.cursors:
        for window in (Window(first=100, after=cursor), Window(last=100, before=cursor)):
            page = await storage.page_clients(harbour.agency, ClientFilter(), order, window)
            assert {client.id for client in page.items} <= own


async def test_nobody_changes_what_is_another_agencys(
    full: tuple[Any, Any], told: Any, credential: Any, later: Any
) -> None:
    harbour, meadow = full
    storage, agency = harbour.storage, harbour.agency
    before = await everything(meadow)
    sealed = (await storage.accounts(meadow.agency))[0].credentials[0].id
    at = later(5)
    gone = ClientValues(name="Changed")
    link = LinkValues(client_vendor_id="d", status=LinkStatus.SKIPPED)

    assert not await storage.remove_account(agency, meadow.bronto, actor="eve", at=at)
    await storage.rewrap(agency, sealed, b"other")
    await storage.mark_credential(agency, sealed, accepted=False, at=at)
    await storage.learn_capability(agency, meadow.bronto, "X", False)
    await storage.learn(
        agency,
        [SeenClient(meadow.bronto, "1", gone, at), SeenClient(meadow.bronto, "2", None, at)],
        [SeenLink(meadow.agencyaccess, "l", link, at)],
    )
    await storage.take_clients(agency, meadow.bronto, "", [], at)
    await storage.take_tokens(agency, meadow.bronto, [], at)
    refused: list[Callable[[], Awaitable[Any]]] = [
        lambda: storage.replace_credential(
            agency, meadow.bronto, credential("main"), actor="eve", at=at
        ),
        lambda: storage.tell_client(agency, meadow.bronto, "1", "mine", actor="eve", at=at),
        lambda: storage.tell_link(agency, meadow.agencyaccess, "l", "d", actor="eve", at=at),
        lambda: storage.tell_token(agency, meadow.bronto, told("t"), actor="eve", at=at),
    ]
    for attempt in refused:
        with pytest.raises(NotFound):
            await attempt()

    assert await everything(meadow) == before


async def test_a_label_is_no_bridge_between_agencies(full: tuple[Any, Any], later: Any) -> None:
    harbour, meadow = full
    before = await everything(meadow)
    await harbour.tell(harbour.bronto, "1", "acme", later(1))
    await harbour.storage.remove_account(harbour.agency, harbour.bronto, actor="a", at=later(2))

    assert await everything(meadow) == before


async def test_every_statement_names_the_agency_of_every_table_that_has_one(
    harbour: Any, told: Any, credential: Any, later: Any
) -> None:
    owned = {table.name for table in metadata.sorted_tables if "agency" in table.c} - {
        "caller_key_agencies"
    }
    sent: set[str] = set()
    engine = harbour.storage._database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *told: sent.add(told[2]))
    storage, agency = harbour.storage, harbour.agency

    await harbour.tell(harbour.agencyaccess, "c", "acme")
    await harbour.lists(harbour.bronto, ["1", "2"])
    await harbour.lists(harbour.bronto, ["1"], later(1))
    await harbour.tell(harbour.bronto, "1", "acme")
    await harbour.link("l", "c")
    await harbour.link("l", "c", later(1))
    await storage.tell_link(agency, harbour.agencyaccess, "m", "n", actor="a", at=later(0))
    await storage.take_tokens(agency, harbour.bronto, [told("t"), told("held")], later(0))
    await storage.take_tokens(agency, harbour.bronto, [told("t")], later(1))
    await storage.tell_token(agency, harbour.bronto, told("t", name="N"), actor="a", at=later(1))
    held = await storage.replace_credential(
        agency, harbour.bronto, credential("main", key="t"), actor="a", at=later(1)
    )
    await storage.rewrap(agency, held.id, b"x")
    await storage.mark_credential(agency, held.id, accepted=True, at=later(2))
    await storage.learn_capability(agency, harbour.bronto, "X", True)
    await harbour.clients(
        search="a", email="a", vendors=(), account=1, vendor_id="1", statuses=(), label="acme"
    )
    await storage.clients(agency, [1, 2])
    await storage.records(agency, [1])
    await storage.links(agency, [1])
    await storage.tokens(agency, [1])
    for clients in (None, [1, 2]):
        await storage.page_links(agency, LinkFilter(client=1), ALL, clients)
        await storage.page_tokens(agency, TokenFilter(client=1), ALL, clients)
        await storage.count_links(agency, LinkFilter(client=1), clients)
        await storage.count_tokens(agency, TokenFilter(client=1), clients)
    await everything(harbour)
    await storage.remove_account(agency, harbour.agencyaccess, actor="a", at=later(3))

    assert len(sent) > 60
    for statement in sent:
        if statement.startswith("INSERT"):
            table, columns = re.findall(r"INTO (\w+) \(([^)]*)\)", statement)[0]
            assert table not in owned or "agency" in columns.split(", "), statement
            continue
        for table in re.findall(r"(?:FROM|JOIN|UPDATE|,) (\w+)\b(?! *\.)", statement):
            if table in owned:
                named = rf"\b{table}\.agency = |= {table}\.agency\b"
                assert re.search(named, statement), (table, statement)
