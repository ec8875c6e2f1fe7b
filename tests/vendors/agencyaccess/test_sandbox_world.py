"""AgencyAccess's double: its seeded world, its dashboard and what it keeps of changes."""

from typing import Any

import pytest

from .wire import ADS, NORA, Wire, first, link_where, services


@pytest.mark.parametrize("agency", ["Harbour", "Meadow"])
async def test_seeded_links_are_in_all_states(wire: Wire, agency: str) -> None:
    states = {
        tuple((service["granted"], service["skipped"]) for service in services(link))
        for link in wire.agency(agency)["links"].values()
    }
    yes, no, skipped = (True, False), (False, False), (False, True)
    assert states == {(yes, yes), (yes, no), (no, no), (skipped, skipped)}


async def test_the_agencies_share_no_id_and_no_key(wire: Wire) -> None:
    harbour, meadow = wire.agency("Harbour"), wire.agency("Meadow")
    assert harbour["key"] != meadow["key"]
    for kind in ("clients", "links", "accounts"):
        assert not set(harbour[kind]) & set(meadow[kind])
    twins = [
        {(client["name"], client["company"]) for client in agency["clients"].values()}
        for agency in (harbour, meadow)
    ]
    assert twins[0] & twins[1]


async def test_clients_grant_skip_and_fill_in_the_form(wire: Wire) -> None:
    link = link_where(wire.agency("Harbour"), granted=False, skipped=False)
    wire.double.dashboard({"action": "grant", "link": link, "platform": "Google"})
    wire.double.dashboard({"action": "skip", "link": link, "service": "Meta Ads"})
    read = await wire.good("links/retrieve", id=link)
    assert [(one["granted"], one["skipped"]) for one in services(read)] == [
        (True, False),
        (False, True),
    ]
    asks_form = next(
        key
        for key, one in wire.agency("Harbour")["links"].items()
        if one["intakeForm"] == {"requested": True, "complete": False}
    )
    wire.double.dashboard({"action": "finish_intake", "link": asks_form})
    read = await wire.good("links/retrieve", id=asks_form)
    assert read["intakeForm"] == {"requested": True, "complete": True}
    done = [effect["operation"] for effect in wire.double.effects()]
    assert done == ["grant", "skip", "finish_intake"]


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ({"action": "grant"}, "link"),
        ({"action": "skip", "link": ["x"]}, "link"),
        ({"action": "finish_intake", "link": "unknown"}, "link"),
        ({"action": "roll_key"}, "agency"),
        ({"action": "roll_key", "agency": "Harbour", "capabilities": ["Fly"]}, "capabilities"),
        ({"action": "deactivate", "agency": "Harbour", "account": "x"}, "account"),
        ({"action": "activate", "agency": "Harbour", "account": ["x"]}, "account"),
        ({"action": "disable_intake", "agency": "Nowhere"}, "agency"),
        ({"action": "delete_client", "client": "x"}, "client"),
        ({"action": "delete_link"}, "link"),
        ({"action": "revoke_token", "agency": "Harbour"}, "revoke_token"),
    ],
)
async def test_an_impossible_action_is_refused_in_a_sentence_and_changes_nothing(
    wire: Wire, action: Any, named: str
) -> None:
    before = wire.double.state()
    with pytest.raises(ValueError, match=named):
        wire.double.dashboard(action)
    assert wire.double.state() == before


async def test_the_intake_form_is_enabled_and_disabled(wire: Wire) -> None:
    body = {
        "clientID": first(wire.agency("Harbour")["clients"]),
        "requestedAccounts": ADS,
        "intakeForm": True,
    }
    statuses = []
    for action in ("disable_intake", "enable_intake"):
        wire.double.dashboard({"action": action, "agency": "Harbour"})
        statuses.append((await wire.post("links/create", body))[0])
    assert statuses == [409, 200]


async def test_a_client_is_deleted_with_its_links_and_a_link_alone(wire: Wire) -> None:
    links = wire.agency("Harbour")["links"]
    client = links[first(links)]["clientID"]
    gone = [key for key, link in links.items() if link["clientID"] == client]
    other = next(key for key, link in links.items() if link["clientID"] != client)
    wire.double.dashboard({"action": "delete_client", "client": client})
    wire.double.dashboard({"action": "delete_link", "link": other})
    assert set(links) - set(wire.agency("Harbour")["links"]) == {*gone, other}
    assert (await wire.get("clients/retrieve", id=client))[0] == 404
    assert (await wire.get("links/retrieve", id=other))[0] == 404
    assert (await wire.get("clients/retrieve", id=links[other]["clientID"]))[0] == 200


async def test_an_account_in_the_newer_dialect_says_so_in_its_credential_file(wire: Wire) -> None:
    wire.switch(dialect="newer")
    [account] = wire.double.accounts("Harbour")
    assert account.credentials == {"api_key": wire.key, "dialect": "newer"}


async def test_the_account_has_a_line_for_every_client_and_link(wire: Wire) -> None:
    agency = wire.agency("Meadow")
    [account] = wire.double.accounts("Meadow")
    assert account.credentials == {"api_key": agency["key"]}
    lines = {line["vendorId"]: line for line in account.ledger}
    assert set(lines) == {*agency["clients"], *agency["links"]}
    for key, client in agency["clients"].items():
        assert lines[key] == {"type": "client", "vendorId": key, "client": client["company"]}
    for key, link in agency["links"].items():
        assert lines[key] == {"type": "link", "vendorId": key, "clientVendorId": link["clientID"]}


async def test_effects_tell_who_changed_what_and_are_not_touched_later(wire: Wire) -> None:
    made = await wire.good("clients/create", NORA)
    [effect] = wire.double.effects()
    assert (
        effect.items() >= {"agency": "Harbour", "operation": "clients/create", "id": made}.items()
    )
    await wire.good("clients/update", {"id": made, "name": "Nora Grün"})
    assert [one["change"]["name"] for one in wire.double.effects()] == ["Nora Blum", "Nora Grün"]


async def test_the_same_world_gives_the_same_ids_and_keys_in_every_run(wire: Wire) -> None:
    first_made = await wire.good("clients/create", NORA)
    seeded = set(wire.agency("Harbour")["clients"]) - {first_made}
    wire.double.reset(None)
    assert set(wire.agency("Harbour")["clients"]) == seeded
    assert await wire.good("clients/create", NORA) == first_made
