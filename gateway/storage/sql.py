"""Storage on SQLAlchemy: one implementation for SQLite and PostgreSQL, chosen by URL."""

from .agencies import Agencies
from .callers import Callers
from .clients import Clients
from .credentials import Credentials
from .database import connect
from .exporting import Exporting
from .intents import Intents
from .jobs import Jobs
from .journal import Journal
from .learning import Learning
from .leases import Leases
from .links import Links
from .listings import Listings
from .migration import Migration
from .port import Storage
from .telling import Telling
from .token_learning import TokenLearning
from .tokens import Tokens
from .trail import AuditTrail


class SqlStorage(
    Agencies,
    Credentials,
    Callers,
    Clients,
    Links,
    Tokens,
    Listings,
    Learning,
    TokenLearning,
    Telling,
    Exporting,
    Journal,
    Intents,
    Leases,
    Jobs,
    AuditTrail,
    Migration,
):
    """`port.Storage`, put together of its parts; none of them knows another."""


async def open_storage(url: str, *, busy_timeout: float = 5.0) -> Storage:
    """Storage at `sqlite:///path` or `postgresql://…`; whoever opens it closes it.

    Raises `BadInput` for another URL, `StorageUnavailable` when SQLite's file cannot be made; a
    server is first asked when something is wanted of it. `busy_timeout` is in seconds: how long a
    lock that another process holds is waited for.
    """
    return SqlStorage(connect(url, busy_timeout=busy_timeout))
