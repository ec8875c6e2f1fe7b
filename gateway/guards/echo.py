"""Messages of graphql-core without the values that they quote: one of those may be a secret."""

import re

_QUOTED = re.compile(
    r", (?:found: |but encountered error ).*"
    r"|(?<= value)(?<!invalid value)(?<!default value): .*",
    re.DOTALL,
)


def unquoted(message: str) -> str:
    """The message, which ends before the value that it quotes."""
    return _QUOTED.sub(".", message, count=1)
