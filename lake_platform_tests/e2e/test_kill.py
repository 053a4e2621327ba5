"""`kill -9` at every step of the chain; the next tick leads to the tables of a lake that nobody disturbed.

All share one house, each with a dataset of its own, so that a death costs a process and not a warehouse.
"""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from click.testing import CliRunner

from lake_platform.assets.keys import asset_key, dataset_keys
from lake_platform.assets.step import told_versions
from lake_platform.cli.files import retry
from lake_platform.lake import refusals
from lake_platform.local.redshift.endpoint import warehouse_of
from lake_platform.spark.warm import read_warm
from lake_platform_tests.e2e.house import House, csv_of

pytestmark = [pytest.mark.long, pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

DEFINITION = """\
type: lake_platform.Dataset
attributes:
  name: {name}
  description: change files
  arrives:
    prefix: {name}/
    partition: {{by: day, start: "2024-01-01", from: key, pattern: '(?P<day>\\d{{4}}-\\d{{2}}-\\d{{2}})'}}
    format: {{kind: csv}}
    delivers: changes
  columns:
    - {{name: id, type: bigint, required: true}}
    - {{name: op, type: char(1)}}
    - {{name: region, type: varchar(64)}}
    - {{name: amount, type: "decimal(18,2)"}}
    - {{name: changed_at, type: timestamp, required: true, formats: ["yyyy-MM-dd HH:mm"]}}
  quality:
    - {{rule: 'ColumnValues "op" in ["I","U","D"]', otherwise: quarantine}}
  quarantine: {{block_above: 0.5}}
  target:
    table: dim_{name}
    write: scd2
    keys: [id]
    effective_at: changed_at
    deletes: {{when: "op = 'D'"}}
"""
HEADER = "id,op,region,amount,changed_at"
FILES = {
    "2024-03-01.csv": [
        (1, "I", "north", "1.50", "2024-03-01 08:00"),
        (2, "I", "south", "2.50", "2024-03-01 09:00"),
        (3, "X", "west", "3.50", "2024-03-01 10:00"),
    ],
    "2024-03-02/a.csv": [(1, "U", "west", "1.75", "2024-03-02 08:00")],
    "2024-03-02/b.csv": [(2, "D", None, None, "2024-03-02 09:00"), (4, "I", "east", "4.00", "2024-03-02 09:30")],
}
LANDED_AT = 1_709_500_000.0
TABLES = {
    "dimension": "SELECT id, region, amount, _partition, valid_from, valid_to, is_current, version_key FROM dim_{name} ORDER BY 1, 5",
    "events": "SELECT id, _op, region, amount, _effective_at, _partition, _file_time, _row FROM dim_{name}__events ORDER BY 1, 5, 8",
    "ledger": "SELECT _partition, number, as_of, closes, withdrawn, rows_in, inserted, updated, closed, deleted, unchanged "
    "FROM dim_{name}__ledger ORDER BY 1",
    "staging": "SELECT id, _op, region, amount, _partition, _file_time, _row FROM staging.stg_{name} ORDER BY 5, 6, 1, 7",
}


LOG = "lake_platform.lake.versions:VersionLog.publish"
PUT = "lake_platform.lake.stores.local:LocalStore.put"
SPARK = "lake_platform.spark.local:LocalSparkResource.run"
JOB = "lake_platform.assets.jobs:run_job"
WAREHOUSE = "lake_platform.warehouse.redshift:RedshiftResource.run"


@dataclass(frozen=True)
class Death:
    """At which call of what a process dies."""

    place: str
    when: str
    nth: int = 1
    where: str = ""


def around_documents(layer: str) -> list[Death]:
    """Before the first of the two documents of a layer, between them, after both."""
    where = f"/{layer}"
    return [Death(LOG, "before", where=where), Death(LOG, "after", where=where), Death(LOG, "after", where=where)]


DEATHS = {
    "before_the_attempt": [
        Death("lake_platform.assets.raw:process_tag", "before"),
        Death("lake_platform.assets.raw:record_attempt", "before"),
    ],
    "raw": [
        Death("lake_platform.assets.raw:record_attempt", "after"),
        Death(PUT, "before"),
        Death(PUT, "after"),
        *around_documents("raw"),
    ],
    "validated": [Death(SPARK, "before"), Death(SPARK, "after"), Death(JOB, "after"), *around_documents("validated")],
    "processed": [Death(SPARK, "after", nth=2), Death(JOB, "after"), *around_documents("processed")],
    "staging": [
        Death("lake_platform.assets.staging:stage", "before"),
        Death("lake_platform.assets.staging:stage", "after"),
        Death(WAREHOUSE, "after"),
        *around_documents("staging"),
    ],
    "target": [
        Death("lake_platform.assets.target:publish", "after"),
        Death(WAREHOUSE, "after"),
        *around_documents("target"),
    ],
}
"""By step. The deaths of a step follow one another on the same dataset: each run takes up what the one before left."""


@pytest.fixture(scope="module")
def undisturbed(shared_house: House) -> dict[str, list[Any]]:
    """The tables of a dataset whose run nobody killed."""
    land(shared_house, "calm")
    (run,) = shared_house.tick("calm").runs
    assert run.status == "success", run.problem
    return tables(shared_house, "calm")


def land(house: House, name: str) -> None:
    """Defines a dataset and drops its files, always of the same age."""
    house.define(name, DEFINITION.format(name=name))
    for key, rows in FILES.items():
        house.drop(f"{name}/{key}", csv_of(HEADER, rows))
        os.utime(house.landing / name / key, (LANDED_AT, LANDED_AT))


def tables(house: House, name: str) -> dict[str, list[Any]]:
    return {table: house.rows(query.format(name=name)) for table, query in TABLES.items()}


def die(name: str, death: Death) -> None:
    """A tick in another process, which is dead when this returns."""
    words = [name, death.place, death.when, str(death.nth), death.where]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "lake_platform_tests.e2e.dying", *words]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=200)
    assert ended.returncode == -signal.SIGKILL, f"{death}: {ended.returncode} {ended.stdout}{ended.stderr}"


