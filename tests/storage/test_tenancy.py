"""Two agencies in one database: whatever one asks, nothing of the other answers or changes."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from gateway.domain.failures import ErrorCode, NotFound
from gateway.domain.intents import IntentState, Problem
from gateway.domain.jobs import JobStatus, JobValues, ListedJob
from gateway.domain.model import ClientValues, LinkStatus, LinkValues
from gateway.storage.tables import metadata
from gateway.storage.values import (
    ClientFilter,
    ClientOrder,
    IntentFilter,
    JobFilter,
    KeepClient,
    KeepJob,
    KeepLink,
    KeepToken,
    LabelClient,
    LinkFilter,
    MergeClients,
    PurgeClient,
    ReplaceCredential,
    RetellJob,
    RetellToken,
    SeenClient,
    SeenLink,
    SplitClient,
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
        await storage.page_intents(agency, IntentFilter(), ALL),
        await storage.page_jobs(agency, JobFilter(), ALL),
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
        await tenant.begin("createLink", key="k")
        jobs = [ListedJob("j", JobValues(title="Job"))]
        await tenant.storage.take_jobs(tenant.agency, tenant.bronto, "", jobs, noon)
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
    readers = (storage.clients, storage.records, storage.links, storage.tokens)
    for reader in (*readers, storage.jobs, storage.intents):
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
    jobs = [ListedJob("j", JobValues(title="Changed"))]
    await storage.take_jobs(agency, meadow.bronto, "", jobs, at)
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


async def write_everything(tenant: Any, told: Any, credential: Any, at: datetime) -> None:
    """Every step of a write, and every change that one may leave."""
    storage, agency = tenant.storage, tenant.agency
    intent = await tenant.begin(key="w", account=tenant.bronto)
    part = await tenant.begin(parent=intent.id)
    await storage.sending(agency, intent.id, 1)
    await storage.answered(agency, intent.id, 1, b"sealed")
    lost = Problem(code=ErrorCode.OUTCOME_UNKNOWN, message="Lost.")
    await storage.doubt(agency, intent.id, 1, IntentState.UNKNOWN, lost)
    await storage.withdraw(agency, part.id, 1)
    await storage.keyed(agency, "createClient", "w")
    await storage.parts(agency, [intent.id])
    await storage.count_intents(agency, IntentFilter(vendors=(), states=()))
    access = tenant.agencyaccess
    held = credential("client", holder="w")
    record = await tenant.change(
        KeepClient(account=access, vendor_id="w", values=ClientValues(name="W"), label="w")
    )
    await tenant.change(KeepClient(account=access, vendor_id="x", values=None, label="w"))
    await tenant.change(KeepLink(account=access, vendor_id="w", client_vendor_id="w", values=None))
    token = await tenant.change(KeepToken(account=access, told=told("w"), credential=held))
    other = KeepToken(account=access, told=told("w2", client_vendor_id="w"), credential=held)
    await tenant.change(other)
    await tenant.change(ReplaceCredential(account=access, credential=held))
    await tenant.change(RetellToken(token=token, revoked=True, told=told("w")))
    job = await tenant.change(KeepJob(account=access, values=JobValues(title="Job")))
    await tenant.change(RetellJob(job=job, values=JobValues(title="Job"), vendor_id="w"))
    await storage.take_jobs(agency, access, "", [ListedJob("w", JobValues(title="Job"))], at)
    await storage.retell_job(agency, job, JobValues(title="J"), only=frozenset(JobStatus))
    await storage.count_jobs(agency, JobFilter(account=access, client=1, kinds=(), statuses=()))
    await storage.jobs(agency, [job])
    split = await tenant.change(SplitClient(records=(record,)))
    into = await tenant.change(MergeClients(into=await tenant.client_of("x"), sources=(split,)))
    await tenant.change(LabelClient(client=into, label="v"))
    await tenant.change(PurgeClient(client=into))


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
    await write_everything(harbour, told, credential, later(3))
    await everything(harbour)
    await storage.remove_account(agency, harbour.agencyaccess, actor="a", at=later(3))

    assert len(sent) > 110
    for statement in sent:
        if statement.startswith("INSERT"):
            table, columns = re.findall(r"INTO (\w+) \(([^)]*)\)", statement)[0]
            assert table not in owned or "agency" in columns.split(", "), statement
            continue
        for table in re.findall(r"(?:FROM|JOIN|UPDATE|,) (\w+)\b(?! *\.)", statement):
            if table in owned:
                named = rf"\b{table}\.agency = |= {table}\.agency\b"
                assert re.search(named, statement), (table, statement)
