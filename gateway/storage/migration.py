"""Brings a database to the newest schema, forward only; the steps are in `migrations/versions/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text

from ..domain.failures import StorageUnavailable
from .database import Part

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x67617465776179  # "gateway": only one process migrates a PostgreSQL database


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file: scripts from here, work on this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


class Migration(Part):
    """The part of `port.Storage` that keeps the schema."""

    async def migrate(self) -> None:
        async with self._database.write() as connection:
            await connection.run_sync(_upgrade)

    async def schema_is_current(self) -> bool:
        async with self._database.read() as connection:
            present = await connection.run_sync(_heads)
        return present == frozenset(ScriptDirectory.from_config(config()).get_heads())

    async def ping(self) -> None:
        async with self._database.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._database.close()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    try:
        command.upgrade(config(connection), "head")
    except CommandError:
        message = "The database has a schema that this version of the gateway does not know."
        raise StorageUnavailable(message) from None


def _heads(connection: Connection) -> frozenset[str]:
    return frozenset(MigrationContext.configure(connection).get_current_heads())
