"""AgencyAccess: access links with which clients grant an agency access to their platforms.

REST with one header key; no list of anything, so ids come from the ledger.
Facts: docs/vendors/agencyaccess.md.
"""

from .capabilities import VENDOR

__all__ = ["VENDOR"]
