"""The support matrix as a page: docs/vendors/matrix.md."""

from collections.abc import Iterator, Sequence

from ..contract import COMMON, PARTICULAR, SupportLevel, Vendor

_HEAD = """\
<!-- Made by `gateway vendor list --markdown > docs/vendors/matrix.md`; a test keeps it in step. -->

# What each vendor can do

LIVE: the vendor is asked, or told. LEDGER: no vendor can, so the gateway answers from what it was
told, or keeps it. ABSENT: there is no such thing at the vendor. A field of one vendor's details is
ABSENT at all others; reasons for all else that is not LIVE stand below, and where the facts come
from on each vendor's own page.
"""


def markdown(vendors: Sequence[Vendor]) -> str:
    """The page: operations by their names in the schema, a column for each vendor, then reasons."""
    lines = [*_table(vendors), *(line for each in vendors for line in _reasons(each))]
    return "\n".join([_HEAD, *lines]) + "\n"


def level(vendor: Vendor, operation: str) -> SupportLevel:
    """Who answers an operation at a vendor; nobody, when it belongs to another one's details."""
    support = vendor.support.get(operation)
    return SupportLevel.ABSENT if support is None else support.level


def operations() -> tuple[str, ...]:
    """All operations by their names in the schema, in the contract's order, each once."""
    return tuple(dict.fromkeys((*COMMON.values(), *PARTICULAR.values())))


def _table(vendors: Sequence[Vendor]) -> Iterator[str]:
    yield _row("operation", *(each.title for each in vendors))
    yield "|---" * (len(vendors) + 1) + "|"
    for name in operations():
        yield _row(f"`{name}`", *(level(each, name).value for each in vendors))


def _reasons(vendor: Vendor) -> Iterator[str]:
    yield f"\n## [{vendor.title}]({vendor.name.value}.md)\n"
    for name in operations():
        support = vendor.support.get(name)
        if support is not None and support.reason is not None:
            yield f"- `{name}` is {support.level.value}: {support.reason}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
