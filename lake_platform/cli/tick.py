"""`lake tick`: look for new files, run what is pending, wait for the end."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

import click
import dagster as dg

from lake_platform.assets.event_storage import kept_open
from lake_platform.assets.keys import dataset_keys
from lake_platform.assets.untold import UntoldVersions
from lake_platform.cli.alerts import tell_ends
from lake_platform.cli.names import Chosen, choose
from lake_platform.cli.progress import run_progress
from lake_platform.cli.refused import Refused, refused_keys, refused_tables, refused_work
from lake_platform.cli.runs import RunSummary, execute
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.inputs import in_reading_order
from lake_platform.definitions import build_definitions, build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, look
from lake_platform.sensors.tables import look_at_tables
from lake_platform.sensors.untold import untold_events
from lake_platform.settings import Settings

Loaded = Callable[[], dg.Definitions]
"""The definitions, loaded when they are first asked for."""


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
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--verbose", "-v", is_flag=True, help="Show Dagster's log of the runs.")
def tick(names: tuple[str, ...], as_json: bool, verbose: bool) -> None:
    """Run what is pending of the datasets and tables NAMES (default: all) until nothing is.

    Datasets come first, then the tables that read them; files that are not settled yet are waited for.

    Exit code 1 where a run failed, or a partition or a file was refused in this call.
    """
    summary = run_tick(Settings.from_environment(), datasets=names, verbose=verbose)
    click.echo(json.dumps(summary.document(), indent=2) if as_json else render(summary))
    if not summary.all_well:
        raise SystemExit(1)


def run_tick(settings: Settings, *, datasets: Sequence[str] = (), verbose: bool = False) -> TickSummary:
    """Looks at each dataset, then at the tables, and runs what they ask for, until they ask for nothing or a run fails.

    What others read comes first.

    Args:
        datasets: names of datasets and of tables; all of them where there is none.
    """
    chosen = choose(load_declarations(settings), datasets)
    contracts = in_reading_order(chosen.datasets)
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    # Loading definitions costs more than a look; most looks find nothing, and one load serves all runs.
    loaded = cache(partial(build_definitions, settings))
    with dg.DagsterInstance.get() as instance:
        parts = [_run_dataset(loaded, contract, lake, instance, verbose=verbose) for contract in contracts]
        parts.append(_run_tables(loaded, chosen, lake, instance, verbose=verbose))
        _tell_untold(chosen, lake, instance)
        tell_ends(instance)
    return TickSummary(
        runs=[run for part in parts for run in part.runs],
        refused=[refused for part in parts for refused in part.refused],
        ticks=[seen for part in parts for seen in part.ticks],
    )


def _run_dataset(
    loaded: Loaded, contract: DatasetContract, lake: Lake, instance: dg.DagsterInstance, *, verbose: bool
) -> TickSummary:
    runs: list[RunSummary] = []
    seen = settled(contract, lake, instance)
    refused = refused_keys(contract, lake, seen)
    while seen.requests and all(run.status == "success" for run in runs):
        for request in seen.requests:
            with run_progress(instance, request, quiet=verbose):
                runs.append(execute(loaded(), instance, request, verbose=verbose))
        seen = settled(contract, lake, instance)
    refused += refused_work(contract, lake, {partition for run in runs for partition in run.partitions})
    return TickSummary(runs=runs, refused=refused, ticks=[seen])


def _run_tables(
    loaded: Loaded, chosen: Chosen, lake: Lake, instance: dg.DagsterInstance, *, verbose: bool
) -> TickSummary:
    """Runs the tables one after the other, those first that others read; one that has failed is not tried again."""
    runs: list[RunSummary] = []
    seen = _look_at(chosen, lake, instance)
    failed: set[str] = set()
    while asked := [request for tick in seen for request in tick.requests if request.dataset not in failed]:
        for request in asked:
            with run_progress(instance, request, quiet=verbose):
                runs.append(execute(loaded(), instance, request, verbose=verbose))
            failed |= {request.dataset} if runs[-1].status != "success" else set()
        seen = _look_at(chosen, lake, instance)
    refused = [
        told
        for table in chosen.tables
        for told in refused_tables(
            table, lake, {p for run in runs if run.dataset == table.contract.name for p in run.partitions}
        )
    ]
    return TickSummary(runs=runs, refused=refused, ticks=seen)


def _tell_untold(chosen: Chosen, lake: Lake, instance: dg.DagsterInstance) -> None:
    """What the sensor of that name does in the daemon: a run that was killed has told nothing of what it published."""
    with kept_open(instance):
        for event in untold_events(UntoldVersions([*chosen.datasets, *chosen.tables]), lake, instance):
            instance.report_runless_asset_event(event)


def _look_at(chosen: Chosen, lake: Lake, instance: dg.DagsterInstance) -> list[Tick]:
    """A look at all tables, since they wait for each other; only those that were chosen are told of."""
    names = {table.contract.name for table in chosen.tables}
    seen = look_at_tables(chosen.all_tables, lake=lake, instance=instance) if names else []
    return [tick for tick in seen if tick.dataset in names]


def _run(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "dataset": run.dataset,
        "partitions": list(run.partitions),
        "status": run.status.upper(),
        "message": run.problem,
        "seconds": run.seconds,
    }


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
