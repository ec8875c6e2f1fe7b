"""The command group: `gateway`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from . import access, accounts, operations, run, vendors

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One GraphQL gateway over agencies, clients, links and tokens at many vendors.",
    epilog="Example: gateway demo",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    config: Annotated[
        Path | None, typer.Option("--config", help="The configuration, a TOML file.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """What goes before the command."""
    if config is not None:
        # Commands find the configuration where the environment says, so they are told there.
        os.environ["GATEWAY_CONFIG"] = str(config)


app.command("serve", epilog="Example: gateway serve --host 0.0.0.0 --port 8000")(run.serve)
app.command("demo", epilog="Example: gateway demo --port 8000")(run.demo)
app.command("sandbox", epilog="Example: gateway sandbox --port 8100 --json")(run.sandbox)
app.add_typer(access.agency, name="agency")
app.add_typer(access.key, name="key")
app.add_typer(accounts.account, name="account")
app.add_typer(access.vault, name="vault")
app.add_typer(operations.ledger, name="ledger")
app.add_typer(operations.token, name="token")
app.add_typer(vendors.vendor, name="vendor")
app.add_typer(operations.schema, name="schema")
app.add_typer(operations.storage, name="storage")
app.add_typer(operations.audit, name="audit")
app.add_typer(operations.config, name="config")


def main() -> None:
    """Run the command line."""
    app()
