"""What the first query costs, counted from the seeded world alone."""

from typing import Any

from gateway.domain.vendor import VendorName
from gateway.double import SeedAgency
from gateway.sandbox import seed
from tests.gateways import Sandbox

AGENCYACCESS = VendorName.AGENCYACCESS
BRONTO = VendorName.BRONTO
ENGAGING_NETWORKS = VendorName.ENGAGING_NETWORKS
OWN = VendorName.OWN

Calls = dict[str, dict[str, int]]


def seeded(agency: str) -> SeedAgency:
    """An agency of the seeded world."""
    return next(one for one in seed.world().agencies if one.name == agency)


def customers(agency: str, vendor: VendorName) -> int:
    """How many customers of the agency have a record at the vendor."""
    return sum(vendor in customer.vendors for customer in seeded(agency).customers)


def held(world: Sandbox, agency: str) -> dict[str, Any]:
    """What AgencyAccess holds for the agency."""
    told: dict[str, Any] = world.state(AGENCYACCESS)["agencies"][agency]
    return told


def first_query(world: Sandbox, agency: str) -> Calls:
    """The calls of the first query with nothing remembered: the sums of the design's walk.

    AgencyAccess a call for each client and each link; Bronto a login, and for either list a page
    and the empty one that ends it; Engaging Networks a count for each account; Own a bearer and a
    list for each region.
    """
    return {
        "AGENCYACCESS": {
            "clients/retrieve": customers(agency, AGENCYACCESS),
            "links/retrieve": len(held(world, agency)["links"]),
        },
        "BRONTO": {"login": 1, "readAccounts": 2, "readApiTokens": 2},
        "ENGAGING_NETWORKS": {
            "data.service/EaSupporterCount": customers(agency, ENGAGING_NETWORKS)
        },
        "OWN": {"token": 1, "services": len(world.state(OWN)["regions"])},
    }


def together(*each: Calls) -> Calls:
    """The sum of calls."""
    vendors = {vendor for calls in each for vendor in calls}
    return {
        vendor: {
            operation: sum(calls.get(vendor, {}).get(operation, 0) for calls in each)
            for operation in {name for calls in each for name in calls.get(vendor, {})}
        }
        for vendor in vendors
    }
