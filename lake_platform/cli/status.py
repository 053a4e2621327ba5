"""`lake status`: where every dataset stands."""

import click
import dagster as dg
from tabulate import tabulate

from lake_platform.assets.keys import dataset_keys
from lake_platform.contract.dataset import LAYERS, DatasetContract
from lake_platform.definitions import build_resources, load_contracts
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, look
from lake_platform.settings import Settings


@click.command()
def status() -> None:
    """Partitions by layer, what is pending, and what is refused or held back with the reason."""
    settings = Settings.from_environment()
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    rows: list[list[object]] = []
    told: list[str] = []
    with dg.DagsterInstance.get() as instance:
        for contract in load_contracts(settings):
            seen = look(contract, dataset_keys(contract), lake=lake, instance=instance)
            rows.append([contract.name, *_layers(contract, lake), len(seen.pending), len(seen.held)])
            told += _told(seen)
    click.echo(tabulate(rows, headers=["dataset", *LAYERS, "pending", "held"]))
    click.echo("\n".join(told))


def _layers(contract: DatasetContract, lake: Lake) -> list[object]:
    """How many partitions have a document, layer by layer; nothing where the dataset has no such layer."""
    return [
        len(lake.log(contract.name, layer).latest_numbers()) if layer in contract.layers else "" for layer in LAYERS
    ]


def _told(seen: Tick) -> list[str]:
    held = [f"{seen.dataset} {partition}: {why}" for partition, why in sorted(seen.held.items())]
    return held + [f"{seen.dataset}: not taken: {told}" for told in seen.reported]
