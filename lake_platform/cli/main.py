"""The `lake` command."""

from pathlib import Path
from typing import Any

import click

from lake_platform.cli.backfill import backfill
from lake_platform.cli.catalog import catalog
from lake_platform.cli.check import check
from lake_platform.cli.demo import demo
from lake_platform.cli.env import env
from lake_platform.cli.environment import prepare_environment
from lake_platform.cli.files import janitor, retry, withdraw
from lake_platform.cli.infra import infra
from lake_platform.cli.jobs import build_jobs, deploy_jobs
from lake_platform.cli.new import new
from lake_platform.cli.profile import profile
from lake_platform.cli.quality import quality
from lake_platform.cli.rehearse import rehearse
from lake_platform.cli.services import dev, down, up
from lake_platform.cli.status import status
from lake_platform.cli.tables import show, sql
from lake_platform.cli.tick import tick
from lake_platform.errors import (
    CatalogTableError,
    ContractError,
    DefinitionExistsError,
    InfraNotSetUpError,
    SampleError,
    SettingsError,
    StackOutputsError,
    TransformNotFoundError,
)

_USE = (
    CatalogTableError,
    ContractError,
    DefinitionExistsError,
    InfraNotSetUpError,
    SampleError,
    SettingsError,
    StackOutputsError,
    TransformNotFoundError,
)


class LakeGroup(click.Group):
    """Tells wrong definitions, settings and samples as one message with exit code 2, not as a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except _USE as error:
            click.echo(str(error), err=True)
            raise SystemExit(2) from error


@click.group(cls=LakeGroup, context_settings={"help_option_names": ["-h", "--help"]})
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


for command in (
    backfill,
    build_jobs,
    catalog,
    check,
    demo,
    deploy_jobs,
    dev,
    down,
    env,
    infra,
    janitor,
    new,
    profile,
    quality,
    rehearse,
    retry,
    show,
    sql,
    status,
    tick,
    up,
    withdraw,
):
    cli.add_command(command)
