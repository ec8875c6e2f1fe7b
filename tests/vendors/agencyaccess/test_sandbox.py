"""AgencyAccess's double against the conformance list of its vendor page (section 9)."""

from copy import deepcopy
from typing import Any

import pytest

from .wire import ADS, NORA, SEED_MESSAGE, Wire, first, link_where

# ── Keys and capabilities ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", [None, "", "k_wrong"])
async def test_a_wrong_key_is_refused_in_the_envelope(wire: Wire, key: str | None) -> None:
    wire.key = key
    assert await wire.get("clients/retrieve", id="x") == (
        401,
        {"error": True, "msg": "Invalid API key"},
    )


async def test_a_rolled_key_dies_at_once_and_its_successor_lives(wire: Wire) -> None:
    old = wire.key
    new = wire.double.dashboard({"action": "roll_key", "agency": "Harbour"})["api_key"]
    assert (await wire.get("clients/retrieve", id="x"))[0] == 401
    wire.key = new
    assert (await wire.get("clients/retrieve", id="x"))[0] == 404
    assert old != new
    assert wire.double.describe("")["agencies"]["Harbour"]["api_key"] == new


@pytest.mark.parametrize(
    ("method", "operation", "capability"),
    [
        ("POST", "clients/create", "Create Customer"),
        ("GET", "clients/retrieve", "Retrieve Customer"),
        ("POST", "clients/update", "Edit Customer"),
        ("POST", "links/create", "Create Link"),
        ("GET", "links/retrieve", "Retrieve Link"),
        ("POST", "links/update", "Edit Link"),
    ],
)
async def test_each_endpoint_needs_its_capability_before_it_looks_at_the_input(
    wire: Wire, method: str, operation: str, capability: str
) -> None:
    others = [one for one in wire.agency("Harbour")["capabilities"] if one != capability]
    action = {"action": "generate_token", "agency": "Harbour", "capabilities": others}
    wire.key = wire.double.dashboard(action)["api_key"]
    ask = wire.post(operation, {}) if method == "POST" else wire.get(operation)
    assert (await ask)[0] == 403
    wire.key = wire.double.dashboard({**action, "capabilities": [capability]})["api_key"]
    ask = wire.post(operation, {}) if method == "POST" else wire.get(operation)
    assert (await ask)[0] == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "clients/create"), ("POST", "clients/retrieve"), ("GET", "clients"), ("PUT", "")],
)
async def test_there_are_no_other_endpoints(wire: Wire, method: str, path: str) -> None:
    assert (await wire.send(method, path))[0] == 404


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


async def test_a_client_of_three_fields_is_made_and_read_back(wire: Wire) -> None:
    made = await wire.good("clients/create", NORA)
    read = await wire.good("clients/retrieve", id=made)
    assert read.items() >= {**NORA, "id": made, "type": "Client", "metadata": {}}.items()
    assert len(str(read["created"])) == 13


async def test_ids_are_twenty_letters_and_digits_and_never_repeat(wire: Wire) -> None:
    made = [await wire.good("clients/create", NORA) for _ in range(3)]
    assert len({*made, *wire.agency("Harbour")["clients"]}) == 3 + 6
    assert all(len(one) == 20 and one.isalnum() for one in made)


@pytest.mark.parametrize("field", ["name", "email", "language"])
@pytest.mark.parametrize("value", [..., "", None, 7, ["x"]])
async def test_a_required_field_must_be_a_text(wire: Wire, field: str, value: Any) -> None:
    body = {name: text for name, text in NORA.items() if name != field}
    status, answer = await wire.post(
        "clients/create", body if value is ... else body | {field: value}
    )
    assert status == 400
    assert field in answer["msg"]
    assert wire.double.effects() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "english"},
        {"language": "French"},
        {"company": 1},
        {"website": None},
        {"metadata": {"a": 1}},
        {"metadata": {"a": {"b": "c"}}},
        {"metadata": {"a": None}},
        {"metadata": []},
    ],
)
async def test_a_field_that_does_not_fit_is_refused(wire: Wire, wrong: Any) -> None:
    assert (await wire.post("clients/create", NORA | wrong))[0] == 400
    client = first(wire.agency("Harbour")["clients"])
    assert (await wire.post("clients/update", {"id": client} | wrong))[0] == 400
    assert wire.double.effects() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
