"""The outcome table, row by row, on plain figures. The same rows through real runs: `e2e/test_outcome_table.py`."""

from dataclasses import replace

import pytest

from glue_jobs.protocol import PartitionReport, RuleOutcome
from lake_platform.assets.outcomes import judge, rule_checks
from lake_platform.contract.dataset import (
    Arrives,
    Column,
    DatasetContract,
    Deletes,
    FileFormat,
    Partitioning,
    Quarantine,
    Target,
)

CLEAN = PartitionReport(partition="2024-01-01", token="t", rows_in=100, rows_out=100)
ROW_RULE = RuleOutcome(name="id_complete", rule='IsComplete "id"', otherwise="quarantine", passed=False, failed_rows=3)
BLOCK = RuleOutcome(
    name="row_count", rule="RowCount > 1000", otherwise="block", passed=False, metrics={"row_count": 100.0}
)


def contract(
    *, quarantine: float | None = 0.05, delivers: str = "events", deletes: Deletes | None = None
) -> DatasetContract:
    return DatasetContract(
        name="orders",
        description="orders",
        arrives=Arrives(
            prefix="orders/",
            partition=Partitioning(by="day", pattern=r"dt=(?P<day>\d{4}-\d{2}-\d{2})/"),
            format=FileFormat(kind="csv"),
            delivers=delivers,  # pyright: ignore[reportArgumentType] one of the literals
        ),
        columns=[Column(name="id", type="bigint", required=True)],
        quarantine=None if quarantine is None else Quarantine(block_above=quarantine),
        target=Target(
            table="orders",
            write="replace_partition" if delivers == "events" else "scd2",
            keys=[] if delivers == "events" else ["id"],
            effective_at=None if delivers == "events" else "partition",
            deletes=deletes,
        ),
    )


@pytest.mark.parametrize(
    ("report", "quarantine"),
    [
        pytest.param(CLEAN, 0.05, id="every row valid"),
        pytest.param(replace(CLEAN, rows_out=97, rows_quarantined=3), 0.05, id="some invalid, quarantine declared"),
        pytest.param(replace(CLEAN, rows_out=95, rows_quarantined=5), 0.05, id="just at block_above"),
        pytest.param(replace(CLEAN, rows_out=1, rows_quarantined=99), 1.0, id="block_above 1 never blocks"),
        pytest.param(replace(CLEAN, rows_in=0, rows_out=0), 0.05, id="file without rows"),
        pytest.param(replace(CLEAN, rules=(replace(BLOCK, otherwise="warn"),)), 0.05, id="a warn rule fails"),
    ],
)
def test_published(report: PartitionReport, quarantine: float) -> None:
    assert judge(contract(quarantine=quarantine), report).refused is None


@pytest.mark.parametrize(
    ("report", "quarantine", "said"),
    [
        pytest.param(
            replace(CLEAN, rows_out=97, rows_quarantined=3), None, "declares no quarantine", id="no quarantine"
        ),
        pytest.param(replace(CLEAN, rows_out=0, rows_quarantined=100), 1.0, "no row is valid", id="no row valid"),
        pytest.param(
            replace(CLEAN, rows_out=94, rows_quarantined=6), 0.05, "more than block_above", id="above block_above"
        ),
        pytest.param(replace(CLEAN, rules=(BLOCK,)), 0.05, "RowCount > 1000", id="a block rule fails"),
        pytest.param(
            replace(CLEAN, rules=(replace(BLOCK, otherwise="warn", error="no such column"),)),
            0.05,
            "could not be evaluated: no such column",
            id="a rule cannot be evaluated",
        ),
        pytest.param(replace(CLEAN, rows_out=99), 0.05, "100 rows were read", id="rows are lost"),
        pytest.param(replace(CLEAN, problem="12 rows counted"), 0.05, "12 rows counted", id="counted otherwise"),
    ],
)
def test_refused(report: PartitionReport, quarantine: float | None, said: str) -> None:
    verdict = judge(contract(quarantine=quarantine), report)

    assert verdict.refused is not None
    assert said in verdict.refused


@pytest.mark.parametrize(
    ("deletes", "refused"),
    [(None, True), (Deletes(absent="close"), True), (Deletes(absent="close", empty="allow"), False)],
)
def test_an_empty_snapshot_is_refused_unless_allowed(deletes: Deletes | None, refused: bool) -> None:
    verdict = judge(contract(delivers="snapshot", deletes=deletes), replace(CLEAN, rows_in=0, rows_out=0))

    assert (verdict.refused is not None) == refused


def test_a_failing_row_rule_warns_where_the_partition_is_published() -> None:
    report = replace(CLEAN, rows_out=97, rows_quarantined=3, rules=(ROW_RULE,))

    (check,) = rule_checks(report, judge(contract(), report))

    assert (check.passed, check.error, check.metadata["failed_rows"]) == (False, False, 3)


def test_a_failing_row_rule_is_an_error_where_the_partition_is_refused() -> None:
    report = replace(CLEAN, rows_out=50, rows_quarantined=50, rules=(ROW_RULE,))

    (check,) = rule_checks(report, judge(contract(), report))

    assert (check.passed, check.error) == (False, True)


def test_a_warn_rule_never_becomes_an_error() -> None:
    report = replace(CLEAN, rows_out=0, rows_quarantined=100, rules=(replace(BLOCK, otherwise="warn"),))

    (check,) = rule_checks(report, judge(contract(), report))

    assert (check.passed, check.error) == (False, False)


def test_the_gate_is_the_rule_that_sent_most_objections_first() -> None:
    report = replace(CLEAN, rows_out=50, rows_quarantined=50, rules=(ROW_RULE, BLOCK))

    assert judge(contract(), report).gate == "id_complete"
