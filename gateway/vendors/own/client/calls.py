"""Calls to Own: which region hears them, and under which of the account's regions an id stands.

Ids are told as `region/id`, for they are unique within a region only.
"""

import re
from typing import NamedTuple
from urllib.parse import urlencode

from ....domain.failures import BadInput
from ....domain.model import VendorAccount
from ....domain.vendor import VendorName
from ....upstream.exchange import Call, Exchange, Reply

API_TOKEN = "api_token"  # noqa: S105 - the name of the slot
CLIENT_ID = "client_id"
PUBLIC_CLIENT_ID = "0oa4c413eq8wwcEzP4h7"
"""The id that every known script of Own's users sends; public, and the same for all (page 3a)."""

REGIONS = ("app1",)
"""Where an account is when its operator names no region."""

_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Accept", "application/json")


class Place(NamedTuple):
    """Where an object is: its region, and its id there."""

    region: str
    id: str


def exchange_token(account: VendorAccount) -> Call:
    """The call that buys a bearer with the API token, which transport writes at the body's end."""
    form = urlencode(
        {
            "grant_type": "refresh_token",
            "scope": "api:access",
            "client_id": account.options.get(CLIENT_ID, PUBLIC_CLIENT_ID),
            "refresh_token": "",
        }
    ).encode()
    return Call(
        operation="token",
        slot=API_TOKEN,
        method="POST",
        host="auth",
        path="/oauth2/aus4c3z3l8FqrbqDU4h7/v1/token",
        headers=(_FORM, _JSON),
        body=form,
        gap=len(form),
        confidential=True,
    )


def number(id: str, field: str) -> str:
    """The id, if it is a number, for it becomes part of a path; raises `BadInput` if not."""
    if not _ID.fullmatch(id):
        raise BadInput(
            f"{field} must hold a number, as Own's ids are.", field=(field,), vendor=VendorName.OWN
        )
    return id


class Calls:
    """What is sent to an account's regions, and to no other host."""

    def __init__(self, exchange: Exchange, regions: tuple[str, ...]) -> None:
        self._exchange = exchange
        self.regions = regions

    async def get(
        self,
        operation: str,
        region: str,
        path: str,
        query: tuple[tuple[str, str], ...] = (),
        *,
        safe: bool = True,
    ) -> Reply:
        """A read."""
        return await self._exchange.send(
            Call(
                operation=operation,
                slot=API_TOKEN,
                region=region,
                path=f"/api/v1/{path}",
                query=query,
                headers=(_JSON,),
                safe=safe,
            )
        )

    async def post(
        self, operation: str, region: str, path: str, form: tuple[tuple[str, str], ...] = ()
    ) -> Reply:
        """A write, journaled; a field that is repeated is a list, as in all known scripts."""
        return await self._exchange.send(
            Call(
                operation=operation,
                slot=API_TOKEN,
                method="POST",
                region=region,
                path=f"/api/v1/{path}",
                headers=(_FORM, _JSON) if form else (_JSON,),
                body=urlencode(form).encode(),
                journaled=True,
            )
        )

    def place(self, vendor_id: str, field: str = "vendorId") -> Place:
        """Where an object is; raises `BadInput` unless it is in one of the account's regions."""
        region, _, id = vendor_id.partition("/")
        return Place(self.region(region, field), number(id, field))

    def region(self, region: str, field: str = "vendorId") -> str:
        """The region, if it is the account's: it becomes part of the host that hears the bearer."""
        if region not in self.regions:
            raise BadInput(
                f"{field} must begin with one of the account's regions and a slash.",
                field=(field,),
                vendor=VendorName.OWN,
            )
        return region
