"""The `lake` command."""

from pathlib import Path

import click

from lake_platform.cli.check import check
from lake_platform.cli.demo import demo
from lake_platform.cli.environment import prepare_environment
from lake_platform.cli.files import janitor, retry, withdraw
from lake_platform.cli.services import dev, down
from lake_platform.cli.status import status
from lake_platform.cli.tables import show, sql
from lake_platform.cli.tick import tick


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home", type=click.Path(path_type=Path), help="The directory of the local backend (LAKE_HOME; default .lake)."
)
@click.option(
    "--defs",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of dataset definitions (LAKE_DEFS; default the package's own).",
)
def cli(home: Path | None, defs: Path | None) -> None:
    """A data lake on Dagster: from a dropped file to a published table.

    Drop files below LAKE_HOME/s3/landing, then `lake tick` (or keep `lake dev` running), then `lake show TABLE`.
    """
    prepare_environment(home, defs)


for command in (check, demo, dev, down, janitor, retry, show, sql, status, tick, withdraw):
    cli.add_command(command)
