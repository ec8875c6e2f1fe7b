"""AgencyAccess's double against the conformance list of its vendor page (section 9)."""

import json
from copy import deepcopy
from typing import Any

import pytest

from .wire import ADS, NORA, SEED_MESSAGE, Wire, first, link_where

# ── Keys and capabilities ─────────────────────────────────────────────────────────────────────


@pytest.mark.case(1)
@pytest.mark.parametrize("key", [None, "", "k_wrong"])
async def test_a_wrong_key_is_refused_in_the_envelope(wire: Wire, key: str | None) -> None:
    wire.key = key
    assert await wire.get("clients/retrieve", id="x") == (
        401,
        {"error": True, "msg": "Invalid API key"},
    )


@pytest.mark.case(2)
async def test_a_rolled_key_dies_at_once_and_its_successor_lives(wire: Wire) -> None:
    old = wire.key
    new = wire.double.dashboard({"action": "roll_key", "agency": "Harbour"})["api_key"]
    assert (await wire.get("clients/retrieve", id="x"))[0] == 401
    wire.key = new
    assert (await wire.get("clients/retrieve", id="x"))[0] == 404
    assert old != new
    assert wire.double.describe("")["agencies"]["Harbour"]["api_key"] == new


@pytest.mark.case(3)
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


@pytest.mark.case(4)
async def test_a_client_of_three_fields_is_made_and_read_back(wire: Wire) -> None:
    made = await wire.good("clients/create", NORA)
    read = await wire.good("clients/retrieve", id=made)
    assert read.items() >= {**NORA, "id": made, "type": "Client", "metadata": {}}.items()
    assert len(str(read["created"])) == 13


async def test_ids_are_twenty_letters_and_digits_and_never_repeat(wire: Wire) -> None:
    made = [await wire.good("clients/create", NORA) for _ in range(3)]
    assert len({*made, *wire.agency("Harbour")["clients"]}) == 3 + 6
    assert all(len(one) == 20 and one.isalnum() for one in made)


@pytest.mark.case(5)
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


@pytest.mark.case(6, 7)
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


@pytest.mark.case(8, 9)
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


@pytest.mark.case(9)
async def test_an_update_keeps_what_is_absent_and_replaces_metadata_whole(wire: Wire) -> None:
    client = first(wire.agency("Harbour")["clients"])
    before = await wire.good("clients/retrieve", id=client)
    body = {"id": client, "company": "Ruiz SA", "metadata": {"a": "b"}, "type": "Prospect"}
    assert await wire.good("clients/update", body) == client
    after = await wire.good("clients/retrieve", id=client)
    assert after == {**before, "company": "Ruiz SA", "metadata": {"a": "b"}}


# ── Links ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(16, 17, 20)
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


@pytest.mark.case(17)
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


@pytest.mark.case(10)
async def test_an_unknown_or_foreign_client_is_refused_in_the_vendors_words(wire: Wire) -> None:
    for client in ("unknown", first(wire.agency("Meadow")["clients"])):
        status, answer = await wire.post(
            "links/create", {"clientID": client, "requestedAccounts": ADS}
        )
        assert (status, answer["msg"]) == (400, SEED_MESSAGE)
    assert wire.double.effects() == []


@pytest.mark.case(11)
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


@pytest.mark.case(12)
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


@pytest.mark.case(13)
async def test_an_intake_form_that_is_disabled_conflicts(wire: Wire) -> None:
    wire.switch(intake_form=False)
    body = {"clientID": first(wire.agency("Harbour")["clients"]), "requestedAccounts": ADS}
    statuses = [
        (await wire.post("links/create", body | extra))[0]
        for extra in ({"intakeForm": True}, {"intakeForm": False}, {})
    ]
    assert statuses == [409, 200, 200]


@pytest.mark.case(14)
@pytest.mark.parametrize("status", [409, 403, 400])
async def test_the_plans_limit_of_links_is_told_with_the_status_that_is_chosen(
    wire: Wire, status: int
) -> None:
    agency = wire.agency("Harbour")
    wire.switch(link_limit=len(agency["links"]) + 1, link_limit_status=status)
    body = {"clientID": first(agency["clients"]), "requestedAccounts": ADS}
    assert [(await wire.post("links/create", body))[0] for _ in range(2)] == [200, status]
    assert len(wire.agency("Harbour")["links"]) == len(agency["links"]) + 1


@pytest.mark.case(11)
async def test_unknown_services_are_taken_where_the_vendor_is_not_strict(wire: Wire) -> None:
    wire.switch(strict_services=False)
    client = first(wire.agency("Harbour")["clients"])
    asked = {"Gopher": {"Gopher Ads": {"accessLevel": "Boss"}}}
    made = await wire.good("links/create", {"clientID": client, "requestedAccounts": asked})
    read = await wire.good("links/retrieve", id=made)
    assert read["requestedAccounts"]["Gopher"]["Gopher Ads"]["accessLevel"] == "Boss"


