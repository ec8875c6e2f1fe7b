"""What every case begins with: both agencies, and what each write needs to be written upon.

Prepared once, through the gateway itself; a case copies the folder and resets the vendors to the
states that were left.
"""

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway.domain.clock import Clock
from gateway.domain.vendor import VendorName
from tests import gateways
from tests.gateways import Gateway, Sandbox, Template

HARBOUR = "Harbour"
AA, BRONTO, EN, OWN = (
    VendorName.AGENCYACCESS,
    VendorName.BRONTO,
    VendorName.ENGAGING_NETWORKS,
    VendorName.OWN,
)

STRANGER, STRANGE_LINK = "crash-client", "crash-link"
"""A client and a link at AgencyAccess of which the gateway has not been told."""

MERGED = ("Mareas Abiertas", "Hanami Travel")
"""Companies whose clients are merged; they have no vendor in common."""

LIST = """
{ agency {
    accounts { id vendor credentials { id } }
    clients(first: 100) { nodes { id company records { id vendor vendorId } } }
} }
"""


@dataclass(frozen=True)
class Prepared:
    """A folder to copy, the vendors' states by name, and the ids that writes name."""

    template: Template
    states: Mapping[str, Any]
    facts: Mapping[str, Any]
    last_intent: int


def prepare(folder: Path) -> Prepared:
    """Set everything up; this process is left without loop or threads."""
    return asyncio.run(_prepare(folder))


async def _prepare(folder: Path) -> Prepared:
    for name in ("seeded", "prepared"):
        (folder / name).mkdir()
    seeded = await gateways.template(folder / "seeded")
    data = seeded.copy(folder / "data")
    async with gateways.open_sandbox() as world:
        await _strangers(world)
        async with gateways.open_gateway(world, data, seeded.keys) as gateway:
            gateway.runtime.recovery.pause = 0.01
            facts = await _facts(gateway)
        states = {name.name: deepcopy(world.state(name)) for name in world.running.vendors}
    template = Template(data, seeded.keys)
    return Prepared(template, states, facts, facts["intent_row"])


async def _strangers(world: Sandbox) -> None:
    state = deepcopy(world.state(AA))
    agency = state["agencies"][HARBOUR]
    client = deepcopy(next(iter(agency["clients"].values())))
    link = deepcopy(next(iter(agency["links"].values())))
    named = {"id": STRANGER, "name": "Stranger", "email": "stranger@example.org"}
    agency["clients"][STRANGER] = {**client, **{k: named[k] for k in named if k in client}}
    agency["links"][STRANGE_LINK] = {**link, "id": STRANGE_LINK, "clientID": STRANGER}
    await world.control("POST", AA, "reset", {"world": state})


async def _facts(gateway: Gateway) -> dict[str, Any]:
    told = (await gateway.query(LIST)).whole["agency"]
    accounts = {each["vendor"]: each for each in told["accounts"]}
    clients = {each["company"]: each for each in told["clients"]["nodes"]}
    facts: dict[str, Any] = {
        "key": gateway.keys[HARBOUR],
        "accounts": {vendor: each["id"] for vendor, each in accounts.items()},
        "clients": {company: each["id"] for company, each in clients.items()},
        "records": {
            company: {record["vendor"]: record["id"] for record in each["records"]}
            for company, each in clients.items()
        },
        "lately": (Clock().now() - timedelta(days=3)).date().isoformat(),
    }
    # Of clients that become one, only one has a label.
    unlabelled = {"id": facts["clients"][MERGED[0]], "label": None}
    await _write(gateway, "updateClient", "UpdateClientInput", "client { id }", unlabelled)
    facts["link"] = await _link(gateway, facts["clients"]["De Vries Fietsen"])
    facts["token"] = await _token(gateway, facts["clients"]["De Vries Fietsen"])
    facts["registered"] = await _registered(gateway, facts["accounts"][AA.name])
    facts["job"] = await _job(gateway, facts["records"]["Rivières Vivantes"][EN.name])
    made = await gateway.sandbox.dashboard(
        BRONTO, action="generate_token", agency=HARBOUR, name="next", permissions=7
    )
    facts["new_secret"] = made["token"]
    facts["credential"] = accounts[BRONTO.name]["credentials"][0]["id"]
    facts |= await _doubtful(gateway, facts["clients"]["Lighthouse Trust"])
    return facts


async def _write(gateway: Gateway, mutation: str, kind: str, want: str, input: Any) -> Any:
    document = (
        f"mutation Prepare($input: {kind}!) {{ {mutation}(input: $input)"
        f" {{ {want} intent {{ id state }} userErrors {{ code message }} }} }}"
    )
    return (await gateway.query(document, variables={"input": input})).whole[mutation]


SERVICE = {"platform": "Google", "service": "Google Ads", "accessLevel": "ADMIN"}


async def _link(gateway: Gateway, client: str) -> str:
    input = {"clientId": client, "services": [SERVICE]}
    told = await _write(gateway, "createLink", "CreateLinkInput", "link { id }", input)
    return str(told["link"]["id"])


async def _token(gateway: Gateway, client: str) -> str:
    input = {"clientId": client, "name": "held", "permissions": ["READ", "WRITE"]}
    told = await _write(gateway, "issueToken", "IssueTokenInput", "token { id }", input)
    return str(told["token"]["id"])


async def _registered(gateway: Gateway, account: str) -> str:
    input = {"accountId": account, "kind": "OTHER", "name": "by hand"}
    told = await _write(gateway, "registerToken", "RegisterTokenInput", "token { id }", input)
    return str(told["token"]["id"])


async def _job(gateway: Gateway, record: str) -> str:
    input = {"recordId": record, "name": "crash", "format": "importTransactions"}
    told = await _write(gateway, "startImport", "StartImportInput", "job { id }", input)
    return str(told["job"]["id"])


async def _doubtful(gateway: Gateway, client: str) -> dict[str, Any]:
    """A write that waits for a person, and the id that the vendor gave."""
    lost = {"fault": "reset", "match": {"operation": "links/create"}, "effect": "before"}
    await gateway.sandbox.faults(AA, lost)
    input = {"clientId": client, "services": [SERVICE]}
    told = await _write(gateway, "createLink", "CreateLinkInput", "link { id }", input)
    await gateway.sandbox.faults(AA)
    id = told["intent"]["id"]
    while True:
        asked = await gateway.query(f'{{ intent(id: "{id}") {{ state }} }}')
        if asked.whole["intent"]["state"] == "NEEDS_HUMAN":
            break
        await asyncio.sleep(0.02)
    effects = await gateway.sandbox.control("GET", AA, "effects")
    row = next(n for n in range(1, 1000) if gateways.global_id("I", n) == id)
    return {"intent": id, "intent_row": row, "vendor_link": effects[-1]["id"]}
