"""What people tell of clients and links: labels, merging, correcting."""

from datetime import datetime
from typing import Any

import pytest

from gateway.domain.failures import BadInput, Conflict, NotFound
from gateway.domain.model import LinkStatus, LinkValues
from gateway.storage.values import LinkFilter, Window


async def tell_link(tenant: Any, vendor_id: str, client: str, at: datetime) -> tuple[int, bool]:
    told: tuple[int, bool] = await tenant.storage.tell_link(
        tenant.agency, tenant.agencyaccess, vendor_id, client, actor="ann", at=at
    )
    return told


async def test_one_label_is_one_client_at_all_vendors(harbour: Any) -> None:
    first, is_new = await harbour.tell(harbour.agencyaccess, "a", "acme")
    assert is_new
    second, is_new = await harbour.tell(harbour.bronto, "b", "acme")
    assert is_new
    assert second != first
    assert await harbour.clients() == [["a", "b"]]
    assert await harbour.tell(harbour.bronto, "c") != second
    assert await harbour.clients(label="acme") == [["a", "b"]]


async def test_telling_the_same_again_changes_nothing(harbour: Any) -> None:
    id, _ = await harbour.tell(harbour.bronto, "b", "acme")
    rows = await harbour.storage.audit(harbour.agency, 100)

    assert await harbour.tell(harbour.bronto, "b", "acme") == (id, False)
    assert await harbour.tell(harbour.bronto, "b") == (id, False)
    assert await harbour.storage.audit(harbour.agency, 100) == rows


async def test_a_told_client_is_unverified_until_its_vendor_speaks(
    harbour: Any, later: Any
) -> None:
    id, _ = await harbour.tell(harbour.bronto, "b")
    record = (await harbour.storage.records(harbour.agency, [id]))[id]
    assert (record.values, record.seen_at, record.archived) == (None, None, False)

    await harbour.hear(harbour.bronto, "b", later(1), name="B")
    record = (await harbour.storage.records(harbour.agency, [id]))[id]
    assert record.values.name == "B"


async def test_a_label_for_a_record_that_was_listed_labels_its_client(harbour: Any) -> None:
    await harbour.lists(harbour.bronto, ["b"])
    client = await harbour.client_of("b")
    assert (await harbour.tell(harbour.bronto, "b", "acme"))[1] is False

    assert (await harbour.storage.clients(harbour.agency, [client]))[client].label == "acme"


async def test_records_move_to_the_client_with_the_label_and_the_old_id_follows(
    harbour: Any, later: Any
) -> None:
    await harbour.tell(harbour.agencyaccess, "a", "acme")
    await harbour.lists(harbour.bronto, ["b"])
    await harbour.hear(harbour.agencyaccess, "c", name="C")
    await harbour.link("l", "c")
    acme, b, c = [await harbour.client_of(id) for id in ("a", "b", "c")]

    await harbour.tell(harbour.bronto, "b", "acme", later(1))
    await harbour.tell(harbour.agencyaccess, "c", "acme", later(1))

    assert await harbour.clients() == [["a", "b", "c"]]
    answers = await harbour.storage.clients(harbour.agency, [b, acme, c, 10**6])
    assert {asked: client.id for asked, client in answers.items()} == {b: acme, acme: acme, c: acme}
    of_old = await harbour.storage.page_links(harbour.agency, LinkFilter(client=c), Window(first=9))
    assert [(link.vendor_id, link.client) for link in of_old[0].items] == [("l", acme)]


async def test_a_record_cannot_have_two_labels(harbour: Any) -> None:
    await harbour.tell(harbour.bronto, "b", "acme")
    await harbour.tell(harbour.bronto, "c", "zeta")
    rows = await harbour.storage.audit(harbour.agency, 100)

    for label in ("zeta", "new"):
        with pytest.raises(Conflict):
            await harbour.tell(harbour.bronto, "b", label)
    assert await harbour.clients(label="acme") == [["b"]]
    assert await harbour.clients(label="zeta") == [["c"]]
    assert await harbour.storage.audit(harbour.agency, 100) == rows


