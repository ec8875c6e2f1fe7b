"""`gateway vendor new`: a vendor is one command and one line, and green before it is changed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app

New = Callable[..., Result]

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent

FILES = [
    "docs/vendors/{name}.md",
    "gateway/vendors/{name}/__init__.py",
    "gateway/vendors/{name}/capabilities.py",
    "gateway/vendors/{name}/client.py",
    "gateway/vendors/{name}/errors.py",
    "gateway/vendors/{name}/mapping.py",
    "gateway/vendors/{name}/sandbox.py",
    "tests/vendors/{name}/test_errors.py",
    "tests/vendors/{name}/test_mapping.py",
]

# As long as the command allows, for lines have an end.
LONG = "a" * 32
LONG_TITLE = "Wide Äcme-Works & Sons' 1st Co. of Utah"


def files(root: Path) -> dict[str, str]:
    """All files below a folder, with their texts."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def of(name: str) -> list[str]:
    """The files of a new vendor."""
    return [path.format(name=name) for path in FILES]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project without any vendor."""
    (tmp_path / "gateway" / "vendors").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def new(project: Path) -> New:
    """Runs the command in the project."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["vendor", "new", "--into", str(project), *words])

    return run


# ── What it writes ────────────────────────────────────────────────────────────────────────────


def test_it_writes_the_six_files_their_tests_and_the_page(project: Path, new: New) -> None:
    assert new("new_pay").exit_code == 0

    assert list(files(project)) == of("new_pay")


def test_it_prints_the_line_that_registers_the_vendor(new: New) -> None:
    told = new("new_pay").stdout.splitlines()

    assert '    NEW_PAY = "new_pay"' in told
    assert "Wrote gateway/vendors/new_pay/client.py" in told


def test_it_tells_machines_what_it_wrote_and_what_is_next(new: New) -> None:
    page, *code = of("novel")

    assert json.loads(new("novel", "--json").stdout) == {
        "vendor": "novel",
        "files": [page, *code],
        "register": {"file": "gateway/domain/vendor.py", "line": 'NOVEL = "novel"'},
        "then": [
            "gateway schema print > schema.graphql",
            "python -m gateway.config > docs/configuration.md",
            "gateway vendor list --markdown > docs/vendors/matrix.md",
            "WALKS=write python -m pytest tests/walks -k support-matrix",
            "python -m pytest -k novel",
            f'grep -rn "Replace:" gateway/vendors/novel tests/vendors/novel {page}',
        ],
    }


@pytest.mark.parametrize(
    ("words", "title"),
    [(["new_pay"], "New Pay"), (["new_pay", "--title", "acme & ACME"], "acme & ACME")],
)
def test_the_title_is_what_people_read_and_else_the_names_words(
    project: Path, new: New, words: list[str], title: str
) -> None:
    assert new(*words).exit_code == 0

    page, *_ = of("new_pay")
    written = files(project)
    assert written[page].startswith(f"# {title}\n")
    assert f'    title="{title}",\n' in written["gateway/vendors/new_pay/capabilities.py"]


def test_nothing_of_the_templates_own_name_is_left(project: Path, new: New) -> None:
    assert new("novel").exit_code == 0

    assert [path for path, text in files(project).items() if "acme" in (path + text).lower()] == []


def test_every_file_says_what_is_to_be_replaced_in_it(project: Path, new: New) -> None:
    assert new("novel").exit_code == 0

    silent = [path for path, text in files(project).items() if "Replace: " not in text]
    assert silent == ["gateway/vendors/novel/__init__.py"]


# ── What it refuses ───────────────────────────────────────────────────────────────────────────

NO_NAMES = ["", "Acme", "2acme", "ac-me", "ac me", "_acme", "acme_", "ac__me", "../acme", "äcme"]
NO_TITLES = ["", " Acme", "Acme ", 'Ac"me', "Ac\\me", "Ac{me}", "Ac\nme", "Acme\n", "Ac" * 21]


@pytest.mark.parametrize("name", [*NO_NAMES, "acme\n", "class", LONG + "a"])
def test_a_name_that_no_package_should_have_is_refused(project: Path, new: New, name: str) -> None:
    result = new(name)

    assert result.exit_code == 1
    assert result.stderr.startswith("gateway: NAME must be lower_snake_case")
    assert result.stderr.count("\n") == 1
    assert files(project) == {}


@pytest.mark.parametrize("title", NO_TITLES)
def test_a_title_that_would_break_the_code_is_refused(project: Path, new: New, title: str) -> None:
    result = new("novel", "--title", title)

    assert result.exit_code == 1
    assert result.stderr.startswith("gateway: --title must be")
    assert result.stderr.count("\n") == 1
    assert files(project) == {}


def test_a_vendor_that_the_gateway_has_is_refused(project: Path, new: New) -> None:
    result = new("bronto")

    assert (result.exit_code, result.stderr) == (1, "gateway: There is a vendor bronto already.\n")
    assert files(project) == {}


@pytest.mark.parametrize("taken", of("novel"))
def test_nothing_is_overwritten_and_then_nothing_is_written(
    project: Path, new: New, taken: str
) -> None:
    (project / taken).parent.mkdir(parents=True, exist_ok=True)
    (project / taken).write_text("mine")

    result = new("novel")

    assert result.exit_code == 1
    assert result.stderr == f"gateway: {taken} is there already; nothing was written.\n"
    assert files(project) == {taken: "mine"}


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["vendor", "new", "novel", "--into", str(tmp_path)])

    assert result.exit_code == 1
    assert result.stderr.startswith("gateway: --into must be the project's root")
    assert files(tmp_path) == {}


