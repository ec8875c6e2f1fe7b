"""Makes a new vendor: the six files of its folder, its tests and its page.

The templates are those files for a vendor named Acme, in the tree where they will stand; only the
name is replaced. They run as they are, so that a new vendor begins with everything green.
"""

import keyword
import re
from collections.abc import Mapping
from pathlib import Path

from ..domain.failures import BadInput, Conflict
from ..domain.vendor import VendorName

REGISTRY = "gateway/domain/vendor.py"
"""Where a vendor is registered, by the one line that `registration` answers."""

_TEMPLATES = Path(__file__).parent / "templates" / "vendor"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_TITLE = re.compile(r"\w([\w .&'+-]*[\w.'+])?")
_ACME = re.compile(r"acme|ACME|Acme")

# Lines of the templates have room for so much within 100 columns.
_LONGEST_NAME = 32
_LONGEST_TITLE_IN_BYTES = 40


def registration(name: str) -> str:
    """The line of `VendorName` that registers the vendor."""
    return f'{name.upper()} = "{name}"'


def new_vendor(name: str, title: str | None = None) -> Mapping[str, str]:
    """The files of a new vendor: paths below the project's root, and texts.

    `name` is that of its folder; `title` is for people, by default the name's words. Raises
    `BadInput` when either is none, `Conflict` when the gateway has the vendor already.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or keyword.iskeyword(name):
        raise BadInput(
            f"NAME must be lower_snake_case, as a Python package's, and at most {_LONGEST_NAME}"
            " characters long.",
            field=("NAME",),
        )
    if name in {vendor.value for vendor in VendorName}:
        raise Conflict(f"There is a vendor {name} already.")
    words = {"acme": name, "ACME": name.upper(), "Acme": _titled(name, title)}

    def named(text: str) -> str:
        return _ACME.sub(lambda found: words[found[0]], text)

    return {
        named(path.relative_to(_TEMPLATES).with_suffix("").as_posix()): named(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(_TEMPLATES.rglob("*.tmpl"))
    }


def _titled(name: str, title: str | None) -> str:
    if title is None:
        return name.replace("_", " ").title()
    if not _TITLE.fullmatch(title) or len(title.encode()) > _LONGEST_TITLE_IN_BYTES:
        raise BadInput(
            "--title must be a short name of letters, digits, spaces and . & ' + - only.",
            field=("--title",),
        )
    return title


def write(files: Mapping[str, str], root: Path) -> None:
    """Write the files into a project; nothing that is there is touched.

    Raises `BadInput` when the root is no such project, `Conflict` when a file is there already,
    both before anything is written, and `OSError` when a file cannot be.
    """
    if not (root / "gateway" / "vendors").is_dir():
        raise BadInput("--into must be the project's root, which has gateway/vendors.")
    for path in files:
        if (root / path).exists():
            raise Conflict(f"{path} is there already; nothing was written.")
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
