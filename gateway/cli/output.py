"""What commands print: a table or a sentence for people, JSON for machines, one line on failure."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..domain.failures import Failure

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; a failure is one clear line on standard error and exit code 1."""
    with failing_clearly():
        return asyncio.run(work)


class failing_clearly:  # noqa: N801 - reads as what it does
    """Turns failures within the block into one line and exit code 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Failure):
            fail(error.message)
        if isinstance(error, OSError):
            fail(f"{error.filename or 'This machine'}: {error.strerror or error}.")
        if isinstance(error, UnicodeDecodeError):
            fail("What was given is not text in UTF-8.")


def fail(message: str) -> None:
    """One line on standard error, and exit code 1."""
    typer.echo(f"gateway: {_printable(message)}", err=True)
    raise typer.Exit(1)


def read_text(file: Path) -> str:
    """What a file holds; `-` is standard input."""
    return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")


def say(value: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    """One result: the value for machines, the sentence for people."""
    typer.echo(dump(value) if as_json else sentence)


def table(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Several results: a list for machines; for people a table, or a sentence when it is empty."""
    if as_json:
        typer.echo(dump(list(rows)))
        return
    if not rows:
        typer.echo(empty)
        return
    shown = Table(*rows[0], box=None, header_style="bold", pad_edge=False)
    for row in rows:
        shown.add_row(*(Text(_cell(value)) for value in row.values()))
    # A width of its own where nobody looks: a pipe must not break rows at 80 columns.
    Console(width=None if sys.stdout.isatty() else 200).print(shown)


def dump(value: Any) -> str:
    """A value as one line of JSON."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Enum():
            return value.name
        case tuple() | frozenset() | set():
            return list(value)
        case _:
            return str(value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case Enum():
            return value.name
        case list() | tuple() | frozenset():
            return ", ".join(_cell(each) for each in value)
        case _:
            return _printable(str(value))


def _printable(text: str) -> str:
    """The text on one line, without what would command a terminal: vendors' names are theirs."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def progress(total: int, *, quiet: bool) -> Callable[[int], None]:
    """Tells on standard error how far a long work is, ten times at most."""
    step = max(1, total // 10)

    def tell(done: int) -> None:
        if not quiet and total >= 100 and (done % step == 0 or done == total):
            typer.echo(f"{done} of {total} lines", err=True)

    return tell
