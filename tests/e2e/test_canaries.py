"""No secret of the world slips out: not in logs, answers, metrics or files, in no encoding.

That the search would find one is shown first: with the redactor switched off it does.
"""

import logging
from base64 import b64encode
from io import StringIO
from urllib.parse import quote

import pytest
from prometheus_client import generate_latest

from gateway.domain.failures import ErrorCode
from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import VENDORS
from gateway.telemetry.logs import logging_to
from gateway.telemetry.redaction import Redactor
from gateway.web.app import FIRST_QUERY
from tests.conftest import Open
from tests.e2e import canaries
from tests.e2e.test_failing_vendors import FAULTS
from tests.gateways import Gateway, Sandbox

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


@pytest.mark.slow
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
