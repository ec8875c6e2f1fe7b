"""Writes that a vendor is told of: each at most once, whatever happens."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.domain.vendor import VendorName

from .world import AA, BRONTO, EN, OWN, SERVICE
from .writes import LABEL, Facts, Write, labelled, node, one_client


def _create(account: VendorName, **more: Any) -> Callable[[Facts], Mapping[str, Any]]:
    return lambda facts: {"accountId": facts["accounts"][account.name], "label": LABEL, **more}


ALLOCATIONS = {"canExceed": False, "emails": 1000, "contacts": 500, "hosting": 100}
_COMPANY = "... on Client { records { vendor company } }"


def _renamed(*vendors: VendorName) -> Callable[[Any], bool]:
    names = {each.name for each in vendors}

    def shows(data: Any) -> bool:
        companies = {row["vendor"]: row["company"] for row in data["node"]["records"]}
        return all(companies[name] == "Crash & Co" for name in names)

    return shows


def _update(*vendors: VendorName, label: bool = False) -> Callable[[Facts], Mapping[str, Any]]:
    def input(facts: Facts) -> Mapping[str, Any]:
        records = facts["records"]["De Vries Fietsen"]
        return {
            "id": facts["clients"]["De Vries Fietsen"],
            "recordIds": [records[each.name] for each in vendors],
            "company": "Crash & Co",
            **({"label": LABEL} if label else {}),
        }

    return input


_PIETER = "De Vries Fietsen"

VENDOR_WRITES: tuple[Write, ...] = (
    Write(
        name="createClient (AgencyAccess)",
        mutation="createClient",
        input=_create(AA, name="Crash Test", email="crash@example.org", language="English"),
        want="client { id } record { id }",
        object="client",
        vendors={AA: "clients/create"},
        findable=False,
        seen=labelled(),
        shows=one_client,
    ),
    Write(
        name="createClient (Bronto)",
        mutation="createClient",
        input=_create(BRONTO, name="Crash Test", bronto={"allocations": ALLOCATIONS}),
        want="client { id } record { id }",
        object="client",
        vendors={BRONTO: "addAccounts"},
        seen=labelled(),
        shows=one_client,
    ),
    Write(
        name="updateClient (AgencyAccess)",
        mutation="updateClient",
        input=_update(AA),
        want="client { id }",
        object="client",
        vendors={AA: "clients/update"},
        seen=node(lambda facts: facts["clients"][_PIETER], _COMPANY),
        shows=_renamed(AA),
    ),
    Write(
        name="updateClient (Bronto)",
        mutation="updateClient",
        input=_update(BRONTO),
        want="client { id }",
        object="client",
        vendors={BRONTO: "updateAccounts"},
        seen=node(lambda facts: facts["clients"][_PIETER], _COMPANY),
        shows=_renamed(BRONTO),
    ),
    Write(
        name="updateClient (both, label)",
        mutation="updateClient",
        input=_update(AA, BRONTO, label=True),
        want="client { id }",
        object="client",
        vendors={AA: "clients/update", BRONTO: "updateAccounts"},
        # Whether the vendors were told is seen there: one may have taken it, and not the other.
        seen=node(lambda facts: facts["clients"][_PIETER], "... on Client { label }"),
        shows=lambda data: data["node"]["label"] == LABEL,
    ),
    Write(
        name="createLink",
        mutation="createLink",
        input=lambda facts: {
            "clientId": facts["clients"]["Hanami Travel"],
            "services": [SERVICE],
            "thankYouMessage": "crash",
        },
        want="link { id }",
        object="link",
        vendors={AA: "links/create"},
        findable=False,
        seen=lambda facts: (
            f'{{ links(filter: {{ clientId: "{facts["clients"]["Hanami Travel"]}" }})'
            " { nodes { thankYouMessage } } }"
        ),
        shows=lambda data: (
            [each["thankYouMessage"] for each in data["links"]["nodes"]].count("crash") == 1
        ),
    ),
    Write(
        name="updateLink",
        mutation="updateLink",
        input=lambda facts: {
            "id": facts["link"],
            "services": [{**SERVICE, "accessLevel": "READ_ONLY"}],
        },
        want="link { id }",
        object="link",
        vendors={AA: "links/update"},
        seen=node(lambda facts: facts["link"], "... on Link { services { accessLevel } }"),
        shows=lambda data: data["node"]["services"] == [{"accessLevel": "READ_ONLY"}],
    ),
    Write(
        name="issueToken",
        mutation="issueToken",
        input=lambda facts: {
            "clientId": facts["clients"]["Weiß & Söhne GmbH"],
            "name": "crash",
            "permissions": ["READ"],
        },
        want="token { id }",
        object="token",
        vendors={BRONTO: "addApiTokens"},
        seen=lambda facts: (
            f'{{ tokens(filter: {{ clientId: "{facts["clients"]["Weiß & Söhne GmbH"]}" }})'
            " { nodes { name held } } }"
        ),
        shows=lambda data: data["tokens"]["nodes"].count({"name": "crash", "held": True}) == 1,
    ),
    Write(
        name="updateToken",
        mutation="updateToken",
        input=lambda facts: {"id": facts["token"], "permissions": ["READ"]},
        want="token { id }",
        object="token",
        vendors={BRONTO: "updateApiTokens"},
        seen=node(lambda facts: facts["token"], "... on Token { permissions }"),
        shows=lambda data: data["node"]["permissions"] == ["READ"],
    ),
    Write(
        name="revokeToken",
        mutation="revokeToken",
        input=lambda facts: {"id": facts["token"]},
        want="token { id }",
        object="token",
        vendors={BRONTO: "deleteApiTokens"},
        seen=node(lambda facts: facts["token"], "... on Token { status held }"),
        shows=lambda data: data["node"] == {"status": "REVOKED", "held": False},
    ),
    Write(
        name="startBackup",
        mutation="startBackup",
        input=lambda facts: {"recordId": facts["records"]["Hanami Travel"][OWN.name]},
        want="record { id }",
        object="record",
        vendors={OWN: "backup_now"},
        findable=False,
    ),
    Write(
        name="startExport (backup)",
        mutation="startExport",
        input=lambda facts: {
            "recordId": facts["records"]["Hanami Travel"][OWN.name],
            "source": {"backup": {"format": "CSV"}},
        },
        want="job { id }",
        object="job",
        vendors={OWN: "export"},
        findable=False,
    ),
    Write(
        name="PUT /imports/{id}",
        mutation="sendImport",
        input=lambda _: {},
        object="job",
        vendors={EN: "import.service"},
        findable=False,
        seen=node(lambda facts: facts["job"], "... on Job { status vendorId }"),
        shows=lambda data: (
            data["node"]["status"] == "SUBMITTED" and data["node"]["vendorId"] is not None
        ),
        place=lambda facts: f"/imports/{facts['job']}",
    ),
)
