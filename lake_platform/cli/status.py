"""`lake status`: where every dataset stands, and how to reach what runs in the background."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
import dagster as dg
from tabulate import tabulate

from lake_platform.assets.keys import dataset_keys
from lake_platform.cli.names import choose
from lake_platform.contract.dataset import LAYERS, DatasetContract
from lake_platform.definitions import build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.lake.pending import REFUSED, WAITS
from lake_platform.lake.versions import VersionLog
from lake_platform.local.stack import Background, background
from lake_platform.sensors.arrivals import Tick, look
from lake_platform.sensors.tables import look_at_tables
from lake_platform.settings import Settings


@dataclass(frozen=True, kw_only=True)
class DatasetStatus:
    """One dataset or table. `partitions` are those that reached the last layer; the others name why they did not."""

    dataset: str
    partitions: int
    pending: list[str]
    refused: dict[str, str]
    failed: dict[str, str]
    waiting: dict[str, str]
    not_taken: dict[str, str]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def status(as_json: bool) -> None:
    """Partitions by layer, what is pending, what is refused or has failed and why, and how to open psql."""
    settings = Settings.from_environment()
    running = background(settings)
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    chosen = choose(load_declarations(settings), ())
    with dg.DagsterInstance.get() as instance:
        seen = [look(contract, dataset_keys(contract), lake=lake, instance=instance) for contract in chosen.datasets]
        made = look_at_tables(chosen.tables, lake=lake, instance=instance)
    states = [
        _state(tick, lake.log(contract.name, contract.layers[-1]))
        for contract, tick in zip(chosen.datasets, seen, strict=True)
    ]
    tables = [_state(tick, lake.table_log(table.contract.key)) for table, tick in zip(chosen.tables, made, strict=True)]
    if as_json:
        told = {"datasets": [asdict(state) for state in states], "tables": [asdict(state) for state in tables]}
        click.echo(json.dumps({**asdict(running), **told}, indent=2))
        return
    _print_people(chosen.datasets, lake, states, tables, running)


def _state(seen: Tick, last: VersionLog) -> DatasetStatus:
    refused = {partition: why for partition, why in seen.held.items() if why.startswith(REFUSED)}
    waiting = {partition: why for partition, why in seen.held.items() if why.startswith(WAITS)}
    others = seen.held.keys() - refused.keys() - waiting.keys()
    return DatasetStatus(
        dataset=seen.dataset,
        partitions=len(last.latest_numbers()),
        pending=list(seen.pending),
        refused={partition: why.removeprefix(REFUSED) for partition, why in refused.items()},
        failed={partition: seen.held[partition] for partition in sorted(others)},
        waiting=waiting,
        not_taken=dict(seen.refused_keys),
    )


def _print_people(
    contracts: Sequence[DatasetContract],
    lake: Lake,
    states: list[DatasetStatus],
    tables: list[DatasetStatus],
    running: Background,
) -> None:
    rows = [
        [
            state.dataset,
            *_layers(contract, lake),
            *map(len, (state.pending, state.waiting, state.refused, state.failed)),
        ]
        for contract, state in zip(contracts, states, strict=True)
    ]
    click.echo(tabulate(rows, headers=["dataset", *LAYERS, "pending", "waiting", "refused", "failed"]))
    if tables:
        made = [
            [state.dataset, state.partitions, *map(len, (state.pending, state.waiting, state.refused, state.failed))]
            for state in tables
        ]
        click.echo("\n" + tabulate(made, headers=["table", "made", "pending", "waiting", "refused", "failed"]))
    for state in (*states, *tables):
        held = [f"{partition}: refused: {why}" for partition, why in sorted(state.refused.items())]
        held += [f"{partition}: {why}" for partition, why in sorted({**state.waiting, **state.failed}.items())]
        held += [f"not taken: {key}: {why}" for key, why in sorted(state.not_taken.items())]
        for told in held:
            click.echo(f"{state.dataset} {told}")
    click.echo(f"\nwarehouse: {running.psql}")
    click.echo(f"spark: {'warm JVM, pid ' + str(running.spark['pid']) if running.spark['running'] else 'not running'}")


def _layers(contract: DatasetContract, lake: Lake) -> list[object]:
    """How many partitions have a document, layer by layer; nothing where the dataset has no such layer."""
    return [
        len(lake.log(contract.name, layer).latest_numbers()) if layer in contract.layers else "" for layer in LAYERS
    ]
