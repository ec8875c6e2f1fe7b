"""Run by Alembic: applies the revisions on the connection that `storage/migration.py` hands it."""

from alembic import context

from gateway.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The transaction is the caller's, on both engines: all revisions are applied, or none.
    transactional_ddl=False,
)
context.run_migrations()
