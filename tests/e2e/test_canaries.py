"""No secret of the world slips out: not in logs, answers, metrics or files, in no encoding.

That the search would find one is shown first: with the redactor switched off it does.
"""

import logging
from base64 import b64encode
from contextlib import suppress
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientError
from prometheus_client import generate_latest

from gateway.domain.exports import exportable_to
from gateway.domain.failures import ErrorCode
from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import VENDORS
from gateway.telemetry.logs import logging_to
from gateway.telemetry.redaction import Redactor
from gateway.web.app import FIRST_QUERY
from tests.conftest import Open
from tests.e2e import canaries
from tests.e2e.mutations import (
    CREDENTIALS,
    EXPORT,
    IMPORT,
    ISSUE,
    REVOKE,
    ROTATE,
    UPDATE_TOKEN,
    new_bronto_client,
    record_of,
    write,
)
from tests.e2e.test_failing_vendors import FAULTS
from tests.gateways import Gateway, Sandbox
from tests.security.mutations import ids_of, inputs, send

ALL = """
{
  viewer { name scopes unusedScopes }
  agency {
    accounts {
      name status capabilities { name granted } health { state reason }
      credentials { name hint user permissions status }
      logins { username name email permissions }
      events { nodes { name parameters { key value } } }
    }
    clients(first: 100) { nodes {
      label name email metadata { key value }
      records {
        vendorId name kind metadata { key value }
        details {
          ... on BrontoDetails { timeZone lists { name } contact { firstName } }
          ... on EngagingNetworksDetails {
            supporterCount supporterFields { name } pages(type: "dc") { nodes { url } }
            supporter(email: "ana.silva@example.org") { fields { key value } }
          }
          ... on OwnDetails { message backups { nodes { vendorId objects { name message } } } }
        }
      }
      links { nodes { vendorId thankYouMessage redirectUrl inviteUrl cc { email } } }
      tokens { nodes { name hint user } }
    } }
    tokens(first: 100) { nodes { id name hint user permissions } }
  }
}
"""


NEW_VALUE = "new-value-4f1c93d07be2"
ROW = "row-of-an-import-90d2e1"


class NoRedactor(Redactor):
    """What logging would be without redaction."""

    def text(self, text: str) -> str:
        return text


async def everything_that_can_happen(gateway: Gateway) -> None:
    """Queries that go well, that fail in every way at every vendor, and that are refused."""
    for agency in gateway.keys:
        await gateway.query(ALL, agency=agency)
        await gateway.query(FIRST_QUERY, agency=agency)
    for vendor in VENDORS:
        for how, fault in FAULTS.items():
            if how == "hangs":
                continue
            await gateway.sandbox.faults(vendor, fault)
            gateway.later(7200)
            await gateway.query(ALL)
        await gateway.sandbox.faults(vendor)
        gateway.later(7200)
    await gateway.sandbox.faults(VendorName.AGENCYACCESS, FAULTS["hangs"])
    await gateway.query(ALL, headers={"X-Request-Timeout": "400ms"})
    await gateway.sandbox.faults(VendorName.AGENCYACCESS)


async def credentials_that_are_refused(gateway: Gateway) -> None:
    """People replace credentials at their vendors, and nobody tells the gateway."""
    world = gateway.sandbox
    await world.dashboard(VendorName.AGENCYACCESS, action="roll_key", agency="Harbour")
    await world.dashboard(VendorName.OWN, action="revoke_token", agency="Harbour")
    gateway.later(100_000)
    await gateway.query(ALL)


async def requests_that_are_refused(gateway: Gateway) -> None:
    """Keys in the wrong place, and secrets where none belongs."""
    key = gateway.keys["Harbour"]
    http = gateway.sandbox.http
    for url in (f"graphql?key={key}", f"graphql/{key}", f"?token={key}", f"readyz?k={key}"):
        async with http.get(gateway.url + url) as response:
            assert key not in await response.text()
    await gateway.query("{ viewer { name } }", key=key + "0")
    await gateway.query("{ viewer { name } }", headers={"Authorization": f"Basic {key}"})
    await gateway.query("{ viewer { name } }", headers={"X-Request-Timeout": "soon"})


