"""`lake withdraw`, `lake retry` and `lake janitor`: what a person decides about files and documents."""

import click

from lake_platform.cli.names import choose_one
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.partitions import Unplaced, partition_of
from lake_platform.definitions import build_resources, load_declarations
from lake_platform.lake.accept import withdraw as withdraw_file
from lake_platform.lake.janitor import sweep, sweep_notebook
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import reset_attempts
from lake_platform.settings import Settings


@click.command()
@click.argument("dataset")
@click.argument("key")
def withdraw(dataset: str, key: str) -> None:
    """Take a landed file back: with the next run what KEY said is gone from DATASET, from its history too.

    Deleting a file from landing takes nothing back, because landing may expire.
    """
    settings = Settings.from_environment()
    contract = choose_one(load_declarations(settings), dataset)
    if not isinstance(contract, DatasetContract):
        raise click.UsageError(f"{dataset!r} is a table: files are withdrawn from the datasets that it reads")
    place = partition_of(contract.arrives, key)
    if isinstance(place, Unplaced):
        raise click.UsageError(f"{key!r} belongs to no partition of {dataset}: {place.reason}")
    if not withdraw_file(_lake(settings), contract, place, key):
        raise click.UsageError(f"{dataset} {place} has taken no file {key!r}, or it is withdrawn already")
    click.echo(f"{key} is withdrawn from {dataset} {place}; `lake tick` carries it to the last layer")


@click.command()
@click.argument("name")
@click.argument("partition")
def retry(name: str, partition: str) -> None:
    """Forget the failed attempts at PARTITION of the dataset or table NAME, so that the next tick tries again."""
    settings = Settings.from_environment()
    found = choose_one(load_declarations(settings), name)
    key = found.name if isinstance(found, DatasetContract) else found.contract.key
    reset_attempts(_lake(settings).lake, key, partition)
    click.echo(f"{name} {partition} is tried again with the next tick")


@click.command()
@click.option("--apply", is_flag=True, help="Remove; without it the objects are only listed.")
def janitor(apply: bool) -> None:
    """Remove what none of the last 3 documents nor any of the last 30 days names."""
    settings = Settings.from_environment()
    lake = _lake(settings)
    declared = load_declarations(settings)
    found = {each.name: sweep(lake, each, dry_run=not apply) for each in declared.contracts}
    found |= {
        each.contract.name: sweep_notebook(lake, each.contract.key, dry_run=not apply) for each in declared.notebooks
    }
    what = "removed" if apply else "would be removed (--apply does it)"
    for name, swept in sorted(found.items()):
        click.echo(f"{name}: {len(swept.keys)} object(s), {swept.size} bytes {what}")


def _lake(settings: Settings) -> Lake:
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    return lake
