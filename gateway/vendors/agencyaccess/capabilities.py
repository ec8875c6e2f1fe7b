"""AgencyAccess in facts: host, key, limits, freshness, support, words and token law."""

from functools import partial
from importlib.resources import files

import msgspec

from ...contract import (
    CredentialSlot,
    LedgerFreshness,
    Platform,
    Support,
    SupportLevel,
    TokenLaw,
    TokenManager,
    Vendor,
)
from ...domain.model import TokenKind
from ...domain.vendor import VendorName
from ...upstream.laws import CAUTIOUS, Freshness, InHeader, Laws, Scheme
from . import mapping
from .client import API_KEY, DIALECT, connect
from .errors import CAPABILITIES, classify

_BY_HAND = "Keys are made in AgencyAccess's dashboard only; the recorded facts change, no more."
_NO_BULK = "AgencyAccess has no bulk work: no exports, imports, backups or jobs."
_NO_LIST = "AgencyAccess has no list endpoint: what the gateway created or was told of is known."

_LAWS = Laws(
    vendor=VendorName.AGENCYACCESS,
    hosts={"api": "https://api.agencyaccess.co"},
    schemes={API_KEY: Scheme(InHeader("X-Auth"))},
    classify=classify,
    freshness={
        "clients/retrieve": Freshness(fresh=300),
        "links/retrieve": Freshness(fresh=30),
    },
    reads={
        "clients/retrieve": mapping.client,
        "links/retrieve": mapping.link,
        "clients/create": mapping.made,
        "links/create": mapping.made,
    },
    capabilities={
        operation: words.upper().replace(" ", "_") for operation, words in CAPABILITIES.items()
    },
    # The guide says that calls are limited and names neither number nor header (vendor page 5.2).
    limits=CAUTIOUS,
)


_PLATFORMS = msgspec.toml.decode(
    files(__package__).joinpath("platforms.toml").read_bytes(),
    type=dict[str, tuple[Platform, ...]],
)["platforms"]

VENDOR = Vendor(
    name=VendorName.AGENCYACCESS,
    title="AgencyAccess",
    summary="AgencyAccess: access links with which clients grant an agency access to advertising"
    " and other platforms.",
    documentation=("https://www.agencyaccess.co/docs/utilizing-the-api",),
    laws=_LAWS,
    slots=(CredentialSlot(API_KEY, TokenKind.API_KEY),),
    ledger=LedgerFreshness(client=300),
    connect=partial(connect, platforms=_PLATFORMS),
    options=(DIALECT,),
    permissions=(
        "CREATE_LINK",
        "RETRIEVE_LINK",
        "EDIT_LINK",
        "CREATE_CUSTOMER",
        "RETRIEVE_CUSTOMER",
        "EDIT_CUSTOMER",
    ),
    languages=mapping.LANGUAGES,
    platforms=_PLATFORMS,
    token_laws=(
        TokenLaw(
            kind=TokenKind.API_KEY,
            max_live_per_holder=1,
            revoke_first=True,
            shown_once=True,
            expires_after_days=None,
            managed_by=TokenManager.DASHBOARD,
            how_to="An admin regenerates the key under Dashboard, API, Authentication; the old key"
            " dies at once.",
        ),
    ),
    support={
        "VendorAccount.status": Support(SupportLevel.LIVE),
        "clients": Support(SupportLevel.LEDGER, _NO_LIST),
        "client": Support(SupportLevel.LIVE),
        "link": Support(SupportLevel.LIVE),
        "tokens": Support(
            SupportLevel.LEDGER,
            "Keys are made in the dashboard only; the gateway keeps their facts.",
        ),
        "VendorAccount.logins": Support(SupportLevel.ABSENT, "Team members have no API."),
        "VendorAccount.events": Support(SupportLevel.ABSENT, "AgencyAccess has no event API."),
        "Agency.jobs": Support(SupportLevel.ABSENT, _NO_BULK),
        "createClient": Support(SupportLevel.LIVE),
        "updateClient": Support(SupportLevel.LIVE),
        "createLink": Support(SupportLevel.LIVE),
        "updateLink": Support(SupportLevel.LIVE),
        "issueToken": Support(
            SupportLevel.ABSENT,
            "AgencyAccess has no token endpoint: an admin makes the key in its dashboard.",
        ),
        "updateToken": Support(SupportLevel.LEDGER, _BY_HAND),
        "revokeToken": Support(SupportLevel.LEDGER, _BY_HAND),
        "startBackup": Support(SupportLevel.ABSENT, _NO_BULK),
        "startExport": Support(SupportLevel.ABSENT, _NO_BULK),
        "startImport": Support(SupportLevel.ABSENT, _NO_BULK),
    },
)
