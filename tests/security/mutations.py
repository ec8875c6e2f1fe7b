"""Every mutation of the schema with an input that would do, made of ids that an agency has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.exports import exportable_to
from gateway.domain.intents import Intent
from gateway.domain.vendor import VendorName
from gateway.storage.values import IntentFilter, Window
from tests.gateways import Gateway

IDS = """
{ agency {
  id
  accounts { id vendor credentials { id } }
  clients(first: 100) { nodes { id records { id vendor } } }
  links { nodes { id } }
  tokens { nodes { id } }
} }
"""


@dataclass(frozen=True)
class Ids:
    """Some of an agency's ids; accounts and records by vendor."""

    accounts: Mapping[str, str]
    clients: Mapping[str, str]
    records: Mapping[str, str]
    link: str
    token: str
    credential: str
    intent: str


async def ids_of(gateway: Gateway, agency: str) -> Ids:
    """Ids of an agency, which begins an import in passing, to have an intent."""
    held = (await gateway.query(IDS, agency=agency)).whole["agency"]
    accounts = {one["vendor"]: one["id"] for one in held["accounts"]}
    pairs = [(row, one["id"]) for one in held["clients"]["nodes"] for row in one["records"]]
    records = {row["vendor"]: row["id"] for row, _ in pairs}
    clients = {row["vendor"]: client for row, client in pairs}
    waiting = {"recordId": records["ENGAGING_NETWORKS"], "name": "first", "format": "any"}
    started = await send(gateway, "startImport", waiting, agency=agency)
    return Ids(
        accounts=accounts,
        clients=clients,
        records=records,
        link=held["links"]["nodes"][0]["id"],
        token=held["tokens"]["nodes"][0]["id"],
        credential=next(one["credentials"][0]["id"] for one in held["accounts"]),
        intent=started.whole["startImport"]["intent"]["id"],
    )


def inputs(ids: Ids, gateway: Gateway) -> dict[str, dict[str, Any]]:
    """An input for every mutation; the key is its name, or its name and a variant."""
    day = exportable_to(gateway.runtime.clock.now()).isoformat()
    own, networks = ids.records["OWN"], ids.records["ENGAGING_NETWORKS"]
    access, bronto = ids.accounts["AGENCYACCESS"], ids.accounts["BRONTO"]
    client = ids.clients["AGENCYACCESS"]
    service = {"platform": "Google", "service": "Google Ads", "accessLevel": "ADMIN"}
    person = {"name": "Ana", "email": "ana@example.org", "language": "Spanish"}
    return {
        "createClient": {"accountId": access, **person},
        "createClient for a client": {"accountId": access, "clientId": client, **person},
        "updateClient": {"id": client, "name": "Another"},
        "updateClient of a record": {
            "id": client,
            "name": "Another",
            "recordIds": [ids.records["AGENCYACCESS"]],
        },
        "adoptClient": {"accountId": access, "vendorId": "any", "clientId": client},
        "mergeClients": {"intoClientId": client, "fromClientIds": [ids.clients["BRONTO"]]},
        "splitClient": {"recordIds": [own]},
        "purgeClient": {"id": client},
        "createLink": {"clientId": client, "accountId": access, "services": [service]},
        "updateLink": {"id": ids.link, "services": [service]},
        "adoptLink": {"accountId": access, "vendorId": "any"},
        "issueToken": {
            "clientId": ids.clients["BRONTO"],
            "accountId": bronto,
            "name": "sync",
            "permissions": ["READ"],
        },
        "registerToken": {"accountId": access, "kind": "API_KEY", "clientId": client},
        "updateToken": {"id": ids.token, "name": "renamed"},
        "revokeToken": {"id": ids.token, "revokedInDashboard": True},
        "rotateCredential": {"id": ids.credential, "secret": "not-a-key-that-anyone-has"},
        "startExport": {"recordId": networks, "source": {"activity": {"from": day}}},
        "startExport of a backup": {"recordId": own, "source": {"backup": {}}},
        "startImport": {"recordId": networks, "name": "spring", "format": "any"},
        "startBackup": {"recordId": own},
        "resolveIntent": {"id": ids.intent, "tookEffect": True, "vendorId": "any"},
    }


async def send(gateway: Gateway, name: str, input: Mapping[str, Any], **more: Any) -> Any:
    """Send one mutation; a variant's name begins with the mutation's."""
    name = name.partition(" ")[0]
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = (
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ intent {{ id state operation }}"
        " userErrors { code message field vendor retryable retryAfterMs } warnings } }"
    )
    return await gateway.query(document, variables={"input": input}, **more)


async def journal(gateway: Gateway) -> list[Intent]:
    """All intents of all agencies, parts too."""
    storage = gateway.runtime.storage
    found: list[Intent] = []
    for each in await storage.agencies():
        page = await storage.page_intents(each.id, IntentFilter(), Window(first=100))
        found += page.items
        for parts in (await storage.parts(each.id, [one.id for one in page.items])).values():
            found += parts
    return found


async def all_effects(gateway: Gateway) -> list[Any]:
    """All that any vendor did."""
    found: list[Any] = []
    for vendor in VendorName:
        found += await gateway.sandbox.control("GET", vendor, "effects")
    return found