def test_its_help_ends_in_an_example() -> None:
    result = CliRunner().invoke(app, ["vendor", "new", "--help"])

    assert result.stdout.rstrip().endswith("Example: gateway vendor new acme --title Acme")


# ── What it wrote, at work ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this project with two more vendors: for each a command and a line."""
    copy = tmp_path_factory.mktemp("tree")
    unneeded = shutil.ignore_patterns("__pycache__", "node_modules", "static", "graphiql", ".*")
    for folder in ("gateway", "tests", "docs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=unneeded)
    shutil.copyfile(ROOT / "pyproject.toml", copy / "pyproject.toml")
    register(copy, "novel")
    register(copy, LONG, "--title", LONG_TITLE)
    return copy


def register(copy: Path, *words: str) -> None:
    """Write a vendor, and the line that the command tells at the end of the enum."""
    told = json.loads(python(copy, "-m", "gateway", "vendor", "new", *words, "--json"))
    registry = copy / told["register"]["file"]
    registry.write_text(f"{registry.read_text()}    {told['register']['line']}\n")


def run(tree: Path, *words: str | Path) -> str:
    """What a command says that ends well in the copy; generated cases are the usual few."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "HYPOTHESIS_PROFILE": "usual"}
    done = subprocess.run(
        words, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(tree: Path, *words: str) -> str:
    """What Python says in the copy."""
    return run(tree, sys.executable, *words)


def passed(tree: Path, *words: str) -> int:
    """How many tests passed in the copy, where none may fail."""
    told = python(tree, "-m", "pytest", "-q", "-pno:cacheprovider", *words)
    return int(told.splitlines()[-1].split()[0])


def collected(tree: Path, *words: str) -> int:
    """How many tests there are in the copy."""
    told = python(tree, "-m", "pytest", "-q", "--collect-only", "-pno:cacheprovider", *words)
    return int(re.match(r"\d+", told.splitlines()[-1])[0])


def code(tree: Path) -> list[Path]:
    """The folders of code that were written."""
    return [
        tree / part / "vendors" / name for part in ("gateway", "tests") for name in ("novel", LONG)
    ]


@pytest.mark.slow
def test_the_structural_part_of_the_conformance_suite_passes(tree: Path) -> None:
    """Every test of it, of old vendors too, and as many of the new one as of any."""
    names = ["tests/conformance/test_vendors.py", "tests/architecture/test_vendors.py"]
    passed(tree, "tests/conformance/test_matrix.py")

    assert passed(tree, *names) == collected(tree, *names)
    novel, model = (collected(tree, *names, "-k", name) for name in ("novel", "agencyaccess"))
    assert novel == model > 0


@pytest.mark.slow
def test_the_behavioural_part_of_the_conformance_suite_passes(tree: Path) -> None:
    names = ["tests/conformance/test_reads.py", "tests/conformance/test_faults.py"]

    told = passed(tree, *names, "-k", "novel")
    assert told == collected(tree, *names, "-k", "agencyaccess") > 0


@pytest.mark.slow
def test_its_own_tests_pass_and_those_of_its_double(tree: Path) -> None:
    assert passed(tree, "tests/vendors/novel") == passed(tree, f"tests/vendors/{LONG}") > 30
    passed(tree, "tests/sandbox/test_doubles.py", "tests/sandbox/test_seed.py")


@pytest.mark.slow
def test_its_code_is_clean_typed_and_within_the_import_contracts(tree: Path) -> None:
    run(tree, TOOLS / "ruff", "check", "--no-cache", *code(tree))
    run(tree, TOOLS / "ruff", "format", "--check", "--no-cache", *code(tree))
    run(
        tree,
        TOOLS / "mypy",
        "--strict",
        "--explicit-package-bases",
        f"--cache-dir={tree}/types",
        *code(tree),
    )
    assert " 0 broken." in run(tree, TOOLS / "lint-imports", "--no-cache")


@pytest.mark.slow
def test_it_is_in_the_schema_the_matrix_and_the_configuration(tree: Path) -> None:
    schema = python(tree, "-m", "gateway", "schema", "print")
    matrix = json.loads(python(tree, "-m", "gateway", "vendor", "list", "--json"))
    configuration = python(tree, "-m", "gateway.config")

    enum = schema[schema.index("enum VendorName {") :]
    assert "\n  NOVEL\n" in enum[: enum.index("}")]
    assert {row["operation"]: row["level"] for row in matrix if row["vendor"] == "NOVEL"} == {
        "VendorAccount.status": "LIVE",
        "clients": "LEDGER",
        "client": "LIVE",
        "link": "ABSENT",
        "tokens": "LEDGER",
        "VendorAccount.logins": "ABSENT",
        "VendorAccount.events": "ABSENT",
        "Agency.jobs": "ABSENT",
        "createClient": "ABSENT",
        "updateClient": "ABSENT",
        "createLink": "ABSENT",
        "updateLink": "ABSENT",
        "issueToken": "ABSENT",
        "updateToken": "LEDGER",
        "revokeToken": "LEDGER",
        "startBackup": "ABSENT",
        "startExport": "ABSENT",
        "startImport": "ABSENT",
    }
    assert "`novel`, " in configuration
