"""The vendors that this gateway knows: one line here registers the folder of that name."""

from enum import Enum


class VendorName(Enum):
    """A vendor; the value is the name of its folder in `gateway/vendors/`, the name that of the GraphQL enum."""

    AGENCYACCESS = "agencyaccess"
    BRONTO = "bronto"
    ENGAGING_NETWORKS = "engaging_networks"
    OWN = "own"