def statuses(name: str) -> list[str]:
    """What Dagster says of the runs of a dataset, oldest first."""
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs(dg.RunsFilter(tags={"lake_platform/dataset": name}))
    return [run.status.value for run in reversed(runs)]


def told(house: House, name: str) -> dict[str, str]:
    """Asset and partition to the last version that Dagster was told."""
    with dg.DagsterInstance.get() as instance:
        return {
            f"{key.to_user_string()} {partition}": version
            for key in dataset_keys(house.contract(name))
            for partition, version in told_versions(instance, key, ["2024-03-01", "2024-03-02"]).items()
        }


def published(house: House, name: str) -> dict[str, str]:
    """The same, of the documents."""
    contract = house.contract(name)
    return {
        f"{asset_key(name, layer).to_user_string()} {partition}": document.token
        for layer in contract.layers
        for partition, document in house.lake.log(name, layer).latest_documents().items()
    }


def forget_attempts(house: House, name: str) -> None:
    for partition in ("2024-03-01", "2024-03-02"):
        refusals.reset_attempts(house.lake.lake, name, partition)


@pytest.mark.parametrize("step", DEATHS)
def test_tick_after_kills_leads_to_the_tables_of_an_undisturbed_lake(
    shared_house: House, undisturbed: dict[str, list[Any]], step: str
) -> None:
    name = f"killed_{step}"
    land(shared_house, name)
    for death in DEATHS[step]:
        die(name, death)
        forget_attempts(shared_house, name)

    after, again = shared_house.tick(name), shared_house.tick(name)

    # Where the last death came after the last document, nothing was left to do.
    assert [run.status for run in after.runs] == ([] if step == "target" else ["success"]), after
    assert again.runs == []
    assert tables(shared_house, name) == undisturbed
    assert "STARTED" not in statuses(name)
    assert told(shared_house, name) == published(shared_house, name)


def test_three_kills_exhaust_the_attempts_and_lake_retry_wakes_the_partitions(
    shared_house: House, undisturbed: dict[str, list[Any]]
) -> None:
    land(shared_house, "thrice")
    for _ in range(2):
        die("thrice", Death("lake_platform.assets.raw:accept", "before"))
    paused = shared_house.look("thrice")
    die("thrice", Death("lake_platform.assets.raw:accept", "before"))

    exhausted = shared_house.tick("thrice")
    woken = [CliRunner().invoke(retry, ["thrice", day]).exit_code for day in ("2024-03-01", "2024-03-02")]
    after = shared_house.tick("thrice")

    assert all(re.fullmatch(r"failed 2 times, tried again in \d+ s", why) for why in paused.held.values())
    assert len(paused.held) == 2
    assert exhausted.runs == []
    assert all("failed 3 times; `lake retry thrice" in why for why in exhausted.ticks[0].held.values())
    assert woken == [0, 0]
    assert [(run.status, run.problem) for run in after.runs] == [("success", None)]
    assert tables(shared_house, "thrice") == undisturbed
    assert statuses("thrice") == ["FAILURE", "FAILURE", "FAILURE", "SUCCESS"]


def test_runs_that_die_before_they_begin_are_given_up_until_lake_retry(
    shared_house: House, undisturbed: dict[str, list[Any]]
) -> None:
    land(shared_house, "stillborn")
    for _ in range(3):
        die("stillborn", Death("lake_platform.assets.raw:record_attempt", "before"))

    given_up = shared_house.tick("stillborn")
    woken = CliRunner().invoke(retry, ["stillborn", "2024-03-01"])
    after = shared_house.tick("stillborn")

    assert given_up.runs == []
    assert given_up.ticks[0].reported == ["2024-03-01 to 2024-03-02: its runs die before they begin"]
    assert woken.exit_code == 0
    assert [(run.status, run.problem) for run in after.runs] == [("success", None)]
    assert tables(shared_house, "stillborn") == undisturbed


def test_tick_starts_what_was_killed_in_the_background(shared_house: House, undisturbed: dict[str, list[Any]]) -> None:
    kill_spark(shared_house)
    kill_warehouse(shared_house)
    land(shared_house, "lonely")

    (run,) = shared_house.tick("lonely").runs

    assert run.status == "success", run.problem
    assert tables(shared_house, "lonely") == undisturbed
    assert tables(shared_house, "calm") == undisturbed


def kill_spark(house: House) -> None:
    """The holder of the warm JVM and the JVM itself."""
    warm = read_warm(house.settings.spark_dir)
    assert warm is not None
    kill_family(psutil.Process(warm.pid))


def kill_warehouse(house: House) -> None:
    """The gateway, and the PostgreSQL behind it."""
    folder = warehouse_of(house.settings.home)
    kill_family(psutil.Process(int((folder / "gateway.pid").read_text())))


def kill_family(process: psutil.Process) -> None:
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.kill()
    psutil.wait_procs(family, timeout=10)
