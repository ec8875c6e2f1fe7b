"""Reads links."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement

from ..domain.caller import AgencyId
from ..domain.model import Link
from .database import Part, is_id
from .owned import Owned
from .pages import Order
from .rows import link
from .tables import links
from .values import LinkFilter, Page, Window

_NEWEST = Order("LINKS_NEWEST", links.c.created_at, links.c.id, descending=True, moments=True)
_links = Owned(links, _NEWEST, link)


class Links(Part):
    """The part of `port.Ledger` that reads links."""

    async def page_links(
        self,
        agency: AgencyId,
        filter: LinkFilter,
        window: Window,
        clients: Sequence[int] | None = None,
    ) -> Mapping[int, Page[Link]]:
        conditions = tuple(_conditions(agency, filter))
        return await _links.page(self._database, agency, conditions, window, clients)

    async def count_links(
        self, agency: AgencyId, filter: LinkFilter, clients: Sequence[int] | None = None
    ) -> Mapping[int, int]:
        conditions = tuple(_conditions(agency, filter))
        return await _links.count(self._database, agency, conditions, clients)

    async def links(self, agency: AgencyId, ids: Sequence[int]) -> Mapping[int, Link]:
        return await _links.by_id(self._database, agency, ids)


def _conditions(agency: AgencyId, filter: LinkFilter) -> Iterable[ColumnElement[bool]]:
    if filter.vendors is not None:
        yield links.c.vendor.in_([vendor.value for vendor in filter.vendors])
    if filter.account is not None:
        yield links.c.account == (filter.account if is_id(filter.account) else 0)
    if filter.vendor_id is not None:
        yield links.c.vendor_id == filter.vendor_id
    if filter.client is not None:
        yield _links.of_client(agency, filter.client)
    if filter.statuses is not None:
        yield links.c.status.in_([status.value for status in filter.statuses])
