"""Engaging Networks in facts: hosts, credentials, limits, freshness, support and token law."""

from functools import partial

from ...contract import (
    CredentialSlot,
    LedgerFreshness,
    SlotShape,
    Support,
    SupportLevel,
    TokenLaw,
    TokenManager,
    Vendor,
)
from ...domain.model import TokenKind
from ...domain.vendor import VendorName
from ...upstream.laws import (
    CAUTIOUS,
    Freshness,
    InBody,
    InHeader,
    InQuery,
    Laws,
    Login,
    Quoting,
    Rate,
    Scheme,
)
from . import mapping
from .client import connect
from .client.reading import MANAGE_SUPPORTERS, SUPPORTER_COUNT, login
from .client.slots import API_KEY, DEFAULT_REGION, PRIVATE_TOKENS, PUBLIC_TOKEN
from .errors import AUTHENTICATE, IMPORT, classify
from .mapping import session

_REST = frozenset({AUTHENTICATE, "page.list", "supporter.fields", "supporter.get"})

_LAWS = Laws(
    vendor=VendorName.ENGAGING_NETWORKS,
    hosts={"api": "https://{region}.engagingnetworks.app"},
    schemes={
        API_KEY: Scheme(InHeader("ens-auth-token"), Login(login, InBody(Quoting.RAW), session)),
        PUBLIC_TOKEN: Scheme(InQuery("token")),
        PRIVATE_TOKENS: Scheme(InQuery("token")),
    },
    classify=classify,
    freshness={
        # The vendor itself refreshes public data every 15 minutes (vendor page 4).
        SUPPORTER_COUNT: Freshness(fresh=900),
        "page.list": Freshness(fresh=60),
        "supporter.fields": Freshness(fresh=600),
        # Personal data: not kept longer than an outage needs.
        "supporter.get": Freshness(fresh=30, stale=600),
    },
    reads={
        SUPPORTER_COUNT: mapping.client,
        "page.list": mapping.pages,
        "supporter.fields": mapping.fields,
        "supporter.get": partial(mapping.supporter, email=""),
        IMPORT: mapping.import_job,
    },
    # 5,000 an hour for each API user (vendor page 5.2); the public data service states none.
    limits=(
        Rate(5000, 3600.0, operations=_REST, name="REST calls per API user and hour"),
        *CAUTIOUS,
    ),
)

_DASHBOARD = "under Hello menu, Account settings, Tokens"

VENDOR = Vendor(
    name=VendorName.ENGAGING_NETWORKS,
    title="Engaging Networks",
    summary="Engaging Networks: supporter data, pages and bulk transfer of campaigning"
    " organisations.",
    documentation=(
        "https://knowledge.engagingnetworks.net/datareports/public-and-private-api-tokens",
        "https://engagingnetworks.support/knowledge-base/public-data-services-using-a-token",
    ),
    laws=_LAWS,
    slots=(
        CredentialSlot(API_KEY, TokenKind.API_KEY),
        CredentialSlot(PUBLIC_TOKEN, TokenKind.PUBLIC),
        CredentialSlot(PRIVATE_TOKENS, TokenKind.PRIVATE, SlotShape.LIST),
    ),
    ledger=LedgerFreshness(client=900),
    connect=connect,
    reveals_clients=True,
    regions=(DEFAULT_REGION,),
    one_region=True,
    permissions=(MANAGE_SUPPORTERS,),
    token_laws=(
        TokenLaw(
            kind=TokenKind.API_KEY,
            max_live_per_holder=1,
            revoke_first=True,
            shown_once=False,
            expires_after_days=None,
            managed_by=TokenManager.DASHBOARD,
            how_to="An administrator makes an API user under Account settings, Users, and lists"
            " this gateway's addresses in its Remote Address.",
        ),
        TokenLaw(
            kind=TokenKind.PUBLIC,
            max_live_per_holder=1,
            revoke_first=True,
            shown_once=False,
            expires_after_days=None,
            managed_by=TokenManager.DASHBOARD,
            how_to=f"A Super Admin refreshes the account's public token {_DASHBOARD}; the old value"
            " dies at once.",
        ),
        TokenLaw(
            kind=TokenKind.PRIVATE,
            max_live_per_holder=None,
            revoke_first=False,
            shown_once=False,
            expires_after_days=None,
            managed_by=TokenManager.DASHBOARD,
            how_to=f"A Super Admin adds a private token for a user {_DASHBOARD}; refreshing one"
            " kills its old value at once.",
        ),
    ),
    support={
        "VendorAccount.status": Support(SupportLevel.LIVE),
        "clients": Support(
            SupportLevel.LEDGER,
            "Engaging Networks has no list of accounts: each credential set is one account, and"
            " its client is made when the account is added.",
        ),
        "client": Support(SupportLevel.LIVE),
        "link": Support(SupportLevel.ABSENT, "Engaging Networks has no access links."),
        "tokens": Support(
            SupportLevel.LEDGER,
            "Tokens are made in the dashboard only; the gateway keeps their facts.",
        ),
        "VendorAccount.logins": Support(SupportLevel.ABSENT, "Users have no API."),
        "VendorAccount.events": Support(SupportLevel.ABSENT, "Engaging Networks has no event API."),
        "Agency.jobs": Support(
            SupportLevel.LEDGER,
            "Engaging Networks has no list of jobs and mails how imports end; the gateway keeps"
            " the jobs that it began.",
        ),
        "createClient": Support(
            SupportLevel.ABSENT, "Engaging Networks opens accounts by contract, not by API."
        ),
        "updateClient": Support(
            SupportLevel.ABSENT, "Accounts are edited in the dashboard only; no API does it."
        ),
        "createLink": Support(SupportLevel.ABSENT, "Engaging Networks has no access links."),
        "updateLink": Support(SupportLevel.ABSENT, "Engaging Networks has no access links."),
        "issueToken": Support(
            SupportLevel.ABSENT, "Tokens are made in the dashboard only; no API makes them."
        ),
        "updateToken": Support(
            SupportLevel.LEDGER,
            "Tokens are changed in the dashboard only; the gateway keeps what it is told of them.",
        ),
        "revokeToken": Support(
            SupportLevel.LEDGER,
            "Tokens are deleted in the dashboard only; the gateway records that it was done.",
        ),
        "startBackup": Support(SupportLevel.ABSENT, "Engaging Networks has no backups."),
        "startExport": Support(SupportLevel.LIVE),
        "startImport": Support(SupportLevel.LIVE),
        "EngagingNetworksDetails.supporterFields": Support(SupportLevel.LIVE),
        "EngagingNetworksDetails.supporter": Support(SupportLevel.LIVE),
        "EngagingNetworksDetails.pages": Support(SupportLevel.LIVE),
    },
)
