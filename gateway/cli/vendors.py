"""Vendors: what each can do, and a new one."""

import typer

from ..vendors import load_all
from .output import Json, table

vendor = typer.Typer(no_args_is_help=True, help="The vendors of this gateway.")


@vendor.command("list", epilog="Example: gateway vendor list --json")
def list_vendors(as_json: Json = False) -> None:
    """Print the support matrix."""
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
