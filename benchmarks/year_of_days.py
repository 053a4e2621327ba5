"""A year of daily files dropped at once, and a backfill of the year, beside one pass over the same rows by bare Spark.

365 files of flights (or as many as the argument says), 200 rows each, with the list of airports. What is told: runs, seconds of each step, and the CPU
seconds of this process and of the JVM, since wall time depends on who else works on the machine.
"""

import datetime as dt
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import psutil

from lake_platform.assets.keys import dataset_keys
from lake_platform.cli.runs import RunSummary, execute
from lake_platform.cli.tick import run_tick
from lake_platform.definitions import build_definitions, load_contracts
from lake_platform.local.samples.flights import AIRPORT_HEADER, AIRPORTS, CARRIERS, HEADER, MISSING, render_csv
from lake_platform.local.stack import stop_stack
from lake_platform.local.warm_spark import build_local_spark
from lake_platform.sensors.requests import span_request
from lake_platform.settings import Settings

FIRST = dt.date(2023, 1, 1)
ROWS = 200
LONG_AGO = 60.0


def drop(settings: Settings, key: str, content: bytes) -> None:
    """Lands one file, old enough to be read at once."""
    path = settings.home / "s3/landing" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - LONG_AGO, time.time() - LONG_AGO))


def drop_days(settings: Settings, days: list[str]) -> None:
    """One file a day."""
    chance = random.Random(365)
    for day in days:
        rows: list[tuple[str, ...]] = []
        for _ in range(ROWS):
            origin, dest = chance.sample(AIRPORTS, k=2)
            rows.append(
                (chance.choice(CARRIERS), origin[0], dest[0], str(chance.randint(-9, 90)), str(chance.randint(-9, 90)))
            )
        drop(settings, f"flights/dt={day}/flights.csv", render_csv(HEADER, rows))


def backfill(settings: Settings, days: list[str]) -> RunSummary:
    """All partitions once more, in one run: the layers that read the airports are made anew."""
    (contract,) = [each for each in load_contracts(settings) if each.name == "flights"]
    request = span_request(contract, dataset_keys(contract), partitions=days, state="backfill")
    with dg.DagsterInstance.get() as instance:
        return execute(build_definitions(settings), instance, request)


def bare_pass(settings: Settings) -> int:
    """The same rows, read, joined and written by a Spark script that keeps no promise."""
    from pyspark.sql import functions as fn

    spark = build_local_spark(settings).new_session()
    airports = spark.read.csv("s3://landing/airports/", header=True, inferSchema=True)
    flights = spark.read.csv("s3://landing/flights/", header=True, inferSchema=True)
    for key in ("OriginAirportID", "DestAirportID"):
        side = airports.select([fn.col(name).alias(f"{key}_{name}") for name in airports.columns])
        flights = flights.join(side, flights[key] == side[f"{key}_airport_id"], "left")
    flights.write.partitionBy("dt").parquet("s3://lake/bare/")
    return spark.read.parquet("s3://lake/bare/").count()


@contextmanager
def measured(what: str, jvm: psutil.Process | None) -> Generator[None]:
    """Prints wall and CPU seconds of the block."""
    before, began = (_cpu(psutil.Process()), _cpu(jvm)), time.monotonic()
    yield
    mine, theirs = _cpu(psutil.Process()) - before[0], _cpu(jvm) - before[1]
    print(f"{what:44} {time.monotonic() - began:7.1f} s   CPU: Python {mine:6.1f} s, JVM {theirs:6.1f} s")


def _cpu(process: psutil.Process | None) -> float:
    """Of the process and, where it is not this one, of those that it has started."""
    if process is None:
        return 0.0
    started = [] if process.pid == os.getpid() else process.children(recursive=True)
    times = [each.cpu_times() for each in (process, *started)]
    return sum(each.user + each.system for each in times)


def tell(run: RunSummary) -> None:
    """Status, partitions and steps of a run."""
    steps = ", ".join(f"{step.removeprefix('flights_')} {seconds:.1f}" for step, seconds in run.steps.items())
    print(f"  {run.dataset}: {run.status}, {len(run.partitions)} partition(s): {steps}  {run.problem or ''}")


def main() -> None:
    days = [str(FIRST + dt.timedelta(days=day)) for day in range(int(sys.argv[1]) if len(sys.argv) > 1 else 365)]
    home = Path(tempfile.mkdtemp(prefix="lake-bench-"))
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", home)
    os.environ |= {"LAKE_HOME": str(home / ".lake"), "DAGSTER_HOME": str(home)}
    for name in ("LAKE_DEFS", "LAKE_SPARK_DIR", "LAKE_BACKEND"):
        os.environ.pop(name, None)
    os.chdir(home)
    settings = Settings.from_environment()
    try:
        drop(settings, "airports/airports.csv", render_csv(AIRPORT_HEADER, AIRPORTS))
        run_tick(settings, datasets=["airports"])
        holder = build_local_spark(settings).find_holder()
        jvm = psutil.Process(holder.pid) if holder else None
        drop_days(settings, days)
        print(f"{len(days)} days of {ROWS} rows")
        with measured("all days dropped at once", jvm):
            summary = run_tick(settings, datasets=["flights"])
        for run in summary.runs:
            tell(run)
        with measured("a look that finds nothing", jvm):
            run_tick(settings, datasets=["flights"])
        drop(settings, "airports/airports.csv", render_csv(AIRPORT_HEADER, (*AIRPORTS, MISSING)))
        run_tick(settings, datasets=["airports"])
        with measured("a backfill of all days with newer airports", jvm):
            done = backfill(settings, days)
        tell(done)
        with measured("one pass by bare Spark", jvm):
            rows = bare_pass(settings)
        print(f"  {rows} rows")
    finally:
        stop_stack(settings)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
