"""The outcome table, row by row: each in a real run with one partition alone, by what is written and what is recorded."""

from dataclasses import dataclass
from typing import Any

import pytest

from lake_platform.cli.runs import RunSummary
from lake_platform.lake.refusals import latest_refusal
from lake_platform_tests.e2e.contracts import HEADER, KNOWN_OP, day_file, define, key_of, scd2
from lake_platform_tests.e2e.house import House, csv_of
from lake_platform_tests.e2e.recorded import Recorded, recorded

pytestmark = [pytest.mark.long, pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

DAY = "2024-03-01"
RULE = "op_in_i_u_d"
ENOUGH = {"rule": "RowCount > 2", "otherwise": "block"}
SNAPSHOT = {
    "arrives": {"delivers": "snapshot"},
    "target": {"table": "unset", "write": "replace"},
    "quality": [],
}
GOOD, WRONG = "I", "?"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table.

    Attributes:
        name: of the dataset, and of the row in the test's id.
        ops: the operations of the file's rows; `?` breaks the row rule.
        rows: how many reach the target; None where the partition is refused.
        quarantined: how many rows the quarantine files hold; None where there is no such file.
        failed: the checks of `validated` that did not pass, with their severity.
        says: a part of the reason of the refusal.
    """

    name: str
    ops: str
    contract: dict[str, Any]
    rows: int | None
    quarantined: int | None = None
    failed: dict[str, str]
    says: str = ""
    header: str = HEADER


CASES = [
    Case(
        name="columns_differ",
        ops=GOOD,
        contract={},
        header="customer_id,op,region,worth,changed_at",
        rows=None,
        failed={"matches_contract": "ERROR"},
        says="amount",
    ),
    Case(name="every_row_valid", ops=GOOD * 3, contract={"quality": [KNOWN_OP, ENOUGH]}, rows=3, failed={}),
    Case(
        name="some_invalid_with_quarantine",
        ops=GOOD * 3 + WRONG,
        contract={},
        rows=3,
        quarantined=1,
        failed={RULE: "WARN"},
    ),
    Case(
        name="some_invalid_without_quarantine",
        ops=GOOD * 3 + WRONG,
        contract={"quarantine": None},
        rows=None,
        failed={RULE: "ERROR"},
        says="no quarantine",
    ),
    Case(
        name="no_row_valid",
        ops=WRONG * 2,
        contract={"quarantine": {"block_above": 1.0}},
        rows=None,
        quarantined=2,
        failed={RULE: "ERROR"},
        says="no row is valid",
    ),
    Case(
        name="more_than_block_above",
        ops=GOOD + WRONG * 2,
        contract={},
        rows=None,
        quarantined=2,
        failed={RULE: "ERROR"},
        says="block_above",
    ),
    Case(
        name="a_block_rule_fails",
        ops=GOOD * 2 + WRONG,
        contract={"quality": [KNOWN_OP, ENOUGH]},
        rows=None,
        quarantined=1,
        failed={"row_count": "ERROR", RULE: "ERROR"},
        says="RowCount > 2",
    ),
    Case(name="no_rows", ops="", contract={}, rows=0, failed={}),
    Case(
        name="a_snapshot_without_rows",
        ops="",
        contract=SNAPSHOT,
        rows=None,
        failed={"matches_contract": "ERROR"},
        says="no rows",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_outcome_writes_what_the_table_says(shared_house: House, case: Case) -> None:
    house, name = shared_house, case.name
    house.define(name, _definition(case))
    rows = [(number, op, "north", 1, f"{DAY} 08:00") for number, op in enumerate(case.ops)]
    house.drop(key_of(name, DAY), csv_of(case.header, rows))

    (run,) = house.tick(name).runs
    told = recorded(run.run_id)

    assert {
        check: severity
        for (layer, check), (passed, severity) in told.checks.items()
        if layer == "validated" and not passed
    } == case.failed
    if case.rows is None:
        _assert_refused(house, case, run, told)
    else:
        _assert_published(house, case, run, told)


def _definition(case: Case) -> str:
    if "target" in case.contract:
        return define(
            case.name, **{**case.contract, "target": {**case.contract["target"], "table": f"dim_{case.name}"}}
        )
    return scd2(case.name, **case.contract)


def _assert_published(house: House, case: Case, run: RunSummary, told: Recorded) -> None:
    name = case.name
    document = house.lake.log(name, "validated").latest(DAY)

    assert (run.status, told.status) == ("success", "SUCCESS")
    assert told.materialized == [(layer, DAY) for layer in ("raw", "validated", "processed", "staging", "target")]
    assert house.rows(f"SELECT count(*) FROM dim_{name}") == [(case.rows,)]
    assert document is not None
    assert document.body["rows_out"] == case.rows
    assert sum(file["record_count"] for file in document.body["quarantine"]) == (case.quarantined or 0)
    assert bool(document.body["quarantine"]) == (case.quarantined is not None), "no empty file"


def _assert_refused(house: House, case: Case, run: RunSummary, told: Recorded) -> None:
    name, partition = case.name, DAY
    refusal = latest_refusal(house.lake.lake, name, partition)
    jobs = _keys(house, f"jobs/{name}/")

    assert (run.status, told.status) == ("failure", "FAILURE")
    assert case.says in (run.problem or "")
    assert DAY in (run.problem or "")
    assert told.materialized == [("raw", DAY)], "no layer that was refused"
    assert house.lake.log(name, "validated").latest(DAY) is None
    assert refusal is not None
    assert case.says in refusal.reason
    assert sum(file["record_count"] for file in refusal.quarantine) == (case.quarantined or 0)
    named = {house.lake.lake.url(key) for key in _keys(house, f"quarantine/{name}/")}
    assert {file["url"] for file in refusal.quarantine} == named, "what no document names, the janitor takes"

    again = house.run_again(name, DAY)

    assert (again.status, again.problem) == ("failure", run.problem)
    assert recorded(again.run_id).materialized == []
    assert _keys(house, f"jobs/{name}/") == jobs, "no Spark job for what was refused before"
    assert house.tick(name).runs == []


def _keys(house: House, prefix: str) -> list[str]:
    return [found.key for found in house.lake.lake.list(prefix)]


def test_a_published_partition_is_not_written_again_and_the_run_succeeds(shared_house: House) -> None:
    house, name = shared_house, "published"
    house.define(name, scd2(name))
    house.drop(
        *day_file(
            name,
            DAY,
            (1, GOOD, "north", 1, f"{DAY} 08:00"),
            (2, GOOD, "x", 1, f"{DAY} 08:00"),
            (3, WRONG, "x", 1, f"{DAY} 08:00"),
        )
    )
    (first,) = house.tick(name).runs
    jobs, table = _keys(house, f"jobs/{name}/"), house.rows(f"SELECT * FROM dim_{name} ORDER BY 1")

    again = house.run_again(name, DAY)
    told = recorded(again.run_id)

    assert (first.status, again.status) == ("success", "success")
    assert told.materialized == []
    assert set(again.steps) == {f"{name}_{layer}" for layer in ("raw", "validated", "processed", "staging", "target")}
    # The outcome of the document, so that a check in the UI does not change by running again.
    assert told.checks["validated", RULE] == recorded(first.run_id).checks["validated", RULE] == (False, "WARN")
    assert _keys(house, f"jobs/{name}/") == jobs
    assert house.rows(f"SELECT * FROM dim_{name} ORDER BY 1") == table


def test_the_last_good_table_stays_where_a_rewritten_file_is_refused(shared_house: House) -> None:
    house, name = shared_house, "stays"
    house.define(name, scd2(name))
    house.drop(*day_file(name, DAY, (1, GOOD, "north", 1, f"{DAY} 08:00")))
    house.tick(name)
    table = house.rows(f"SELECT * FROM dim_{name}")

    house.drop(*day_file(name, DAY, (1, WRONG, "south", 1, f"{DAY} 08:00")))
    (run,) = house.tick(name).runs

    assert run.status == "failure"
    assert len(table) == 1
    assert house.rows(f"SELECT * FROM dim_{name}") == table
