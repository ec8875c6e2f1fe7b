"""The vendors: one folder each, found by the enum alone."""

from functools import cache
from importlib import import_module

from ..contract import Vendor
from ..domain.vendor import VendorName


@cache
def load(name: VendorName) -> Vendor:
    """The vendor of that name, from the folder that its enum value names."""
    module = import_module(f"{__name__}.{name.value}")
    vendor: Vendor = module.VENDOR
    return vendor


def load_all() -> tuple[Vendor, ...]:
    """All vendors, in the order of the enum."""
    return tuple(load(name) for name in VendorName)
