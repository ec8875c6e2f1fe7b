"""What a settled write changes in the ledger: one function for each kind of change."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from ..domain.caller import AgencyId
from ..domain.intents import Subject
from .client_changes import label_client, merge_some, split_client
from .connection import Connection
from .job_rows import keep_job, retell_job
from .purging import purge_client
from .sightings import keep_client, keep_link
from .token_changes import keep_token, replace_credential, retell_token
from .values import (
    Change,
    KeepClient,
    KeepJob,
    KeepLink,
    KeepToken,
    LabelClient,
    MergeClients,
    PurgeClient,
    ReplaceCredential,
    RetellJob,
    RetellToken,
    SplitClient,
)

_Apply = Callable[[Connection, AgencyId, Any, datetime], Awaitable[Subject]]

_KINDS: Mapping[type[Change], _Apply] = {
    KeepClient: keep_client,
    KeepLink: keep_link,
    KeepToken: keep_token,
    RetellToken: retell_token,
    ReplaceCredential: replace_credential,
    LabelClient: label_client,
    MergeClients: merge_some,
    SplitClient: split_client,
    PurgeClient: purge_client,
    KeepJob: keep_job,
    RetellJob: retell_job,
}


async def apply(connection: Connection, agency: AgencyId, change: Change, at: datetime) -> Subject:
    """Make one change in the transaction that settles its write; the row that it made or changed.

    Raises what the change's docstring says, and `NotFound` for rows that the agency does not have.
    """
    return await _KINDS[type(change)](connection, agency, change, at)
