"""Long-running commands: serve, demo, sandbox."""

import sys
from typing import Annotated

import typer

from ..config import LogFormat
from ..domain.failures import BadInput
from ..runtime import open_runtime
from ..sandbox import seed
from ..sandbox import server as sandboxes
from ..telemetry.logs import logging_to
from ..telemetry.metrics import metrics_app
from ..telemetry.redaction import Redactor
from ..web import app as web
from . import demonstration, session
from .output import Json, dump
from .output import run as run_work
from .serving import END, listening, signals

GRACE = 25.0
"""Seconds that requests under way have when the process is told to end."""


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen at.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", help="Processes.", min=1)] = 1,
    as_json: Json = False,
) -> None:
    """Run the gateway with the configuration found."""
    if workers > 1:
        message = "more than one worker needs redis.url, which this release does not have"
        raise typer.BadParameter(message, param_hint="--workers")
    run_work(_serve(host, port, as_json))


async def _serve(host: str, port: int, as_json: bool) -> None:
    settings = session.settings()
    redactor = Redactor()
    in_json = settings.log.format is LogFormat.JSON
    with logging_to(sys.stderr, redactor=redactor, as_json=in_json, level=settings.log.level.value):
        ending = False
        async with open_runtime(settings, redactor=redactor) as runtime:
            app = web.build(runtime, web.face(settings.http.profile), lambda: ending)
            metrics = metrics_app(runtime.registry)
            metrics_port = settings.telemetry.metrics_port
            with signals(END) as end:
                async with listening(app, host, port, grace=GRACE) as (_, bound):
                    url = f"http://{host}:{bound}/graphql"
                    typer.echo(dump({"graphql": url}) if as_json else f"Listening at {url}")
                    if metrics_port:
                        async with listening(metrics, host, metrics_port, grace=1):
                            await end()
                    else:
                        await end()
                    ending = True


def demo(
    port: Annotated[int, typer.Option("--port", help="Port of the gateway.")] = 8000,
    sandbox_port: Annotated[
        int, typer.Option("--sandbox-port", help="Port of the sandbox's controls.")
    ] = 8100,
    as_json: Json = False,
) -> None:
    """Run sandbox vendors, two agencies and the gateway: no credentials, nothing kept."""
    run_work(demonstration.run(port, sandbox_port, as_json=as_json))


def sandbox(
    port: Annotated[int, typer.Option("--port", help="Port of the controls.")] = 8100,
    as_json: Json = False,
) -> None:
    """Run the vendor sandboxes alone: controls at the port, vendors at those after it."""
    run_work(_sandbox(port, as_json))


async def _sandbox(port: int, as_json: bool) -> None:
    with signals(END) as end:
        try:
            async with sandboxes.sandbox(seed.world(), port=port) as running:
                described = running.describe()
                if as_json:
                    typer.echo(dump(described))
                else:
                    typer.echo(f"Controls: {running.control}")
                    for name, vendor in running.vendors.items():
                        typer.echo(f"{name.name}: {vendor.base_url}")
                    typer.echo("Credentials: gateway sandbox --json. Ctrl-C ends all.")
                await end()
        except OSError as error:
            raise BadInput(f"Cannot listen at port {port} or after: {error.strerror}.") from None
