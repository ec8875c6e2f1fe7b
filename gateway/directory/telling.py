"""Takes into the ledger what an operator knows by id."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.failures import BadInput, Conflict
from ..domain.model import TokenFacts, TokenKind, VendorAccount
from ..storage.port import Storage
from .connect import Connector, Surrogate
from .lines import ClientLine, Line, LinkLine, TokenLine
from .listing import told_token


@dataclass(frozen=True, slots=True)
class Imported:
    """How many lines there were, and how many told of something new."""

    lines: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Imports ledger lines; the same file twice changes nothing the second time."""

    storage: Storage
    connector: Connector
    surrogate: Surrogate
    clock: Clock

    async def run(
        self,
        agency: AgencyId,
        lines: Sequence[Line],
        *,
        actor: str,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Imported:
        """Take all lines; `progress` is told how many are done. `BadInput` names the bad line."""
        accounts = _by_name(await self.storage.accounts(agency))
        for line in lines:
            self._check(accounts, line)
        new = 0
        for done, line in enumerate(lines, 1):
            try:
                new += await self._tell(agency, accounts[line.account], line, actor)
            except Conflict as conflict:
                message = f"Line {line.number}: {conflict.message}"
                raise BadInput(message, field=(str(line.number), "client")) from conflict
            progress(done)
        return Imported(len(lines), new)

    def _check(self, accounts: dict[str, VendorAccount], line: Line) -> None:
        number, account = line.number, accounts.get(line.account)
        if account is None:
            # The shorter of an account's names, which comes after the longer one.
            known = {each.id: name for name, each in accounts.items()}
            names = ", ".join(sorted(known.values())) or "none"
            message = f"Line {number}: the agency has no such account; it has {names}."
            raise BadInput(message, field=(str(number), "account"))
        vendor = self.connector.vendor(account)
        if isinstance(line, LinkLine) and vendor.support["link"].level.value != "LIVE":
            message = f"Line {number}: {vendor.title} has no links."
            raise BadInput(message, field=(str(number), "type"))
        if isinstance(line, TokenLine):
            return
        if vendor.regions and "/" not in line.vendor_id:
            message = f"Line {number}: an id at {vendor.title} is written as region/id."
            raise BadInput(message, field=(str(number), "vendorId"))

    async def _tell(self, agency: AgencyId, account: VendorAccount, line: Line, actor: str) -> bool:
        at = self.clock.now()
        match line:
            case ClientLine():
                _, new = await self.storage.tell_client(
                    agency, account.id, line.vendor_id, line.client, actor=actor, at=at
                )
            case LinkLine():
                _, new = await self.storage.tell_link(
                    agency,
                    account.id,
                    line.vendor_id,
                    line.client_vendor_id,
                    actor=actor,
                    at=at,
                )
            case TokenLine():
                facts = self._facts(account, line)
                told = told_token(self.connector.vendor(account), facts)
                _, new = await self.storage.tell_token(agency, account.id, told, actor=actor, at=at)
        return new

    def _facts(self, account: VendorAccount, line: TokenLine) -> TokenFacts:
        return TokenFacts(
            key=told_key(self.surrogate, account, line.kind, line.name, line.user),
            kind=line.kind,
            name=line.name,
            hint=line.hint,
            user=line.user,
            created_at=line.created_at,
            client_vendor_id=line.client_vendor_id,
        )


def told_key(
    surrogate: Surrogate, account: VendorAccount, kind: TokenKind, name: str, user: str | None
) -> str:
    """The key of a token that was told of: known by kind, name and user, for its value is not."""
    identity = "\x1f".join((kind.value, name, user or ""))
    return surrogate(account.agency, account.vendor, account.name, f"told:{identity}")


def _by_name(accounts: Sequence[VendorAccount]) -> dict[str, VendorAccount]:
    """Accounts by name, and by vendor/name: a name alone will not do when two vendors have it."""
    named = {f"{account.vendor.value}/{account.name}": account for account in accounts}
    counts = Counter(account.name for account in accounts)
    return named | {each.name: each for each in accounts if counts[each.name] == 1}
