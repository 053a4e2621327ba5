"""Batch rules that are asked partition by partition."""

from pathlib import Path

import pytest

from glue_jobs.batch_rules import evaluate_batch_rules
from glue_jobs.protocol import BatchRuleSpec
from lake_platform.local.warm_spark import WarmSparkResource

pytestmark = pytest.mark.spark


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        pytest.param("ColumnCount = 2", True, id="our own columns are not counted"),
        pytest.param('DataFreshness "at" <= 24 hours', False, id="old rows fail, which is no error"),
        pytest.param('Completeness "id" > 0.5 where "at > \'2023-01-01\'"', True, id="a condition of its own"),
    ],
)
def test_a_rule_by_itself_is_evaluated(rule: str, passed: bool, spark_dir: Path, tmp_path: Path) -> None:
    spark = WarmSparkResource(home=str(tmp_path), spark_dir=str(spark_dir)).new_session()
    rows = spark.sql("SELECT 1 AS id, timestamp'2024-01-01 00:00:00' AS at, '2024-01-01' AS _partition")
    asked = BatchRuleSpec(name="rule", rule=rule, otherwise="warn")

    (outcome,) = evaluate_batch_rules(spark, rows, [asked], counts={"2024-01-01": 1})["2024-01-01"]

    assert (outcome.passed, outcome.error) == (passed, None)
