"""Bronto's operations, bound to one account: `reads`, and writes of `accounts` and of `tokens`."""

from ....contract import Operations, Write
from ....domain.model import VendorAccount
from ....upstream.exchange import Exchange
from .accounts import AccountWrites
from .calls import Line, login_call
from .reads import Reads
from .tokens import TokenWrites

__all__ = ["connect", "login_call"]


def connect(exchange: Exchange, account: VendorAccount) -> Operations:
    """What one account can do."""
    line = Line(exchange, account)
    reads, accounts, tokens = Reads(line), AccountWrites(line), TokenWrites(line)
    return Operations(
        verify=reads.verify,
        list_clients=reads.list_clients,
        get_clients=reads.get_clients,
        list_tokens=reads.list_tokens,
        logins=reads.logins,
        lists_of=reads.lists_of,
        create_client=Write(accounts.create, accounts.find_created),
        update_client=Write(accounts.update, accounts.find_updated),
        issue_token=Write(tokens.issue, tokens.find_issued),
        update_token=Write(tokens.update, tokens.find_updated),
        revoke_token=Write(tokens.revoke, tokens.find_revoked),
    )
