"""The domain's enums as the schema shows them, each value with its description."""

from enum import Enum

from ..contract import SupportLevel, TokenManager
from ..directory.health import HealthState
from ..domain.accounts import AccountStatus, FactSource
from ..domain.changes import BackupFormat
from ..domain.failures import ErrorCode
from ..domain.intents import IntentState
from ..domain.jobs import JobKind, JobStatus
from ..domain.model import ClientStatus, LinkStatus, Source, TokenKind, TokenStatus
from ..domain.vendor import VendorName
from ..storage.values import ClientOrder
from ..vendors import load
from .describe import enum_type

enum_type(
    SupportLevel,
    "Who answers an operation.",
    LIVE="The vendor answers.",
    LEDGER="The gateway remembers, for the vendor cannot be asked.",
    ABSENT="The vendor has no such thing: lists are empty, writes are refused with"
    " UNSUPPORTED_BY_VENDOR.",
)

enum_type(
    TokenManager,
    "Who can make and revoke a token.",
    API="The gateway, through the vendor's API.",
    DASHBOARD="Only a person in the vendor's dashboard.",
)

enum_type(
    VendorName,
    "The vendors of this gateway; a further vendor adds a value.",
    **{name.name: load(name).summary for name in VendorName},
)

enum_type(
    AccountStatus,
    "Whether an account's credentials are good.",
    ACTIVE="The vendor accepted them when last asked.",
    UNVERIFIED="The vendor was not asked yet.",
    CREDENTIAL_REFUSED="The vendor refused one; nothing is sent until it is replaced.",
    CREDENTIAL_EXPIRED="One has passed its end under the vendor's law.",
    ROTATING="One is being replaced; calls wait or are refused with CREDENTIAL_ROTATING.",
)

enum_type(
    FactSource,
    "How a fact about a vendor is known.",
    DECLARED="Someone stated it: the operator, or the vendor's documentation.",
    LEARNED="The vendor's answers showed it.",
)

enum_type(
    HealthState,
    "Whether a vendor can be reached.",
    UP="Calls go well.",
    DEGRADED="Some calls fail or are slow, or one of several regions is down.",
    DOWN="Calls fail; what is known is answered, marked stale.",
    UNKNOWN="No call was made lately.",
)

enum_type(
    ClientStatus,
    "State of a client at a vendor.",
    ACTIVE="In use.",
    RESTRICTED="In use but throttled by the vendor.",
    INACTIVE="Switched off; nobody can sign in.",
    ARCHIVED="Put away at the vendor, or missing from its complete list.",
    UNVERIFIED="Told to the gateway, and not read at the vendor yet.",
    UNKNOWN="The vendor uses a word that the gateway does not know.",
)

enum_type(
    Source,
    "Who answered for an object's values.",
    LIVE="The vendor, called for this operation.",
    CACHED="The gateway, with what the vendor said so lately that it still holds.",
    LEDGER="The gateway, with what the vendor said longer ago, or with a fact that no vendor can"
    " tell.",
    graphql_name="ProvenanceSource",
)

enum_type(
    ClientOrder,
    "The order of clients.",
    NAME_ASC="By name, from A.",
    NAME_DESC="By name, from Z.",
    CREATED_ASC="Oldest first.",
    CREATED_DESC="Newest first.",
)

enum_type(
    LinkStatus,
    "How far a client has come with an access link.",
    PENDING="Nothing was granted or skipped yet.",
    PARTIAL="Something was granted or skipped, and something is still missing, be it the intake"
    " form.",
    COMPLETE="All services were granted, and the intake form was filled in where it was asked for.",
    SKIPPED="All services were skipped.",
    UNVERIFIED="Told to the gateway, and not read at the vendor yet.",
)

enum_type(
    TokenKind,
    "Kinds of token.",
    API_KEY="Key of an API: AgencyAccess's for an agency, Engaging Networks's for an API user.",
    AGENCY="Opens the agency's level at Bronto, to manage client accounts and their tokens, but"
    " nothing inside them.",
    CLIENT="Opens the inside of one client account at Bronto.",
    USER="Personal token of a user at Own, with that user's rights in all regions.",
    PRIVATE="Private data token at Engaging Networks: bulk export and import.",
    PUBLIC="Public data token at Engaging Networks: aggregates, fit for web pages.",
    OTHER="A kind that this list has no word for.",
)

