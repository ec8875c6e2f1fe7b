"""Clients and links are written at their vendors, and judged by the vendors' own effects."""

from gateway.domain.vendor import VendorName
from tests.e2e.mutations import (
    ADOPT_LINK,
    CLIENT,
    CREATE_LINK,
    GOOGLE_ADS,
    MERGE,
    PURGE,
    SPLIT,
    UPDATE,
    UPDATE_LINK,
    account_of,
    effects,
    new_bronto_client,
    new_client,
    write,
)
from tests.gateways import Gateway


async def test_a_client_is_created_once_read_back_and_told_of(gateway: Gateway) -> None:
    before = await gateway.sandbox.calls(VendorName.AGENCYACCESS)
    made = await new_client(gateway, label="crm-42")
    assert made["userErrors"] == []
    assert made["warnings"] == []
    assert made["client"]["label"] == "crm-42"
    assert made["client"]["name"] == "Ana Ruiz"
    assert made["client"]["metadata"] == [{"key": "crm", "value": "42"}]
    assert made["record"]["status"] == "ACTIVE"
    assert made["intent"]["state"] == "DONE"
    assert made["intent"]["operation"] == "createClient"
    assert made["intent"]["result"] == {"__typename": "Client", "id": made["client"]["id"]}
    calls = await gateway.sandbox.calls(VendorName.AGENCYACCESS)
    assert calls - before == {"clients/create": 1, "clients/retrieve": 1}
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == 1


async def test_an_input_that_the_vendor_would_refuse_is_refused_here_and_leaves_no_intent(
    gateway: Gateway,
) -> None:
    before = await gateway.sandbox.calls(VendorName.AGENCYACCESS)
    made = await new_client(gateway, language="French", idempotencyKey="k-2")
    assert made["intent"] is None
    assert [each["code"] for each in made["userErrors"]] == ["BAD_USER_INPUT"]
    assert made["userErrors"][0]["field"] == ["input", "language"]
    assert await gateway.sandbox.calls(VendorName.AGENCYACCESS) == before
    # The key is free again: nothing was written under it.
    assert (await new_client(gateway, idempotencyKey="k-2"))["intent"]["state"] == "DONE"


async def test_an_update_sends_only_what_differs_and_nothing_when_nothing_does(
    gateway: Gateway,
) -> None:
    made = await new_client(gateway)
    client = made["client"]["id"]
    changed = await write(gateway, UPDATE, id=client, company="Ruiz SL")
    assert changed["userErrors"] == []
    assert changed["client"]["company"] == "Ruiz SL"
    assert [each["changed"] for each in changed["outcomes"]] == [True]
    assert changed["intent"]["state"] == "DONE"
    before = len(await effects(gateway, VendorName.AGENCYACCESS))
    same = await write(gateway, UPDATE, id=client, company="Ruiz SL")
    assert same["intent"] is None
    assert [each["changed"] for each in same["outcomes"]] == [False]
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == before


async def test_a_link_is_asked_for_and_changed_only_with_consent_to_grant_again(
    gateway: Gateway,
) -> None:
    client = (await new_client(gateway))["client"]["id"]
    asked = await write(
        gateway,
        CREATE_LINK,
        clientId=client,
        services=[GOOGLE_ADS],
        redirectUrl="https://ruiz.example/thanks",
    )
    assert asked["userErrors"] == []
    link = asked["link"]
    assert link["status"] == "PENDING"
    assert link["redirectUrl"] == "https://ruiz.example/thanks"
    await gateway.sandbox.dashboard(
        VendorName.AGENCYACCESS,
        action="grant",
        link=link["vendorId"],
        platform="Google",
        service="Google Ads",
    )
    lower = {**GOOGLE_ADS, "accessLevel": "READ_ONLY"}
    before = len(await effects(gateway, VendorName.AGENCYACCESS))
    refused = await write(gateway, UPDATE_LINK, id=link["id"], services=[lower])
    assert [each["code"] for each in refused["userErrors"]] == ["CONFIRMATION_REQUIRED"]
    assert refused["intent"] is None
    same = await write(gateway, UPDATE_LINK, id=link["id"], services=[GOOGLE_ADS])
    assert same["userErrors"] == []
    assert same["intent"] is None
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == before
    changed = await write(
        gateway, UPDATE_LINK, id=link["id"], services=[lower], confirmRegrant=True
    )
    assert changed["userErrors"] == []
    assert changed["link"]["services"] == [
        {
            "platform": "Google",
            "service": "Google Ads",
            "accessLevel": "READ_ONLY",
            "granted": False,
        }
    ]
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == before + 1


