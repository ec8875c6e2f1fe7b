"""The composition root: opens everything in one place, wires it, and closes it in reverse."""

import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from .background import Spawn, background
from .config import Settings, resolve
from .contract import Vendor
from .directory.accounts import Accounts
from .directory.changes import Changes, put_together
from .directory.changes.answers import Answers
from .directory.changes.journaling import Journaling
from .directory.changes.recovery import Recovery
from .directory.connect import Connector, Inquiry
from .directory.keeping import Keeper
from .directory.learning import Learner
from .directory.listing import Lister
from .directory.roster import Directory
from .directory.telling import Importer
from .domain.clock import Clock, Deadline
from .domain.events import Event
from .domain.failures import BadInput, StorageUnavailable
from .domain.vendor import VendorName
from .storage.port import Storage
from .storage.sql import open_storage
from .telemetry import fan_out
from .telemetry.logs import EventLog
from .telemetry.metrics import Metrics, Registry, new_registry
from .telemetry.redaction import Redactor
from .upstream.laws import Freshness
from .upstream.stack import Stack, open_stack
from .upstream.transport import LOOPBACK
from .vault import Vault
from .vendors import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """All that runs, wired; frozen, and handed to whoever needs a part."""

    settings: Settings
    clock: Clock
    storage: Storage
    vault: Vault
    stack: Stack
    connector: Connector
    directory: Directory
    accounts: Accounts
    importer: Importer
    changes: Changes
    recovery: Recovery
    fingerprint: Callable[[bytes], str]
    """A keyed digest of a mutation's input."""
    spawn: Spawn
    unobserved: Callable[[str], Inquiry]
    """By request id: the circumstances of work that no web request waits for."""
    observe: Callable[[Event], None]
    registry: Registry

    def inquiry(self) -> Inquiry:
        """The circumstances of work that no web request asked for."""
        return self.unobserved(secrets.token_hex(12))


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, redactor: Redactor, clock: Clock | None = None
) -> AsyncIterator[Runtime]:
    """Everything, open until the block ends.

    Raises `BadInput` when the configuration cannot be used, `StorageUnavailable` when the database
    cannot be reached or is older than this program.
    """
    clock = clock or Clock()
    async with AsyncExitStack() as stack:
        storage = await ready_storage(settings)
        stack.push_async_callback(storage.close)
        vault = open_vault(settings)
        upstream = await stack.enter_async_context(
            open_stack(
                clock=clock,
                opener=redactor.watching(vault.open),
                secret=vault.cache_key_secret(),
                insecure_hosts=insecure_hosts(settings),
                trust=_trust(settings),
            )
        )
        learner = Learner(storage, clock)
        stack.push_async_callback(_flush, learner)
        spawn = await stack.enter_async_context(background())
        spawn(learner.run())
        yield _wired(settings, clock, storage, vault, upstream, learner, spawn)


def _wired(
    settings: Settings,
    clock: Clock,
    storage: Storage,
    vault: Vault,
    upstream: Stack,
    learner: Learner,
    spawn: Spawn,
) -> Runtime:
    """The runtime of what is open; nothing is opened here."""
    registry = new_registry()
    observe = fan_out(EventLog(), Metrics(registry), Keeper(storage, clock, spawn).observe)
    connector = Connector(
        vendors={name: configured(load(name), settings) for name in VendorName},
        proceed=upstream.send,
        surrogate=vault.surrogate,
        clock=clock,
    )

    def unobserved(request_id: str) -> Inquiry:
        deadline = Deadline(clock.monotonic() + settings.deadline.default)
        return Inquiry(deadline=deadline, request_id=request_id, observe=observe)

    accounts = Accounts(
        storage=storage,
        connector=connector,
        seal=vault.seal,
        surrogate=vault.surrogate,
        clock=clock,
    )
    recovery = _recovery(
        settings, clock, storage, vault, upstream, connector, accounts, spawn, unobserved
    )
    return Runtime(
        settings=settings,
        clock=clock,
        storage=storage,
        vault=vault,
        stack=upstream,
        connector=connector,
        directory=_directory(settings, clock, storage, connector, learner, spawn, unobserved),
        accounts=accounts,
        changes=put_together(recovery, accounts),
        recovery=recovery,
        fingerprint=vault.fingerprint,
        importer=Importer(
            storage=storage, connector=connector, surrogate=vault.surrogate, clock=clock
        ),
        spawn=spawn,
        unobserved=unobserved,
        observe=observe,
        registry=registry,
    )


