"""What a write is: how a caller makes it, who is told, and how it is read back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.vendor import VendorName

Facts = Mapping[str, Any]

LABEL = "crash-1"


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write.

    `vendors`: those that are told, each with the operation that tells it. `findable`: whether
    their reads tell if it took effect. `input` is made of the facts of the prepared world; `want`
    selects the object in the payload, found at `object`. `seen` is a query (made of the facts) and
    `shows` decides from its data whether the write is shown; None where nothing shows it.
    `place` is the path of a write that is no mutation.
    """

    name: str
    mutation: str
    input: Callable[[Facts], Mapping[str, Any]]
    want: str = ""
    object: str
    vendors: Mapping[VendorName, str]
    findable: bool = True
    seen: Callable[[Facts], str] | None = None
    shows: Callable[[Any], bool] = bool
    place: Callable[[Facts], str] | None = None

    def document(self) -> str:
        """The mutation."""
        kind = f"{self.mutation[0].upper()}{self.mutation[1:]}Input"
        return (
            f"mutation Crash($input: {kind}!) {{ {self.mutation}(input: $input) {{ {self.want}"
            " intent { id state } userErrors { code message } } }"
        )


def labelled(label: str = LABEL) -> Callable[[Facts], str]:
    """Asks for the clients with a label."""
    query = f'{{ clients(filter: {{ label: "{label}" }}) {{ nodes {{ id records {{ id }} }} }} }}'
    return lambda _: query


def one_client(data: Any) -> bool:
    """Whether there is exactly one, with a record."""
    nodes = data["clients"]["nodes"]
    return len(nodes) == 1 and len(nodes[0]["records"]) >= 1


def node(path: Callable[[Facts], str], selection: str) -> Callable[[Facts], str]:
    """Asks for an object by its id."""
    return lambda facts: f'{{ node(id: "{path(facts)}") {{ {selection} }} }}'
