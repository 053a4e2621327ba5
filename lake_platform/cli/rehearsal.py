"""One rehearsal: both backends on the same files, in a folder that is removed again."""

import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import click
import dagster as dg

from lake_platform.cli.demo import chosen_samples, members_of
from lake_platform.cli.environment import INSTANCE_FILE
from lake_platform.cli.figures import published_tables
from lake_platform.cli.jobs import deploy
from lake_platform.cli.runs import RunSummary
from lake_platform.cli.sensor_ticks import tick_sensors
from lake_platform.cli.tick import TickSummary, render, run_tick
from lake_platform.cli.warehouse import read_table
from lake_platform.definitions import build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.local.glue import Fault
from lake_platform.local.rehearsal.calls import CallLog, CallsOf
from lake_platform.local.rehearsal.cloud import LANDING, Cloud, environment, open_cloud
from lake_platform.local.rehearsal.compare import Difference, Table, compare_tables
from lake_platform.local.rehearsal.console import Tell, console_in
from lake_platform.local.samples.sample import Sample
from lake_platform.settings import Settings
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform.warehouse.names import TableName

KEPT = ("LAKE_DEFS", "LAKE_JARS", "LAKE_SPARK_DIR")
"""What of the environment is no matter of the backend."""
Land = Callable[[Sample, int], int]
"""Lands one delivery of a sample; how many files."""


class Run(Protocol):
    """Runs what is pending, as `run_tick` does."""

    def __call__(self, settings: Settings, *, datasets: Sequence[str]) -> TickSummary: ...


@dataclass
class Side:
    """What one backend did: seconds by phase, its runs, its tables, the calls of AWS of each run and each tick."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])
    runs: list[RunSummary] = field(default_factory=list[RunSummary])
    tables: dict[str, Table] = field(default_factory=dict[str, Table])
    calls: list[CallsOf] = field(default_factory=list[CallsOf])

    @contextlib.contextmanager
    def timed(self, phase: str) -> Generator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.monotonic() - began, 1)


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Both sides, and how they differ.

    Attributes:
        failed: runs that were made to fail on AWS; they have no twin here.
        record: each call of AWS, by whom and of what.
        log: what was printed on the way; None where both agree.
    """

    local: Side
    aws: Side
    differences: Sequence[Difference]
    failed: Sequence[str] = ()
    record: Sequence[Mapping[str, str]] = ()
    log: Path | None = None

    @property
    def unlike(self) -> list[str]:
        """Runs on one side that the other has not, or that ended otherwise there."""
        here = Counter(_end(run) for run in self.local.runs)
        there = Counter(_end(run) for run in self.aws.runs if run.run_id not in self.failed)
        return [
            *(f"{end} here only" for end in sorted((here - there).elements())),
            *(f"{end} on AWS only" for end in sorted((there - here).elements())),
        ]

    @property
    def all_well(self) -> bool:
        """Every run on AWS ended as its twin here, and the tables are equal."""
        return not self.differences and not self.unlike and bool(self.aws.tables)


def run_rehearsal(pipelines: Sequence[str], *, tell: bool, with_failure: bool = False) -> Rehearsal:
    """Both backends on the same files, in a folder that is removed again.

    Args:
        tell: whether standard output is told how far it is.
        with_failure: the first run of AWS fails; what it left is run again.
    """
    log = _log_file()
    try:
        with (
            console_in(log) as out,
            tempfile.TemporaryDirectory(prefix="lake-rehearsal-", ignore_cleanup_errors=True) as folder,
        ):
            done = _rehearsed(Path(folder), pipelines, out if tell else _nothing, with_failure=with_failure)
    except click.ClickException:
        log.unlink()
        raise
    except BaseException:
        click.echo(f"What all of it printed: {log}", err=True)
        raise
    if not done.all_well:
        return replace(done, log=log)
    log.unlink()
    return done


def _rehearsed(root: Path, pipelines: Sequence[str], tell: Tell, *, with_failure: bool) -> Rehearsal:
    aws, local = Side(), Side()
    failed: list[str] = []
    with contextlib.ExitStack() as stack:
        with aws.timed("start servers"):
            cloud = stack.enter_context(open_cloud(root / "aws"))
        stack.callback(_print_logs, cloud)
        log = CallLog(cloud.requests)
        with house(root / "local", {"LAKE_HOME": str(root / "local"), "LAKE_PII_KEY": cloud.pii_key}):
            tell("the local backend:")
            run_side(local, pipelines, run=run_tick, land=_land_here(root / "local"), tell=tell)
            _stop_local(root / "local")
        with house(root / "aws", cloud.deployer), aws.timed("deploy jobs"):
            deploy(GlueSettings.from_environment(os.environ))
        with house(root / "aws", cloud.environment):
            tell("the AWS backend:")
            run = _failing_at_first(cloud, failed) if with_failure else run_tick
            run_side(aws, pipelines, run=run, land=_land_there(cloud, root / "files"), tell=tell)
            runs = cloud.glue.book.runs()
            aws.seconds[f"of these, {len(runs)} runs of jobs"] = round(sum(run.execution for run in runs), 1)
            aws.calls += _calls_of_runs(aws.runs, log)
            with aws.timed("sensor ticks"):
                aws.calls += tick_sensors(Settings.from_environment(), log)
        differences = compare_tables(local.tables, aws.tables)
        return Rehearsal(local=local, aws=aws, differences=differences, failed=failed, record=log.record())


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


def run_side(side: Side, pipelines: Sequence[str], *, run: Run, land: Land, tell: Tell) -> None:
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
                summary = run(settings, datasets=names)
            tell(render(summary))
            side.runs += summary.runs
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    with side.timed("read tables"):
        for sample in samples:
            for table in published_tables(members_of(declared, sample), lake):
                side.tables[table.name] = read_table(f"SELECT * FROM {TableName.parse(table.name).sql}")


def _print_logs(cloud: Cloud) -> None:
    """To the console, which is a file."""
    for name, text in cloud.printed():
        print(f"==> {name} <==\n{text}")


def _failing_at_first(cloud: Cloud, failed: list[str]) -> Run:
    """Glue loses the first run of a job, which is tried again; somebody stops the second, which fails the run."""
    faults = [Fault("run", "run_error"), Fault("run", "run_stopped")]

    def run(settings: Settings, *, datasets: Sequence[str]) -> TickSummary:
        if not faults:
            return run_tick(settings, datasets=datasets)
        for fault in faults:
            cloud.glue.faults.add(fault)
        faults.clear()
        first = run_tick(settings, datasets=datasets)
        failed.extend(each.run_id for each in first.runs if each.status != "success")
        second = run_tick(settings, datasets=datasets)
        return replace(second, runs=[*first.runs, *second.runs])

    return run


def _calls_of_runs(runs: Sequence[RunSummary], log: CallLog) -> list[CallsOf]:
    found: list[CallsOf] = []
    with dg.DagsterInstance.get() as instance:
        for run in runs:
            stats = instance.get_run_stats(run.run_id)
            if stats.start_time is not None and stats.end_time is not None:
                what = f"{run.dataset} {run.first} to {run.last}, {len(run.partitions)} partition(s), {run.status}"
                found.append(log.of(what, stats.start_time, stats.end_time))
    return found


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


def _end(run: RunSummary) -> str:
    return f"{run.dataset} {run.first} to {run.last}: {run.status}"


def _log_file() -> Path:
    number, path = tempfile.mkstemp(prefix="lake-rehearsal-", suffix=".log")
    os.close(number)
    return Path(path)


def _nothing(_: str) -> None:
    """What is told to nobody."""
