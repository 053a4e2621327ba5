"""`table_matches_contract`: said once of the table, an error where a column is wrong, a warning where one is too many."""

from collections.abc import Iterator

import dagster as dg
import pytest

from lake_platform.assets.keys import asset_key
from lake_platform.assets.results import CheckOutcome, PartitionResult
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.assets.table_check import NAME, TABLE_CHECK, table_outcome, wrong_table_told
from lake_platform.errors import TableColumnError
from lake_platform.warehouse.ddl import TableDifferences
from lake_platform.warehouse.table import staging_table
from lake_platform_tests.lake.builders import contract

CONTRACT = contract()
SPEC = staging_table(CONTRACT)
KEY = asset_key("orders", "staging")
SPAN = {
    "dagster/asset_partition_range_start": "2024-03-01",
    "dagster/asset_partition_range_end": "2024-03-02",
}


@pytest.mark.parametrize(
    ("found", "passed", "error"),
    [
        (TableDifferences(), True, False),
        (TableDifferences(undeclared=("extra is not declared",)), False, False),
        (TableDifferences(wrong=("id is missing, not BIGINT",)), False, True),
    ],
)
def test_severity(found: TableDifferences, passed: bool, error: bool) -> None:
    outcome = table_outcome(SPEC, found)

    assert (outcome.passed, outcome.error) == (passed, error)
    assert outcome.metadata["differences"] == "; ".join([*found.wrong, *found.undeclared])


def run(told: CheckOutcome | None, raised: Exception | None = None) -> tuple[bool, list[dg.AssetCheckEvaluation]]:
    """A staging step of two days that says this of its table; whether it succeeds, and its check results."""
    results = [PartitionResult(partition=day, state="published", token="t") for day in ("2024-03-01", "2024-03-02")]

    @dg.multi_asset(**step_arguments(CONTRACT, "staging", kinds=set(), description="", checks=[TABLE_CHECK]))
    def staging(context: dg.AssetExecutionContext) -> Iterator[StepEvent]:
        with told_to_dagster(), wrong_table_told(context, KEY):
            if raised is not None:
                raise raised
        yield from report_step(context, CONTRACT, "staging", results=results, checks=[TABLE_CHECK], table=told)

    job = dg.Definitions([staging]).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, tags=SPAN, raise_on_error=False)
        logged = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        return result.success, [entry.get_dagster_event().asset_check_evaluation_data for entry in logged]


def test_the_table_is_told_once_and_not_for_each_partition() -> None:
    succeeded, (evaluation,) = run(table_outcome(SPEC, TableDifferences()))

    assert succeeded
    assert (evaluation.check_name, evaluation.passed, evaluation.partition) == (NAME, True, None)


def test_an_undeclared_column_is_a_warning() -> None:
    succeeded, (evaluation,) = run(table_outcome(SPEC, TableDifferences(undeclared=("extra is not declared",))))

    assert succeeded
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_wrong_table_fails_the_step_after_it_was_told() -> None:
    succeeded, (evaluation,) = run(table_outcome(SPEC, TableDifferences(wrong=("id is missing, not BIGINT",))))

    assert not succeeded
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "id is missing" in (evaluation.description or "")


def test_a_table_that_cannot_be_changed_is_told_before_the_step_fails() -> None:
    error = TableColumnError("staging.stg_orders", "id", found="VARCHAR(9)", wanted="BIGINT")

    succeeded, (evaluation,) = run(None, raised=error)

    assert not succeeded
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert evaluation.metadata["differences"].value == "id is VARCHAR(9), not BIGINT"
