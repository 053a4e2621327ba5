"""Batch rules in Deequ: shared scans give the same outcomes, and "could not evaluate" is no failed rule."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame

from glue_jobs.batch_rules import evaluate_batch_rules
from glue_jobs.protocol import BatchRuleSpec, RuleOutcome
from lake_platform.local.warm_spark import WarmSparkResource

pytestmark = pytest.mark.spark

COUNTS = {"a": 50, "b": 10}


@pytest.fixture(scope="module")
def rows(spark_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    spark = WarmSparkResource(home=str(tmp_path_factory.mktemp("home")), spark_dir=str(spark_dir)).new_session()
    made = " UNION ALL ".join(
        f"SELECT id, if(id % 7 = 0, null, concat('e', id)) AS email, double(id) AS amount, id % 5 AS k, "
        f"cast(null as int) AS nothing, '{partition}' AS _partition FROM range({count})"
        for partition, count in COUNTS.items()
    )
    return spark.sql(made).cache()


def evaluate(rows: DataFrame, *rules: str, counts: dict[str, int] = COUNTS) -> dict[str, list[RuleOutcome]]:
    specs = [BatchRuleSpec(name=f"r{n}", rule=rule, otherwise="block") for n, rule in enumerate(rules)]
    return evaluate_batch_rules(rows.sparkSession, rows, specs, counts=counts)


RULES = {
    "RowCount > 20": (True, False),
    'Completeness "email" > 0.83': (True, False),
    'IsComplete "id"': (True, True),
    'Mean "amount" > 10': (True, False),
    'Sum "amount" > 100': (True, False),
    'StandardDeviation "amount" > 3': (True, False),
    'Uniqueness "id" > 0.9': (True, True),
    'IsUnique "k"': (False, False),
    'IsPrimaryKey "id"': (True, True),
    'DistinctValuesCount "k" = 5': (True, True),
    'UniqueValueRatio "k" > 0.5': (False, False),
    'Entropy "k" > 1': (True, True),
    'ColumnLength "email" < 3': (False, True),
    'ColumnCorrelation "id" "amount" > 0.9': (True, True),
    'ColumnValues "k" in [0,1,2,3] with threshold > 0.9': (False, False),
    'Completeness "email" > 0.9 where "id > 7"': (False, True),
    "ColumnCount = 5": (True, True),
    '(RowCount > 20) and (IsComplete "id")': (True, False),
}


def test_outcomes_are_those_of_each_partition_alone(rows: DataFrame) -> None:
    together = evaluate(rows, *RULES)

    assert {rule: (a.passed, b.passed) for rule, a, b in zip(RULES, together["a"], together["b"], strict=True)} == RULES
    alone = evaluate(rows.where("_partition = 'b'"), *RULES, counts={"b": COUNTS["b"]})
    assert alone["b"] == together["b"]
    mean = together["b"][3]
    assert (mean.rule, mean.metrics, mean.error) == ('Mean "amount" > 10', {"Column.amount.Mean": 4.5}, None)
    assert mean.reason == "Value: 4.5 does not meet the constraint requirement!"


UNKNOWN = {
    'Completeness "nope" > 0.9': "nope",
    'Mean "email" > 1': "",
    'Sum "amount" > 1 where "no such column > 1"': "",
    "RowCount of things": "",
    'FileFreshness "s3://x" > 1': "",
}


@pytest.mark.parametrize(("rule", "told"), UNKNOWN.items(), ids=UNKNOWN.keys())
def test_one_rule_that_cannot_be_evaluated_leaves_the_others_alone(rows: DataFrame, rule: str, told: str) -> None:
    outcomes = evaluate(rows, 'IsComplete "id"', rule, 'Mean "amount" > 10')

    assert [(o.passed, o.error) for o in (outcomes["a"][0], outcomes["a"][2])] == [(True, None)] * 2
    assert (outcomes["b"][2].passed, outcomes["b"][2].error) == (False, None)
    for partition in COUNTS:
        wrong = outcomes[partition][1]
        assert not wrong.passed
        assert wrong.error is not None
        assert told in wrong.error


@pytest.mark.parametrize(
    "rule",
    [
        'Mean "nothing" > 1',
        'Uniqueness "nothing" > 0.5',
        'IsPrimaryKey "nothing"',
        'UniqueValueRatio "nothing" > 0.5',
        'Entropy "nothing" > 1',
    ],
)
def test_a_column_of_nulls_fails_a_rule_and_is_no_error(rows: DataFrame, rule: str) -> None:
    (outcome,) = evaluate(rows, rule)["a"]

    assert (outcome.passed, outcome.error) == (False, None)


def test_of_no_rows_only_the_count_says_something(rows: DataFrame) -> None:
    outcomes = evaluate(
        rows, "RowCount > 0", "RowCount = 0", 'Mean "amount" > 10', "ColumnCount = 9", counts={"a": 50, "none": 0}
    )

    assert [o.passed for o in outcomes["none"]] == [False, True, True, True]
    assert [o.error for o in outcomes["none"]] == [None] * 4
    assert outcomes["none"][2].reason == "there are no rows"


def test_equal_rules_each_have_their_outcome(rows: DataFrame) -> None:
    outcomes: Any = evaluate(rows, "RowCount > 20", "RowCount > 20")["b"]

    assert [(o.name, o.passed) for o in outcomes] == [("r0", False), ("r1", False)]


def test_no_address_of_an_object_is_told(rows: DataFrame) -> None:
    outcomes = evaluate(rows, 'ColumnValues "k" in [9]', 'Mean "email" > 1', 'ColumnLength "k" > 1')

    assert not any("@" in f"{o.reason} {o.error}" for o in outcomes["a"])
