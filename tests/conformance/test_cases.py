"""Every conformance case that a vendor's page numbers is held by a test: the list is complete."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.vendor import VendorName

VENDORS = Path(__file__).parent.parent / "vendors"

NUMBERED = {VendorName.AGENCYACCESS: range(1, 29), VendorName.ENGAGING_NETWORKS: range(1, 32)}
"""The cases of the pages of AgencyAccess (section 9) and Engaging Networks (section 8)."""


def marked(path: Path) -> Iterator[tuple[int, str]]:
    """The cases in a module, each with the name of the test that holds it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.case":
                    for number in mark.args:
                        assert isinstance(number, ast.Constant)
                        assert isinstance(number.value, int)
                        yield number.value, node.name


@pytest.mark.parametrize("vendor", NUMBERED, ids=lambda vendor: vendor.value)
def test_every_numbered_case_has_a_named_test(vendor: VendorName) -> None:
    held = defaultdict(list)
    for path in sorted((VENDORS / vendor.value).rglob("test_*.py")):
        for number, name in marked(path):
            held[number].append(name)
    assert sorted(held) == list(NUMBERED[vendor])
    assert all(name.startswith("test_") for names in held.values() for name in names)
