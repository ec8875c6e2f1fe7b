"""`ls gateway/vendors` = the vendors; each folder is whole, and each has its tests and its page."""

import pytest

from gateway.contract import SupportLevel
from gateway.domain.vendor import VendorName
from gateway.vendors import load
from tests.architecture.sources import PACKAGE, ROOT

PARTS = ("__init__", "capabilities", "client", "errors", "mapping", "sandbox")


def _has(folder: str, part: str) -> bool:
    path = PACKAGE / "vendors" / folder / part
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_every_vendor_folder_is_registered_and_every_registered_vendor_has_a_folder() -> None:
    folders = {path.parent.name for path in (PACKAGE / "vendors").glob("*/__init__.py")}
    assert folders == {vendor.value for vendor in VendorName}


@pytest.mark.parametrize("vendor", VendorName)
@pytest.mark.parametrize("part", PARTS)
def test_a_vendor_has_the_six_parts(vendor: VendorName, part: str) -> None:
    assert _has(vendor.value, part)


@pytest.mark.parametrize("vendor", VendorName)
def test_a_vendor_says_its_own_name(vendor: VendorName) -> None:
    assert load(vendor).name is vendor


@pytest.mark.parametrize("vendor", VendorName)
def test_what_a_vendor_cannot_do_has_a_reason(vendor: VendorName) -> None:
    support = load(vendor).support
    unexplained = [
        name
        for name, row in support.items()
        if (row.reason is None) is not (row.level is SupportLevel.LIVE)
    ]
    assert support
    assert unexplained == []


@pytest.mark.parametrize("vendor", VendorName)
@pytest.mark.parametrize("test", ["test_mapping.py", "test_errors.py"])
def test_a_vendors_pure_parts_have_tests(vendor: VendorName, test: str) -> None:
    assert (ROOT / "tests" / "vendors" / vendor.value / test).is_file()


@pytest.mark.parametrize("vendor", VendorName)
def test_a_vendors_facts_have_a_page(vendor: VendorName) -> None:
    page = ROOT / "docs" / "vendors" / f"{vendor.value}.md"
    assert page.is_file()
    assert load(vendor).title in page.read_text()
