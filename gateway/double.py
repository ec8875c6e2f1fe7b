"""What a vendor's double is: its sandbox, as tests, the demo and offline work have it.

A double knows the wire from the vendor's page alone and imports nothing of its adapter; so this
module knows nothing of `contract`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .domain.vendor import VendorName


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer of a seeded agency; `vendors` says where it has a record."""

    name: str
    email: str
    company: str
    website: str
    language: str
    vendors: frozenset[VendorName]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedAgency:
    """One agency of a seeded world."""

    name: str
    customers: tuple[Customer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every double of a sandbox presents: the same agencies and customers at each vendor."""

    agencies: tuple[SeedAgency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedAccount:
    """An account of a seeded agency, as `gateway account add` and `gateway ledger import` take it.

    `credentials` is the credential file, `ledger` its ledger lines without their `account`; a
    client line may carry a `client` label so that one customer is one Client at all vendors.
    `created_at` is when the token was made, for Own's 180 days.
    """

    name: str
    credentials: dict[str, Any]
    regions: tuple[str, ...] = ()
    created_at: datetime | None = None
    capabilities: tuple[str, ...] = ()
    ledger: tuple[dict[str, Any], ...] = ()


class Double(Protocol):
    """A vendor's sandbox: its API as a small ASGI app, with what the harness needs of it.

    A vendor's `sandbox.py` has `create(world: World, clock: Clock) -> Double`. It knows the wire
    from the vendor page alone and imports nothing of its adapter. State is JSON: `state()` is a
    valid body for `reset`.
    """

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The vendor's API."""

    def operation(self, method: str, path: str, query: str, body: bytes) -> str:
        """The contract's name of the operation asked for, such as `clients/retrieve`."""

    def credential(self, headers: Mapping[str, str], query: str, body: bytes) -> str | None:
        """The credential or session in a request; the harness keeps its fingerprint only."""

    def describe(self, base_url: str) -> dict[str, Any]:
        """This vendor's part of the first line of `gateway sandbox --json`."""

    def state(self) -> dict[str, Any]:
        """What the vendor holds now."""

    def reset(self, state: dict[str, Any] | None) -> None:
        """Back to the seeded world, or to `state`."""

    def effects(self) -> list[dict[str, Any]]:
        """What changed since the reset, in order."""

    def dashboard(self, action: dict[str, Any]) -> dict[str, Any]:
        """What only people do at the vendor; raises ValueError, with a clear sentence."""

    def accounts(self, agency: str) -> tuple[SeedAccount, ...]:
        """The accounts that an operator of the agency would add, and what it would import."""
