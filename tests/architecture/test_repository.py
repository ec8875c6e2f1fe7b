"""What is committed works for a stranger, and names no package registry."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gateway.vendors import load_all
from tests.architecture.sources import ROOT, kept_files, place

# In pieces, so that this file passes its own test.
_REGISTRIES = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
               ("debian", "org"))  # fmt: skip
HOST = re.compile("|".join(re.escape(".".join(parts)) for parts in _REGISTRIES).encode())
LOCKED_FROM = re.compile(rb'"resolved":|^\s*(--)?(extra-)?index-url|^\s*--find-links', re.MULTILINE)

PAGE = re.compile(r"(?<![\w./-])docs/(?:[a-z_]+/)*[a-z_0-9-]+(?:\.md\b)?")


def test_no_kept_file_names_a_package_registry() -> None:
    files = kept_files()
    assert files
    assert [place(path) for path in files if HOST.search(path.read_bytes())] == []


def test_no_lock_file_says_where_packages_come_from() -> None:
    locks = [path for path in kept_files() if path.suffix in {".json", ".txt", ".toml", ".cfg"}]
    assert locks
    assert [place(path) for path in locks if LOCKED_FROM.search(path.read_bytes())] == []


@pytest.mark.parametrize("command", ["make demo", "make test", "make check"])
def test_the_readme_shows_the_command_and_the_makefile_has_it(command: str) -> None:
    assert command in (ROOT / "README.md").read_text()
    assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_page_that_is_pointed_at_is_there() -> None:
    pointing = [path for path in kept_files() if path.suffix in {".py", ".md", ".toml", ".graphql"}]
    missing = {
        f"{place(path)}: {page}"
        for path in pointing
        for page in PAGE.findall(path.read_text())
        if not (ROOT / page).exists() and not list((ROOT / page).parent.glob(f"{Path(page).name}*"))
    }
    assert missing == set()


# ── Requirements ──────────────────────────────────────────────────────────────────────────────


def _locked(name: str) -> dict[str, str]:
    """The pinned versions in a file of requirements/, each of which must have a hash."""
    pinned = {}
    for entry in re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements" / name).read_text()):
        if found := re.match(r"([a-z0-9-]+)==(\S+)", entry):
            assert "--hash=sha256:" in entry, found[0]
            pinned[found[1]] = found[2]
    return pinned


def _wanted(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: at run time, and in these groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = [*project["project"]["dependencies"]]
    texts += project["project"]["optional-dependencies"]["postgres"]
    for group in groups:
        texts += project["dependency-groups"][group]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(
    ("file", "groups"), [("run.txt", ()), ("dev.txt", ("build", "test", "check"))]
)
def test_what_is_asked_for_is_locked_with_hashes(file: str, groups: tuple[str, ...]) -> None:
    locked = _locked(file)
    wanted = _wanted(*groups)
    assert wanted
    stale = [
        str(want) for want in wanted if not want.specifier.contains(locked.get(want.name, "0"))
    ]
    assert stale == [], "run `make lock`"


@pytest.mark.parametrize("file", ["build.txt", "run.txt"])
def test_what_is_deployed_is_what_was_tested(file: str) -> None:
    assert _locked(file).items() <= _locked("dev.txt").items()


# ── Docker ────────────────────────────────────────────────────────────────────────────────────


def test_the_image_runs_without_privileges_and_tells_its_health() -> None:
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    last = dockerfile[dockerfile.rindex("\nFROM ") :]
    assert re.search(r"^USER \d+:\d+$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/livez" in last


def test_no_vendor_is_overridden_in_the_example_configuration() -> None:
    settings = tomllib.loads((ROOT / "docker" / "gateway.toml").read_text())
    overridden = settings.get("vendors", {}).keys() & {vendor.name.value for vendor in load_all()}
    assert overridden == set()
