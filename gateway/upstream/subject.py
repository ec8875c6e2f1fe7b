"""Whose call it is: what events and failures must name, written once."""

from typing import TypedDict, TypeVar

from ..domain.caller import AgencyId
from ..domain.failures import Failure
from ..domain.vendor import VendorName
from .exchange import Call

F = TypeVar("F", bound=Failure)


class Subject(TypedDict):
    """The fields that all events have."""

    vendor: VendorName
    agency: AgencyId
    account: int
    operation: str
    request_id: str


def subject(call: Call) -> Subject:
    """What an event says of the call that it is about."""
    origin = call.bound
    return Subject(
        vendor=origin.laws.vendor,
        agency=origin.account.agency,
        account=origin.account.id,
        operation=call.operation,
        request_id=origin.request_id,
    )


def named(failure: F, call: Call) -> F:
    """The same failure, with the call's vendor and account where it names none."""
    failure.vendor = failure.vendor or call.bound.laws.vendor
    failure.account = failure.account or call.bound.account.id
    return failure
