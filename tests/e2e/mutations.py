"""Mutations as front ends send them, and how tests send and judge them."""

import asyncio
from typing import Any

from gateway.domain.vendor import VendorName
from tests.gateways import Gateway

OUTCOME = """
fragment Outcome on MutationPayload {
  intent { id operation vendor state createdAt settledAt result { __typename id } error { code } }
  userErrors { code message field vendor retryable retryAfterMs }
  warnings
}
"""


ACCOUNTS = "{ agency { accounts { id vendor name } } }"


CREATE = (
    """
mutation Create($input: CreateClientInput!) {
  createClient(input: $input) {
    client { id label name metadata { key value } }
    record { id vendorId vendor name email status }
    ...Outcome
  }
}
"""
    + OUTCOME
)


UPDATE = (
    """
mutation Update($input: UpdateClientInput!) {
  updateClient(input: $input) {
    client { id label name company email }
    outcomes { record { id vendor company } changed intent { state } userErrors { code field } }
    ...Outcome
  }
}
"""
    + OUTCOME
)


CREATE_LINK = (
    """
mutation Ask($input: CreateLinkInput!) {
  createLink(input: $input) {
    link { id vendorId status redirectUrl services { platform service accessLevel granted } }
    ...Outcome
  }
}
"""
    + OUTCOME
)


UPDATE_LINK = (
    """
mutation Change($input: UpdateLinkInput!) {
  updateLink(input: $input) {
    link { id status services { platform service accessLevel granted } }
    ...Outcome
  }
}
"""
    + OUTCOME
)


ANA = {
    "name": "Ana Ruiz",
    "email": "ana@example.org",
    "language": "Spanish",
    "metadata": [{"key": "crm", "value": "42"}],
}


GOOGLE_ADS = {"platform": "Google", "service": "Google Ads", "accessLevel": "ADMIN"}


async def account_of(gateway: Gateway, vendor: VendorName, agency: str = "Harbour") -> str:
    accounts = (await gateway.query(ACCOUNTS, agency=agency)).whole["agency"]["accounts"]
    return next(each["id"] for each in accounts if each["vendor"] == vendor.name)


async def write(gateway: Gateway, document: str, agency: str = "Harbour", **input: Any) -> Any:
    answer = await gateway.query(document, agency=agency, variables={"input": input})
    (payload,) = answer.whole.values()
    return payload


async def effects(gateway: Gateway, vendor: VendorName) -> list[Any]:
    return await gateway.sandbox.control("GET", vendor, "effects")


async def new_client(gateway: Gateway, **more: Any) -> Any:
    account = await account_of(gateway, VendorName.AGENCYACCESS)
    return await write(gateway, CREATE, accountId=account, **{**ANA, **more})


ALLOCATIONS = {"canExceed": False, "emails": 1000, "contacts": 500, "hosting": 100}


ISSUE = (
    """
mutation Issue($input: IssueTokenInput!) {
  issueToken(input: $input) {
    token { id name kind held permissions status hint client { id } }
    ...Outcome
  }
}
"""
    + OUTCOME
)


UPDATE_TOKEN = (
    """
mutation UpdateToken($input: UpdateTokenInput!) {
  updateToken(input: $input) { token { id name permissions status } ...Outcome }
}
"""
    + OUTCOME
)


REVOKE = (
    """
mutation Revoke($input: RevokeTokenInput!) {
  revokeToken(input: $input) { token { id status held } ...Outcome }
}
"""
    + OUTCOME
)


LISTS = """
query Lists($id: ID!) {
  client(id: $id) { records { details { ... on BrontoDetails { lists { name } } } } }
}
"""


async def new_bronto_client(gateway: Gateway, **more: Any) -> Any:
    account = await account_of(gateway, VendorName.BRONTO)
    given = {"name": "Nordlicht", "bronto": {"allocations": ALLOCATIONS}, **more}
    return await write(gateway, CREATE, accountId=account, **given)


INTENT = """
query Intent($id: ID!) { intent(id: $id) { state error { code message } result { __typename id } } }
"""


async def settled(gateway: Gateway, id: str) -> Any:
    for _ in range(200):
        intent = (await gateway.query(INTENT, variables={"id": id})).whole["intent"]
        if intent["state"] not in ("PENDING", "UNKNOWN"):
            return intent
        await asyncio.sleep(0.02)
    raise AssertionError(intent)


RECORDS = """
query Records($vendor: VendorName!) {
  clients(first: 1, filter: { vendors: [$vendor] }) { nodes { records(vendors: [$vendor]) { id } } }
}
"""


BACKUP = (
    """
mutation Backup($input: StartBackupInput!) {
  startBackup(input: $input) { record { id } ...Outcome }
}
"""
    + OUTCOME
)


EXPORT = (
    """
mutation Export($input: StartExportInput!) {
  startExport(input: $input) {
    job { id kind status title vendorId fileUrl client { id } provenance { source } }
    ...Outcome
  }
}
"""
    + OUTCOME
)


IMPORT = (
    """
mutation Import($input: StartImportInput!) {
  startImport(input: $input) { job { id kind status fileUrl } ...Outcome }
}
"""
    + OUTCOME
)


JOB = """
query Job($id: ID!) {
  job(id: $id) { id status rowCount vendorId finishedAt fileUrl error { code } results progress }
}
"""


JOBS = """
{ agency { jobs { totalCount nodes { id vendor vendorId kind status title createdAt } } } }
"""


async def record_of(gateway: Gateway, vendor: VendorName) -> str:
    answer = await gateway.query(RECORDS, variables={"vendor": vendor.name})
    return str(answer.whole["clients"]["nodes"][0]["records"][0]["id"])


ADOPT = (
    """
mutation Adopt($input: AdoptClientInput!) {
  adoptClient(input: $input) { client { id label name } record { id vendorId } ...Outcome }
}
"""
    + OUTCOME
)


MERGE = (
    """
mutation Merge($input: MergeClientsInput!) {
  mergeClients(input: $input) { client { id records { id } } ...Outcome }
}
"""
    + OUTCOME
)


SPLIT = (
    """
mutation Split($input: SplitClientInput!) {
  splitClient(input: $input) {
    client { id records { id } } remaining { id records { id } } ...Outcome
  }
}
"""
    + OUTCOME
)


PURGE = (
    """
mutation Purge($input: PurgeClientInput!) {
  purgeClient(input: $input) { purgedClientId ...Outcome }
}
"""
    + OUTCOME
)


RESOLVE = (
    """
mutation Resolve($input: ResolveIntentInput!) { resolveIntent(input: $input) { ...Outcome } }
"""
    + OUTCOME
)


ROTATE = (
    """
mutation Rotate($input: RotateCredentialInput!) {
  rotateCredential(input: $input) { token { id status hint createdAt expiresInDays } ...Outcome }
}
"""
    + OUTCOME
)


REGISTER = (
    """
mutation Register($input: RegisterTokenInput!) {
  registerToken(input: $input) { token { id kind user status expiresInDays held } ...Outcome }
}
"""
    + OUTCOME
)


CREDENTIALS = "{ agency { accounts { id vendor credentials { id kind status } } } }"


CLIENT = "query Client($id: ID!) { client(id: $id) { id name records { id } } }"


def ids(effect: Any) -> list[str]:
    """The vendor's ids in an effect."""
    return [value for key, value in effect.items() if key == "id"]


ADOPT_LINK = (
    """
mutation AdoptLink($input: AdoptLinkInput!) {
  adoptLink(input: $input) { link { id vendorId client { id } status } ...Outcome }
}
"""
    + OUTCOME
)
