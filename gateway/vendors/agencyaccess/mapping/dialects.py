"""The words in which two captures of AgencyAccess's guide differ (vendor page 7), as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from ....domain.failures import BadInput
from ....domain.vendor import VendorName


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields of a link are named: what it asks for, and where the client is sent when done."""

    services: str
    redirect: str


SEED = Dialect(services="requestedAccounts", redirect="redirect")
"""The guide's first capture, which is the contract."""

DIALECTS: Mapping[str, Dialect] = {
    "seed": SEED,
    # A capture without a date, from its words the later one. That updates and reads follow the
    # names of creates there is assumed: nobody saw them.
    "newer": Dialect(services="requestedServices", redirect="redirectURL"),
}


def dialect(name: str) -> Dialect:
    """The dialect of that name, as an account's option has it; raises `BadInput`."""
    found = DIALECTS.get(name)
    if found is None:
        known = ", ".join(DIALECTS)
        failure = BadInput(
            f"The account's option `dialect` is none that AgencyAccess has: {known}.",
            vendor=VendorName.AGENCYACCESS,
        )
        failure.sent = False
        raise failure
    return found
