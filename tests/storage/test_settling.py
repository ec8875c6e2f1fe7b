"""What a settled write leaves in the ledger, change by change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from gateway.domain.failures import BadInput, Conflict, NotFound
from gateway.domain.intents import Subject, SubjectKind
from gateway.domain.jobs import JobValues
from gateway.domain.model import (
    Client,
    ClientRecord,
    ClientStatus,
    ClientValues,
    Entry,
    Link,
    LinkStatus,
    LinkValues,
    SealedCredential,
    Token,
)
from gateway.storage.values import (
    ClientFilter,
    ClientOrder,
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
    RetellToken,
    SplitClient,
    TokenFilter,
    Window,
)

ALL = Window(first=100)


async def record(tenant: Any, id: int) -> ClientRecord:
    found = await tenant.storage.records(tenant.agency, [id])
    return found[id]


async def client(tenant: Any, id: int) -> Client:
    found = await tenant.storage.clients(tenant.agency, [id])
    return found[id]


async def link(tenant: Any, id: int) -> Link:
    found = await tenant.storage.links(tenant.agency, [id])
    return found[id]


async def token(tenant: Any, id: int) -> Token:
    found = await tenant.storage.tokens(tenant.agency, [id])
    return found[id]


async def credentials(tenant: Any, account: int) -> Sequence[SealedCredential]:
    found = await tenant.storage.account(tenant.agency, account)
    return found.credentials


async def ledger(tenant: Any) -> list[Any]:
    """All that an agency's ledger holds."""
    storage, agency = tenant.storage, tenant.agency
    return [
        await storage.page_clients(agency, ClientFilter(), ClientOrder.CREATED_ASC, ALL),
        await storage.page_links(agency, LinkFilter(), ALL),
        await storage.page_tokens(agency, TokenFilter(), ALL),
        await storage.page_jobs(agency, JobFilter(), ALL),
        await storage.accounts(agency),
    ]


# ── KeepClient ────────────────────────────────────────────────────────────────────────────────


async def test_a_client_that_a_write_made_is_kept_as_the_vendor_told_it(
    harbour: Any, later: Any
) -> None:
    values = ClientValues(name="Acme", metadata=(Entry("a", "b"),), status=ClientStatus.ACTIVE)
    keep = KeepClient(account=harbour.agencyaccess, vendor_id="c", values=values)
    intent = await harbour.settle(await harbour.begin(), keep, at=later(1))

    assert intent.result.kind is SubjectKind.RECORD
    kept = await record(harbour, intent.result.id)
    assert (kept.vendor_id, kept.values, kept.archived) == ("c", values, False)
    assert (kept.told_at, kept.seen_at, kept.complete_at) == (later(1),) * 3
    assert (await client(harbour, kept.client)).label is None
    assert await harbour.clients(search="acme") == [["c"]]


async def test_a_client_that_could_not_be_read_back_is_only_told_of(harbour: Any) -> None:
    keep = KeepClient(account=harbour.agencyaccess, vendor_id="c", values=None, label="acme")
    kept = await record(harbour, await harbour.change(keep))
    assert (kept.values, kept.seen_at) == (None, None)
    assert (await client(harbour, kept.client)).label == "acme"

    await harbour.hear(harbour.agencyaccess, "c", name="Acme")
    await harbour.change(keep)
    assert (await record(harbour, kept.id)).values == ClientValues(name="Acme")


async def test_a_new_record_belongs_to_the_client_that_is_named(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "b", "acme")
    wanted = await harbour.client_of("b")
    for account, vendor_id, named in (
        (harbour.agencyaccess, "c", {"client": wanted}),
        (harbour.agencyaccess, "d", {"label": "acme"}),
        (harbour.agencyaccess, "e", {"client": wanted, "label": "acme"}),
    ):
        keep = KeepClient(account=account, vendor_id=vendor_id, values=ClientValues(), **named)
        assert (await record(harbour, await harbour.change(keep))).client == wanted
    assert await harbour.clients(label="acme") == [["b", "c", "d", "e"]]


