"""Engaging Networks: supporters, pages and bulk data of campaigning organisations.

One account is one client; no list of accounts and no API for tokens, so both come from the ledger.
Facts: docs/vendors/engaging_networks.md.
"""

from .capabilities import VENDOR

__all__ = ["VENDOR"]
