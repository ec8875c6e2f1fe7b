"""AgencyAccess's payloads as our values, and our changes as its payloads; pure.

`reading.py` is tolerant of what is extra and strict on what is needed; `writing.py` refuses what
the vendor would, before anything is sent; `dialects.py` has the words in which captures of the
vendor's guide differ.
"""

from .dialects import DIALECTS, Dialect, dialect
from .reading import access_level, client, link, link_status, made
from .writing import (
    LANGUAGES,
    client_update,
    has_services,
    has_update,
    link_update,
    new_client,
    new_link,
    remarks,
)

__all__ = [
    "DIALECTS",
    "LANGUAGES",
    "Dialect",
    "access_level",
    "client",
    "client_update",
    "dialect",
    "has_services",
    "has_update",
    "link",
    "link_status",
    "link_update",
    "made",
    "new_client",
    "new_link",
    "remarks",
]