async def test_a_body_must_be_a_json_object(wire: Wire, body: bytes) -> None:
    assert (await wire.send("POST", "clients/create", data=body))[0] == 400


async def test_ids_are_asked_for_and_unknown_or_foreign_ones_not_found(wire: Wire) -> None:
    meadow = wire.agency("Meadow")
    for operation, foreign in (
        ("clients/retrieve", first(meadow["clients"])),
        ("links/retrieve", first(meadow["links"])),
    ):
        assert (await wire.get(operation))[0] == 400
        assert (await wire.get(operation, id="unknown"))[0] == 404
        assert (await wire.get(operation, id=foreign))[0] == 404
    assert (await wire.post("clients/update", {"id": first(meadow["clients"])}))[0] == 404
    foreign = {"id": first(meadow["links"]), "requestedAccounts": ADS}
    assert (await wire.post("links/update", foreign))[0] == 404
    assert wire.agency("Meadow") == meadow


async def test_an_update_keeps_what_is_absent_and_replaces_metadata_whole(wire: Wire) -> None:
    client = first(wire.agency("Harbour")["clients"])
    before = await wire.good("clients/retrieve", id=client)
    body = {"id": client, "company": "Ruiz SA", "metadata": {"a": "b"}, "type": "Prospect"}
    assert await wire.good("clients/update", body) == client
    after = await wire.good("clients/retrieve", id=client)
    assert after == {**before, "company": "Ruiz SA", "metadata": {"a": "b"}}


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_link_is_written_with_a_boolean_and_read_with_an_object(wire: Wire) -> None:
    client = first(wire.agency("Harbour")["clients"])
    body = {
        "clientID": client,
        "requestedAccounts": ADS,
        "intakeForm": True,
        "redirect": "ruiz.example/thanks",
        "thankYouMessage": "Gracias",
        "sendEmail": False,
    }
    read = await wire.good("links/retrieve", id=await wire.good("links/create", body))
    assert read["clientID"] == client
    assert read["intakeForm"] == {"requested": True, "complete": False}
    assert read["redirect"] == "ruiz.example/thanks"
    assert read["retainTokens"] is False
    assert "sendEmail" not in read
    assert read["requestedAccounts"]["Google"]["Google Ads"] == {
        "accessLevel": "Admin",
        "requested": True,
        "requestedAccountLinks": [],
        "granted": False,
        "skipped": False,
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [("ADMIN", "Admin"), ("READ_ONLY", "Read Only"), ("readOnly", "Read Only"), ("Boss", "Boss")],
)
async def test_access_levels_come_back_in_another_spelling(
    wire: Wire, written: str, read: str
) -> None:
    client = first(wire.agency("Harbour")["clients"])
    asked = {"Meta": {"Meta Ads": {"accessLevel": written}}}
    made = await wire.good("links/create", {"clientID": client, "requestedAccounts": asked})
    link = await wire.good("links/retrieve", id=made)
    assert link["requestedAccounts"]["Meta"]["Meta Ads"]["accessLevel"] == read


async def test_an_unknown_or_foreign_client_is_refused_in_the_vendors_words(wire: Wire) -> None:
    for client in ("unknown", first(wire.agency("Meadow")["clients"])):
        status, answer = await wire.post(
            "links/create", {"clientID": client, "requestedAccounts": ADS}
        )
        assert (status, answer["msg"]) == (400, SEED_MESSAGE)
    assert wire.double.effects() == []