async def writes_that_go_well_and_that_fail(gateway: Gateway) -> None:
    """Every mutation, where the vendor does it, fails, answers what cannot be read, or nothing."""
    ids = await ids_of(gateway, "Harbour")
    every = inputs(ids, gateway)
    del every["purgeClient"]
    client = (await new_bronto_client(gateway))["client"]["id"]
    every["issueToken"] = {"clientId": client, "name": "sync", "permissions": ["READ"]}
    hows: list[Any] = [
        None,
        {"fault": "status", "code": 500, "body": {"error": True}},
        {"fault": "status", "code": 403, "body": "no"},
        {"fault": "malformed"},
        {"fault": "reset", "effect": "before"},
    ]
    for how in hows:
        for vendor in VENDORS:
            await gateway.sandbox.faults(vendor, *([] if how is None else [how]))
        for name, input in every.items():
            await send(gateway, name, input)
    for vendor in VENDORS:
        await gateway.sandbox.faults(vendor)
    gateway.later(120)
    await gateway.runtime.recovery.once()
    token = (await write(gateway, ISSUE, **every["issueToken"]))["token"]["id"]
    await write(gateway, UPDATE_TOKEN, id=token, permissions=["READ", "WRITE"])
    await write(gateway, REVOKE, id=token)


async def secrets_where_they_belong_and_where_not(gateway: Gateway) -> None:
    """A new value is tried, refused, taken, and told in all places where none may be."""
    ids = await ids_of(gateway, "Harbour")
    rotation = inputs(ids, gateway)["rotateCredential"]
    for wrong in (NEW_VALUE, [NEW_VALUE], {"value": NEW_VALUE}, NEW_VALUE + "\n", None):
        await send(gateway, "rotateCredential", {**rotation, "secret": wrong})
    for field in ("id", "createdAt"):
        await send(gateway, "rotateCredential", {**rotation, field: NEW_VALUE})
    for literal in (f'{{id: "x", secret: "{NEW_VALUE}"}}', f'"{NEW_VALUE}"'):
        await gateway.query(f"mutation {{ rotateCredential(input: {literal}) {{ warnings }} }}")
    rolled = await gateway.sandbox.dashboard(
        VendorName.AGENCYACCESS, action="roll_key", agency="Harbour"
    )
    credentials = (await gateway.query(CREDENTIALS)).whole["agency"]["accounts"]
    token = next(
        each["credentials"][0]["id"] for each in credentials if each["vendor"] == "AGENCYACCESS"
    )
    taken = await write(gateway, ROTATE, id=token, secret=rolled["api_key"])
    assert taken["userErrors"] == []


