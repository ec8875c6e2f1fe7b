"""Own (formerly OwnBackup): backups of customers' Salesforce organisations, in several regions.

REST behind OAuth 2: a user's API token buys a short bearer that opens every region.
Facts: docs/vendors/own.md.
"""

from .capabilities import VENDOR

__all__ = ["VENDOR"]
