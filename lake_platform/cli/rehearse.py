"""`lake rehearse`: the pipelines on the AWS backend, with servers on this machine in AWS's place."""

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
import dagster as dg
from tabulate import tabulate

from lake_platform.cli.demo import chosen_samples, members_of
from lake_platform.cli.environment import INSTANCE_FILE
from lake_platform.cli.figures import published_tables
from lake_platform.cli.jobs import deploy
from lake_platform.cli.runs import RunSummary
from lake_platform.cli.sensor_ticks import tick_sensors
from lake_platform.cli.tick import render, run_tick
from lake_platform.cli.warehouse import read_table
from lake_platform.definitions import build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.local.rehearsal.calls import CallLog, logged_calls
from lake_platform.local.rehearsal.cloud import LANDING, Cloud, environment, open_cloud
from lake_platform.local.rehearsal.compare import Difference, Table, compare_tables
from lake_platform.local.samples.sample import Sample
from lake_platform.settings import Settings
from lake_platform.spark.glue_settings import GlueSettings
from lake_platform.warehouse.names import TableName

KEPT = ("LAKE_DEFS", "LAKE_JARS", "LAKE_SPARK_DIR")
"""What of the environment is no matter of the backend."""
Land = Callable[[Sample, int], int]
"""Lands one delivery of a sample; how many files."""


@dataclass
class Side:
    """What one backend did: seconds by phase, its runs, its tables, the calls of AWS by run."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])
    runs: list[RunSummary] = field(default_factory=list[RunSummary])
    tables: dict[str, Table] = field(default_factory=dict[str, Table])
    calls: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])

    @contextlib.contextmanager
    def timed(self, phase: str) -> Generator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.monotonic() - began, 1)


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Both sides, and how they differ."""

    local: Side
    aws: Side
    differences: Sequence[Difference]

    @property
    def all_well(self) -> bool:
        """Every run on AWS ended as its twin here, and the tables are equal."""
        ends = [
            [(run.dataset, run.first, run.last, run.status) for run in side.runs] for side in (self.local, self.aws)
        ]
        return not self.differences and sorted(ends[0]) == sorted(ends[1]) and bool(self.aws.tables)