@pytest.mark.parametrize(
    "asked",
    [
        ...,
        None,
        [],
        {},
        {"Google": []},
        {"Gopher": {"Gopher Ads": {}}},
        {"Google": {"Meta Ads": {}}},
        {"Google": {"Google Ads": "ADMIN"}},
        {"Google": {"Google Ads": {"requested": "yes"}}},
        {"Google": {"Google Ads": {"accessLevel": 1}}},
        {"Google": {"Google Ads": {"requestedAccountLinks": "acc"}}},
        {"Google": {"Google Ads": {"requestedAccountLinks": ["acc"]}}},
        {"Google": {"Google Ads": {"requestedAccountLinks": [{"internalAccountID": "acc_x"}]}}},
    ],
)
async def test_requested_accounts_must_be_known_services(wire: Wire, asked: Any) -> None:
    agency = wire.agency("Harbour")
    fields = {} if asked is ... else {"requestedAccounts": asked}
    created = await wire.post("links/create", {"clientID": first(agency["clients"]), **fields})
    updated = await wire.post("links/update", {"id": first(agency["links"]), **fields})
    assert (created[0], updated[0]) == (400, 400)
    assert wire.agency("Harbour") == agency


async def test_a_linked_account_that_is_inactive_or_anothers_is_refused(wire: Wire) -> None:
    agency = wire.agency("Harbour")
    account, foreign = first(agency["accounts"]), first(wire.agency("Meadow")["accounts"])

    async def ask(account: str) -> int:
        asked = deepcopy(ADS)
        asked["Google"]["Google Ads"]["requestedAccountLinks"] = [{"internalAccountID": account}]
        body = {"clientID": first(agency["clients"]), "requestedAccounts": asked}
        return (await wire.post("links/create", body))[0]

    assert [await ask(account), await ask(foreign)] == [200, 400]
    wire.double.dashboard({"action": "deactivate", "agency": "Harbour", "account": account})
    assert await ask(account) == 400


async def test_an_intake_form_that_is_disabled_conflicts(wire: Wire) -> None:
    wire.switch(intake_form=False)
    body = {"clientID": first(wire.agency("Harbour")["clients"]), "requestedAccounts": ADS}
    statuses = [
        (await wire.post("links/create", body | extra))[0]
        for extra in ({"intakeForm": True}, {"intakeForm": False}, {})
    ]
    assert statuses == [409, 200, 200]


async def test_the_plans_limit_of_links_conflicts(wire: Wire) -> None:
    agency = wire.agency("Harbour")
    wire.switch(link_limit=len(agency["links"]) + 1)
    body = {"clientID": first(agency["clients"]), "requestedAccounts": ADS}
    assert [(await wire.post("links/create", body))[0] for _ in range(2)] == [200, 409]


async def test_a_service_that_an_update_names_must_be_granted_anew(wire: Wire) -> None:
    link = link_where(wire.agency("Harbour"), granted=True)
    before = await wire.good("links/retrieve", id=link)
    body = {
        "id": link,
        "requestedAccounts": ADS,
        "thankYouMessage": "new",
        "redirect": "new",
        "sendUpdateEmail": True,
    }
    assert await wire.good("links/update", body) == link
    after = await wire.good("links/retrieve", id=link)
    assert after["requestedAccounts"]["Google"]["Google Ads"]["granted"] is False
    assert after["requestedAccounts"]["Meta"] == before["requestedAccounts"]["Meta"]
    assert {**after, "requestedAccounts": None} == {**before, "requestedAccounts": None}


async def test_an_update_may_drop_the_services_it_leaves_out(wire: Wire) -> None:
    wire.switch(keeps_unnamed=False)
    link = first(wire.agency("Harbour")["links"])
    await wire.good("links/update", {"id": link, "requestedAccounts": ADS})
    assert list((await wire.good("links/retrieve", id=link))["requestedAccounts"]) == ["Google"]


async def test_the_newer_dialect_has_other_names_and_tells_an_invite_url(wire: Wire) -> None:
    wire.switch(dialect="newer")
    client = first(wire.agency("Harbour")["clients"])
    assert (await wire.post("links/create", {"clientID": client, "requestedAccounts": ADS}))[
        0
    ] == 400
    body = {"clientID": client, "requestedServices": ADS, "redirectURL": "ruiz.example"}
    made = await wire.good("links/create", body)
    assert made["inviteUrl"].startswith("https://")
    assert made["redirect"] == "ruiz.example"
    assert await wire.good("links/retrieve", id=made["id"]) == made
