"""Bronto: e-mail marketing accounts of clients, and the tokens to them.

SOAP 1.1 with sessions; an All Clients token manages accounts and tokens, and each client's own
token reads inside that client. A token's id is the token itself.
Facts: docs/vendors/bronto.md.
"""

from .capabilities import VENDOR

__all__ = ["VENDOR"]