async def files_that_pass_through(gateway: Gateway) -> None:
    """Exports that are read, left and cut; imports that are taken, refused and lost."""
    networks = VendorName.ENGAGING_NETWORKS
    record = await record_of(gateway, networks)
    day = exportable_to(gateway.runtime.clock.now()).isoformat()
    layout = gateway.sandbox.state(networks)["accounts"][0]["import_formats"][0]
    header = ",".join(each["label"] for each in layout["format"])
    file = f"{header}\n{ROW}\n".encode()
    signed = {"Authorization": f"Bearer {gateway.keys['Harbour']}", "Content-Type": "text/csv"}
    hows: list[Any] = [
        None,
        {"fault": "status", "code": 500},
        {"fault": "malformed"},
        {"fault": "truncate", "bytes": 120},
        {"fault": "reset", "effect": "before"},
    ]
    for how in hows:
        await gateway.sandbox.faults(networks, *([] if how is None else [how]))
        started = await write(gateway, EXPORT, recordId=record, source={"activity": {"from": day}})
        with suppress(ClientError):
            async with gateway.sandbox.http.get(started["job"]["fileUrl"], headers=signed) as got:
                await got.read()
        given = {"recordId": record, "name": "spring", "format": layout["name"]}
        url = (await write(gateway, IMPORT, **given))["job"]["fileUrl"]
        for content in (file + b"\0", file):
            async with gateway.sandbox.http.put(url, data=content, headers=signed) as got:
                assert ROW not in await got.text()
    await gateway.sandbox.faults(networks)


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
async def test_no_secret_is_found_anywhere(
    open_gateway: Open, world: Sandbox, as_json: bool
) -> None:
    log, redactor = StringIO(), Redactor()
    with logging_to(log, redactor=redactor, as_json=as_json, level="debug"):
        async with open_gateway(redactor=redactor) as gateway:
            secrets = canaries.of_vendors(world) | canaries.of_gateway(gateway)
            await everything_that_can_happen(gateway)
            secrets |= canaries.of_vendors(world)
            await credentials_that_are_refused(gateway)
            secrets |= canaries.of_vendors(world)
            await requests_that_are_refused(gateway)
            await secrets_where_they_belong_and_where_not(gateway)
            await writes_that_go_well_and_that_fail(gateway)
            await files_that_pass_through(gateway)
            secrets |= canaries.of_vendors(world) | {NEW_VALUE, ROW}
            assert canaries.exported(world)
            secrets |= canaries.exported(world)
            metrics = generate_latest(gateway.runtime.registry)
            running = canaries.files(gateway.folder)
    places = {
        "log": log.getvalue().encode(),
        "answers": canaries.heard(gateway),
        "metrics": metrics,
        **running,
        **{f"{name} afterwards": held for name, held in canaries.files(gateway.folder).items()},
    }

    assert {"gateway.db", "gateway.db-wal", "gateway.db-shm"} <= places.keys()
    assert all(len(places[name]) > 10_000 for name in ("log", "answers", "metrics"))
    assert ErrorCode.CREDENTIAL_INVALID.value in places["answers"].decode()
    assert ErrorCode.INTERNAL.value not in places["answers"].decode()
    assert len(secrets) > 50
    assert canaries.found_in(places, secrets) == []


async def test_without_the_redactor_a_secret_that_is_logged_would_be_found(
    open_gateway: Open, world: Sandbox
) -> None:
    written = {}
    for redactor in (Redactor(), NoRedactor()):
        log = StringIO()
        with logging_to(log, redactor=redactor, as_json=True, level="debug"):
            async with open_gateway(redactor=redactor) as gateway:
                await gateway.query(FIRST_QUERY)
                for secret in canaries.of_vendors(world):
                    logging.getLogger("careless").warning("It said %s.", secret)
        written[type(redactor)] = log.getvalue().encode()
    # The redactor knows what it was shown: the credentials that a call was made with.
    used = [
        world.running.vendors[VendorName.AGENCYACCESS].described["agencies"]["Harbour"]["api_key"]
    ]

    assert canaries.found_in({"log": written[Redactor]}, set(used)) == []
    assert canaries.found_in({"log": written[NoRedactor]}, set(used))
    found = canaries.found_in({"log": written[NoRedactor]}, canaries.of_vendors(world))
    assert len(found) >= len(canaries.of_vendors(world))


@pytest.mark.parametrize(
    "form",
    [
        str.encode,
        lambda secret: b64encode(secret.encode()),
        lambda secret: b64encode(b"x:" + secret.encode()),
        lambda secret: b64encode(b"account:" + secret.encode() + b"!"),
        lambda secret: secret.encode().hex().encode(),
        lambda secret: quote(secret, safe="").encode(),
    ],
)
def test_the_search_finds_a_secret_in_any_form(form: object) -> None:
    secret = "k/Zq+81_äß-c0ffee"
    content = b"before " + form(secret) + b" after"  # type: ignore[operator]

    assert canaries.found_in({"there": content}, {secret})
    assert canaries.found_in({"there": b"before after"}, {secret}) == []