async def test_a_client_without_label_that_is_named_gets_the_label(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "b")
    wanted = await harbour.client_of("b")
    keep = KeepClient(
        account=harbour.agencyaccess, vendor_id="c", values=None, client=wanted, label="acme"
    )
    await harbour.change(keep)
    assert await harbour.clients(label="acme") == [["b", "c"]]


async def test_a_known_record_hears_the_new_values_and_keeps_its_client(
    harbour: Any, later: Any
) -> None:
    await harbour.hear(harbour.agencyaccess, "c", name="Acme", company="Acme Ltd")
    before = await harbour.client_of("c")
    keep = KeepClient(account=harbour.agencyaccess, vendor_id="c", values=ClientValues(name="Bolt"))
    id = await harbour.change(keep, at=later(1))

    assert (await record(harbour, id)).values == ClientValues(name="Bolt")
    assert await harbour.client_of("c") == before
    assert await harbour.clients(search="acme") == []


async def test_what_was_heard_later_than_the_write_stands(harbour: Any, later: Any) -> None:
    await harbour.hear(harbour.agencyaccess, "c", later(5), name="Newer")
    keep = KeepClient(
        account=harbour.agencyaccess, vendor_id="c", values=ClientValues(name="Older")
    )
    id = await harbour.change(keep, at=later(1))
    assert (await record(harbour, id)).values == ClientValues(name="Newer")


async def test_a_record_that_a_list_told_of_before_the_settling_joins_the_client(
    harbour: Any, later: Any
) -> None:
    await harbour.tell(harbour.bronto, "b", "acme")
    wanted = await harbour.client_of("b")
    await harbour.lists(harbour.agencyaccess, ["c", "d"], later(1))
    made_for_it = await harbour.client_of("c")

    for vendor_id, named in (("c", {"client": wanted}), ("d", {"label": "acme"})):
        keep = KeepClient(account=harbour.agencyaccess, vendor_id=vendor_id, values=None, **named)
        await harbour.change(keep, at=later(2))
    assert await harbour.clients() == [["b", "c", "d"]]
    assert (await client(harbour, made_for_it)).id == wanted


async def test_a_record_of_another_client_is_a_conflict(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "b", "acme")
    await harbour.tell(harbour.bronto, "x", "bolt")
    await harbour.tell(harbour.agencyaccess, "c", "city")
    wanted, city = await harbour.client_of("b"), await harbour.client_of("c")
    await harbour.change(
        KeepClient(account=harbour.agencyaccess, vendor_id="d", values=None, client=city),
        LabelClient(client=city, label=None),
    )
    before = await ledger(harbour)

    for vendor_id, named in (
        ("c", {"client": wanted}),  # its client has another record
        ("c", {"label": "acme"}),
        ("x", {"client": wanted}),  # its client has a label
        ("x", {"label": "new"}),
        ("new", {"client": wanted, "label": "bolt"}),  # two clients
        ("new", {"client": wanted, "label": "new"}),  # a second label
    ):
        account = harbour.agencyaccess if vendor_id in "cd" else harbour.bronto
        keep = KeepClient(account=account, vendor_id=vendor_id, values=None, **named)
        with pytest.raises(Conflict):
            await harbour.change(keep)
    assert await ledger(harbour) == before


async def test_a_client_that_is_not_the_agencys_is_not_there(harbour: Any, meadow: Any) -> None:
    await meadow.tell(meadow.bronto, "b", "acme")
    theirs = await meadow.client_of("b")
    before = await ledger(meadow)
    for change in (
        KeepClient(account=harbour.bronto, vendor_id="c", values=None, client=theirs),
        KeepClient(account=meadow.bronto, vendor_id="b", values=ClientValues(name="Mine")),
        LabelClient(client=theirs, label="mine"),
        MergeClients(into=theirs, sources=()),
        PurgeClient(client=theirs),
        PurgeClient(client=2**63),
    ):
        with pytest.raises(NotFound):
            await harbour.change(change)
    assert await ledger(meadow) == before
    assert await harbour.clients() == []


