"""DQDL: what is compiled to what, and what is refused."""

import pytest

from lake_platform.contract.rules import compile_rules
from lake_platform_tests.contract.declared import changed, contract_of, faults_of

RULE = 'ColumnValues "op" in ["I","U","D"]'


def row_rule(text: str) -> tuple[str, str, str]:
    rule = compile_rules(contract_of(changed(RULE, text))).row[-1]
    return rule.name, rule.spark_sql, rule.redshift_sql


@pytest.mark.parametrize(
    ("text", "name", "spark", "redshift"),
    [
        (
            'IsComplete "status"',
            "status_is_complete",
            "COALESCE(NOT `status` IS NULL, FALSE)",
            'COALESCE(NOT "status" IS NULL, FALSE)',
        ),
        (
            'ColumnValues "amount" >= 0.5',
            "amount_at_least_0_5",
            "COALESCE(`amount` >= 0.5, FALSE)",
            'COALESCE("amount" >= 0.5, FALSE)',
        ),
        (
            'ColumnValues "status" != "X"',
            "status_is_not_x",
            "COALESCE(`status` IS NULL OR `status` <> 'X', FALSE)",
            'COALESCE("status" IS NULL OR "status" <> \'X\', FALSE)',
        ),
        (
            'ColumnValues "status" not in ["X","Y"]',
            "status_not_in_x_y",
            "COALESCE(`status` IS NULL OR NOT `status` IN ('X', 'Y'), FALSE)",
            "COALESCE(\"status\" IS NULL OR NOT \"status\" IN ('X', 'Y'), FALSE)",
        ),
        (
            'ColumnValues "amount" between 1 and 5',
            "amount_between_1_5",
            "COALESCE(`amount` > 1 AND `amount` < 5, FALSE)",
            'COALESCE("amount" > 1 AND "amount" < 5, FALSE)',
        ),
        (
            r'ColumnValues "status" matches "A|\d"',
            "status_matches_a_d",
            r"COALESCE(`status` RLIKE '^(A|\\d)$', FALSE)",
            r"""COALESCE("status" ~ '^(A|\\d)$', FALSE)""",
        ),
        (
            'ColumnLength "status" = 1',
            "status_length_is_1",
            "COALESCE(LENGTH(`status`) = 1, FALSE)",
            'COALESCE(LENGTH("status") = 1, FALSE)',
        ),
        (
            'IsPrimaryKey "customer_id" "op"',
            "customer_id_op_is_primary_key",
            "COALESCE(NOT `customer_id` IS NULL AND NOT `op` IS NULL AND COUNT(*) OVER (PARTITION BY `_partition`, `customer_id`, `op`) = 1, FALSE)",
            'COALESCE(NOT "customer_id" IS NULL AND NOT "op" IS NULL AND COUNT(*) OVER (PARTITION BY "_partition", "customer_id", "op") = 1, FALSE)',
        ),
        (
            'ColumnValues "amount" > 0 where "op = \'I\'"',
            "amount_above_0",
            "NOT COALESCE((op = 'I'), FALSE) OR COALESCE(`amount` > 0, FALSE)",
            "NOT COALESCE((op = 'I'), FALSE) OR COALESCE(\"amount\" > 0, FALSE)",
        ),
        (
            'ColumnValues "changed_at" > "2024-01-01"',
            "changed_at_above_2024_01_01",
            "COALESCE(`changed_at` > CAST('2024-01-01' AS TIMESTAMP), FALSE)",
            "COALESCE(\"changed_at\" > CAST('2024-01-01' AS TIMESTAMP), FALSE)",
        ),
    ],
)
def test_a_row_rule_is_one_expression_for_both_engines(text: str, name: str, spark: str, redshift: str) -> None:
    compiled = row_rule(text.replace("'I'", "''I''"))

    assert compiled == (name, spark, redshift)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Variance > 1", "use StandardDeviation"),
        ('Mean "status" > 1', "Mean needs a number, 'status' is CHAR(1)"),
        ('ColumnValues "amount" in ["a"]', "its values are written as numbers"),
        ('ColumnValues "status" > 5', "its values are written as strings"),
        ('ColumnValues "status" matches "(a"', "is no regular expression"),
        ('ColumnValues "status" = "A" where "nope > 1"', "there is no column 'nope'"),
        ('ColumnValues "status" = "A" where "op in (select 1)"', "asks another table"),
        ('IsComplete "status" > 1', "IsComplete takes no condition"),
        ('Completeness "status"', "Completeness needs a condition"),
        ('Completeness "status" > 0.5 with threshold > 0.9', "with threshold"),
        ("ColumnValues status = 5", "names and strings stand in double quotes"),
        ('(IsComplete "status") and (RowCount > 1)', "join rules about rows only"),
        ('IsComplete "a" and IsComplete "b" or IsComplete "c"', "put parentheses"),
        ("", "no supported rule type"),
    ],
)
def test_a_rule_that_would_not_be_evaluated_rightly_is_refused(text: str, said: str) -> None:
    told = " ".join(str(fault) for fault in faults_of(changed(RULE, text)))

    assert said in told


def test_the_same_check_twice_is_refused() -> None:
    (fault,) = faults_of(changed("  quarantine:", f"    - {{rule: '{RULE}', otherwise: warn}}\n  quarantine:"))

    assert "stands in quality.0 already" in fault.message


def test_required_columns_and_batch_rules_are_checks_too() -> None:
    rules = compile_rules(contract_of())

    assert [rule.name for rule in rules.row] == ["customer_id_required", "op_in_i_u_d"]
    assert [(rule.name, rule.rule, rule.otherwise) for rule in rules.batch] == [("row_count", "RowCount > 0", "block")]
