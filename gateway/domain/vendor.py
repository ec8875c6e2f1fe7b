"""The vendors that this gateway knows: one line here registers the folder of that name."""

from enum import Enum


class VendorName(Enum):
    """A vendor: its value names its folder in `gateway/vendors/`, its name is GraphQL's."""

    AGENCYACCESS = "agencyaccess"
    BRONTO = "bronto"
    ENGAGING_NETWORKS = "engaging_networks"
    OWN = "own"
