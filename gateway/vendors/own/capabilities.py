"""Own in facts: hosts, token exchange, freshness, support and token law."""

from ...contract import (
    CredentialSlot,
    LedgerFreshness,
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
    Laws,
    Login,
    Quoting,
    Scheme,
)
from . import mapping
from .client import API_TOKEN, CLIENT_ID, REGIONS, connect, exchange_token
from .errors import classify
from .mapping import session

_LAWS = Laws(
    vendor=VendorName.OWN,
    # The "new domain" of the guide; scripts from before say ownbackup.com (vendor page 1 and 4).
    hosts={"api": "https://{region}.owndata.com", "auth": "https://auth.owndata.com"},
    schemes={
        API_TOKEN: Scheme(
            InHeader("Authorization", "Bearer "),
            login=Login(call=exchange_token, placement=InBody(Quoting.FORM), session=session),
        )
    },
    classify=classify,
    # Events are not cached: who follows them wants the newest.
    freshness={
        "services": Freshness(fresh=60),
        "services/get": Freshness(fresh=60),
        "backups": Freshness(fresh=60),
        "backups/get": Freshness(fresh=60),
        "backups/objects": Freshness(fresh=60),
        # Short, for whoever asks watches them move.
        "jobs": Freshness(fresh=30),
        "jobs/get": Freshness(fresh=5),
    },
    reads={
        "services": mapping.services,
        "services/get": mapping.service,
        "backups": mapping.backups,
        "backups/get": mapping.backup,
        "backups/objects": mapping.backup_objects,
        "jobs": mapping.jobs,
        "jobs/get": mapping.job,
        "export": mapping.started,
    },
    # No limit and no header of one is known (vendor page 7).
    limits=CAUTIOUS,
)

_NO_LINKS = "Own has no access links."

VENDOR = Vendor(
    name=VendorName.OWN,
    title="Own",
    summary="Own: backups of customers' Salesforce organisations, in several regions.",
    documentation=(
        "https://help.salesforce.com/s/articleView?id=platform.platform_o_manage_api_tokens.htm",
        "https://help.salesforce.com/s/articleView?id=platform.platform_o_access_through_api.htm",
    ),
    laws=_LAWS,
    slots=(CredentialSlot(API_TOKEN, TokenKind.USER),),
    options=(CLIENT_ID,),
    regions=REGIONS,
    # Longer than a region's list is fresh, so that a list just read spares the single reads.
    ledger=LedgerFreshness(client=300),
    connect=connect,
    token_laws=(
        TokenLaw(
            kind=TokenKind.USER,
            max_live_per_holder=1,
            revoke_first=True,
            shown_once=True,
            expires_after_days=180,
            managed_by=TokenManager.DASHBOARD,
            how_to="The user revokes the old token and generates a new one under Edit Profile,"
            " API Token; it is shown once, good in all regions, and gone after 180 days.",
        ),
    ),
    support={
        "VendorAccount.status": Support(SupportLevel.LIVE),
        "clients": Support(SupportLevel.LIVE),
        "client": Support(SupportLevel.LIVE),
        "link": Support(SupportLevel.ABSENT, _NO_LINKS),
        "tokens": Support(
            SupportLevel.LEDGER,
            "Tokens are made in Own's web pages only; the gateway keeps their facts.",
        ),
        "VendorAccount.logins": Support(SupportLevel.ABSENT, "Own's users have no API."),
        "VendorAccount.events": Support(SupportLevel.LIVE),
        "Agency.jobs": Support(SupportLevel.LIVE),
        "createClient": Support(
            SupportLevel.ABSENT, "Services are added in Own's web pages; its API only reads them."
        ),
        "updateClient": Support(
            SupportLevel.ABSENT, "Services are changed in Own's web pages; its API only reads them."
        ),
        "createLink": Support(SupportLevel.ABSENT, _NO_LINKS),
        "updateLink": Support(SupportLevel.ABSENT, _NO_LINKS),
        "issueToken": Support(
            SupportLevel.ABSENT,
            "A user generates the one API token in Own's web pages, under Edit Profile.",
        ),
        "updateToken": Support(
            SupportLevel.LEDGER,
            "A token cannot be changed at Own; the gateway records facts about it.",
        ),
        "revokeToken": Support(
            SupportLevel.LEDGER,
            "A token is revoked in Own's web pages only; the gateway records that it was.",
        ),
        "startBackup": Support(SupportLevel.LIVE),
        "startExport": Support(SupportLevel.LIVE),
        "startImport": Support(SupportLevel.ABSENT, "Own's API takes no files."),
        "OwnDetails.backups": Support(SupportLevel.LIVE),
        "OwnDetails.lastBackup": Support(SupportLevel.LIVE),
        "OwnBackup.objects": Support(SupportLevel.LIVE),
    },
)
