"""The journal of writes, jobs, and who leads which work."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Types as they were then: `storage/columns.py` may go on changing.
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    _intents()
    _jobs()
    _leases()


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("parent", _Id),
        sa.Column("operation", _Words, nullable=False),
        sa.Column("caller", _Words, nullable=False),
        sa.Column("key", _Words),
        sa.Column("fingerprint", _Words, nullable=False),
        sa.Column("vendor", _Words),
        sa.Column("account", _Id),
        sa.Column("state", _Words, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", _Moment, nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("result_kind", _Words),
        sa.Column("result", _Id),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("created_at", _Moment, nullable=False),
        sa.Column("settled_at", _Moment),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_intents_account", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_intents_agency", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent"], ["intents.id"], name="fk_intents_parent", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_intents"),
        sa.UniqueConstraint("agency", "operation", "key", name="uq_intents_agency_operation_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_intents_account", "intents", ["account"])
    op.create_index("ix_intents_agency_created_at_id", "intents", ["agency", "created_at", "id"])
    op.create_index("ix_intents_parent", "intents", ["parent"])
    op.create_index("ix_intents_state_lease_until", "intents", ["state", "lease_until"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _Id),
        sa.Column("agency", _Id, nullable=False),
        sa.Column("account", _Id, nullable=False),
        sa.Column("vendor", _Words, nullable=False),
        sa.Column("vendor_id", _Words),
        sa.Column("client_vendor_id", _Words),
        sa.Column("kind", _Words, nullable=False),
        sa.Column("status", _Words, nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("started", sa.Boolean(), nullable=False),
        sa.Column("created_at", _Moment),
        sa.Column("told_at", _Moment, nullable=False),
        sa.Column("seen_at", _Moment),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name="fk_jobs_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency"], ["agencies.id"], name="fk_jobs_agency", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint(
            "agency", "account", "vendor_id", name="uq_jobs_agency_account_vendor_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_account", "jobs", ["account"])
    op.create_index(
        "ix_jobs_agency_account_client_vendor_id",
        "jobs",
        ["agency", "account", "client_vendor_id"],
    )
    op.create_index("ix_jobs_agency_told_at_id", "jobs", ["agency", "told_at", "id"])


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("work", _Words, nullable=False),
        sa.Column("holder", _Words, nullable=False),
        sa.Column("until", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("work", name="pk_leases"),
    )
