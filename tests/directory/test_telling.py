"""What an operator knows by id is taken into the ledger, and told of line by line."""

import json
from typing import Any

import pytest

from gateway.directory.lines import read_lines
from gateway.directory.telling import Imported, Importer
from gateway.domain.failures import BadInput
from gateway.domain.vendor import VendorName
from gateway.storage.port import Storage
from gateway.storage.values import ClientFilter, ClientOrder, NewAccount, TokenFilter, Window
from tests.directory.fakes import HARBOUR, NOON, Hands, Script, surrogate

MEADOW = type(HARBOUR)(2)


@pytest.fixture
async def importer(storage: Storage, hands: Hands) -> Importer:
    """Harbour has three accounts, two of one name; Meadow has one."""
    for agency, vendor, name, regions in (
        (HARBOUR, VendorName.AGENCYACCESS, "Main", ()),
        (HARBOUR, VendorName.OWN, "Main", ("app1",)),
        (HARBOUR, VendorName.BRONTO, "Mail", ()),
        (MEADOW, VendorName.BRONTO, "Theirs", ()),
    ):
        new = NewAccount(vendor=vendor, name=name, regions=regions, options={})
        await storage.add_account(agency, new, actor="test", at=NOON)  # type: ignore[arg-type]
    return Importer(
        storage=storage,
        connector=Script().connector(hands.clock),
        surrogate=surrogate,
        clock=hands.clock,
    )


def line(**fields: str) -> dict[str, str]:
    return {"type": "client", "account": "Mail", "vendorId": "b1", **fields}


LINES = [
    line(client="acme"),
    line(account="agencyaccess/Main", vendorId="a1", client="acme"),
    line(account="own/Main", vendorId="app1/1"),
    {
        "type": "link",
        "account": "agencyaccess/Main",
        "vendorId": "l1",
        "clientVendorId": "a1",
    },
    {"type": "token", "account": "own/Main", "kind": "USER", "name": "Ann's", "hint": "x9Qz"},
]


async def told(importer: Importer, *lines: Any, agency: Any = HARBOUR) -> Imported:
    text = "\n".join(map(json.dumps, lines))
    return await importer.run(agency, read_lines(text), actor="ann")


async def clients(storage: Storage) -> list[tuple[str | None, list[str]]]:
    page = await storage.page_clients(
        HARBOUR, ClientFilter(), ClientOrder.CREATED_ASC, Window(first=100)
    )
    return sorted(
        ((one.label, [record.vendor_id for record in one.records]) for one in page.items), key=str
    )


async def test_clients_links_and_tokens_are_told_and_same_labels_are_one_client(
    importer: Importer, storage: Storage
) -> None:
    assert await told(importer, *LINES) == Imported(lines=5, new=5)
    assert await clients(storage) == [("acme", ["b1", "a1"]), (None, ["app1/1"])]
    (token,) = (await storage.page_tokens(HARBOUR, TokenFilter(), Window(first=9)))[0].items
    assert (token.facts.name, token.held, token.ends) == ("Ann's", False, True)


async def test_the_same_file_twice_changes_nothing_the_second_time(
    importer: Importer, storage: Storage
) -> None:
    await told(importer, *LINES)
    before = await clients(storage), await storage.export(HARBOUR)
    assert await told(importer, *LINES) == Imported(lines=5, new=0)
    assert (await clients(storage), await storage.export(HARBOUR)) == before


async def test_what_is_exported_can_be_imported_again_though_accounts_share_a_name(
    importer: Importer, storage: Storage
) -> None:
    await told(importer, *LINES)
    exported = await storage.export(HARBOUR)
    assert {each["account"] for each in exported} == {"Mail", "agencyaccess/Main", "own/Main"}
    assert await told(importer, *exported) == Imported(lines=5, new=0)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (line(account="Main"), ("3", "account")),
        (line(account="Theirs"), ("3", "account")),
        (line(account="own/Main", vendorId="1"), ("3", "vendorId")),
        ({**LINES[3], "account": "Mail"}, ("3", "type")),
    ],
)
async def test_a_line_that_cannot_be_is_named_and_nothing_is_taken(
    importer: Importer, storage: Storage, bad: dict[str, str], field: tuple[str, ...]
) -> None:
    text = f"{json.dumps(line())}\n\n{json.dumps(bad)}"
    with pytest.raises(BadInput) as caught:
        await importer.run(HARBOUR, read_lines(text), actor="ann")
    assert caught.value.field == field
    assert caught.value.message.startswith("Line 3: ")
    assert await clients(storage) == []


async def test_an_agency_cannot_import_into_anothers_accounts(importer: Importer) -> None:
    with pytest.raises(BadInput, match=r"it has Theirs\."):
        await told(importer, line(), agency=MEADOW)


async def test_a_label_that_contradicts_what_is_known_is_told_with_its_line(
    importer: Importer,
) -> None:
    await told(importer, line(client="acme"))
    with pytest.raises(BadInput) as caught:
        await told(importer, line(vendorId="b2"), line(client="other"))
    assert caught.value.field == ("2", "client")


async def test_progress_is_told_line_by_line(importer: Importer) -> None:
    done: list[int] = []
    text = "\n".join(map(json.dumps, LINES))
    await importer.run(HARBOUR, read_lines(text), actor="ann", progress=done.append)
    assert done == [1, 2, 3, 4, 5]
