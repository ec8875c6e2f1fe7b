"""Which media type to answer with, from the `Accept` header (RFC 9110, section 12.5.1)."""

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


def choose(header: str | None) -> str | None:
    """The type that the caller likes best; the older JSON where it does not care; None: neither."""
    if header is None or not header.strip():
        return JSON
    offers = {GRAPHQL: 0.0, JSON: 0.0}
    for offered in offers:
        offers[offered] = max(
            (weight for specificity, weight in sorted(_matches(header, offered))[-1:]), default=0.0
        )
    best = max(offers.values())
    if best <= 0:
        return None
    # Who names the newer type, even beside the older one at the same weight, understands it.
    named = GRAPHQL in header.lower()
    return GRAPHQL if named and offers[GRAPHQL] >= best else _first(offers, best)


def _first(offers: dict[str, float], best: float) -> str:
    return JSON if offers[JSON] == best else GRAPHQL


def _matches(header: str, offered: str) -> list[tuple[int, float]]:
    """Each range that covers the type: how specific it is, and its weight."""
    ranges = {"*/*": 0, "application/*": 1, offered: 2}
    found = []
    for part in header.split(","):
        media, *parameters = [piece.strip().lower() for piece in part.split(";")]
        if media in ranges:
            found.append((ranges[media], _weight(parameters)))
    return found


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0
