"""docs/vendors/matrix.md: made of the vendors' support tables, and in step with them."""

import json
from collections import Counter
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.cli.matrix import markdown
from gateway.contract import COMMON, PARTICULAR, SupportLevel
from gateway.vendors import load_all

PAGE = Path(__file__).parents[2] / "docs" / "vendors" / "matrix.md"
LEVELS = {level.value for level in SupportLevel}


def rows() -> dict[str, dict[str, str]]:
    """The cells by operation and vendor's title, as the page shows them."""
    lines = [line for line in markdown(load_all()).splitlines() if line.startswith("| ")]
    (_, *titles), *cells = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    return {name.strip("`"): dict(zip(titles, row, strict=True)) for name, *row in cells}


def test_the_page_is_in_step() -> None:
    """If this fails: gateway vendor list --markdown > docs/vendors/matrix.md"""
    assert PAGE.read_text(encoding="utf-8") == markdown(load_all())


def test_the_command_prints_the_page() -> None:
    printed = CliRunner().invoke(app, ["vendor", "list", "--markdown"])
    told = CliRunner().invoke(app, ["vendor", "list", "--markdown", "--json"])

    assert printed.stdout == markdown(load_all())
    assert json.loads(told.stdout) == {"markdown": printed.stdout}


def test_each_operation_is_a_row_and_each_vendor_a_column() -> None:
    found = rows()

    assert set(found) == {*COMMON.values(), *PARTICULAR.values()}
    for cells in found.values():
        assert list(cells) == [vendor.title for vendor in load_all()]
        assert set(cells.values()) <= LEVELS


def test_each_cell_is_the_vendors_own_word() -> None:
    found = rows()

    for vendor in load_all():
        for operation, support in vendor.support.items():
            assert found[operation][vendor.title] == support.level.value


def test_an_operation_of_one_vendors_details_is_absent_at_all_others() -> None:
    found = rows()

    for operation in PARTICULAR.values():
        assert Counter(found[operation].values()) == {"LIVE": 1, "ABSENT": len(load_all()) - 1}


def test_each_reason_stands_below_its_vendor() -> None:
    _, *parts = markdown(load_all()).split("\n## ")

    for vendor, part in zip(load_all(), parts, strict=True):
        assert part.startswith(f"[{vendor.title}]({vendor.name.value}.md)\n")
        reasons = [line for line in part.splitlines() if line.startswith("- ")]
        given = {name: one for name, one in vendor.support.items() if one.reason}
        assert len(reasons) == len(given)
        for name, one in given.items():
            assert f"- `{name}` is {one.level.value}: {one.reason}" in reasons
