"""`kill -9` at every step of the chain; the next tick leads to the tables of a lake that nobody disturbed.

All deaths share one house, each with a dataset of its own: that is the price of a process, not of a warehouse.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from click.testing import CliRunner

from lake_platform.cli.files import retry
from lake_platform.lake import refusals
from lake_platform.local.redshift import stop_endpoint
from lake_platform.spark.warm import read_warm
from lake_platform_tests.e2e.conftest import built_house
from lake_platform_tests.e2e.house import House, csv_of

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

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
LAYERS = ("raw", "validated", "processed", "staging", "target")


@dataclass(frozen=True)
class Death:
    """At which call of what the process dies."""

    id: str
    place: str
    when: str
    nth: int = 1
    where: str = ""


LOG = "lake_platform.lake.versions:VersionLog.publish"
STORE = "lake_platform.lake.local_store:LocalStore"
SPARK = "lake_platform.spark.local:LocalSparkResource.run"
WAREHOUSE = "lake_platform.warehouse.redshift:RedshiftResource.run"

DEATHS = [
    Death("before_raw_says_which_process_it_is", "lake_platform.assets.raw:process_tag", "before"),
    Death("before_the_attempt", "lake_platform.assets.raw:record_attempt", "before"),
    Death("between_two_attempts", "lake_platform.assets.raw:record_attempt", "after"),
    Death("before_the_first_raw_copy", f"{STORE}.put", "before"),
    Death("after_the_first_raw_copy", f"{STORE}.put", "after"),
    *(Death(f"before_the_{layer}_document", LOG, "before", where=f"/{layer}") for layer in LAYERS),
    *(Death(f"between_two_{layer}_documents", LOG, "after", where=f"/{layer}") for layer in LAYERS),
    *(Death(f"after_the_last_{layer}_document", LOG, "after", nth=2, where=f"/{layer}") for layer in LAYERS),
    Death("before_the_validate_job", SPARK, "before"),
    Death("before_the_validate_report", SPARK, "after"),
    Death("after_the_validate_report", "lake_platform.assets.jobs:run_job", "after"),
    Death("before_the_process_report", SPARK, "after", nth=2),
    Death("after_the_process_report", "lake_platform.assets.jobs:run_job", "after", nth=2),
    Death("after_copy_before_commit", "lake_platform.assets.staging:stage", "after"),
    Death("after_commit_of_staging", WAREHOUSE, "after"),
    Death("before_commit_of_the_target", "lake_platform.assets.target:publish", "after"),
    Death("after_commit_of_the_target", WAREHOUSE, "after", nth=2),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, spark_dir: Path) -> Iterator[House]:
    with built_house(tmp_path_factory.mktemp("kill"), spark_dir) as house:
        yield house
    

@pytest.fixture(scope="module")
def undisturbed(shared: House) -> dict[str, list[Any]]:
    """The tables of a dataset whose run nobody killed."""
    land(shared, "calm")
    (run,) = shared.tick("calm").runs
    assert run.status == "success", run.problem
    return tables(shared, "calm")


def land(house: House, name: str) -> None:
    """Defines a dataset and drops its files, always of the same age."""
    house.define(name, DEFINITION.format(name=name))
    for key, rows in FILES.items():
        house.drop(f"{name}/{key}", csv_of(HEADER, rows))
        os.utime(house.landing / name / key, (LANDED_AT, LANDED_AT))


def tables(house: House, name: str) -> dict[str, list[Any]]:
    return {table: house.rows(query.format(name=name)) for table, query in TABLES.items()}


def die(house: House, death: Death) -> None:
    """A tick in another process, which is dead when this returns."""
    command = [sys.executable, "-m", "lake_platform_tests.e2e.dying", death.place, death.when, str(death.nth), death.where]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stdout + ended.stderr


def statuses(name: str) -> list[str]:
    """What Dagster says of the runs of a dataset, oldest first."""
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs(dg.RunsFilter(tags={"lake_platform/dataset": name}))
    return [run.status.value for run in reversed(runs)]


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.id)
def test_tick_after_a_kill_leads_to_the_tables_of_an_undisturbed_lake(
    shared: House, undisturbed: dict[str, list[Any]], death: Death
) -> None:
    name = f"killed_{death.id}"[:60]
    land(shared, name)

    die(shared, death)
    after, again = shared.tick(name), shared.tick(name)

    done = death.id == "after_the_last_target_document"
    assert [run.status for run in after.runs] == ([] if done else ["success"]), after
    assert again.runs == []
    assert tables(shared, name) == undisturbed
    assert statuses(name) == (["STARTED"] if done else ["FAILURE", "SUCCESS"])
