"""`lake tick`: look for new files, run what is pending, wait for the end."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click
import dagster as dg

from lake_platform.assets.keys import dataset_keys
from lake_platform.cli.runs import RunSummary, execute
from lake_platform.contract.dataset import DatasetContract
from lake_platform.definitions import build_definitions, build_resources, load_contracts
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, look
from lake_platform.settings import Settings


@dataclass(frozen=True, kw_only=True)
class TickSummary:
    """What one `lake tick` found and did."""

    runs: Sequence[RunSummary]
    ticks: Sequence[Tick]

    def document(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "runs": [asdict(run) for run in self.runs],
            "datasets": {
                seen.dataset: {
                    "pending": list(seen.pending),
                    "held": dict(seen.held),
                    "not_taken": list(seen.reported),
                    "ignored": seen.ignored,
                    "live_runs": list(seen.live),
                }
                for seen in self.ticks
            },
        }


@click.command()
@click.argument("datasets", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
@click.option("--verbose", "-v", is_flag=True, help="Show Dagster's log of the runs.")
def tick(datasets: tuple[str, ...], as_json: bool, verbose: bool) -> None:
    """Run what is pending of DATASETS (default: all) and wait; files that are not settled yet are waited for.

    Exit code 1 where a run did not succeed, also where it only refused a partition: that is told once.
    """
    summary = run_tick(Settings.from_environment(), datasets=datasets, verbose=verbose)
    click.echo(json.dumps(summary.document(), indent=2) if as_json else render(summary))
    if any(run.status != "success" for run in summary.runs):
        raise SystemExit(1)


def run_tick(settings: Settings, *, datasets: Sequence[str] = (), verbose: bool = False) -> TickSummary:
    """One look at each dataset, and the runs that it asks for, one after the other."""
    contracts = chosen(load_contracts(settings), datasets)
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    runs: list[RunSummary] = []
    ticks: list[Tick] = []
    with dg.DagsterInstance.get() as instance:
        for contract in contracts:
            seen = settled(contract, lake, instance)
            ticks.append(seen)
            # Loading definitions costs more than a look; most looks find nothing.
            definitions = build_definitions(settings) if seen.requests else dg.Definitions()
            runs += [execute(definitions, instance, request, verbose=verbose) for request in seen.requests]
    return TickSummary(runs=runs, ticks=ticks)


def chosen(contracts: Sequence[DatasetContract], names: Sequence[str]) -> list[DatasetContract]:
    """The contracts of these names; all of them where no name is given.

    Raises:
        click.UsageError: for a name that is not there, with those that are.
    """
    known = {contract.name: contract for contract in contracts}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"no dataset {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return [known[name] for name in names] if names else list(contracts)


def settled(contract: DatasetContract, lake: Lake, instance: dg.DagsterInstance) -> Tick:
    """A look after which no file is too young to be read: `cp` is not atomic, so the sensor would come back later."""
    seen = look(contract, dataset_keys(contract), lake=lake, instance=instance)
    while seen.settles_in is not None:
        time.sleep(seen.settles_in)
        seen = look(contract, dataset_keys(contract), lake=lake, instance=instance)
    return seen


def render(summary: TickSummary) -> str:
    """For people: a line a run, and what is held back or refused."""
    lines = [_run_line(run) for run in summary.runs] or ["nothing to do"]
    for seen in summary.ticks:
        lines += [f"{seen.dataset} {partition}: {why}" for partition, why in sorted(seen.held.items())]
        lines += [f"{seen.dataset}: {told}" for told in seen.reported]
    return "\n".join(lines)


def _run_line(run: RunSummary) -> str:
    span = run.first if run.first == run.last else f"{run.first} to {run.last}"
    told = f"  {run.problem}" if run.problem else ""
    return f"{run.dataset} {span}: {run.status}, {len(run.partitions)} partition(s), {run.seconds} s{told}"