@pytest.mark.parametrize(
    ("named", "field"),
    [({"vendor_id": ""}, "vendorId"), ({"vendor_id": "x" * 501}, "vendorId")]
    + [({"label": label}, "label") for label in ("", " ", "x" * 201)],
)
async def test_what_cannot_be_kept_is_refused_by_its_name(
    harbour: Any, named: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await harbour.change(
            KeepClient(**{"account": harbour.bronto, "vendor_id": "c", "values": None} | named)
        )
    assert refused.value.field == (field,)


# ── KeepLink ──────────────────────────────────────────────────────────────────────────────────


async def test_a_link_is_kept_and_its_client_met(harbour: Any, later: Any) -> None:
    values = LinkValues(client_vendor_id="c", status=LinkStatus.PENDING, created_at=later(0))
    keep = KeepLink(
        account=harbour.agencyaccess, vendor_id="l", client_vendor_id="c", values=values
    )
    intent = await harbour.settle(await harbour.begin(), keep, at=later(1))

    assert intent.result.kind is SubjectKind.LINK
    kept = await link(harbour, intent.result.id)
    assert (kept.values, kept.told_at, kept.seen_at) == (values, later(1), later(1))
    assert kept.client == await harbour.client_of("c")


async def test_a_link_that_could_not_be_read_back_is_only_told_of(harbour: Any, later: Any) -> None:
    await harbour.hear(harbour.agencyaccess, "c", name="Acme")
    keep = KeepLink(account=harbour.agencyaccess, vendor_id="l", client_vendor_id="c", values=None)
    kept = await link(harbour, await harbour.change(keep))
    assert (kept.values, kept.client) == (None, await harbour.client_of("c"))

    await harbour.link("l", "c", later(1), status=LinkStatus.COMPLETE)
    await harbour.change(keep, at=later(2))
    again = await link(harbour, kept.id)
    assert again.values.status is LinkStatus.COMPLETE


async def test_a_known_link_gets_its_new_values(harbour: Any, later: Any) -> None:
    await harbour.link("l", "c")
    values = LinkValues(client_vendor_id="c", status=LinkStatus.PARTIAL)
    keep = KeepLink(
        account=harbour.agencyaccess, vendor_id="l", client_vendor_id="c", values=values
    )
    kept = await link(harbour, await harbour.change(keep, at=later(1)))
    assert (kept.values, kept.seen_at) == (values, later(1))
    counted = await harbour.storage.count_links(harbour.agency, LinkFilter())
    assert counted == {0: 1}


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────


async def test_a_token_that_is_only_registered_is_not_held(
    harbour: Any, told: Any, later: Any
) -> None:
    keep = KeepToken(account=harbour.bronto, told=told("t", name="N", expires_at=later(9)))
    intent = await harbour.settle(await harbour.begin(), keep)

    assert intent.result.kind is SubjectKind.TOKEN
    kept = await token(harbour, intent.result.id)
    assert (kept.facts.name, kept.held, kept.listed) == ("N", False, False)
    assert kept.expires_at == later(9)
    assert await harbour.change(keep) == kept.id


async def test_a_token_that_is_issued_is_held_and_listed(
    harbour: Any, told: Any, credential: Any, later: Any
) -> None:
    await harbour.lists(harbour.bronto, ["c"])
    keep = KeepToken(
        account=harbour.bronto,
        told=told("t", name="N", client_vendor_id="c"),
        credential=credential("client", b"new", holder="c"),
        listed=True,
    )
    id = await harbour.change(keep, at=later(1))

    kept = await token(harbour, id)
    assert (kept.facts.name, kept.held, kept.listed, kept.seen_at) == ("N", True, True, later(1))
    assert kept.client == await harbour.client_of("c")
    (sealed,) = [each for each in await credentials(harbour, harbour.bronto) if each.holder == "c"]
    assert (sealed.slot, sealed.generation, sealed.envelope) == ("client", 1, b"new")
    assert sealed.token == id


async def test_a_second_token_of_a_holder_takes_the_place_of_the_first_value_only(
    harbour: Any, told: Any, credential: Any, later: Any
) -> None:
    async def issue(key: str, at: datetime) -> int:
        keep = KeepToken(
            account=harbour.bronto,
            told=told(key),
            credential=credential("client", key.encode(), holder="c"),
        )
        issued: int = await harbour.change(keep, at=at)
        return issued

    first, second = await issue("one", later(1)), await issue("two", later(2))
    assert first != second
    assert [(await token(harbour, id)).held for id in (first, second)] == [False, True]
    (sealed,) = [each for each in await credentials(harbour, harbour.bronto) if each.holder == "c"]
    assert (sealed.generation, sealed.envelope, sealed.token) == (2, b"two", second)
    assert await issue("one", later(3)) == first
    assert [(await token(harbour, id)).held for id in (first, second)] == [True, False]


async def test_a_token_that_two_credentials_hold_stays_held_while_one_does(
    harbour: Any, told: Any, credential: Any
) -> None:
    for holder in ("c", "d"):
        held = credential("client", holder=holder)
        id = await harbour.change(
            KeepToken(account=harbour.bronto, told=told("t"), credential=held)
        )
    other = credential("client", holder="d")
    await harbour.change(KeepToken(account=harbour.bronto, told=told("u"), credential=other))
    assert (await token(harbour, id)).held


async def test_a_changed_token_is_told_anew_under_its_key(
    harbour: Any, told: Any, later: Any
) -> None:
    id = await harbour.change(
        KeepToken(account=harbour.bronto, told=told("t", name="N", user="ann", active=True))
    )
    retell = RetellToken(token=id, told=told("other", active=False, permissions=()))
    assert await harbour.change(retell, at=later(1)) == id

    facts = (await token(harbour, id)).facts
    assert (facts.key, facts.name, facts.user) == ("t", "N", "ann")
    assert (facts.active, facts.permissions) == (False, ())


async def test_a_dead_token_is_marked_and_its_credential_removed(harbour: Any, later: Any) -> None:
    (held,) = await credentials(harbour, harbour.bronto)
    (other,) = await credentials(harbour, harbour.agencyaccess)
    assert await harbour.change(RetellToken(token=held.token, revoked=True), at=later(1))

    dead = await token(harbour, held.token)
    assert (dead.revoked_at, dead.held) == (later(1), False)
    assert await credentials(harbour, harbour.bronto) == ()
    assert await credentials(harbour, harbour.agencyaccess) == (other,)

    await harbour.change(RetellToken(token=held.token, revoked=True), at=later(2))
    assert (await token(harbour, held.token)).revoked_at == later(1)


async def test_a_rotated_credential_keeps_its_token_row_and_its_refusal_is_over(
    harbour: Any, credential: Any, later: Any
) -> None:
    storage, agency = harbour.storage, harbour.agency
    (held,) = await credentials(harbour, harbour.bronto)
    await storage.mark_credential(agency, held.id, accepted=False, at=later(1))
    replaced = ReplaceCredential(
        account=harbour.bronto, credential=credential("main", b"new", key="next")
    )
    intent = await harbour.settle(await harbour.begin(), replaced, at=later(2))

    assert intent.result == Subject(SubjectKind.TOKEN, held.token)
    (now,) = await credentials(harbour, harbour.bronto)
    assert (now.id, now.generation, now.envelope) == (held.id, held.generation + 1, b"new")
    assert not now.refused
    row = await token(harbour, held.token)
    assert (row.facts.key, row.refused_at, row.held) == ("next", None, True)


async def test_tokens_of_another_agency_are_not_there(
    harbour: Any, meadow: Any, told: Any, credential: Any
) -> None:
    (held,) = await credentials(meadow, meadow.bronto)
    before = await ledger(meadow)
    for change in (
        RetellToken(token=held.token, revoked=True),
        RetellToken(token=2**63, revoked=True),
        ReplaceCredential(account=meadow.bronto, credential=credential("main")),
        KeepToken(account=meadow.bronto, told=told("t")),
    ):
        with pytest.raises(NotFound):
            await harbour.change(change)
    assert await ledger(meadow) == before


# ── Labels, merging, splitting ────────────────────────────────────────────────────────────────


async def test_a_client_is_labelled_and_unlabelled(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "b")
    id = await harbour.client_of("b")
    intent = await harbour.settle(await harbour.begin(), LabelClient(client=id, label="acme"))
    assert intent.result == Subject(SubjectKind.CLIENT, id)
    assert await harbour.clients(label="acme") == [["b"]]
    await harbour.change(LabelClient(client=id, label="acme"))
    await harbour.change(LabelClient(client=id, label=None))
    assert (await client(harbour, id)).label is None


async def test_a_label_that_another_client_has_is_a_conflict(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "a", "acme")
    await harbour.tell(harbour.bronto, "b", "bolt")
    with pytest.raises(Conflict):
        await harbour.change(LabelClient(client=await harbour.client_of("b"), label="acme"))
    assert await harbour.clients(label="bolt") == [["b"]]


async def test_merged_clients_answer_with_the_one_that_remains(harbour: Any) -> None:
    for name in ("a", "b", "c"):
        await harbour.hear(harbour.bronto, name, name=name)
    await harbour.tell(harbour.bronto, "c", "city")
    a, b, c = [await harbour.client_of(name) for name in "abc"]
    await harbour.change(MergeClients(into=b, sources=(a,)))
    # The client that a was merged into, and b itself by two names:
    intent = await harbour.settle(await harbour.begin(), MergeClients(into=a, sources=(c, b, a)))

    assert intent.result == Subject(SubjectKind.CLIENT, b)
    assert await harbour.clients() == [["a", "b", "c"]]
    assert {(await client(harbour, id)).id for id in (a, b, c)} == {b}
    assert (await client(harbour, b)).label == "city"


async def test_clients_with_two_labels_are_not_merged(harbour: Any) -> None:
    for name, label in (("a", "acme"), ("b", "bolt"), ("c", None)):
        await harbour.tell(harbour.bronto, name, label)
    a, b, c = [await harbour.client_of(name) for name in "abc"]
    for into, sources in ((a, (b,)), (c, (a, b)), (a, (c, b))):
        with pytest.raises(Conflict):
            await harbour.change(MergeClients(into=into, sources=sources))
    assert len(await harbour.clients()) == 3


async def test_records_that_leave_become_a_client_of_their_own(harbour: Any) -> None:
    for name in ("a", "b", "c"):
        await harbour.tell(harbour.bronto, name, "acme")
        await harbour.hear(harbour.bronto, name, name=name)
    whole = await client(harbour, await harbour.client_of("a"))
    leaving = tuple(each.id for each in whole.records if each.vendor_id in "ac")
    intent = await harbour.settle(await harbour.begin(), SplitClient(records=leaving * 2))

    assert intent.result.kind is SubjectKind.CLIENT
    assert await harbour.clients() == [["a", "c"], ["b"]]  # ordered by the names they have now
    assert (await client(harbour, intent.result.id)).label is None
    assert (await client(harbour, whole.id)).label == "acme"


async def test_only_some_records_of_one_client_are_split(harbour: Any, meadow: Any) -> None:
    for tenant, name, label in ((harbour, "a", "x"), (harbour, "b", "x"), (harbour, "c", None)):
        await tenant.tell(tenant.bronto, name, label)
    theirs, _ = await meadow.tell(meadow.bronto, "a")
    both = (await client(harbour, await harbour.client_of("a"))).records
    (alone,) = (await client(harbour, await harbour.client_of("c"))).records
    a, b = (each.id for each in both)

    for ids, failure in (
        ((a, b), Conflict),
        ((alone.id,), Conflict),
        ((a, alone.id), Conflict),
        ((a, theirs), NotFound),
        ((a, 2**63), NotFound),
        ((), NotFound),
    ):
        with pytest.raises(failure):
            await harbour.change(SplitClient(records=ids))
    assert await harbour.clients() == [["a", "b"], ["c"]]


# ── Purging ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def acme(harbour: Any, told: Any, credential: Any, noon: datetime) -> int:
    """A client with everything that may hang on one, and another beside it."""
    for name in ("acme", "other"):
        await harbour.hear(harbour.agencyaccess, name, name=name.title(), email="a@example.org")
        await harbour.link(f"link-{name}", name)
        for change in (
            KeepToken(account=harbour.agencyaccess, told=told(f"t-{name}", client_vendor_id=name)),
            KeepToken(
                account=harbour.agencyaccess,
                told=told(f"h-{name}", client_vendor_id=name, name="Acme's token"),
                credential=credential("client", holder=name),
            ),
            KeepJob(
                account=harbour.agencyaccess,
                values=JobValues(title="Import"),
                client_vendor_id=name,
            ),
        ):
            await harbour.change(change)
    await harbour.tell(harbour.bronto, "twin")
    into: int = await harbour.client_of("acme")
    await harbour.change(MergeClients(into=into, sources=(await harbour.client_of("twin"),)))
    return into


async def test_a_purged_client_leaves_nothing_but_what_is_not_its_own(
    harbour: Any, acme: int
) -> None:
    storage, agency = harbour.storage, harbour.agency
    intent = await harbour.settle(await harbour.begin(), PurgeClient(client=acme))

    assert intent.result == Subject(SubjectKind.CLIENT, acme)
    assert await harbour.clients() == [["other"]]
    assert await storage.clients(agency, [acme]) == {}
    links = (await storage.page_links(agency, LinkFilter(), ALL))[0].items
    assert [each.vendor_id for each in links] == ["link-other"]
    jobs = (await storage.page_jobs(agency, JobFilter(), ALL)).items
    assert [job.client_vendor_id for job in jobs] == [None, "other"]
    tokens = (await storage.page_tokens(agency, TokenFilter(), ALL))[0].items
    assert {each.facts.key: (each.facts.name, each.held) for each in tokens} == {
        "held": (None, True),
        "t-other": (None, False),
        "h-acme": (None, True),
        "h-other": ("Acme's token", True),
    }
    assert {each.holder for each in await credentials(harbour, harbour.agencyaccess)} == {
        "",
        "acme",
        "other",
    }


async def test_clients_that_were_merged_into_a_purged_one_are_gone_too(
    harbour: Any, acme: int
) -> None:
    await harbour.change(PurgeClient(client=acme))
    assert await harbour.storage.clients(harbour.agency, range(1, 50)) == {
        id: await client(harbour, id) for id in [await harbour.client_of("other")]
    }


async def test_the_journal_forgets_what_it_was_asked_about_a_purged_client(
    harbour: Any, meadow: Any, acme: int
) -> None:
    async def left(kind: SubjectKind | None, id: int, tenant: Any = harbour) -> Any:
        """A write of that result, with a part, and what its arguments are now."""
        result = None if kind is None else Subject(kind, id)
        whole = await tenant.begin()
        part = await tenant.begin(parent=whole.id)
        await tenant.settle(whole, result=result)
        return tenant, (whole.id, part.id)

    storage, agency = harbour.storage, harbour.agency
    held = await client(harbour, acme)
    links = (await storage.page_links(agency, LinkFilter(), ALL))[0].items
    (its_link,) = [each.id for each in links if each.client == acme]
    (other_link,) = [each.id for each in links if each.client != acme]
    forgotten = [
        await left(SubjectKind.CLIENT, acme),
        await left(SubjectKind.LINK, its_link),
        *[await left(SubjectKind.RECORD, each.id) for each in held.records],
    ]
    kept = [
        await left(None, 0),
        await left(SubjectKind.LINK, other_link),
        await left(SubjectKind.TOKEN, acme),
        await left(SubjectKind.CLIENT, await harbour.client_of("other")),
        await left(SubjectKind.CLIENT, acme, meadow),
    ]
    await harbour.change(PurgeClient(client=acme))

    for writes, arguments in ((forgotten, b"{}"), (kept, b'{"name": "Acme"}')):
        for tenant, ids in writes:
            found = await tenant.storage.intents(tenant.agency, ids)
            assert [each.arguments for each in found.values()] == [arguments] * 2


async def test_purging_one_agencys_client_leaves_its_namesake_alone(
    harbour: Any, meadow: Any, acme: int
) -> None:
    await meadow.hear(meadow.agencyaccess, "acme", name="Acme")
    await meadow.link("link-acme", "acme")
    before = await ledger(meadow)
    await harbour.change(PurgeClient(client=acme))
    assert await ledger(meadow) == before
