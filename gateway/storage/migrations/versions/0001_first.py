"""All tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Types as they were then: `storage/columns.py` may go on changing.
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    _agencies()
    _caller_keys()
    _accounts()
    _audit()
    _caller_key_agencies()
    _clients()
    _account_capabilities()
    _links()
    _listings()
    _merged_clients()
    _records()
    _tokens()
    _credentials()


def _agencies() -> None:
    op.create_table(
        "agencies",
        sa.Column("id", _Id),
        sa.Column("name", _Words, nullable=False),
        sa.Column("name_key", _Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agencies"),
        sa.UniqueConstraint("name", name="uq_agencies_name"),
        sqlite_autoincrement=True,
    )


def _caller_keys() -> None:
    op.create_table(
        "caller_keys",
        sa.Column("id", _Words, nullable=False),
        sa.Column("name", _Words, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("used_scopes", sa.Text(), nullable=False),
        sa.Column("created_at", _Moment, nullable=False),
        sa.Column("revoked_at", _Moment),
        sa.Column("last_used_at", _Moment),
        sa.PrimaryKeyConstraint("id", name="pk_caller_keys"),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("vendor", _Words, nullable=False),
        sa.Column("name", _Words, nullable=False),
        sa.Column("regions", sa.Text(), nullable=False),
        sa.Column("base_url", _Words),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("capabilities", sa.Text(), nullable=False),
        sa.Column("verified_at", _Moment),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_accounts_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("agency", "vendor", "name", name="uq_accounts_agency_vendor_name"),
        sqlite_autoincrement=True,
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _Id),
        sa.Column("agency", _Id),
        sa.Column("at", _Moment, nullable=False),
        sa.Column("actor", _Words, nullable=False),
        sa.Column("action", _Words, nullable=False),
        sa.Column("subject", _Words, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_audit_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_agency_id", "audit", ["agency", "id"])


def _caller_key_agencies() -> None:
    op.create_table(
        "caller_key_agencies",
        sa.Column("caller_key", _Words, nullable=False),
        sa.Column("agency", _Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_caller_key_agencies_agency", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["caller_key"],
            ["caller_keys.id"],
            name="fk_caller_key_agencies_caller_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("caller_key", "agency", name="pk_caller_key_agencies"),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("label", _Words),
        sa.Column("name_key", _Words),
        sa.Column("created_at", _Moment),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_clients_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
        sa.UniqueConstraint("agency", "label", name="uq_clients_agency_label"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_clients_agency_created_at_id", "clients", ["agency", "created_at", "id"])
    op.create_index("ix_clients_agency_name_key_id", "clients", ["agency", "name_key", "id"])


def _account_capabilities() -> None:
    op.create_table(
        "account_capabilities",
        sa.Column("agency", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("name", _Words, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_account_capabilities_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_account_capabilities_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", "name", name="pk_account_capabilities"),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("vendor", _Words, nullable=False),
        sa.Column("vendor_id", _Words, nullable=False),
        sa.Column("client_vendor_id", _Words),
        sa.Column("json", sa.Text()),
        sa.Column("status", _Words, nullable=False),
        sa.Column("created_at", _Moment),
        sa.Column("told_at", _Moment, nullable=False),
        sa.Column("seen_at", _Moment),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_links_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_links_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint(
            "agency", "account", "vendor_id", name="uq_links_agency_account_vendor_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_links_agency_account_client_vendor_id",
        "links",
        ["agency", "account", "client_vendor_id"],
    )
    op.create_index("ix_links_agency_created_at_id", "links", ["agency", "created_at", "id"])


def _listings() -> None:
    op.create_table(
        "listings",
        sa.Column("agency", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("resource", _Words, nullable=False),
        sa.Column("region", _Words, nullable=False),
        sa.Column("at", _Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_listings_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_listings_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", "resource", "region", name="pk_listings"),
    )


def _merged_clients() -> None:
    op.create_table(
        "merged_clients",
        sa.Column("id", _Id, nullable=False),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("survivor", _Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_merged_clients_agency", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["survivor"], ["clients.id"], name="fk_merged_clients_survivor", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_merged_clients"),
    )
    op.create_index("ix_merged_clients_survivor", "merged_clients", ["survivor"])


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("client", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("vendor", _Words, nullable=False),
        sa.Column("vendor_id", _Words, nullable=False),
        sa.Column("json", sa.Text()),
        sa.Column("search", _Words, nullable=False),
        sa.Column("email", _Words),
        sa.Column("name_key", _Words),
        sa.Column("status", _Words),
        sa.Column("created_at", _Moment),
        sa.Column("told_at", _Moment, nullable=False),
        sa.Column("seen_at", _Moment),
        sa.Column("complete_at", _Moment),
        sa.Column("heard_at", _Moment),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_records_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_records_agency", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["client"], ["clients.id"], name="fk_records_client", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
        sa.UniqueConstraint(
            "agency", "account", "vendor_id", name="uq_records_agency_account_vendor_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_records_agency_email", "records", ["agency", "email"])
    op.create_index("ix_records_agency_client_id", "records", ["agency", "client", "id"])
    op.create_index("ix_records_client", "records", ["client"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("vendor", _Words, nullable=False),
        sa.Column("key", _Words, nullable=False),
        sa.Column("kind", _Words, nullable=False),
        sa.Column("client_vendor_id", _Words),
        sa.Column("active", sa.Boolean()),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("told_at", _Moment, nullable=False),
        sa.Column("seen_at", _Moment),
        sa.Column("expires_at", _Moment),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("verified_at", _Moment),
        sa.Column("refused_at", _Moment),
        sa.Column("revoked_at", _Moment),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_tokens_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_tokens_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("agency", "account", "key", name="uq_tokens_agency_account_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_tokens_agency_account_client_vendor_id",
        "tokens",
        ["agency", "account", "client_vendor_id"],
    )
    op.create_index("ix_tokens_agency_expires_at_id", "tokens", ["agency", "expires_at", "id"])


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("slot", _Words, nullable=False),
        sa.Column("holder", _Words, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("token", _Id, nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_credentials_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_credentials_agency", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["token"], ["tokens.id"], name="fk_credentials_token", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("account", "slot", "holder", name="uq_credentials_account_slot_holder"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_credentials_agency", "credentials", ["agency"])
    op.create_index("ix_credentials_token", "credentials", ["token"])
