"""What an account at Own can do."""

from ....contract import Operations, Write
from ....domain.model import VendorAccount
from ....upstream.exchange import Exchange
from .calls import API_TOKEN, CLIENT_ID, REGIONS, Calls, exchange_token
from .reads import EVENTS_PER_PAGE, Reads
from .writes import Writes

__all__ = ["API_TOKEN", "CLIENT_ID", "EVENTS_PER_PAGE", "REGIONS", "connect", "exchange_token"]


def connect(exchange: Exchange, account: VendorAccount) -> Operations:
    """The reads and writes of one account."""
    calls = Calls(exchange, account.regions or REGIONS)
    reads, writes = Reads(calls), Writes(calls)
    return Operations(
        verify=reads.verify,
        list_clients=reads.list_clients,
        get_clients=reads.get_clients,
        events=reads.events,
        backups_of=reads.backups_of,
        last_backups=reads.last_backups,
        backup_objects_of=reads.backup_objects_of,
        list_jobs=reads.list_jobs,
        get_jobs=reads.get_jobs,
        start_backup=Write(writes.start_backup),
        start_export=Write(writes.start_export),
    )
