"""Writes that stay in the gateway: in its ledger, its journal, its vault."""

from .world import AA, BRONTO, EN, MERGED, OWN, STRANGE_LINK, STRANGER
from .writes import LABEL, Write, labelled, node, one_client

LEDGER_WRITES: tuple[Write, ...] = (
    Write(
        name="updateClient (label)",
        mutation="updateClient",
        input=lambda facts: {"id": facts["clients"]["De Vries Fietsen"], "label": LABEL},
        want="client { id }",
        object="client",
        vendors={},
        seen=node(lambda facts: facts["clients"]["De Vries Fietsen"], "... on Client { label }"),
        shows=lambda data: data["node"]["label"] == LABEL,
    ),
    Write(
        name="startExport (activity)",
        mutation="startExport",
        input=lambda facts: {
            "recordId": facts["records"]["Rivières Vivantes"][EN.name],
            "source": {"activity": {"from": facts["lately"]}},
        },
        want="job { id }",
        object="job",
        vendors={},
        seen=lambda _: (
            "{ agency { jobs(filter: { kinds: [EXPORT] }) { nodes { title status } } } }"
        ),
        shows=lambda data: (
            len([each for each in data["agency"]["jobs"]["nodes"] if "Activity" in each["title"]])
            == 1
        ),
    ),
    Write(
        name="startImport",
        mutation="startImport",
        input=lambda facts: {
            "recordId": facts["records"]["Rivières Vivantes"][EN.name],
            "name": "again",
            "format": "importTransactions",
        },
        want="job { id }",
        object="job",
        vendors={},
        seen=lambda _: (
            "{ agency { jobs(filter: { kinds: [IMPORT] }) { nodes { title status } } } }"
        ),
        shows=lambda data: (
            data["agency"]["jobs"]["nodes"].count({"title": "Import again", "status": "WAITING"})
            == 1
        ),
    ),
    Write(
        name="registerToken",
        mutation="registerToken",
        input=lambda facts: {
            "accountId": facts["accounts"][BRONTO.name],
            "kind": "OTHER",
            "name": "crash",
        },
        want="token { id }",
        object="token",
        vendors={},
        seen=lambda _: "{ tokens(first: 100, filter: { kinds: [OTHER] }) { nodes { name } } }",
        shows=lambda data: data["tokens"]["nodes"].count({"name": "crash"}) == 1,
    ),
    Write(
        name="updateToken (recorded)",
        mutation="updateToken",
        input=lambda facts: {"id": facts["registered"], "name": "crash"},
        want="token { id }",
        object="token",
        vendors={},
        seen=node(lambda facts: facts["registered"], "... on Token { name }"),
        shows=lambda data: data["node"] == {"name": "crash"},
    ),
    Write(
        name="revokeToken (recorded)",
        mutation="revokeToken",
        input=lambda facts: {"id": facts["registered"], "revokedInDashboard": True},
        want="token { id }",
        object="token",
        vendors={},
        seen=node(lambda facts: facts["registered"], "... on Token { status }"),
        shows=lambda data: data["node"] == {"status": "REVOKED"},
    ),
    Write(
        name="rotateCredential",
        mutation="rotateCredential",
        input=lambda facts: {
            "id": facts["credential"],
            "secret": facts["new_secret"],
            "createdAt": "2020-02-02T00:00:00Z",
        },
        want="token { id }",
        object="token",
        vendors={},
        seen=node(lambda facts: facts["credential"], "... on Token { createdAt held }"),
        shows=lambda data: (
            data["node"]["held"] and str(data["node"]["createdAt"]).startswith("2020-02-02")
        ),
    ),
    Write(
        name="mergeClients",
        mutation="mergeClients",
        input=lambda facts: {
            "intoClientId": facts["clients"][MERGED[0]],
            "fromClientIds": [facts["clients"][MERGED[1]]],
        },
        want="client { id }",
        object="client",
        vendors={},
        seen=node(lambda facts: facts["clients"][MERGED[0]], "... on Client { records { id } }"),
        shows=lambda data: len(data["node"]["records"]) == 4,
    ),
    Write(
        name="splitClient",
        mutation="splitClient",
        input=lambda facts: {"recordIds": [facts["records"]["Baker & Baker"][OWN.name]]},
        want="client { id }",
        object="client",
        vendors={},
        seen=node(
            lambda facts: facts["clients"]["Baker & Baker"], "... on Client { records { id } }"
        ),
        shows=lambda data: len(data["node"]["records"]) == 2,
    ),
    Write(
        name="purgeClient",
        mutation="purgeClient",
        input=lambda facts: {"id": facts["clients"]["Ruiz Cerámica SL"]},
        want="purgedClientId",
        object="purgedClientId",
        vendors={},
        seen=node(lambda facts: facts["clients"]["Ruiz Cerámica SL"], "id"),
        shows=lambda data: data["node"] is None,
    ),
    Write(
        name="adoptClient",
        mutation="adoptClient",
        input=lambda facts: {
            "accountId": facts["accounts"][AA.name],
            "vendorId": STRANGER,
            "label": LABEL,
        },
        want="client { id }",
        object="client",
        vendors={},
        seen=labelled(),
        shows=one_client,
    ),
    Write(
        name="adoptLink",
        mutation="adoptLink",
        input=lambda facts: {
            "accountId": facts["accounts"][AA.name],
            "vendorId": STRANGE_LINK,
        },
        want="link { id }",
        object="link",
        vendors={},
        seen=lambda _: (
            f'{{ links(filter: {{ vendorId: "{STRANGE_LINK}" }}) {{ nodes {{ id }} }} }}'
        ),
        shows=lambda data: len(data["links"]["nodes"]) == 1,
    ),
    Write(
        name="resolveIntent",
        mutation="resolveIntent",
        input=lambda facts: {
            "id": facts["intent"],
            "tookEffect": True,
            "vendorId": facts["vendor_link"],
        },
        object="intent",
        vendors={},
        seen=lambda facts: (
            f'{{ links(filter: {{ vendorId: "{facts["vendor_link"]}" }}) {{ nodes {{ id }} }} }}'
        ),
        shows=lambda data: len(data["links"]["nodes"]) == 1,
    ),
)
