"""Who calls: tokens open sessions, and a token decides what its sessions see (vendor page 2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .seed import Json, uuid
from .wire import Fault

_SESSION = timedelta(minutes=20)

READ, WRITE = 1, 2


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who calls: an agency's token, inside the account `inside`, which is "" at agency level."""

    name: str
    agency: Json
    token: Json

    @property
    def inside(self) -> str:
        """The account of the token; "" for an All Clients token."""
        return str(self.token.get("accountId", ""))

    def may(self, permission: int) -> bool:
        """Whether the token has that permission."""
        return bool(self.token["permissions"] & permission)


def log_in(state: Json, value: str, address: str, now: datetime, number: int) -> str:
    """A new session, which ends no other; raises the fault that the token meets."""
    found = holder(state, value)
    if found is None:
        raise Fault(102, value)
    if not found.token["active"]:
        raise Fault(121)
    _admit(found, address)
    session = uuid("session", value, str(number))
    state["sessions"][session] = {"token": value, "used": now.isoformat()}
    return session


def visitor(state: Json, session: str | None, address: str, now: datetime) -> Visitor:
    """Who is in that session, whose 20 minutes begin anew."""
    held = state["sessions"].get(session)
    found = None if held is None else holder(state, held["token"])
    if held is None or found is None or not found.token["active"]:
        raise Fault(103)
    if now - datetime.fromisoformat(held["used"]) >= _SESSION:
        raise Fault(103)
    _admit(found, address)
    held["used"] = now.isoformat()
    return found


def holder(state: Json, value: str) -> Visitor | None:
    """Whose token it is."""
    for name, agency in state["agencies"].items():
        for token in agency["tokens"]:
            if token["id"] == value:
                return Visitor(name, agency, token)
    return None


def _admit(visitor: Visitor, address: str) -> None:
    """A token may be bound to `addresses`; nobody gets into an account that is inactive, `locked`
    or gone."""
    if address not in visitor.token.get("addresses", (address,)):
        raise Fault(111, visitor.token["id"])
    if not visitor.inside:
        return
    account = next((a for a in visitor.agency["accounts"] if a["id"] == visitor.inside), None)
    if account is None:
        raise Fault(120)
    if account.get("locked"):
        raise Fault(119)
    if account["status"] == "inactive":
        raise Fault(109)
