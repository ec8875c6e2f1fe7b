"""Which media type to answer with, from the `Accept` header (RFC 9110, section 12.5.1)."""

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

_NAMED = 2
"""How specific a range is that names a type; a wildcard is less."""


def choose(header: str | None) -> str | None:
    """The type that the caller likes best; the older JSON where it does not care; None: neither."""
    if header is None or not header.strip():
        return JSON
    _, older = _liking(header, JSON)
    specificity, newer = _liking(header, GRAPHQL)
    if max(older, newer) <= 0:
        return None
    # Who names the newer type, even beside the older one at the same weight, understands it.
    if newer > older or (newer == older and specificity == _NAMED):
        return GRAPHQL
    return JSON


def _liking(header: str, offered: str) -> tuple[int, float]:
    """The most specific range that covers the type: how specific it is, and its weight."""
    ranges = {"*/*": 0, "application/*": 1, offered: _NAMED}
    found = []
    for part in header.split(","):
        media, *parameters = [piece.strip().lower() for piece in part.split(";")]
        if media in ranges:
            found.append((ranges[media], _weight(parameters)))
    return max(found, default=(0, 0.0))


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0
