"""The connections to one database, and what differs between SQLite and PostgreSQL in them."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, ColumnElement, event, make_url, select
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ..domain.caller import AgencyId
from ..domain.failures import BadInput, Conflict, NotFound, StorageUnavailable
from .connection import Connection, connected, unbroken
from .tables import agencies

CHUNK = 500
"""Parameters of a kind in one statement: both engines bound their number."""

_BIGGEST = 2**63 - 1
_WRITES = "gateway_writes"

T = TypeVar("T")


class Database:
    """One pool of connections.

    `read` and `write` turn every failure of the database into `StorageUnavailable`, which names
    the kind of failure and never a value. SQLite takes one writer at a time: those of this process
    queue here, in fair order; those of others are waited for as long as `busy_timeout` says.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection to read with; on SQLite all of it sees the same moment."""
        with _translated(None):
            async with connected(self._engine) as connection:
                yield connection

    @asynccontextmanager
    async def write(
        self, agency: AgencyId | None = None, *, conflict: str | None = None
    ) -> AsyncIterator[Connection]:
        """A transaction, committed at the end and undone by any exception.

        With an agency, it is the only one that writes for that agency; `NotFound` when there is no
        such agency. `conflict` is what `Conflict` says when something unique is there already.
        """
        with _translated(conflict):
            async with self._turn or nullcontext(), connected(self._writer) as connection:
                if agency is not None:
                    await _hold(connection, agency)
                yield connection
                await connection.commit()

    async def scrub(self) -> None:
        """Leave nothing of what was erased in SQLite's log of writes beside the database."""
        if self._turn is not None:
            with _translated(None):
                async with self._turn, connected(self._engine) as connection:
                    await connection.run_sync(_checkpoint)

    async def close(self) -> None:
        """Close all connections."""
        with _translated(None):
            await unbroken(self._engine.dispose())


class Part:
    """A part of the port; all parts work on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database


async def _hold(connection: Connection, agency: AgencyId) -> None:
    """Lock the agency's row: on PostgreSQL that makes its writers wait for each other."""
    statement = select(agencies.c.id).where(agencies.c.id == agency)
    if not is_id(agency) or await connection.scalar(_locking(statement)) is None:
        raise NotFound("There is no such agency.")


def _checkpoint(connection: SyncConnection) -> None:
    # Not through SQLAlchemy, which would begin a transaction, in which it is not allowed.
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.close()


def _locking(statement: Any) -> Any:
    return statement.with_for_update(key_share=True)


def is_id(number: int) -> bool:
    """Whether a number can be that of a row; callers can make up any."""
    return 0 < number <= _BIGGEST


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Items in portions."""
    return (items[start : start + size] for start in range(0, len(items), size))


def any_of(column: ColumnElement[T], values: Iterable[T]) -> Iterator[ColumnElement[bool]]:
    """The conditions that a column has one of these values, in portions."""
    return (column.in_(some) for some in chunks(list(values)))


# ── Failures ──────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _translated(conflict: str | None) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if conflict is not None:
            raise Conflict(conflict) from None
        raise _unavailable(error) from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _unavailable(error) from None


def _unavailable(error: BaseException) -> StorageUnavailable:
    """Names the database's code for what happened; its message may quote values."""
    code = _code(error) or type(error).__name__
    return StorageUnavailable(f"The gateway's storage cannot answer ({code}).")


def _code(error: BaseException) -> str | None:
    cause: BaseException | None = getattr(error, "orig", None) or error
    while cause is not None:
        for name in ("sqlite_errorname", "sqlstate"):
            if isinstance(code := getattr(cause, name, None), str):
                return code
        cause = cause.__cause__
    return None


# ── Engines ───────────────────────────────────────────────────────────────────────────────────


def connect(url: str, *, busy_timeout: float) -> Database:
    """A database by URL: `sqlite:///path` or `postgresql://…`; nothing is sent yet.

    `BadInput` when it is neither. `busy_timeout` is in seconds: how long a lock that another
    process holds is waited for. A new SQLite file can be read by its owner only.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    match parsed.get_backend_name() if parsed is not None else None:
        case "sqlite" if parsed is not None and parsed.database not in (None, "", ":memory:"):
            return Database(_sqlite(parsed, busy_timeout))
        case "postgresql" if parsed is not None:
            return Database(_postgresql(parsed, busy_timeout))
    message = "The storage's URL must be sqlite:///<path of a file> or postgresql://<server>."
    raise BadInput(message, field=("storage", "url"))


def _sqlite(url: URL, busy_timeout: float) -> AsyncEngine:
    with _translated(None):
        _make_file(Path(url.database or ""))
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        hide_parameters=True,
        pool_timeout=busy_timeout,
        connect_args={"timeout": busy_timeout},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        # Transactions are begun below, by us: the driver would begin them too late, and only for
        # some statements.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: SyncConnection) -> None:
        # A writer takes the lock at once: one that reads first could not wait for it any more.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _postgresql(url: URL, busy_timeout: float) -> AsyncEngine:
    milliseconds = str(round(busy_timeout * 1000))
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        pool_size=10,
        pool_timeout=busy_timeout,
        pool_pre_ping=True,
        connect_args={
            "timeout": busy_timeout,
            "command_timeout": 60,
            "server_settings": {"application_name": "gateway", "lock_timeout": milliseconds},
        },
    )