async def test_a_plain_http_redirect_is_refused(gateway: Gateway) -> None:
    client = (await new_client(gateway))["client"]["id"]
    asked = await write(
        gateway, CREATE_LINK, clientId=client, services=[GOOGLE_ADS], redirectUrl="http://x.example"
    )
    assert asked["link"] is None
    assert asked["userErrors"][0]["field"] == ["input", "redirectUrl"]
    assert len(await effects(gateway, VendorName.AGENCYACCESS)) == 1


async def test_a_bronto_account_is_made_changed_and_switched_off(gateway: Gateway) -> None:
    made = await new_bronto_client(gateway)
    assert made["userErrors"] == []
    assert made["record"]["status"] == "ACTIVE"
    client = made["client"]["id"]
    changed = await write(gateway, UPDATE, id=client, company="Nordlicht GmbH")
    assert changed["userErrors"] == []
    assert changed["client"]["company"] == "Nordlicht GmbH"
    off = await write(gateway, UPDATE, id=client, active=False)
    assert off["userErrors"] == []
    assert len(await effects(gateway, VendorName.BRONTO)) == 3
    again = await new_bronto_client(gateway)
    assert [each["code"] for each in again["userErrors"]] == ["CONFLICT"]
    assert again["intent"]["state"] == "FAILED"
    missing = await new_bronto_client(gateway, name="Other", bronto={})
    assert missing["userErrors"][0]["field"][:2] == ["input", "bronto"]
    assert missing["intent"] is None


async def test_clients_are_merged_and_split_again(gateway: Gateway) -> None:
    one = await new_client(gateway)
    two = await new_client(gateway, name="Ana R.", email="ana.r@example.org")
    into, source = one["client"]["id"], two["client"]["id"]
    merged = await write(gateway, MERGE, intoClientId=into, fromClientIds=[source])
    assert merged["userErrors"] == []
    assert len(merged["client"]["records"]) == 2
    # The id of the one that was merged goes on answering, with the other.
    assert (await gateway.query(CLIENT, variables={"id": source})).whole["client"]["id"] == into
    parted = await write(gateway, SPLIT, recordIds=[two["record"]["id"]])
    assert parted["userErrors"] == []
    assert parted["client"]["records"] == [{"id": two["record"]["id"]}]
    assert parted["remaining"]["records"] == [{"id": one["record"]["id"]}]
    assert parted["remaining"]["id"] == into


async def test_a_client_is_erased_with_all_that_was_known(gateway: Gateway) -> None:
    made = await new_client(gateway)
    purged = await write(gateway, PURGE, id=made["client"]["id"])
    assert purged["userErrors"] == []
    assert purged["purgedClientId"] == made["client"]["id"]
    gone = await gateway.query(CLIENT, variables={"id": made["client"]["id"]})
    assert gone.codes == ["NOT_FOUND"]


async def test_a_link_that_exists_is_adopted_with_its_client(gateway: Gateway) -> None:
    account = await account_of(gateway, VendorName.AGENCYACCESS)
    state = gateway.sandbox.state(VendorName.AGENCYACCESS)["agencies"]["Harbour"]
    known = next(iter(state["links"].values()))
    stranger = {**known, "id": "strangerLink00000001"}
    world = gateway.sandbox.state(VendorName.AGENCYACCESS)
    world["agencies"]["Harbour"]["links"]["strangerLink00000001"] = stranger
    await gateway.sandbox.control("POST", VendorName.AGENCYACCESS, "reset", {"world": world})
    adopted = await write(gateway, ADOPT_LINK, accountId=account, vendorId=stranger["id"])
    assert adopted["userErrors"] == []
    assert adopted["link"]["vendorId"] == stranger["id"]
    assert adopted["link"]["client"] is not None
    nothing = await write(gateway, ADOPT_LINK, accountId=account, vendorId="nowhere")
    assert [each["code"] for each in nothing["userErrors"]] == ["NOT_FOUND"]
    assert nothing["userErrors"][0]["field"] == ["input", "vendorId"]
    own = await account_of(gateway, VendorName.OWN)
    absent = await write(gateway, ADOPT_LINK, accountId=own, vendorId="app1/1")
    assert [each["code"] for each in absent["userErrors"]] == ["UNSUPPORTED_BY_VENDOR"]


async def test_a_service_that_is_on_no_list_is_tried_with_a_warning(gateway: Gateway) -> None:
    client = (await new_client(gateway))["client"]["id"]
    world = gateway.sandbox.state(VendorName.AGENCYACCESS)
    world["agencies"]["Harbour"]["strict_services"] = False
    await gateway.sandbox.control("POST", VendorName.AGENCYACCESS, "reset", {"world": world})
    asked = await write(
        gateway,
        CREATE_LINK,
        clientId=client,
        services=[{"platform": "Novel", "service": "Novel Ads"}],
    )
    assert asked["userErrors"] == []
    (warning,) = asked["warnings"]
    assert "Novel Ads" in warning