@pytest.mark.parametrize(
    ("vendor_id", "label", "field"),
    [("", None, "vendorId"), (" ", None, "vendorId"), ("x" * 501, None, "vendorId"),
     ("b", "", "label"), ("b", "x" * 201, "label")],
)  # fmt: skip
async def test_ids_and_labels_have_bounds(
    harbour: Any, vendor_id: str, label: str | None, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await harbour.tell(harbour.bronto, vendor_id, label)
    assert refused.value.field == (field,)
    assert await harbour.clients() == []


async def test_an_account_that_is_not_there_is_not_found(harbour: Any, noon: datetime) -> None:
    for account in (0, 10**6, 2**70):
        with pytest.raises(NotFound):
            await harbour.tell(account, "b")


async def test_a_told_link_brings_its_client(harbour: Any, later: Any) -> None:
    id, is_new = await tell_link(harbour, "l", "c", later(0))
    assert is_new
    assert await tell_link(harbour, "l", "c", later(1)) == (id, False)

    link = (await harbour.storage.links(harbour.agency, [id]))[id]
    assert (link.values, link.told_at, link.seen_at) == (None, later(0), None)
    assert link.client == await harbour.client_of("c")
    assert await harbour.clients() == [["c"]]
    page = await harbour.storage.page_links(
        harbour.agency, LinkFilter(statuses=(LinkStatus.UNVERIFIED,)), Window(first=9)
    )
    assert page[0].items == (link,)


async def test_a_link_told_wrongly_can_be_told_again_until_its_vendor_has_spoken(
    harbour: Any, later: Any
) -> None:
    id, _ = await tell_link(harbour, "l", "wrong", later(0))
    assert await tell_link(harbour, "l", "right", later(1)) == (id, False)
    link = (await harbour.storage.links(harbour.agency, [id]))[id]
    assert link.client == await harbour.client_of("right")

    await harbour.link("l", "truth", later(2))
    await tell_link(harbour, "l", "right", later(3))
    link = (await harbour.storage.links(harbour.agency, [id]))[id]
    assert link.values == LinkValues(client_vendor_id="truth", status=LinkStatus.PENDING)
    assert link.client is None


async def test_the_trail_says_who_told_what(harbour: Any, later: Any) -> None:
    await harbour.tell(harbour.bronto, "b", "acme", later(1))
    await tell_link(harbour, "l", "c", later(2))

    link, client = await harbour.storage.audit(harbour.agency, 2)
    assert (client.actor, client.at, client.action) == ("ann", later(1), "client.tell")
    assert client.detail == {"account": str(harbour.bronto), "vendorId": "b", "label": "acme"}
    assert (link.action, link.detail["clientVendorId"]) == ("link.tell", "c")


async def test_what_is_exported_imports_to_the_same_ledger(
    harbour: Any, meadow: Any, told: Any, noon: datetime, later: Any
) -> None:
    await harbour.tell(harbour.agencyaccess, "a", "acme")
    await harbour.tell(harbour.bronto, "b", "acme")
    await harbour.lists(harbour.bronto, ["b", "c"], later(1))
    await harbour.link("l", "a")
    await tell_link(harbour, "m", "d", noon)
    facts = {"name": "Ann's", "user": "ann", "hint": "1234", "created_at": noon}
    await harbour.storage.tell_token(
        harbour.agency, harbour.bronto, told("t", **facts), actor="ann", at=noon
    )

    lines = await harbour.storage.export(harbour.agency)
    assert lines == (
        {"type": "client", "account": "agencyaccess", "vendorId": "a", "client": "acme"},
        {"type": "client", "account": "bronto", "vendorId": "b", "client": "acme"},
        {"type": "client", "account": "bronto", "vendorId": "c"},
        {"type": "client", "account": "agencyaccess", "vendorId": "d"},
        {"type": "link", "account": "agencyaccess", "vendorId": "l", "clientVendorId": "a"},
        {"type": "link", "account": "agencyaccess", "vendorId": "m", "clientVendorId": "d"},
        {
            "type": "token",
            "account": "bronto",
            "kind": "API_KEY",
            "name": "Ann's",
            "user": "ann",
            "createdAt": noon.isoformat(),
            "hint": "1234",
        },
    )
    accounts = {"agencyaccess": meadow.agencyaccess, "bronto": meadow.bronto}
    for line in lines:
        if line["type"] == "client":
            await meadow.tell(accounts[line["account"]], line["vendorId"], line.get("client"))
        elif line["type"] == "link":
            await tell_link(meadow, line["vendorId"], line["clientVendorId"], noon)
    assert (await meadow.storage.export(meadow.agency)) == lines[:-1]
    assert sorted(await meadow.clients()) == sorted(await harbour.clients())
