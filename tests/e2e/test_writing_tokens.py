"""Tokens are issued, registered, changed, revoked and rotated under each vendor's own law."""

from gateway.domain.vendor import VendorName
from tests.e2e.mutations import (
    CREDENTIALS,
    ISSUE,
    LISTS,
    REGISTER,
    REVOKE,
    ROTATE,
    UPDATE_TOKEN,
    account_of,
    effects,
    new_bronto_client,
    new_client,
    write,
)
from tests.gateways import Gateway


async def test_a_token_is_issued_unseen_and_opens_the_client_at_once(gateway: Gateway) -> None:
    client = (await new_bronto_client(gateway))["client"]["id"]
    closed = await gateway.query(LISTS, variables={"id": client})
    assert closed.codes == ["CAPABILITY_MISSING"]
    issued = await write(
        gateway, ISSUE, clientId=client, name="sync", permissions=["READ", "WRITE"]
    )
    assert issued["userErrors"] == []
    token = issued["token"]
    assert (token["name"], token["kind"], token["held"]) == ("sync", "CLIENT", True)
    assert token["client"] == {"id": client}
    opened = await gateway.query(LISTS, variables={"id": client})
    assert opened.codes == []
    changed = await write(gateway, UPDATE_TOKEN, id=token["id"], permissions=["READ"])
    assert changed["userErrors"] == []
    assert changed["token"]["permissions"] == ["READ"]
    killed = await write(gateway, REVOKE, id=token["id"])
    assert killed["userErrors"] == []
    assert (killed["token"]["status"], killed["token"]["held"]) == ("REVOKED", False)
    kinds = [each.get("operation") for each in await effects(gateway, VendorName.BRONTO)]
    assert len(kinds) == 4


async def test_a_rolled_key_is_tried_before_it_takes_over_and_the_old_one_dies_at_once(
    gateway: Gateway,
) -> None:
    accounts = (await gateway.query(CREDENTIALS)).whole["agency"]["accounts"]
    token = next(
        each["credentials"][0]["id"] for each in accounts if each["vendor"] == "AGENCYACCESS"
    )
    rolled = await gateway.sandbox.dashboard(
        VendorName.AGENCYACCESS, action="roll_key", agency="Harbour"
    )
    wrong = await write(gateway, ROTATE, id=token, secret="not-the-key-at-all")
    assert [each["code"] for each in wrong["userErrors"]] == ["CREDENTIAL_INVALID"]
    assert wrong["intent"]["state"] == "FAILED"
    new = rolled["api_key"]
    right = await write(gateway, ROTATE, id=token, secret=new)
    assert right["userErrors"] == []
    assert right["intent"]["state"] == "DONE"
    assert right["token"]["hint"] == new[-4:]
    made = await new_client(gateway)
    assert made["userErrors"] == []
    literal = (
        f'mutation {{ rotateCredential(input: {{id: "{token}", secret: "abc"}}) {{ warnings }} }}'
    )
    assert (await gateway.query(literal)).codes == ["DOCUMENT_REFUSED"]


async def test_facts_of_a_token_are_registered_under_the_vendors_law(gateway: Gateway) -> None:
    account = await account_of(gateway, VendorName.OWN)
    nobody = await write(gateway, REGISTER, accountId=account, kind="USER")
    assert nobody["userErrors"][0]["field"] == ["input", "user"]
    told = await write(
        gateway, REGISTER, accountId=account, kind="USER", user="pat@harbour.example"
    )
    assert told["userErrors"] == []
    assert told["token"]["expiresInDays"] in (179, 180)
    assert told["token"]["held"] is False
    second = await write(
        gateway, REGISTER, accountId=account, kind="USER", user="pat@harbour.example", name="2"
    )
    assert [each["code"] for each in second["userErrors"]] == ["CONFLICT"]
    before = await gateway.sandbox.all_calls()
    kept = await write(gateway, REVOKE, id=told["token"]["id"])
    assert [each["code"] for each in kept["userErrors"]] == ["CONFIRMATION_REQUIRED"]
    dead = await write(gateway, REVOKE, id=told["token"]["id"], revokedInDashboard=True)
    assert dead["token"]["status"] == "REVOKED"
    assert await gateway.sandbox.all_calls() == before
