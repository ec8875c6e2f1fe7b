"""What each operation needs of its caller, and who does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from . import accounts, logins, reads, tokens
from .seed import Json
from .visitors import READ, WRITE, Visitor
from .wire import Fault
from .writes import Item


class Level(Enum):
    """Which tokens may ask: All Clients, a client's, or both."""

    AGENCY = "agency"
    CLIENT = "client"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Read:
    """A read: `rows` is given the visitor, what was asked, and the size of a page."""

    level: Level
    rows: Callable[[Visitor, Json, int], list[Any]]
    permission: int = READ


@dataclass(frozen=True, slots=True)
class Write:
    """A write: `child` is the element of its items."""

    level: Level
    child: str
    do: Item
    permission: int = WRITE


OPERATIONS: Mapping[str, Read | Write] = {
    "readAccounts": Read(Level.AGENCY, reads.accounts),
    "addAccounts": Write(Level.AGENCY, "accounts", accounts.add),
    "updateAccounts": Write(Level.AGENCY, "accounts", accounts.update),
    "deleteAccounts": Write(Level.AGENCY, "accounts", accounts.delete),
    "readApiTokens": Read(Level.AGENCY, reads.tokens),
    "addApiTokens": Write(Level.AGENCY, "tokens", tokens.add),
    "updateApiTokens": Write(Level.AGENCY, "tokens", tokens.update),
    "deleteApiTokens": Write(Level.AGENCY, "tokens", tokens.delete),
    "readLogins": Read(Level.ANY, reads.logins),
    # Their items stand in `accounts`, too (vendor page 4).
    "addLogins": Write(Level.ANY, "accounts", logins.add),
    "updateLogins": Write(Level.ANY, "accounts", logins.update),
    "deleteLogins": Write(Level.ANY, "accounts", logins.delete),
    "readLists": Read(Level.CLIENT, reads.lists),
}


def admitted(name: str, visitor: Visitor) -> Read | Write:
    """The operation; fault 104 for a token of the other level or without the permission."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise Fault(107)
    level = Level.CLIENT if visitor.inside else Level.AGENCY
    if operation.level not in (level, Level.ANY) or not visitor.may(operation.permission):
        raise Fault(104)
    return operation
