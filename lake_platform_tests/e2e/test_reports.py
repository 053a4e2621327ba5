"""What is told of whole runs: the message at their end, the catalog, the quality reports, the check of the table."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from lake_platform.cli.main import cli
from lake_platform.lake.catalog import CatalogEntry
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform_tests.e2e.contracts import KNOWN_OP, day_file, scd2
from lake_platform_tests.e2e.house import House
from lake_platform_tests.e2e.recorded import recorded
from lake_platform_tests.sensors.receiver import TOKEN, Receiver, receiving

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

NAME = "told"
ENOUGH = {"rule": "RowCount > 1", "otherwise": "block"}
LAYERS = ("lake.told_raw", "lake.told_validated", "lake.told_processed", "staging.stg_told", "analytics.dim_told")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as receiver:
        monkeypatch.setenv("LAKE_ALERT_WEBHOOK", receiver.url)
        monkeypatch.setenv("LAKE_UI_URL", "http://ui")
        yield receiver


def lake(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def drop(house: House, day: str, *ops: str) -> None:
    rows = [(number, op, "north", 1, f"{day} 08:00") for number, op in enumerate(ops)]
    house.drop(*day_file(NAME, day, *rows))


def test_runs_are_told_registered_and_reported(shared_house: House, receiver: Receiver) -> None:
    house = shared_house
    house.define(NAME, scd2(NAME, quality=[KNOWN_OP, ENOUGH]))
    drop(house, "2024-03-01", "I", "I", "I", "?")
    drop(house, "2024-03-02", "I")
    drop(house, "2024-03-03", "I", "U")

    ranged = lake("tick", "--json")
    _assert_told(receiver, ranged)
    _assert_registered(house)
    _assert_reported()

    receiver.answer = 500
    drop(house, "2024-03-02", "I", "I")
    house.define(NAME, scd2(NAME, quality=[KNOWN_OP, ENOUGH], description="another text"))
    mended = lake("tick", "--json")

    assert mended.exit_code == 0, "a broken receiver changes no exit code"
    assert len(receiver.messages) == 2
    assert receiver.messages[1]["status"] == "success"
    entry = _entry(house, "analytics.dim_told")
    assert sorted(entry.partitions) == ["2024-03-01", "2024-03-02", "2024-03-03"]
    versions = DocumentCatalog(house.lake.lake).history("analytics.dim_told")
    assert [(version.number, bool(version.changes)) for version in versions] == [(1, False), (2, False)]

    _assert_table_is_looked_at(house)
    for file in (path for path in Path.cwd().rglob("*") if path.is_file()):
        assert TOKEN.encode() not in file.read_bytes(), file


def _assert_told(receiver: Receiver, ranged: Result) -> None:
    (message,) = receiver.messages
    (run,) = json.loads(ranged.stdout)["runs"]
    assert ranged.exit_code == 1
    assert message["run_id"] == run["run_id"]
    assert message["url"] == f"http://ui/runs/{run['run_id']}"
    assert (message["status"], message["dataset"]) == ("failure", NAME)
    assert message["partitions"] == "2024-03-01 to 2024-03-03"
    assert (message["published"], message["rows"], message["rows_quarantined"]) == (2, 5, 1)
    assert list(message["refused"]) == ["2024-03-02"]
    assert (message["step"], message["gate"]) == ("validated", "row_count")
    assert "RowCount > 1" in message["reason"]


def _entry(house: House, name: str) -> CatalogEntry:
    entry = DocumentCatalog(house.lake.lake).latest(name)
    assert entry is not None
    return entry


def _assert_registered(house: House) -> None:
    entries = [_entry(house, name) for name in LAYERS]
    assert [sorted(entry.partitions) for entry in entries] == [
        ["2024-03-01", "2024-03-02", "2024-03-03"],
        *[["2024-03-01", "2024-03-03"]] * 4,
    ]
    for before, entry in pairwise(entries):
        assert entry.table.sources == (before.table.name,)
        for key, part in entry.partitions.items():
            source = before.partitions[key]
            assert [(each.name, each.number, each.token) for each in part.inputs] == [
                (before.table.name, source.number, source.token)
            ]
    assert entries[1].partitions["2024-03-01"].checks["op_in_i_u_d"] is False
    for entry in entries[1:3]:
        _assert_files_hold(house, entry)
    for entry in entries[3:]:
        columns = house.rows(
            "SELECT column_name FROM svv_columns "
            f"WHERE table_schema = '{entry.table.database}' AND table_name = '{entry.table.table}'"
        )
        assert {name for (name,) in columns} == {column.name for column in entry.table.columns}


def _assert_files_hold(house: House, entry: CatalogEntry) -> None:
    """Every file below the location of a partition has the registered columns, and the rows are as many."""
    for part in entry.partitions.values():
        folder = house.settings.home / "s3" / part.location.removeprefix("s3://")
        files = list(folder.glob("*.parquet"))
        names = {name for file in files for name in pq.read_schema(file).names}
        assert names == {column.name for column in (*entry.table.columns, *entry.table.partition_keys)}
        assert sum(pq.read_metadata(file).num_rows for file in files) == part.rows
        assert sum(file.stat().st_size for file in files) == part.size


def _assert_reported() -> None:
    told = json.loads(lake("quality", NAME, "--json").stdout)
    rules = {(each["partition"], each["document"]): each for each in told if each["check"] == "op_in_i_u_d"}
    assert {at: each["outcome"] for at, each in rules.items()} == {
        ("2024-03-01", "published"): "warned",
        ("2024-03-02", "refused"): "passed",
        ("2024-03-03", "published"): "passed",
    }
    assert rules["2024-03-01", "published"]["figures"]["failed_rows"] == 1
    (blocked,) = [each for each in told if each["check"] == "row_count" and each["outcome"] == "failed"]
    assert (blocked["partition"], blocked["document"]) == ("2024-03-02", "refused")
    assert {each["layer"] for each in told} == {"raw", "validated", "processed", "staging", "target"}


def _assert_table_is_looked_at(house: House) -> None:
    """Published partitions whose table somebody has changed: the check names what it found, the run fails."""
    before = recorded(house.run_again(NAME, "2024-03-03").run_id)
    house.rows("ALTER TABLE dim_told DROP COLUMN region")

    run = house.run_again(NAME, "2024-03-03")

    assert before.checks["target", "table_matches_contract"] == (True, "WARN")
    assert before.checks["staging", "table_matches_contract"] == (True, "WARN")
    assert recorded(run.run_id).checks["target", "table_matches_contract"] == (False, "ERROR")
    assert run.status == "failure"
    assert "region is missing, not VARCHAR(64)" in (run.problem or "")