@click.command()
@click.argument("pipelines", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def rehearse(pipelines: tuple[str, ...], as_json: bool) -> None:
    """Run PIPELINES (default: all with sample files) on the AWS backend and compare its tables with the local backend's.

    Real clients talk to servers on 127.0.0.1: S3, SQS, SNS, Glue Data Catalog, Secrets Manager and logs are played by
    moto, Glue jobs and Redshift by the platform's own endpoints, which really run the deployed scripts and the SQL. Only
    addresses, credentials and names in the environment differ from a real account. Nothing of it stays.

    Exit code 1 where a table differs, or a run ended otherwise than its twin here.
    """
    tell = (lambda _: None) if as_json else click.echo
    done = run_rehearsal(pipelines, tell=tell)
    click.echo(json.dumps(_document(done), indent=2) if as_json else _rendered(done))
    if not done.all_well:
        raise SystemExit(1)


def run_rehearsal(pipelines: Sequence[str], *, tell: Callable[[str], object]) -> Rehearsal:
    """Both backends on the same files, in a folder that is removed again."""
    with (
        tempfile.TemporaryDirectory(prefix="lake-rehearsal-", ignore_cleanup_errors=True) as folder,
        logged_calls() as log,
    ):
        root = Path(folder)
        aws, local = Side(), Side()
        with contextlib.ExitStack() as stack:
            with aws.timed("start servers"):
                cloud = stack.enter_context(open_cloud(root / "aws"))
            with house(root / "local", {"LAKE_HOME": str(root / "local"), "LAKE_PII_KEY": cloud.pii_key}):
                tell("the local backend:")
                run_side(local, pipelines, log=log, land=_land_here(root / "local"), tell=tell)
                _stop_local(root / "local")
            with house(root / "aws", cloud.environment):
                tell("the AWS backend:")
                with aws.timed("deploy jobs"):
                    deploy(GlueSettings.from_environment(os.environ))
                run_side(aws, pipelines, log=log, land=_land_there(cloud, root / "files"), tell=tell)
                with aws.timed("sensor ticks"):
                    aws.calls |= tick_sensors(Settings.from_environment(), log)
        return Rehearsal(local=local, aws=aws, differences=compare_tables(local.tables, aws.tables))


@contextlib.contextmanager
def house(folder: Path, values: Mapping[str, str]) -> Generator[None]:
    """One backend's environment, working directory and Dagster instance."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(os.environ["DAGSTER_HOME"]) / INSTANCE_FILE, folder / INSTANCE_FILE)
    with environment(values, kept=KEPT), contextlib.chdir(folder):
        before = os.environ["DAGSTER_HOME"]
        os.environ["DAGSTER_HOME"] = str(folder)
        try:
            yield
        finally:
            os.environ["DAGSTER_HOME"] = before


def run_side(side: Side, pipelines: Sequence[str], *, log: CallLog, land: Land, tell: Callable[[str], object]) -> None:
    """Lands the deliveries of the samples, one after the other, runs what is pending and reads the tables."""
    settings = Settings.from_environment()
    declared = load_declarations(settings)
    samples = chosen_samples(declared, pipelines)
    for number in range(max(len(sample.deliveries) for sample in samples)):
        due = [sample for sample in samples if number < len(sample.deliveries)]
        with side.timed("land files"):
            for sample in due:
                tell(f"{sample.pipeline}: {land(sample, number)} file(s) landed: {sample.deliveries[number].what}")
        for sample in due:
            members = members_of(declared, sample)
            names = [*(c.name for c in members.datasets), *("/".join(t.contract.path) for t in members.tables)]
            with side.timed(f"run {sample.pipeline}"):
                summary = run_tick(settings, datasets=names)
            tell(render(summary))
            side.runs += summary.runs
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    with side.timed("read tables"):
        for sample in samples:
            for table in published_tables(members_of(declared, sample), lake):
                side.tables[table.name] = read_table(f"SELECT * FROM {TableName.parse(table.name).sql}")
    side.calls |= _calls_of_runs(side.runs, log)


def _calls_of_runs(runs: Sequence[RunSummary], log: CallLog) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    with dg.DagsterInstance.get() as instance:
        for run in runs:
            stats = instance.get_run_stats(run.run_id)
            if stats.start_time is not None and stats.end_time is not None:
                calls = log.between(stats.start_time, stats.end_time)
                found[f"{run.dataset} {run.first} to {run.last}, {len(run.partitions)} partition(s)"] = calls
    return {name: calls for name, calls in found.items() if calls}


def _land_here(home: Path) -> Land:
    return lambda sample, number: len(sample.deliveries[number].write(home / "s3" / "landing"))


def _land_there(cloud: Cloud, files: Path) -> Land:
    def land(sample: Sample, number: int) -> int:
        keys = sample.deliveries[number].write(files)
        client = cloud.client("s3")
        try:
            for key in keys:
                client.put_object(Bucket=LANDING, Key=key, Body=(files / key).read_bytes())
        finally:
            client.close()
        return len(keys)

    return land


def _stop_local(home: Path) -> None:
    from lake_platform.local.jvm import stop_holder
    from lake_platform.local.redshift import stop_endpoint

    stop_endpoint(home)
    if not os.environ.get("LAKE_SPARK_DIR"):
        stop_holder(home / "spark")


def _document(done: Rehearsal) -> dict[str, Any]:
    return {
        "equal": done.all_well,
        "tables": {name: len(rows) for name, (_, rows) in done.aws.tables.items()},
        "differences": [asdict(each) for each in done.differences],
        "seconds": {"local": done.local.seconds, "aws": done.aws.seconds},
        "calls": done.aws.calls,
    }


def _rendered(done: Rehearsal) -> str:
    tables = [[name, len(rows)] for name, (_, rows) in sorted(done.aws.tables.items())]
    phases = list(dict.fromkeys([*done.aws.seconds, *done.local.seconds]))
    seconds = [[phase, done.local.seconds.get(phase, ""), done.aws.seconds.get(phase, "")] for phase in phases]
    kinds = [
        [name, calls.total(), ", ".join(f"{kind} {n}" for kind, n in calls.most_common())]
        for name, calls in done.aws.calls.items()
    ]
    parts = [
        tabulate(tables, headers=["table", "rows"]),
        tabulate(seconds, headers=["seconds", "local", "AWS"]),
        tabulate(kinds, headers=["calls of AWS by the platform", "in all", "of which"], maxcolwidths=[40, 6, 90]),
        *(f"DIFFERENT: {each.table} {each.told} {each.example or ''}" for each in done.differences),
        f"{len(done.aws.tables)} table(s), {'equal row for row' if done.all_well else 'NOT equal'}",
    ]
    return "\n\n".join(["", *parts])
