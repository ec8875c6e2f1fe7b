"""A value that must never be shown, logged, compared in public or stored in plain text."""

from hmac import compare_digest
from typing import Any, NoReturn


class Secret:
    """Plain text of a credential; every way to print or copy it by accident shows dots or refuses.

    `reveal()` is called by the vault, to seal it; by transport, to send it; by the redactor, to
    know what to hide; by `directory/accounts`, for the surrogate and the hint of a credential; and
    by the command line, to show a new API key this once.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The plain text."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(•••)"

    def __str__(self) -> str:
        return "•••"

    def __format__(self, spec: str) -> str:
        return "•••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(
            self.__value.encode(), other.__value.encode()
        )

    def __hash__(self) -> int:
        raise TypeError("a secret is not hashable: it must not become a key")

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret is not iterable")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")
