"""Bronto in facts: host, sessions, limits, freshness, support, words and token laws."""

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
from ...upstream.laws import CAUTIOUS, Freshness, InBody, Laws, Login, Quoting, Scheme
from .client import connect, login_call
from .errors import AGENCY_TOKEN, CLIENT_TOKENS, classify
from .mapping import reading
from .mapping.reading import PERMISSIONS, session

_BODY = InBody(Quoting.XML)


def _scheme(slot: str) -> Scheme:
    """A token buys a session; both travel inside the envelope."""
    return Scheme(_BODY, login=Login(partial(login_call, slot), _BODY, session))


_LAWS = Laws(
    vendor=VendorName.BRONTO,
    hosts={"api": "https://api.bronto.com"},
    schemes={slot: _scheme(slot) for slot in (AGENCY_TOKEN, CLIENT_TOKENS)},
    classify=classify,
    freshness={
        "readAccounts": Freshness(fresh=60),
        "readApiTokens": Freshness(fresh=60),
        "readLogins": Freshness(fresh=60),
        "readLists": Freshness(fresh=60),
    },
    # One account that cannot be read costs itself alone, so of those only the rows are tried.
    reads={
        "readAccounts": lambda reply: reading.rows(reply, "readAccounts"),
        "readApiTokens": lambda reply: [
            reading.token(row, lambda value: "") for row in reading.rows(reply, "readApiTokens")
        ],
        "readLogins": lambda reply: [
            reading.login(row) for row in reading.rows(reply, "readLogins")
        ],
        "readLists": lambda reply: list(
            map(reading.contact_list, reading.rows(reply, "readLists"))
        ),
    },
    # No page of the vendor states a limit (vendor page 3).
    limits=CAUTIOUS,
)


def _token_law(kind: TokenKind, how_to: str) -> TokenLaw:
    """One law for both kinds: a token lives until it is deleted, and can be read at any time."""
    return TokenLaw(
        kind=kind,
        max_live_per_holder=None,
        revoke_first=False,
        shown_once=False,
        expires_after_days=None,
        managed_by=TokenManager.API if kind is TokenKind.CLIENT else TokenManager.DASHBOARD,
        how_to=how_to,
    )


VENDOR = Vendor(
    name=VendorName.BRONTO,
    title="Bronto",
    summary="Bronto: e-mail marketing accounts of clients and the tokens to them.",
    documentation=(
        "https://help.bronto.com",
        "https://github.com/bronto/bronto-api-php-client",
    ),
    laws=_LAWS,
    slots=(
        CredentialSlot(AGENCY_TOKEN, TokenKind.AGENCY),
        CredentialSlot(CLIENT_TOKENS, TokenKind.CLIENT, SlotShape.BY_HOLDER),
    ),
    ledger=LedgerFreshness(client=300),
    connect=connect,
    listed_fields=frozenset({"name", "status"}),
    permissions=tuple(PERMISSIONS),
    token_laws=(
        _token_law(
            TokenKind.AGENCY,
            "An agency administrator creates it under Settings, Data Exchange, Create New API"
            " Token, for All Clients.",
        ),
        _token_law(
            TokenKind.CLIENT,
            "The agency's All Clients token can create, change and delete it; so can a person,"
            " under Settings, Data Exchange, Create New API Token, for that client.",
        ),
    ),
    support={
        "VendorAccount.status": Support(SupportLevel.LIVE),
        "clients": Support(SupportLevel.LIVE),
        "client": Support(SupportLevel.LIVE),
        "link": Support(SupportLevel.ABSENT, "Bronto has no access links."),
        "tokens": Support(SupportLevel.LIVE),
        "VendorAccount.logins": Support(SupportLevel.LIVE),
        "VendorAccount.events": Support(SupportLevel.ABSENT, "Bronto has no event API."),
        "Agency.jobs": Support(SupportLevel.ABSENT, "Bronto's API for accounts has no jobs."),
        "createClient": Support(SupportLevel.LIVE),
        "updateClient": Support(SupportLevel.LIVE),
        "createLink": Support(SupportLevel.ABSENT, "Bronto has no access links."),
        "updateLink": Support(SupportLevel.ABSENT, "Bronto has no access links."),
        "issueToken": Support(SupportLevel.LIVE),
        "updateToken": Support(SupportLevel.LIVE),
        "revokeToken": Support(SupportLevel.LIVE),
        "startBackup": Support(SupportLevel.ABSENT, "Bronto keeps no backups."),
        "startExport": Support(
            SupportLevel.ABSENT, "Bronto's API for accounts and tokens exports nothing."
        ),
        "startImport": Support(
            SupportLevel.ABSENT, "Bronto's API for accounts and tokens imports nothing."
        ),
        "BrontoDetails.lists": Support(SupportLevel.LIVE),
    },
)
