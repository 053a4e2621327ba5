"""`lake dev`, `lake up` and `lake down`: the UI, and what runs in the background of the local backend."""

import os
import signal
import sys
from pathlib import Path

import click

from lake_platform.cli.environment import project_file
from lake_platform.settings import Settings, require_local


@click.command()
@click.option("--port", default=3000, show_default=True, help="The port of the web server.")
def dev(port: int) -> None:
    """Open the Dagster UI with the daemon, so that the arrivals sensors run.

    The web server has no login, so it listens on 127.0.0.1 only.
    """
    workspace = project_file("workspace.yaml", Path.cwd())
    where = ["-w", str(workspace)] if workspace.is_file() else ["-m", "lake_platform.definitions"]
    settings = Settings.from_environment()
    local = settings.backend == "local"
    landing = settings.home / "s3" / settings.landing_bucket if local else f"s3://{settings.landing_bucket}/"
    click.echo(f"Dagster UI: http://127.0.0.1:{port}   landing: {landing}")
    # In the background of a shell SIGINT is ignored, and with it Dagster ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    arguments = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port), *where]
    os.execv(sys.executable, arguments)


@click.command()
def up() -> None:
    """Start the warm JVM and the local Redshift endpoint, so that the next run need not wait for them."""
    from lake_platform.local.stack import start_stack

    settings = Settings.from_environment()
    require_local(settings, "`lake up`")
    running = start_stack(settings)
    click.echo(f"warehouse: {running.psql}\nspark: warm JVM, pid {running.spark['pid']}")


@click.command()
def down() -> None:
    """Stop the warm JVM and the local Redshift endpoint. Data stays; the next run starts them again."""
    from lake_platform.local.stack import stop_stack

    for name, stopped in stop_stack(Settings.from_environment()).items():
        click.echo(f"{name}: {'stopped' if stopped else 'was not running'}")
