"""`lake backfill`: a range of partitions once more, in one run, whether or not they are pending."""

import datetime as dt
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import click
import dagster as dg

from lake_platform.assets.keys import dataset_keys
from lake_platform.cli.names import choose_one
from lake_platform.cli.progress import run_progress
from lake_platform.cli.refused import Refused, refused_tables, refused_work
from lake_platform.cli.runs import execute
from lake_platform.cli.tick import TickSummary, render
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.contract.partitions import logical_start
from lake_platform.contract.strict import PartitionBy
from lake_platform.definitions import build_definitions, build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import scan
from lake_platform.lake.table_inputs import InputReader
from lake_platform.sensors.live import live_runs
from lake_platform.sensors.requests import SpanRequest, span_request, table_request
from lake_platform.settings import Settings

SHAPES: dict[PartitionBy, str] = {"hour": r"\d{4}-\d\d-\d\dT\d\d", "day": r"\d{4}-\d\d-\d\d", "month": r"\d{4}-\d\d"}
EXAMPLES: dict[PartitionBy, str] = {"hour": "2024-01-31T05", "day": "2024-01-31", "month": "2024-01"}


@dataclass(frozen=True, kw_only=True)
class Range:
    """What a backfill is asked for; None is from the first or to the last partition that there is."""

    first: str | None
    last: str | None


@click.command()
@click.argument("name")
@click.option("--from", "first", help="The first partition; default: the first that there is.")
@click.option("--to", "last", help="The last partition, included; default: the last that there is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--verbose", "-v", is_flag=True, help="Show Dagster's log of the run.")
def backfill(name: str, first: str | None, last: str | None, as_json: bool, verbose: bool) -> None:
    """Run a range of partitions of the dataset, table or notebook NAME once more, in one run.

    Also what is published already: a change of the code or of a declaration re-runs nothing by itself. What would come
    out as it stands is left as it is. A partition that is refused stays refused while its files, the declaration and
    the code are the same.
    """
    summary = run_backfill(Settings.from_environment(), name, Range(first=first, last=last), verbose=verbose)
    click.echo(json.dumps(summary.document(), indent=2) if as_json else render(summary))
    if not summary.all_well:
        raise SystemExit(1)


def run_backfill(settings: Settings, name: str, wanted: Range, *, verbose: bool = False) -> TickSummary:
    """One run over the range, and what it refused.

    Raises:
        click.UsageError: there is no such dataset or table, or no partition of it in the range.
        click.ClickException: a run of it is at work.
    """
    found = choose_one(load_declarations(settings), name)
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    partitions = chosen_partitions(found, lake, wanted)
    request = _request(found, partitions)
    with dg.DagsterInstance.get() as instance:
        if live := live_runs(instance, set(request.asset_keys)):
            raise click.ClickException(f"run {live[0]} of {name} is at work: wait for its end, or cancel it in the UI")
        with run_progress(instance, request, quiet=verbose):
            run = execute(build_definitions(settings), instance, request, verbose=verbose)
    return TickSummary(runs=[run], refused=_refused(found, lake, partitions), ticks=[])


def chosen_partitions(found: DatasetContract | Derived, lake: Lake, wanted: Range) -> list[str]:
    """The partitions of a dataset or table that there are in a range, in their order.

    Raises:
        click.UsageError: the range is none, or there is no partition in it.
    """
    by = _by(found)
    for option, text in (("--from", wanted.first), ("--to", wanted.last)):
        if text is not None:
            _demand_partition(option, text, by)
    there = _partitions(found, lake)
    if not there:
        raise click.UsageError(f"{_name(found)} has no partition yet: `lake status` says what it waits for")
    chosen = [key for key in there if (wanted.first or key) <= key <= (wanted.last or key)]
    if not chosen:
        raise click.UsageError(f"{_name(found)} has no partition there; it has {there[0]} to {there[-1]}")
    return chosen


def _demand_partition(option: str, text: str, by: PartitionBy) -> None:
    if by == "none":
        raise click.UsageError(f"{option} {text}: it has no partitions, leave the option out")
    try:
        logical_start(text if re.fullmatch(SHAPES[by], text) else "")
    except ValueError:
        raise click.UsageError(f"{option} {text} is no {by}: write it as {EXAMPLES[by]}") from None


def _partitions(found: DatasetContract | Derived, lake: Lake) -> list[str]:
    """Of a dataset those that landed or that raw has taken in; of a table those that can be made now."""
    if isinstance(found, DatasetContract):
        landing = scan(lake.landing, found, now=dt.datetime.now(dt.UTC), settle=lake.settle_of(found))
        return sorted({*lake.log(found.name, "raw").latest_numbers(), *landing.partitions})
    return sorted(InputReader(lake).versions(found))


def _by(found: DatasetContract | Derived) -> PartitionBy:
    if isinstance(found, DatasetContract):
        return found.arrives.partition.by
    return found.partitioning.by if found.partitioning else "none"


def _name(found: DatasetContract | Derived) -> str:
    return found.name if isinstance(found, DatasetContract) else found.contract.name


def _request(found: DatasetContract | Derived, partitions: Sequence[str]) -> SpanRequest:
    state = uuid.uuid4().hex
    if isinstance(found, DatasetContract):
        return span_request(found, dataset_keys(found), partitions=partitions, state=state)
    return table_request(found, partitions=partitions, state=state)


def _refused(found: DatasetContract | Derived, lake: Lake, partitions: Sequence[str]) -> list[Refused]:
    if isinstance(found, DatasetContract):
        return refused_work(found, lake, partitions)
    return refused_tables(found, lake, partitions)
