"""The import contracts hold, and each of them finds what it forbids."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGE, ROOT, modules

CONFIGURED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract["name"] for contract in CONFIGURED["contracts"]}

# What must be refused: the contract, the module, and the import planted in it. ACME and EMCA are
# vendors that no contract has heard of.
FORBIDDEN = {
    "layers": ("domain/model.py", "import gateway.upstream.laws"),
    "vendors-apart": ("vendors/acme/client.py", "import gateway.vendors.emca.mapping"),
    "vendors-narrow": ("vendors/acme/client.py", "import gateway.upstream.transport"),
    "doubles-hidden": ("vendors/acme/client.py", "import gateway.vendors.acme.sandbox"),
    "doubles-apart": ("vendors/acme/sandbox.py", "import gateway.vendors.acme.mapping"),
    "pure": ("vendors/acme/mapping/reading.py", "import asyncio"),
    "domain-plain": ("domain/vendor.py", "import strawberry"),
    "aiohttp": ("vendors/acme/client.py", "import aiohttp"),
    "aiocache": ("upstream/cache.py", "import aiocache"),
    "databases": ("directory/roster.py", "import sqlalchemy"),
    "graphql": ("directory/roster.py", "import strawberry"),
    "exporters": ("upstream/observe.py", "import structlog"),
    "xml": ("vendors/acme/mapping/reading.py", "import lxml"),
    "cryptography": ("web/callers.py", "import cryptography"),
    "servers": ("directory/roster.py", "import starlette"),
}


def _lint(folder: Path) -> str:
    """What import-linter says of the package in a folder."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return " ".join(run.stdout.split()) + run.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package in a folder of its own, with two more vendors."""
    for module in modules():
        target = tmp_path / module.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(module, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    vendor = PACKAGE / "vendors" / "agencyaccess"
    for name in ("acme", "emca"):
        folder = tmp_path / "gateway" / "vendors" / name
        folder.mkdir(exist_ok=True)
        for module in vendor.rglob("*.py"):
            part = module.relative_to(vendor)
            if part.parts[0] != "sandbox":
                (folder / part).parent.mkdir(exist_ok=True)
                (folder / part).write_text(module.read_text().replace(vendor.name, name))
        (folder / "sandbox.py").write_text('"""A double."""\n')
    return tmp_path


def test_no_import_breaks_a_contract() -> None:
    said = _lint(ROOT)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said, said


def test_a_new_vendor_is_covered_by_the_contracts_as_they_are(copy: Path) -> None:
    said = _lint(copy)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said, said


def test_there_is_a_forbidden_import_for_every_contract() -> None:
    assert FORBIDDEN.keys() == CONTRACTS.keys()


def test_each_contract_refuses_what_it_forbids(copy: Path) -> None:
    for name, statement in FORBIDDEN.values():
        module = copy / "gateway" / name
        module.write_text(f"{module.read_text()}\n{statement}\n")
    said = _lint(copy)
    kept = [name for name, title in CONTRACTS.items() if f"{title} BROKEN" not in said]
    assert kept == [], said
