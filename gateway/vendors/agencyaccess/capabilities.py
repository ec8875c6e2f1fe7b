"""AgencyAccess in facts: host, key, limits, freshness, support, words and token law."""

from ...contract import (
    CredentialSlot,
    LedgerFreshness,
    Platform,
    PlatformService,
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
from .client import API_KEY, connect
from .errors import classify

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
    reads={"clients/retrieve": mapping.client, "links/retrieve": mapping.link},
    # The guide says that calls are limited and names neither number nor header (vendor page 5.2).
    limits=CAUTIOUS,
)


def _platform(name: str, leveled: tuple[str, ...] = (), plain: tuple[str, ...] = ()) -> Platform:
    """A platform, its services with access levels first."""
    levels = ("ADMIN", "READ_ONLY")
    services = [PlatformService(service, levels) for service in leveled]
    return Platform(name, (*services, *(PlatformService(service) for service in plain)))


VENDOR = Vendor(
    name=VendorName.AGENCYACCESS,
    title="AgencyAccess",
    summary="AgencyAccess: access links with which clients grant an agency access to advertising"
    " and other platforms.",
    documentation=("https://www.agencyaccess.co/docs/utilizing-the-api",),
    laws=_LAWS,
    slots=(CredentialSlot(API_KEY, TokenKind.API_KEY),),
    ledger=LedgerFreshness(client=300),
    connect=connect,
    permissions=(
        "CREATE_LINK",
        "RETRIEVE_LINK",
        "EDIT_LINK",
        "CREATE_CUSTOMER",
        "RETRIEVE_CUSTOMER",
        "EDIT_CUSTOMER",
    ),
    languages=("English", "Spanish", "Dutch"),
    # Only Google, Google Ads, Meta and Meta Ads are confirmed as keys; the rest are the words of
    # the vendor's guide (vendor page 4, "Names known").
    platforms=(
        _platform(
            "Google",
            ("Google Ads", "Google Analytics"),
            (
                "Google Ads MCC",
                "Google Tag Manager",
                "Google Merchant Center",
                "Google Search Console",
                "YouTube Studio",
                "Google Business Profile",
                "Looker Studio",
            ),
        ),
        _platform(
            "Meta",
            ("Meta Ads",),
            ("Facebook Pages", "Facebook Product Catalog", "Meta Pixels", "Instagram"),
        ),
        _platform("LinkedIn", (), ("LinkedIn Ads", "LinkedIn Company Page")),
        _platform("TikTok", (), ("TikTok Ads",)),
        _platform("Twitter", (), ("Twitter Ads", "Twitter Delegate Account")),
        _platform("Microsoft", (), ("Microsoft Ads", "Microsoft Clarity")),
        _platform("Snapchat", (), ("Snapchat Ads", "Snapchat Business")),
    ),
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
    },
)
