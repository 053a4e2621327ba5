"""`lake tick`: look for new files, run what is pending, wait for the end."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click
import dagster as dg

from lake_platform.assets.keys import dataset_keys
from lake_platform.cli.progress import run_progress
from lake_platform.cli.refused import Refused, refused_keys, refused_work
from lake_platform.cli.runs import RunSummary, execute
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.inputs import in_reading_order
from lake_platform.definitions import build_definitions, build_resources, load_contracts
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, look
from lake_platform.settings import Settings


@dataclass(frozen=True, kw_only=True)
class TickSummary:
    """What one `lake tick` found and did: its runs, what they refused, and the last look at each dataset."""

    runs: Sequence[RunSummary]
    refused: Sequence[Refused]
    ticks: Sequence[Tick]

    @property
    def all_well(self) -> bool:
        """No run failed and nothing was refused in this call; warnings and quarantined rows are well."""
        return not self.refused and all(run.status == "success" for run in self.runs)

    def document(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"runs": [_run(run) for run in self.runs], "refused": [asdict(refused) for refused in self.refused]}


@click.command()
@click.argument("datasets", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--verbose", "-v", is_flag=True, help="Show Dagster's log of the runs.")
def tick(datasets: tuple[str, ...], as_json: bool, verbose: bool) -> None:
    """Run what is pending of DATASETS (default: all) until nothing is; files that are not settled yet are waited for.

    Exit code 1 where a run failed, or a partition or a file was refused in this call.
    """
    summary = run_tick(Settings.from_environment(), datasets=datasets, verbose=verbose)
    click.echo(json.dumps(summary.document(), indent=2) if as_json else render(summary))
    if not summary.all_well:
        raise SystemExit(1)


def run_tick(settings: Settings, *, datasets: Sequence[str] = (), verbose: bool = False) -> TickSummary:
    """Looks at each dataset and runs what it asks for, again until it asks for nothing or a run fails.

    Datasets that others read come first.
    """
    contracts = in_reading_order(chosen(load_contracts(settings), datasets))
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    with dg.DagsterInstance.get() as instance:
        parts = [_run_dataset(settings, contract, lake, instance, verbose=verbose) for contract in contracts]
    return TickSummary(
        runs=[run for part in parts for run in part.runs],
        refused=[refused for part in parts for refused in part.refused],
        ticks=[seen for part in parts for seen in part.ticks],
    )


def _run_dataset(
    settings: Settings, contract: DatasetContract, lake: Lake, instance: dg.DagsterInstance, *, verbose: bool
) -> TickSummary:
    runs: list[RunSummary] = []
    seen = settled(contract, lake, instance)
    refused = refused_keys(contract, lake, seen)
    while seen.requests and all(run.status == "success" for run in runs):
        # Loading definitions costs more than a look; most looks find nothing.
        definitions = build_definitions(settings)
        for request in seen.requests:
            with run_progress(instance, request, quiet=verbose):
                runs.append(execute(definitions, instance, request, verbose=verbose))
        seen = settled(contract, lake, instance)
    refused += refused_work(contract, lake, {partition for run in runs for partition in run.partitions})
    return TickSummary(runs=runs, refused=refused, ticks=[seen])


def _run(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "dataset": run.dataset,
        "partitions": list(run.partitions),
        "status": run.status.upper(),
        "message": run.problem,
        "seconds": run.seconds,
    }


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
    for refused in summary.refused:
        place = " ".join(part for part in (refused.dataset, refused.partition, refused.key) if part)
        lines.append(f"refused: {place}: {refused.reason}")
    for seen in summary.ticks:
        lines += [f"{seen.dataset} {partition}: {why}" for partition, why in sorted(seen.held.items())]
    return "\n".join(lines)


def _run_line(run: RunSummary) -> str:
    span = run.first if run.first == run.last else f"{run.first} to {run.last}"
    told = f"  {run.problem}" if run.problem else ""
    return f"{run.dataset} {span}: {run.status}, {len(run.partitions)} partition(s), {run.seconds} s{told}"
