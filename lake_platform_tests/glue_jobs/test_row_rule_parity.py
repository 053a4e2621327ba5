"""Every form of a row rule against Deequ's own outcome for each row; where they differ stands here, with the reason."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame

from lake_platform.contract.compiled import compile_rules
from lake_platform.contract.dataset import DatasetContract
from lake_platform.local.warm_spark import WarmSparkResource

pytestmark = pytest.mark.spark

ROWS = """
    SELECT at, id, n, name, CAST(amount AS decimal(18,2)) AS amount, day, 'all' AS _partition FROM VALUES
    (0, 1,    1,    'a',  1.50, date'2024-01-01'),
    (1, 2,    2,    'ab', 1.51, date'2024-01-02'),
    (2, 3,    null, '',   -0.5, date'2024-01-03'),
    (3, 4,    1,    null, 2.00, null),
    (4, 5,    3,    ' ',  null, date'2023-01-01'),
    (5, 6,    0,    'B',  0.50, date'2024-01-04'),
    (6, 6,    7,    'a1', 9.90, date'2024-01-02'),
    (7, null, 2,    'a',  1.00, date'2024-01-02') AS t(at, id, n, name, amount, day)
"""

SAME = """
IsComplete "n"
IsUnique "n"
IsPrimaryKey "id"
ColumnValues "n" = 1
ColumnValues "n" != 1
ColumnValues "n" > 1
ColumnValues "n" >= 1
ColumnValues "n" < 2
ColumnValues "n" <= 2
ColumnValues "n" between 0 and 3
ColumnValues "n" not between 0 and 3
ColumnValues "n" in [1,2]
ColumnValues "n" not in [1,2]
ColumnValues "name" = "a"
ColumnValues "name" != "a"
ColumnValues "name" in ["a","B"]
ColumnValues "name" not in ["a","B"]
ColumnValues "name" matches "[a-z]+"
ColumnValues "name" matches "a|ab"
ColumnValues "name" = NULL
ColumnValues "name" != NULL
ColumnValues "amount" > 1.5
ColumnValues "amount" between 0 and 2
ColumnValues "day" > "2024-01-01"
ColumnValues "day" between "2024-01-01" and "2024-01-03"
ColumnValues "n" in [1,2] where "at < 4"
(IsComplete "n") and (ColumnValues "name" = "a")
(IsComplete "n") or (ColumnValues "name" = "a")
(ColumnValues "n" > 1) and ((IsComplete "name") or (ColumnValues "at" = 4))
""".strip().splitlines()

Difference = tuple[bool, "bool | None"]
"""What we say of a row and what Deequ says; None: it neither passes nor fails the row."""

DIFFERENT: dict[str, dict[int, Difference]] = {
    # A key that is NULL in part is no key.
    'IsPrimaryKey "id" "n"': {2: (False, True), 7: (False, True)},
    # The empty text does not match, so the rule holds; Deequ takes "nothing extracted" for the empty text.
    'ColumnValues "name" not matches "[a-z]+"': {2: (True, False)},
    # NULL breaks a rule on the value; Deequ leaves the row undecided.
    'ColumnValues "name" = EMPTY': {3: (False, None)},
    'ColumnValues "name" != EMPTY': {3: (False, None)},
    'ColumnValues "name" = WHITESPACES_ONLY': {3: (False, None)},
    'ColumnValues "name" != WHITESPACES_ONLY': {3: (False, None)},
    # NULL has no length that could be wrong; Deequ passes the rule and leaves the row undecided.
    'ColumnLength "name" = 1': {3: (True, None)},
    'ColumnLength "name" > 1': {3: (True, None)},
    'ColumnLength "name" between 0 and 3': {3: (True, None)},
    # A row of which `where` is unknown is outside of it, and rows outside are good.
    'IsComplete "n" where "id > 2"': {7: (True, None)},
    'ColumnValues "n" > 1 where "name = \'a\'"': {3: (True, None)},
}


@pytest.fixture(scope="module")
def rows(spark_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    spark = WarmSparkResource(home=str(tmp_path_factory.mktemp("home")), spark_dir=str(spark_dir)).new_session()
    return spark.sql(ROWS).cache()


@pytest.fixture(scope="module")
def deequ(rows: DataFrame) -> dict[str, list[bool | None]]:
    """By rule: the outcome of each row. One set for all rules, since none of them is in error."""
    from pydeequ.dqdl import EvaluateDataQuality

    rules = [*SAME, *DIFFERENT]
    spark: Any = rows.sparkSession
    ruleset = f"Rules = [{', '.join(rules)}]"
    parsed = spark._jvm.software.amazon.glue.dqdl.parser.DQDLParser().parse(ruleset).getRules()
    outcomes = EvaluateDataQuality.processRows(spark, rows, ruleset)["rowLevelOutcomes"].orderBy("at").collect()

    def of_row(printed: str, row: Any) -> bool | None:
        return (
            True
            if printed in row["DataQualityRulesPass"]
            else False
            if printed in row["DataQualityRulesFail"]
            else None
        )

    printed = [str(parsed.get(n).toString()) for n in range(parsed.size())]
    return {rule: [of_row(text, row) for row in outcomes] for rule, text in zip(rules, printed, strict=True)}


def ours(rows: DataFrame, rule: str) -> list[bool]:
    columns = {"at": "int", "id": "int", "n": "int", "name": "varchar(9)", "amount": "decimal(18,2)", "day": "date"}
    contract = DatasetContract.model_validate(
        {
            "name": "t",
            "description": "rules",
            "arrives": {"prefix": "t/", "partition": {"by": "none"}, "format": {"kind": "csv"}, "delivers": "events"},
            "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
            "quality": [{"rule": rule, "otherwise": "quarantine"}],
        }
    )
    (compiled,) = compile_rules(contract).row
    return [row["good"] for row in rows.selectExpr("at", f"({compiled.spark_sql}) AS good").orderBy("at").collect()]


@pytest.mark.parametrize("rule", [*SAME, *DIFFERENT])
def test_a_row_rule_says_of_each_row_what_deequ_says_but_where_told(
    rule: str, rows: DataFrame, deequ: dict[str, list[bool | None]]
) -> None:
    pairs = enumerate(zip(ours(rows, rule), deequ[rule], strict=True))

    assert {at: pair for at, pair in pairs if pair[0] != pair[1]} == DIFFERENT.get(rule, {})