enum_type(
    TokenStatus,
    "State of a token.",
    ACTIVE="In use.",
    INACTIVE="Switched off, and can be switched on again.",
    EXPIRING="Ends within 30 days, whether or not it was ever tried.",
    EXPIRED="Past its end.",
    REVOKED="Revoked or replaced for good.",
    REFUSED="The vendor refused it when it was last tried.",
    UNKNOWN="Never tried, or its end is unknown.",
)


class ShownState(Enum):
    """How far a write has come, as callers see it: steps that mean the same to them are one."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    NEEDS_HUMAN = "NEEDS_HUMAN"


_STEPS = {
    IntentState.SENDING: ShownState.PENDING,
    IntentState.ANSWERED: ShownState.PENDING,
    IntentState.RECONCILING: ShownState.UNKNOWN,
}


def shown(state: IntentState) -> ShownState:
    """The state of an intent as callers see it."""
    return _STEPS.get(state) or ShownState[state.name]


enum_type(
    ShownState,
    "Whether a write took effect.",
    PENDING="Not sent yet, or being sent.",
    DONE="It took effect.",
    FAILED="It did not take effect; trying again is safe.",
    UNKNOWN="It was sent and the answer was lost; the gateway is finding out.",
    NEEDS_HUMAN="The gateway cannot find out; `resolveIntent` settles it.",
    graphql_name="IntentState",
)

enum_type(
    JobKind,
    "Sorts of job.",
    EXPORT="Takes data out of a vendor.",
    IMPORT="Puts data into a vendor.",
    OTHER="Another work of the vendor, which the gateway did not start.",
)

enum_type(
    JobStatus,
    "State of a job.",
    WAITING="Waits for its file to be read or sent.",
    RUNNING="At work.",
    SUBMITTED="The vendor has taken it, and tells the outcome only by e-mail to the token's user.",
    DONE="Ended well.",
    FAILED="Ended badly.",
    UNKNOWN="The vendor uses a word that the gateway does not know, or its answer was lost.",
)

enum_type(
    BackupFormat,
    "Format of an exported backup.",
    CSV="Comma-separated values.",
    SQL_MYSQL="SQL statements for MySQL.",
    SQL_ORACLE="SQL statements for Oracle.",
    SQL_POSTGRESQL="SQL statements for PostgreSQL.",
    SQL_MSSQL="SQL statements for Microsoft SQL Server.",
)

enum_type(
    ErrorCode,
    "What can go wrong, in `userErrors` and in `errors[].extensions.code`; a page in the"
    " documentation explains each.",
    UNAUTHENTICATED="No key, or one that is not valid.",
    FORBIDDEN="The key lacks the scope.",
    NOT_FOUND="There is no such object, or it belongs to another agency.",
    BAD_USER_INPUT="An input is missing, malformed or not allowed by the vendor.",
    CONFIRMATION_REQUIRED="The write has a consequence that the caller has to accept in the input,"
    " such as `confirmRegrant`.",
    CONFLICT="It contradicts what is there: a key used for another input, a write still under way,"
    " a form that is switched off, a plan that is full.",
    UNSUPPORTED_BY_VENDOR="The vendor has no such operation.",
    CAPABILITY_MISSING="The credential may not do this; the message says which one can.",
    CREDENTIAL_INVALID="The vendor refused the credential.",
    CREDENTIAL_EXPIRED="The credential has passed its end.",
    RATE_LIMITED="The vendor's quota, or the gateway's own limit for the caller, leaves no room in"
    " time.",
    DEADLINE_EXCEEDED="The caller's deadline passed first.",
    VENDOR_UNAVAILABLE="The vendor cannot be reached.",
    VENDOR_BAD_RESPONSE="The vendor's answer cannot be read.",
    VENDOR_TLS="The vendor's certificate or encryption cannot be trusted.",
    VENDOR_CONTRACT="The vendor's answer lacks what its documentation promises.",
    VENDOR_ERROR="The vendor reports a failure of its own.",
    OUTCOME_UNKNOWN="A write was sent and its answer was lost; follow its intent, and do not send"
    " it again.",
    DOCUMENT_REFUSED="The document does not parse, is not valid or not registered, or is too"
    " large.",
    STORAGE_UNAVAILABLE="The gateway's own storage cannot be written or read.",
    INTERNAL="A fault of the gateway; the request id finds it in the logs.",
)