@pytest.mark.case(12)
async def test_a_linked_account_may_be_made_active_again(wire: Wire) -> None:
    agency = wire.agency("Harbour")
    account = first(agency["accounts"])
    asked = {"Google": {"Google Ads": {"requestedAccountLinks": [{"internalAccountID": account}]}}}
    body = {"clientID": first(agency["clients"]), "requestedAccounts": asked}
    action = {"agency": "Harbour", "account": account}
    wire.double.dashboard({"action": "deactivate", **action})
    assert (await wire.post("links/create", body))[0] == 400
    wire.double.dashboard({"action": "activate", **action})
    assert (await wire.post("links/create", body))[0] == 200


@pytest.mark.case(15)
@pytest.mark.parametrize(
    ("scheme", "status", "read"),
    [
        ("kept", 200, "https://ruiz.example/x"),
        ("stripped", 200, "ruiz.example/x"),
        ("refused", 400, None),
    ],
)
async def test_a_redirect_is_taken_without_a_scheme_and_with_one_as_is_chosen(
    wire: Wire, scheme: str, status: int, read: str | None
) -> None:
    wire.switch(redirect_scheme=scheme)
    body = {"clientID": first(wire.agency("Harbour")["clients"]), "requestedAccounts": ADS}
    bare = await wire.good("links/create", {**body, "redirect": "ruiz.example/x"})
    assert (await wire.good("links/retrieve", id=bare))["redirect"] == "ruiz.example/x"
    told, answer = await wire.post("links/create", {**body, "redirect": "https://ruiz.example/x"})
    assert told == status
    if read is not None:
        assert (await wire.good("links/retrieve", id=answer["data"]))["redirect"] == read


@pytest.mark.case(18, 19)
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


@pytest.mark.case(18)
async def test_an_update_may_drop_the_services_it_leaves_out(wire: Wire) -> None:
    wire.switch(keeps_unnamed=False)
    link = first(wire.agency("Harbour")["links"])
    await wire.good("links/update", {"id": link, "requestedAccounts": ADS})
    assert list((await wire.good("links/retrieve", id=link))["requestedAccounts"]) == ["Google"]


@pytest.mark.case(27)
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


@pytest.mark.case(27)
async def test_the_newer_dialect_may_wrap_what_it_created(wire: Wire) -> None:
    wire.switch(dialect="newer", wraps_created=True)
    client = first(wire.agency("Harbour")["clients"])
    made = await wire.good("links/create", {"clientID": client, "requestedServices": ADS})
    assert made["inviteUrl"].endswith(made["request"]["id"])


@pytest.mark.case(20)
@pytest.mark.parametrize("retain", [True, False])
async def test_tokens_are_retained_unseen(wire: Wire, retain: bool) -> None:
    client = first(wire.agency("Harbour")["clients"])
    body = {"clientID": client, "requestedAccounts": ADS, "retainTokens": retain}
    link = await wire.good("links/create", body)
    wire.double.dashboard({"action": "grant", "link": link})
    read = await wire.good("links/retrieve", id=link)
    assert read["retainTokens"] is retain
    assert [name for name in read if "token" in name.lower()] == ["retainTokens"]


# ── What is told ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(21)
async def test_errors_may_be_told_in_a_200_but_a_wrong_key_never_is(wire: Wire) -> None:
    wire.switch(errors_in_200=True)
    status, answer = await wire.post(
        "links/create", {"clientID": "unknown", "requestedAccounts": ADS}
    )
    assert (status, answer) == (200, {"error": True, "msg": SEED_MESSAGE})
    assert (await wire.get("clients/retrieve", id="unknown"))[0] == 200
    wire.key = "k_wrong"
    assert (await wire.get("clients/retrieve", id="unknown"))[0] == 401
    assert wire.double.effects() == []


@pytest.mark.case(28)
@pytest.mark.parametrize("unset", ["empty", "absent", "null"])
async def test_unset_fields_are_read_in_any_of_three_ways_beside_unknown_ones(
    wire: Wire, unset: str
) -> None:
    wire.switch(unset=unset, extra_fields=True)
    read = await wire.good("clients/retrieve", id=await wire.good("clients/create", NORA))
    told = {"empty": "", "absent": "nothing", "null": None}[unset]
    assert [read.get(name, "nothing") for name in ("company", "website")] == [told, told]
    assert read["owner"] == "Harbour"


@pytest.mark.case(9)
async def test_an_update_may_clear_what_is_absent_and_merge_metadata(wire: Wire) -> None:
    wire.switch(keeps_absent=False, merges_metadata=True)
    client = first(wire.agency("Harbour")["clients"])
    before = await wire.good("clients/retrieve", id=client)
    await wire.good("clients/update", {"id": client, "metadata": {"a": "b"}})
    after = await wire.good("clients/retrieve", id=client)
    assert after["metadata"] == {**before["metadata"], "a": "b"}
    assert (after["company"], after["website"]) == ("", "")
    assert [after[name] for name in NORA] == [before[name] for name in NORA]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_must_say_that_it_is_json(wire: Wire, content_type: str) -> None:
    body = json.dumps(NORA).encode()
    headers = {"Content-Type": content_type}
    status, _ = await wire.send("POST", "clients/create", data=body, headers=headers)
    assert status == 400
    assert wire.double.effects() == []