def _directory(
    settings: Settings,
    clock: Clock,
    storage: Storage,
    connector: Connector,
    learner: Learner,
    spawn: Spawn,
    unobserved: Callable[[str], Inquiry],
) -> Directory:
    """What all reads share."""
    lister = Lister(
        ledger=storage,
        connector=connector,
        clock=clock,
        spawn=spawn,
        unobserved=unobserved,
        patience=settings.deadline.default,
    )
    return Directory(
        storage=storage, connector=connector, lister=lister, learner=learner, clock=clock
    )


def _recovery(
    settings: Settings,
    clock: Clock,
    storage: Storage,
    vault: Vault,
    upstream: Stack,
    connector: Connector,
    accounts: Accounts,
    spawn: Spawn,
    unobserved: Callable[[str], Inquiry],
) -> Recovery:
    """The journal of writes, and who takes them up again."""
    recovery: Recovery
    journaling = Journaling(
        storage=storage,
        connector=connector,
        answers=Answers(vault.seal, vault.open),
        clock=clock,
        spawn=spawn,
        forget=upstream.forget,
        sealed=accounts.sealed,
        unobserved=unobserved,
        patience=settings.writes.patience,
        lease=settings.writes.lease,
        reconcile=lambda intent: recovery.reconcile(intent),
    )
    recovery = Recovery(journaling)
    return recovery


async def ready_storage(settings: Settings) -> Storage:
    """Storage at the newest schema: SQLite is migrated here, PostgreSQL by `storage migrate`."""
    url = resolve(settings.storage.url)
    storage = await open_storage(url)
    try:
        if url.startswith("sqlite"):
            await storage.migrate()
        elif not await storage.schema_is_current():
            raise StorageUnavailable("The database is older: run `gateway storage migrate`.")
    except BaseException:
        await storage.close()
        raise
    return storage


def open_vault(settings: Settings) -> Vault:
    """The vault that the configuration names; `BadInput` when it names none."""
    if settings.vault.keys is None:
        raise BadInput(
            "No key ring: make one with `gateway vault init --out FILE`, and name it in vault.keys"
            " or GATEWAY_VAULT__KEYS.",
            field=("vault", "keys"),
        )
    return Vault.load(settings.vault.keys)


def configured(vendor: Vendor, settings: Settings) -> Vendor:
    """The vendor with the configuration's hosts, limits and freshness over its own."""
    section = settings.vendor(vendor.name)
    hosts = dict(vendor.laws.hosts)
    if section.base_url is not None:
        hosts["api"] = section.base_url
    if section.auth_url is not None and "auth" in hosts:
        hosts["auth"] = section.auth_url
    freshness = dict(vendor.laws.freshness)
    for operation, seconds in section.freshness.items():
        known = freshness.get(operation, Freshness(fresh=0))
        freshness[operation] = replace(known, fresh=float(seconds))
    limits = vendor.laws.limits
    if section.limits is not None:
        limits = tuple(limit.rate() for limit in section.limits)
    return replace(
        vendor, laws=replace(vendor.laws, hosts=hosts, freshness=freshness, limits=limits)
    )


def insecure_hosts(settings: Settings) -> frozenset[str]:
    """Hosts that vendors may be called at by plain http: none in production."""
    candidates = {*LOOPBACK, *settings.vendors.insecure_hosts}
    return frozenset(host for host in candidates if settings.allows_plain_http(host))


def _trust(settings: Settings) -> Mapping[VendorName, ssl.SSLContext]:
    return {
        name: ssl.create_default_context(cafile=section.ca_file)
        for name, section in settings.vendors.each.items()
        if section.ca_file is not None
    }


async def _flush(learner: Learner) -> None:
    """Write what was learned last; when storage is down there is nothing more to be done."""
    try:
        await learner.flush()
    except StorageUnavailable:
        logging.getLogger("gateway.runtime").warning("What was learned last was not written.")
