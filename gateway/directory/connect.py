"""From an account to its operations: binds (account, deadline, request) to the shared stack."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..contract import Operations, Vendor
from ..domain.caller import AgencyId
from ..domain.clock import Clock, Deadline
from ..domain.events import Event
from ..domain.model import VendorAccount
from ..domain.vendor import VendorName
from ..upstream.classify import judged
from ..upstream.exchange import Call, Journal, Origin, Proceed, Reply, Stream
from ..upstream.stream import open_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """The circumstances of one request: until when, under which id, and who watches its calls."""

    deadline: Deadline
    request_id: str
    observe: Callable[[Event], None]


Surrogate = Callable[[AgencyId, VendorName, str, str], str]
"""The vault's: by agency, vendor, account name and value."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """The shared stack, bound to one account and one inquiry: the vendor's `Exchange`.

    `_answer`: what the vendor answered to the journaled call, which is then judged and not sent.
    """

    clock: Clock
    _proceed: Proceed
    _origin: Origin
    _surrogate: Surrogate
    _answer: Callable[[], Reply] | None = None

    async def send(self, call: Call) -> Reply:
        bound = replace(call, origin=self._origin)
        if call.journaled and self._answer is not None:
            return judged(bound, self._answer())
        return await self._proceed(bound)

    def stream(self, call: Call) -> AbstractAsyncContextManager[Stream]:
        return open_stream(self._proceed, replace(call, origin=self._origin))

    def surrogate(self, value: str) -> str:
        account = self._origin.account
        return self._surrogate(account.agency, account.vendor, account.name, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Makes the operations of an account; no I/O, and secrets stay sealed.

    `vendors` carry the configuration's limits, freshness and hosts already.
    """

    vendors: Mapping[VendorName, Vendor]
    proceed: Proceed
    surrogate: Surrogate
    clock: Clock

    def vendor(self, account: VendorAccount) -> Vendor:
        """The account's vendor."""
        return self.vendors[account.vendor]

    def operations(
        self,
        account: VendorAccount,
        inquiry: Inquiry,
        *,
        journal: Journal | None = None,
        answer: Callable[[], Reply] | None = None,
    ) -> Operations:
        """What the account can do, on behalf of one inquiry.

        `journal` is needed where a write may be sent. `answer` is for recovery: gives the reply
        to a write that was sent, judged once more in the place of sending it again.
        """
        vendor = self.vendor(account)
        origin = Origin(
            account=account,
            laws=vendor.laws,
            hosts=self._hosts(account),
            deadline=inquiry.deadline,
            request_id=inquiry.request_id,
            observe=inquiry.observe,
            journal=journal,
        )
        exchange = _Bound(self.clock, self.proceed, origin, self.surrogate, answer)
        return vendor.connect(exchange, account)

    def hosts(self, account: VendorAccount) -> frozenset[str]:
        """The hosts, with ports, at which the account is called."""
        return frozenset(
            urlsplit(template.format(region=region)).netloc
            for template in self._hosts(account).values()
            for region in account.regions or ("",)
        )

    def _hosts(self, account: VendorAccount) -> Mapping[str, str]:
        hosts = dict(self.vendor(account).laws.hosts)
        if account.base_url is not None:
            hosts["api"] = account.base_url
        return hosts
