"""Who asks, for which agencies, and what that caller may do."""

from dataclasses import dataclass
from enum import Enum
from typing import NewType

AgencyId = NewType("AgencyId", int)
"""The unit of isolation: the first argument of every storage, vault and directory function."""


class Scope(Enum):
    """What a caller's key may do (contract page, "Scopes")."""

    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    LINKS_READ = "links:read"
    LINKS_WRITE = "links:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    EXPORTS_READ = "exports:read"
    IMPORTS_WRITE = "imports:write"
    DOCUMENTS_ADHOC = "documents:adhoc"
    AGENCIES_ADMIN = "agencies:admin"


_INCLUDES = {
    Scope.CLIENTS_WRITE: Scope.CLIENTS_READ,
    Scope.LINKS_WRITE: Scope.LINKS_READ,
    Scope.TOKENS_WRITE: Scope.TOKENS_READ,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: the public id and name of its key, its agencies and its scopes."""

    key_id: str
    name: str
    agencies: tuple[AgencyId, ...]
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether the caller has the scope: itself, by its `write` twin, or as an administrator."""
        held = self.scopes
        return (
            scope in held
            or Scope.AGENCIES_ADMIN in held
            or any(_INCLUDES.get(other) is scope for other in held)
        )
