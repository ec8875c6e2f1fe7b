"""Filters as callers write them, and as the ledger takes them."""

from datetime import datetime
from typing import TypeVar

import strawberry

from ..domain.failures import NotFound
from ..domain.intents import IntentState
from ..domain.jobs import JobKind, JobStatus
from ..domain.model import ClientStatus, LinkStatus, TokenKind, TokenStatus
from ..domain.vendor import VendorName
from ..storage import values
from .describe import input_type, optional
from .enums import ShownState, shown
from .scalars import row_of

T = TypeVar("T")


@strawberry.input(description="Conditions on clients; all that are given must hold.")
class ClientFilter:
    """Conditions on clients; all that are given must hold."""

    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Words that all appear in the name, e-mail address, company or website, in any"
        " letter case.",
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description="This e-mail address, in any letter case."
    )
    vendors: list[VendorName] | None = strawberry.field(
        default=strawberry.UNSET, description="Has a record at one of these vendors."
    )
    account_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Has a record in this account."
    )
    vendor_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="Has a record with this id at its vendor."
    )
    statuses: list[ClientStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="Has a record in one of these states."
    )
    label: str | None = strawberry.field(default=strawberry.UNSET, description="Has this label.")


@strawberry.input(description="Conditions on links; all that are given must hold.")
class LinkFilter:
    """Conditions on links; all that are given must hold."""

    vendors: list[VendorName] | None = strawberry.field(
        default=strawberry.UNSET, description="Made at one of these vendors."
    )
    account_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Made through this account."
    )
    vendor_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="Has this id at its vendor."
    )
    client_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Made for this client."
    )
    statuses: list[LinkStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="In one of these states."
    )


@strawberry.input(description="Conditions on tokens; all that are given must hold.")
class TokenFilter:
    """Conditions on tokens; all that are given must hold."""

    vendors: list[VendorName] | None = strawberry.field(
        default=strawberry.UNSET, description="Of one of these vendors."
    )
    account_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Opens this account."
    )
    client_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Opens this client's account."
    )
    kinds: list[TokenKind] | None = strawberry.field(
        default=strawberry.UNSET, description="Of one of these kinds."
    )
    statuses: list[TokenStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="In one of these states."
    )
    expires_within_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="Not ended yet, and ends within this many days."
    )


@input_type
class JobFilter:
    """Conditions on jobs; all that are given must hold."""

    account_id: strawberry.ID | None = optional("In this account.")
    client_id: strawberry.ID | None = optional("Concerning this client.")
    kinds: list[JobKind] | None = optional("Of one of these sorts.")
    statuses: list[JobStatus] | None = optional("In one of these states.")


@input_type
class IntentFilter:
    """Conditions on intents; all that are given must hold."""

    vendors: list[VendorName] | None = optional("At one of these vendors.")
    states: list[ShownState] | None = optional("In one of these states.")


def client_filter(asked: ClientFilter | None) -> values.ClientFilter:
    """The ledger's filter on clients."""
    if not asked:
        return values.ClientFilter()
    return values.ClientFilter(
        search=asked.search or None,
        email=asked.email or None,
        vendors=_tuple(asked.vendors),
        account=_row("VA", asked.account_id),
        vendor_id=asked.vendor_id or None,
        statuses=_tuple(asked.statuses),
        label=asked.label or None,
    )


def link_filter(asked: LinkFilter | None) -> values.LinkFilter:
    """The ledger's filter on links."""
    if not asked:
        return values.LinkFilter()
    return values.LinkFilter(
        vendors=_tuple(asked.vendors),
        account=_row("VA", asked.account_id),
        vendor_id=asked.vendor_id or None,
        client=_row("C", asked.client_id),
        statuses=_tuple(asked.statuses),
    )


def token_filter(asked: TokenFilter | None, now: datetime) -> values.TokenFilter:
    """The ledger's filter on tokens, at a moment: the state of a token is a matter of time."""
    if not asked:
        return values.TokenFilter()
    return values.TokenFilter(
        vendors=_tuple(asked.vendors),
        account=_row("VA", asked.account_id),
        client=_row("C", asked.client_id),
        kinds=_tuple(asked.kinds),
        statuses=_tuple(asked.statuses),
        expires_within_days=asked.expires_within_days
        if isinstance(asked.expires_within_days, int)
        else None,
        now=now,
    )


def job_filter(asked: JobFilter | None) -> values.JobFilter:
    """The ledger's filter on jobs."""
    if not asked:
        return values.JobFilter()
    return values.JobFilter(
        account=_row("VA", asked.account_id),
        client=_row("C", asked.client_id),
        kinds=_tuple(asked.kinds),
        statuses=_tuple(asked.statuses),
    )


def intent_filter(asked: IntentFilter | None) -> values.IntentFilter:
    """The journal's filter on intents."""
    if not asked:
        return values.IntentFilter()
    states = _tuple(asked.states)
    return values.IntentFilter(
        vendors=_tuple(asked.vendors),
        states=None if states is None else tuple(s for s in IntentState if shown(s) in states),
    )


def _tuple(values: list[T] | None) -> tuple[T, ...] | None:
    """None and absent do not ask; an empty list matches nothing."""
    return tuple(values) if isinstance(values, list) else None


def _row(kind: str, text: str | None) -> int | None:
    """The row that an id means; an id of another kind, or nonsense, is one that nothing has."""
    if not text:
        return None
    try:
        return row_of(kind, text)
    except NotFound:
        return -1
