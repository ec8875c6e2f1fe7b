"""The tables. Whatever belongs to an agency says so in its column `agency`, and goes with it.

SQLite's AUTOINCREMENT: the id of a row that is gone is never given again, for callers may still
hold it; PostgreSQL's sequences do that by themselves.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from .columns import Id, Moment, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _of(table: str, name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    """A reference to a row, which takes the referring row with it when it goes."""
    target = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(name, Id, target, nullable=null, primary_key=key, autoincrement=False)


def _agency() -> Column[int]:
    return _of("agencies", "agency")


agencies = Table(
    "agencies",
    metadata,
    _id(),
    Column("name", Words, nullable=False, unique=True),
    Column("name_key", Words, nullable=False, doc="`order_key` of the name."),
    sqlite_autoincrement=True,
)

caller_keys = Table(
    "caller_keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False, doc="JSON array."),
    Column("used_scopes", Text, nullable=False, doc="JSON array."),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
)

caller_key_agencies = Table(
    "caller_key_agencies",
    metadata,
    Column("caller_key", Words, ForeignKey("caller_keys.id", ondelete="CASCADE"), primary_key=True),
    _of("agencies", "agency", key=True),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    _agency(),
    Column("vendor", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("regions", Text, nullable=False, doc="JSON array."),
    Column("base_url", Words),
    Column("options", Text, nullable=False, doc="JSON object."),
    Column("capabilities", Text, nullable=False, doc="JSON array: what the operator declared."),
    Column("verified_at", Moment),
    UniqueConstraint("agency", "vendor", "name"),
    sqlite_autoincrement=True,
)

account_capabilities = Table(
    "account_capabilities",
    metadata,
    _agency(),
    _of("accounts", "account", key=True),
    Column("name", Words, primary_key=True),
    Column("granted", Boolean, nullable=False, doc="What the vendor's answers showed."),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _agency(),
    _of("accounts", "account"),
    Column("vendor", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("client_vendor_id", Words),
    Column("active", Boolean),
    Column("facts", Text, nullable=False, doc="JSON of TokenFacts."),
    Column("held", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("seen_at", Moment),
    Column("expires_at", Moment),
    Column("ends", Boolean, nullable=False),
    Column("verified_at", Moment),
    Column("refused_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("agency", "account", "key"),
    Index(None, "agency", "expires_at", "id"),
    Index(None, "agency", "account", "client_vendor_id"),
    sqlite_autoincrement=True,
)

credentials = Table(
    "credentials",
    metadata,
    _id(),
    _agency(),
    _of("accounts", "account"),
    Column("slot", Words, nullable=False),
    Column("holder", Words, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    _of("tokens", "token"),
    Column("refused", Boolean, nullable=False),
    UniqueConstraint("account", "slot", "holder"),
    Index(None, "agency"),
    Index(None, "token"),
    sqlite_autoincrement=True,
)

clients = Table(
    "clients",
    metadata,
    _id(),
    _agency(),
    Column("label", Words),
    # Copied from the records for the sake of order:
    Column("name_key", Words, doc="`order_key` of the first record that has a name."),
    Column("created_at", Moment, doc="The earliest of the records."),
    UniqueConstraint("agency", "label"),
    Index(None, "agency", "name_key", "id"),
    Index(None, "agency", "created_at", "id"),
    sqlite_autoincrement=True,
)

merged_clients = Table(
    "merged_clients",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False, doc="A client that is no more."),
    _agency(),
    _of("clients", "survivor"),
    Index(None, "survivor"),
)

records = Table(
    "records",
    metadata,
    _id(),
    _agency(),
    _of("clients", "client"),
    _of("accounts", "account"),
    Column("vendor", Words, nullable=False),
    Column("vendor_id", Words, nullable=False),
    Column("json", Text, doc="JSON of ClientValues; null while only told of."),
    # Taken out of the values, so that they can be asked for:
    Column("search", Words, nullable=False, doc="Name, e-mail, company, website; `folded`."),
    Column("email", Words, doc="`folded`."),
    Column("name_key", Words),
    Column("status", Words),
    Column("created_at", Moment),
    Column("told_at", Moment, nullable=False),
    Column("seen_at", Moment),
    Column("complete_at", Moment),
    Column("heard_at", Moment, doc="When the vendor last spoke of it, or did not list it."),
    Column("archived", Boolean, nullable=False),
    UniqueConstraint("agency", "account", "vendor_id"),
    Index(None, "agency", "client", "id"),
    Index(None, "agency", "email"),
    Index(None, "client"),
    sqlite_autoincrement=True,
)

links = Table(
    "links",
    metadata,
    _id(),
    _agency(),
    _of("accounts", "account"),
    Column("vendor", Words, nullable=False),
    Column("vendor_id", Words, nullable=False),
    Column("client_vendor_id", Words),
    Column("json", Text, doc="JSON of LinkValues; null while only told of."),
    Column("status", Words, nullable=False),
    Column("created_at", Moment),
    Column("told_at", Moment, nullable=False),
    Column("seen_at", Moment),
    UniqueConstraint("agency", "account", "vendor_id"),
    Index(None, "agency", "created_at", "id"),
    Index(None, "agency", "account", "client_vendor_id"),
    sqlite_autoincrement=True,
)

listings = Table(
    "listings",
    metadata,
    _agency(),
    _of("accounts", "account", key=True),
    Column("resource", Words, primary_key=True),
    Column("region", Words, primary_key=True),
    Column("at", Moment, nullable=False),
)

intents = Table(
    "intents",
    metadata,
    _id(),
    _agency(),
    _of("intents", "parent", null=True),
    Column("operation", Words, nullable=False),
    Column("caller", Words, nullable=False),
    Column("key", Words, doc="Null for parts, and where the caller gave none."),
    Column("fingerprint", Words, nullable=False),
    Column("vendor", Words),
    # The journal outlives the account:
    Column("account", Id, ForeignKey("accounts.id", ondelete="SET NULL")),
    Column("state", Words, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("arguments", LargeBinary, nullable=False, doc="JSON; no secret in it."),
    Column("answer", LargeBinary, doc="Sealed; null once settled."),
    Column("result_kind", Words),
    Column("result", Id),
    Column("problems", Text, nullable=False, doc="JSON array of Problem."),
    Column("warnings", Text, nullable=False, doc="JSON array."),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    UniqueConstraint("agency", "operation", "key"),
    Index(None, "agency", "created_at", "id"),
    Index(None, "state", "lease_until"),
    Index(None, "parent"),
    Index(None, "account"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    _agency(),
    _of("accounts", "account"),
    Column("vendor", Words, nullable=False),
    Column("vendor_id", Words),
    Column("client_vendor_id", Words),
    Column("kind", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("json", Text, nullable=False, doc="JSON of JobValues."),
    Column("source", Text, doc="JSON: what its file is."),
    Column("started", Boolean, nullable=False),
    Column("created_at", Moment, doc="Null for those that a vendor lists; else as told_at."),
    Column("told_at", Moment, nullable=False),
    Column("seen_at", Moment),
    UniqueConstraint("agency", "account", "vendor_id"),
    Index(None, "agency", "told_at", "id"),
    Index(None, "agency", "account", "client_vendor_id"),
    Index(None, "account"),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    Column("work", Words, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("until", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _of("agencies", "agency", null=True),
    Column("at", Moment, nullable=False),
    Column("actor", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", Text, nullable=False, doc="JSON object."),
    Index(None, "agency", "id"),
    sqlite_autoincrement=True,
)
