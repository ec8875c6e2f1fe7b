"""The project's own files, as the tests of its architecture read them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gateway"

# Not ours to shape: npm's build of the explorer, and the script that runs it.
_FOREIGN = (PACKAGE / "web" / "graphiql", PACKAGE / "web" / "static")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    """The package's modules."""
    return sorted(
        path
        for path in PACKAGE.rglob("*.py")
        if not any(path.is_relative_to(folder) for folder in _FOREIGN)
    )


def place(path: Path, line: int | None = None) -> str:
    """A file, and a line in it, for whoever reads a failed test."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


def tree(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(node: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    """Every function in a tree, with its dotted name."""
    for child in ast.iter_child_nodes(node):
        name = within
        if isinstance(child, ast.ClassDef | Function):
            name = f"{within}.{child.name}".lstrip(".")
        if isinstance(child, Function):
            yield name, child
        yield from functions(child, name)


def kept_files() -> list[Path]:
    """All files that are, or could be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())
