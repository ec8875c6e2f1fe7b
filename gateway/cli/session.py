"""What operators' commands open: the configuration, then storage alone or the whole runtime."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from getpass import getuser

from ..config import Settings, load
from ..domain.failures import NotFound
from ..domain.model import Agency, VendorAccount
from ..runtime import Runtime, open_runtime, ready_storage
from ..storage.port import Storage
from ..telemetry.redaction import Redactor


def settings() -> Settings:
    """The configuration found; the command line's `--config` has become GATEWAY_CONFIG."""
    return load()


@asynccontextmanager
async def storage() -> AsyncIterator[Storage]:
    """Storage alone, for what needs neither secrets nor vendors."""
    opened = await ready_storage(settings())
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def runtime() -> AsyncIterator[Runtime]:
    """The whole runtime."""
    async with open_runtime(settings(), redactor=Redactor()) as opened:
        yield opened


def actor() -> str:
    """Who acts, for the audit trail."""
    try:
        return f"operator:{getuser()}"
    except (KeyError, OSError):
        return "operator"


async def agency_named(storage: Storage, name: str) -> Agency:
    """The agency of that name, else of that id; `NotFound` names the ones there are."""
    found = await storage.agencies()
    for known in ({each.name: each for each in found}, {str(each.id): each for each in found}):
        if name in known:
            return known[name]
    names = ", ".join(each.name for each in found) or "none"
    raise NotFound(f"There is no agency {name}; there are: {names}.")


async def agencies(storage: Storage, name: str | None) -> tuple[Agency, ...]:
    """All agencies, or the one that was named."""
    return await storage.agencies() if name is None else (await agency_named(storage, name),)


async def account_numbered(storage: Storage, number: int) -> VendorAccount:
    """The account of that number, of whatever agency: the operator stands above them."""
    for agency in await storage.agencies():
        account = await storage.account(agency.id, number)
        if account is not None:
            return account
    raise NotFound("There is no account of this number; see `gateway account list`.")
