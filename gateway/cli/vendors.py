"""Vendors: what each can do, and a new one."""

from pathlib import Path
from typing import Annotated

import typer

from ..vendors import load_all
from . import matrix, scaffold
from .output import Json, dump, failing_clearly, say, table

vendor = typer.Typer(no_args_is_help=True, help="The vendors of this gateway.")


@vendor.command("list", epilog="Example: gateway vendor list --json")
def list_vendors(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print docs/vendors/matrix.md.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the support matrix."""
    if markdown:
        page = matrix.markdown(load_all())
        typer.echo(dump({"markdown": page}) if as_json else page, nl=False)
        return
    rows = [
        {
            "vendor": each.name,
            "operation": operation,
            "level": support.level,
            "reason": support.reason,
        }
        for each in load_all()
        for operation, support in each.support.items()
    ]
    table(rows, as_json=as_json, empty="There are no vendors.")


@vendor.command("new", epilog="Example: gateway vendor new acme --title Acme")
def new_vendor(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The folder's name, in lower_snake_case.")
    ],
    title: Annotated[
        str | None, typer.Option("--title", help="The vendor's name for people.")
    ] = None,
    into: Annotated[
        Path, typer.Option("--into", help="The project's root; default: the current folder.")
    ] = Path(),
    as_json: Json = False,
) -> None:
    """Write a vendor's six files, its tests and its page; they pass as they are."""
    with failing_clearly():
        files = scaffold.new_vendor(name, title)
        scaffold.write(files, into)
    line = scaffold.registration(name)
    register = {"file": scaffold.REGISTRY, "line": line}
    then = [
        "gateway schema print > schema.graphql",
        "python -m gateway.config > docs/configuration.md",
        "gateway vendor list --markdown > docs/vendors/matrix.md",
        "WALKS=write python -m pytest tests/walks -k support-matrix",
        f"python -m pytest -k {name}",
        f'grep -rn "Replace:" gateway/vendors/{name} tests/vendors/{name} docs/vendors/{name}.md',
    ]
    sentence = "\n".join(
        [
            *(f"Wrote {path}" for path in files),
            f"\nAdd this line to {scaffold.REGISTRY}, and the vendor is there:\n\n    {line}\n",
            "Then, from the project's root:\n",
            *(f"    {command}" for command in then),
            "\nThe last finds what is yours to fill in; gateway/vendors/README.md has the rules.",
        ]
    )
    say(
        {"vendor": name, "files": list(files), "register": register, "then": then},
        sentence,
        as_json=as_json,
    )
