"""AgencyAccess's writes over real sockets: one journaled call each, judged by its effects."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.contract import Made, Write
from gateway.domain.changes import (
    ClientPatch,
    ClientUpdate,
    EntryPatch,
    LinkUpdate,
    NewClient,
    NewLink,
)
from gateway.domain.failures import BadInput, CapabilityMissing, Failure
from gateway.domain.model import (
    ClientValues,
    Entry,
    LinkedAccount,
    LinkService,
    LinkStatus,
    LinkValues,
    Outcome,
    Seen,
)
from gateway.upstream.exchange import Call, Reply

from .bench import MARK, Bench
from .wire import Wire, first, link_where

ANA = NewClient(name="Ana Ruiz", email="ana@example.org", language="Spanish")
ADS = LinkService(platform="Google", service="Google Ads", access_level="ADMIN")
META = LinkService(platform="Meta", service="Meta Ads", access_level="READ_ONLY")


async def sent(write: Write[Any, Made] | None, values: Any) -> Made:
    assert write is not None
    return await write.send(values, MARK)


async def found(write: Write[Any, Made] | None, values: Any) -> Made | None:
    assert write is not None
    assert write.find is not None
    return await write.find(values, MARK)


def value(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Seen), outcome
    return outcome.value


async def client_of(bench: Bench, id: str) -> ClientValues:
    read = bench.operations().get_clients
    assert read is not None
    values = value((await read([id]))[id])
    assert isinstance(values, ClientValues)
    return values


async def link_of(bench: Bench, id: str) -> LinkValues:
    read = bench.operations().get_links
    assert read is not None
    values = value((await read([id]))[id])
    assert isinstance(values, LinkValues)
    return values


def a_client(wire: Wire) -> str:
    return first(wire.agency("Harbour")["clients"])


def new_link(bench: Bench, *services: LinkService, **more: Any) -> NewLink:
    asked = services or (ADS,)
    return NewLink(client_vendor_id=a_client(bench.wire), services=asked, **more)


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("AGENCYACCESS", "createClient")
@pytest.mark.case(4)
async def test_a_client_is_created_by_one_journaled_call_and_carries_the_mark(bench: Bench) -> None:
    made = await sent(bench.operations().create_client, ANA)
    assert bench.journal.steps == ["sending", "answered"]
    assert await bench.calls() == {"clients/create": 1}
    [effect] = bench.wire.double.effects()
    assert effect["id"] == made.vendor_id
    assert effect["change"]["metadata"] == {"gateway_intent": MARK}
    assert (made.invite_url, made.warnings) == (None, ())


@pytest.mark.case(4, 7, 24)
async def test_a_client_that_was_created_is_read_back_with_all_that_was_given(bench: Bench) -> None:
    new = NewClient(
        name="Ana Ruiz",
        email="ana@example.org",
        language="Spanish",
        company="Ruiz SL",
        website="https://ruiz.example",
        metadata=(Entry("crm", "42"),),
    )
    made = await sent(bench.operations().create_client, new)
    read = await client_of(bench, made.vendor_id)
    assert (read.name, read.email, read.language) == (new.name, new.email, new.language)
    assert (read.company, read.website, read.kind) == (new.company, new.website, "Client")
    assert read.metadata == (Entry("crm", "42"), Entry("gateway_intent", MARK))
    assert read.created_at is not None
    assert abs(bench.clock.now() - read.created_at) < timedelta(minutes=1)


@pytest.mark.case(5, 6, 7)
@pytest.mark.parametrize(
    "new",
    [
        NewClient(name="", email="a@example.org", language="Dutch"),
        NewClient(name="Ana", language="Dutch"),
        NewClient(name="Ana", email="a@example.org"),
        NewClient(name="Ana", email="a@example.org", language="French"),
        NewClient(
            name="Ana",
            email="a@example.org",
            language="Dutch",
            metadata=(Entry("gateway_intent", "x"),),
        ),
    ],
)
async def test_what_the_vendor_would_refuse_is_not_sent(bench: Bench, new: NewClient) -> None:
    with pytest.raises(BadInput):
        await sent(bench.operations().create_client, new)
    assert (bench.journal.steps, await bench.calls(), bench.effects()) == ([], {}, [])


def patched(current: ClientValues, id: str, **patch: Any) -> ClientUpdate:
    return ClientUpdate(vendor_id=id, current=current, patch=ClientPatch(**patch))


@pytest.mark.live("AGENCYACCESS", "updateClient")
@pytest.mark.case(9)
@pytest.mark.parametrize("keeps_absent", [True, False])
async def test_an_update_changes_what_it_names_whatever_the_vendor_does_with_the_rest(
    bench: Bench, keeps_absent: bool
) -> None:
    bench.wire.switch(keeps_absent=keeps_absent)
    id = a_client(bench.wire)
    before = await client_of(bench, id)
    assert before.website
    update = patched(before, id, company=None, metadata=(EntryPatch("tier", "gold"),))
    operations = bench.operations()
    assert await found(operations.update_client, update) is None
    assert await sent(operations.update_client, update) == Made(id)
    assert bench.journal.steps == ["sending", "answered"]
    assert await found(operations.update_client, update) == Made(id)
    assert bench.journal.steps == ["sending", "answered"]
    held = bench.wire.agency("Harbour")["clients"][id]
    assert (held["company"], held["website"]) == ("", before.website)
    assert held["metadata"]["tier"] == "gold"
    assert held["metadata"].items() >= {entry.key: entry.value for entry in before.metadata}.items()


async def test_an_update_sent_twice_leaves_what_it_leaves_once(bench: Bench) -> None:
    id = a_client(bench.wire)
    update = patched(await client_of(bench, id), id, name="Nora", website=None)
    write = bench.operations().update_client
    assert write is not None
    await sent(write, update)
    once = bench.wire.agency("Harbour")["clients"][id]
    await sent(write, update)
    assert bench.wire.agency("Harbour")["clients"][id] == once


async def test_a_finding_looks_at_the_vendor_and_not_into_the_cache(bench: Bench) -> None:
    id = a_client(bench.wire)
    update = patched(await client_of(bench, id), id, name="Nora")
    await bench.wire.good("clients/update", {"id": id, "name": "Nora"})
    assert (await client_of(bench, id)).name != "Nora"
    assert await found(bench.operations().update_client, update) == Made(id)


async def test_an_update_of_what_is_gone_is_not_found(bench: Bench) -> None:
    id = first(bench.wire.agency("Harbour")["links"])
    client = bench.wire.agency("Harbour")["links"][id]["clientID"]
    update = patched(await client_of(bench, client), client, name="Nora")
    bench.wire.double.dashboard({"action": "delete_client", "client": client})
    operations = bench.operations()
    assert await found(operations.update_client, update) is None
    change = LinkUpdate(vendor_id=id, services=(ADS,))
    assert await found(operations.update_link, change) is None


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("AGENCYACCESS", "createLink")
@pytest.mark.case(13, 15, 16, 17, 20)
async def test_a_link_is_created_by_one_journaled_call_and_read_back(bench: Bench) -> None:
    account = first(bench.wire.agency("Harbour")["accounts"])
    ads = LinkService(
        platform="Google",
        service="Google Ads",
        access_level="ADMIN",
        linked_accounts=(LinkedAccount(account, "mcc_9"),),
    )
    new = new_link(
        bench,
        ads,
        META,
        intake_form=True,
        send_email=True,
        redirect_url="https://ruiz.example/thanks",
        thank_you_message="Gracias",
    )
    made = await sent(bench.operations().create_link, new)
    assert bench.journal.steps == ["sending", "answered"]
    assert (made.invite_url, made.warnings) == (None, ())
    [effect] = bench.wire.double.effects()
    assert (effect["change"]["redirect"], effect["change"]["sendEmail"]) == (
        "ruiz.example/thanks",
        True,
    )
    read = await link_of(bench, made.vendor_id)
    assert await bench.calls() == {"links/create": 1, "links/retrieve": 1}
    assert read.services == (ads, META)
    assert read.intake_form is not None
    assert (read.intake_form.requested, read.intake_form.complete) == (True, False)
    assert (read.redirect_url, read.thank_you_message) == (new.redirect_url, "Gracias")
    assert (read.retain_tokens, read.status) == (False, LinkStatus.PENDING)


@pytest.mark.case(13)
async def test_a_form_that_is_disabled_is_a_conflict_that_says_so(bench: Bench) -> None:
    bench.wire.double.dashboard({"action": "disable_intake", "agency": "Harbour"})
    with pytest.raises(Failure, match="intake form is disabled") as refused:
        await sent(bench.operations().create_link, new_link(bench, intake_form=True))
    assert refused.value.code.value == "CONFLICT"
    await sent(bench.operations().create_link, new_link(bench, intake_form=False))
    assert bench.effects() == ["disable_intake", "links/create"]


@pytest.mark.case(14)
@pytest.mark.parametrize("status", [409, 403, 400])
async def test_the_plans_limit_is_a_conflict_whatever_its_status(bench: Bench, status: int) -> None:
    limit = len(bench.wire.agency("Harbour")["links"])
    bench.wire.switch(link_limit=limit, link_limit_status=status)
    with pytest.raises(Failure, match="plan's limit") as refused:
        await sent(bench.operations().create_link, new_link(bench))
    assert refused.value.code.value == "CONFLICT"
    assert bench.effects() == []


@pytest.mark.case(10)
async def test_a_client_that_is_unknown_or_anothers_is_an_input_that_is_named(bench: Bench) -> None:
    for client in ("unknown", first(bench.wire.agency("Meadow")["clients"])):
        new = NewLink(client_vendor_id=client, services=(ADS,))
        with pytest.raises(BadInput) as refused:
            await sent(bench.operations().create_link, new)
        assert refused.value.field == ("clientId",)
    assert bench.effects() == []


GOPHER = LinkService(platform="Gopher", service="Gopher Ads", access_level="Boss")


@pytest.mark.case(11)
async def test_unknown_services_are_sent_and_told_of(bench: Bench) -> None:
    bench.wire.switch(strict_services=False)
    made = await sent(bench.operations().create_link, new_link(bench, ADS, GOPHER))
    [warning] = made.warnings
    assert "Gopher Ads of Gopher" in warning
    assert GOPHER in (await link_of(bench, made.vendor_id)).services


@pytest.mark.case(11)
async def test_unknown_services_are_for_the_vendor_to_refuse(bench: Bench) -> None:
    with pytest.raises(BadInput):
        await sent(bench.operations().create_link, new_link(bench, ADS, GOPHER))
    assert (await bench.calls(), bench.effects()) == ({"links/create": 1}, [])


@pytest.mark.case(12)
async def test_an_inactive_linked_account_is_an_input_that_is_named(bench: Bench) -> None:
    account = first(bench.wire.agency("Harbour")["accounts"])
    bench.wire.double.dashboard({"action": "deactivate", "agency": "Harbour", "account": account})
    ads = LinkService(
        platform="Google", service="Google Ads", linked_accounts=(LinkedAccount(account),)
    )
    with pytest.raises(BadInput) as refused:
        await sent(bench.operations().create_link, new_link(bench, ads))
    assert refused.value.field == ("services",)
    assert bench.effects() == ["deactivate"]


@pytest.mark.live("AGENCYACCESS", "updateLink")
@pytest.mark.case(18, 19)
@pytest.mark.parametrize("keeps_unnamed", [True, False])
async def test_an_update_names_some_services_and_nothing_else(
    bench: Bench, keeps_unnamed: bool
) -> None:
    bench.wire.switch(keeps_unnamed=keeps_unnamed)
    id = link_where(bench.wire.agency("Harbour"), granted=True)
    before = bench.wire.agency("Harbour")["links"][id]
    ads = LinkService(platform="Google", service="Google Ads", access_level="READ_ONLY")
    update = LinkUpdate(vendor_id=id, services=(ads,))
    operations = bench.operations()
    assert operations.update_link is not None
    assert await found(operations.update_link, update) is None
    assert await sent(operations.update_link, update) == Made(id)
    assert bench.journal.steps == ["sending", "answered"]
    assert await found(operations.update_link, update) == Made(id)
    after = bench.wire.agency("Harbour")["links"][id]
    assert after["requestedAccounts"]["Google"]["Google Ads"]["granted"] is False
    assert ("Meta" in after["requestedAccounts"]) is keeps_unnamed
    assert {**after, "requestedAccounts": 0} == {**before, "requestedAccounts": 0}
    assert bench.effects() == ["links/update"]


# ── Dialects ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(27)
@pytest.mark.parametrize("wraps_created", [True, False])
async def test_the_newer_dialect_is_a_matter_of_the_accounts_option(
    bench: Bench, wraps_created: bool
) -> None:
    bench.speak_newer(wraps_created=wraps_created)
    new = new_link(bench, redirect_url="https://ruiz.example/thanks")
    made = await sent(bench.operations().create_link, new)
    read = await link_of(bench, made.vendor_id)
    assert made.invite_url == read.invite_url
    assert (made.invite_url or "").endswith(made.vendor_id)
    assert read.redirect_url == new.redirect_url
    update = LinkUpdate(vendor_id=made.vendor_id, services=(META,))
    await sent(bench.operations().update_link, update)
    assert await found(bench.operations().update_link, update) == Made(made.vendor_id)
    assert bench.effects() == ["links/create", "links/update"]


async def test_an_unknown_dialect_sends_nothing_and_an_account_check_tells_of_it(
    bench: Bench,
) -> None:
    bench.options = {"dialect": "klingon"}
    for write, values in (
        (bench.operations().create_link, new_link(bench)),
        (bench.operations().update_link, LinkUpdate(vendor_id="x", services=(ADS,))),
    ):
        with pytest.raises(BadInput, match="seed, newer"):
            await sent(write, values)
    [shown] = await bench.operations().verify()
    assert isinstance(shown.failure, BadInput)
    assert await bench.calls() == {}


# ── What reads differently ────────────────────────────────────────────────────────────────────


@pytest.mark.case(28)
@pytest.mark.parametrize("unset", ["empty", "absent", "null"])
async def test_unset_fields_read_as_none_and_unknown_ones_are_ignored(
    bench: Bench, unset: str
) -> None:
    bench.wire.switch(unset=unset, extra_fields=True)
    operations = bench.operations()
    client = await client_of(bench, (await sent(operations.create_client, ANA)).vendor_id)
    assert (client.company, client.website) == (None, None)
    link = await link_of(bench, (await sent(operations.create_link, new_link(bench))).vendor_id)
    assert (link.redirect_url, link.thank_you_message, link.static_link_ref) == (None, None, None)


@pytest.mark.case(3, 26)
async def test_a_key_that_may_only_create_creates_and_the_read_back_names_what_it_lacks(
    bench: Bench,
) -> None:
    capabilities = ["Create Customer", "Create Link"]
    action = {"action": "roll_key", "agency": "Harbour", "capabilities": capabilities}
    bench.wire.key = bench.wire.double.dashboard(action)["api_key"]
    client = await sent(bench.operations().create_client, ANA)
    link = await sent(bench.operations().create_link, new_link(bench))
    assert bench.effects() == ["roll_key", "clients/create", "links/create"]
    operations = bench.operations()
    assert operations.get_clients is not None
    assert operations.get_links is not None
    unread = {
        **await operations.get_clients([client.vendor_id]),
        **await operations.get_links([link.vendor_id]),
    }
    for id, capability in (
        (client.vendor_id, "Retrieve Customer"),
        (link.vendor_id, "Retrieve Link"),
    ):
        failure = unread[id]
        assert isinstance(failure, CapabilityMissing)
        assert capability in failure.message


# ── Recovery ──────────────────────────────────────────────────────────────────────────────────


async def test_the_answer_in_the_journal_tells_again_what_was_made_without_a_call(
    bench: Bench,
) -> None:
    bench.speak_newer()
    for name, values in (("create_client", ANA), ("create_link", new_link(bench))):
        made = await sent(getattr(bench.operations(), name), values)
        kept = bench.journal.reply
        assert kept is not None
        before = await bench.calls()

        async def replay(call: Call, kept: Reply = kept) -> Reply:
            assert call.journaled
            return kept

        assert await sent(getattr(bench.operations(transport=replay), name), values) == made
        assert await bench.calls() == before


async def test_writes_of_one_key_do_not_mix(bench: Bench) -> None:
    people = [
        NewClient(name=f"Client {n}", email=f"{n}@example.org", language="Dutch") for n in range(8)
    ]
    made = await asyncio.gather(
        *(sent(bench.operations().create_client, person) for person in people)
    )
    held = bench.wire.agency("Harbour")["clients"]
    assert [held[one.vendor_id]["name"] for one in made] == [person.name for person in people]
    assert await bench.calls() == {"clients/create": 8}
