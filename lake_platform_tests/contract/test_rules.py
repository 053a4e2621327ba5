"""DQDL: what is compiled to what, and what is refused."""

import pytest

from lake_platform.contract.compiled import compile_expression, compile_rules
from lake_platform_tests.contract.declared import GOOD, changed, contract_of, faults_of

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
            "NOT `status` IS NULL",
            'NOT "status" IS NULL',
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
            "COALESCE(NOT `status` = 'X', TRUE)",
            "COALESCE(NOT \"status\" = 'X', TRUE)",
        ),
        (
            'ColumnValues "status" not in ["X","Y"]',
            "status_not_in_x_y",
            "COALESCE(NOT `status` IN ('X', 'Y'), TRUE)",
            "COALESCE(NOT \"status\" IN ('X', 'Y'), TRUE)",
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
            r"COALESCE(`status` RLIKE '^A|\\d$', FALSE)",
            r"""COALESCE("status" ~ '^A|\\d$', FALSE)""",
        ),
        (
            'ColumnLength "status" = 1',
            "status_length_is_1",
            "COALESCE(LENGTH(`status`) = 1, TRUE)",
            'COALESCE(LENGTH("status") = 1, TRUE)',
        ),
        (
            'IsPrimaryKey "customer_id" "op"',
            "customer_id_op_is_primary_key",
            "NOT `customer_id` IS NULL AND NOT `op` IS NULL AND COUNT(*) OVER (PARTITION BY `_partition`, `customer_id`, `op`) = 1",
            'NOT "customer_id" IS NULL AND NOT "op" IS NULL AND COUNT(*) OVER (PARTITION BY "_partition", "customer_id", "op") = 1',
        ),
        (
            'ColumnValues "amount" > 0 where "op = \'I\'"',
            "amount_above_0_where_op_i",
            "COALESCE(NOT (`op` = 'I'), TRUE) OR COALESCE(`amount` > 0, FALSE)",
            'COALESCE(NOT ("op" = \'I\'), TRUE) OR COALESCE("amount" > 0, FALSE)',
        ),
        (
            'ColumnValues "changed_at" > "2024-01-01"',
            "changed_at_above_2024_01_01",
            "COALESCE(CAST(`changed_at` AS DATE) > CAST('2024-01-01' AS DATE), FALSE)",
            "COALESCE(CAST(\"changed_at\" AS DATE) > CAST('2024-01-01' AS DATE), FALSE)",
        ),
        (
            'ColumnValues "changed_at" <= (now() - 3 days)',
            "changed_at_at_most_now_3_days",
            "COALESCE(CAST(`changed_at` AS DATE) <= CURRENT_DATE - 3, FALSE)",
            'COALESCE(CAST("changed_at" AS DATE) <= CURRENT_DATE - 3, FALSE)',
        ),
        (
            'ColumnValues "status" in ["A", NULL, EMPTY]',
            "status_in_a_null_empty",
            "COALESCE(LENGTH(`status`) = 0 OR `status` IN ('A'), TRUE)",
            'COALESCE(LENGTH("status") = 0 OR "status" IN (\'A\'), TRUE)',
        ),
        (
            'ColumnValues "status" != NULL',
            "status_is_not_null",
            "NOT `status` IS NULL",
            'NOT "status" IS NULL',
        ),
        (
            'ColumnValues "status" = "it\'s"',
            "status_is_it_s",
            r"COALESCE(`status` = 'it\'s', FALSE)",
            r"""COALESCE("status" = 'it\'s', FALSE)""",
        ),
        (
            '(ColumnValues "customer_id" in ["1","2"]) or (IsComplete "op") and (IsUnique "op")',
            "customer_id_in_1_2_or_op_is_complete_and_op_is_unique",
            "COALESCE(`customer_id` IN (1, 2), FALSE) OR (NOT `op` IS NULL AND COUNT(*) OVER (PARTITION BY `_partition`, `op`) = 1)",
            'COALESCE("customer_id" IN (1, 2), FALSE) OR (NOT "op" IS NULL AND COUNT(*) OVER (PARTITION BY "_partition", "op") = 1)',
        ),
    ],
)
def test_a_row_rule_is_one_expression_for_both_engines(text: str, name: str, spark: str, redshift: str) -> None:
    compiled = row_rule(text.replace("'", "''"))

    assert compiled == (name, spark, redshift)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Variance > 1", "use StandardDeviation"),
        ('Mean "status" > 1', "Mean needs a number, 'status' is CHAR(1)"),
        ('ColumnValues "amount" in ["a"]', "numbers stand without quotes"),
        ('ColumnValues "status" > 5', "`>` needs a number or a date"),
        ('ColumnValues "status" matches "(a"', "is no regular expression"),
        ('ColumnValues "status" = "A" where "nope > 1"', "there is no column 'nope'"),
        ('ColumnValues "status" = "A" where "op in (select 1)"', "no other table"),
        ('IsComplete "status" > 1', "IsComplete takes no condition"),
        ('Completeness "status"', "Completeness needs a condition"),
        ('Completeness "status" > 0.5 with threshold > 0.9', "with threshold"),
        ("ColumnValues status = 5", "texts stand in double quotes"),
        ('(IsComplete "status") and (RowCount > 1)', "or rules about the set, not both"),
        ('IsComplete "a" and IsComplete "b" or IsComplete "c"', "stand in parentheses"),
        ("", "where a rule type should stand"),
        ('iscomplete "status"', "did you mean IsComplete?"),
        ('ColumnValues "status" IN ["A"]', "small letters"),
        ('ColumnValues "status" in []', "is no value"),
        ('ColumnValues "status" in ["A"', "']' is missing at the end"),
        ('ColumnValues "status" between "A" and "B"', "`between` needs a number or a date"),
        ('ColumnValues "status" > NULL', "cannot be asked of NULL"),
        ('ColumnValues "amount" = EMPTY', "only texts are EMPTY"),
        ('ColumnValues "amount" matches "1"', "a pattern needs a char or varchar"),
        ('ColumnValues "amount" > 1e3', "'1e3' cannot be read"),
        ('ColumnValues "changed_at" > "2024-02-30"', "is no date"),
        ('ColumnValues "changed_at" > (now() - 3 hours)', "compares dates"),
        ('ColumnValues "changed_at" > 5', "is no date"),
        ('ColumnValues "status" = "a\\b"', "a single backslash"),
        ('ColumnLength "amount" = 1', "ColumnLength needs a char or varchar"),
        ('ColumnLength "status" = "1"', "compared with a number"),
        ('ColumnLength "status" matches "1"', "cannot be matched"),
        ('IsUnique "status" "op"', "IsPrimaryKey takes several"),
        ('IsPrimaryKey "op" "op"', "names a column twice"),
        ('Completeness "status" > 90', "between 0 and 1"),
        ('RowCount > "5"', "compared with a number"),
        ("RowCount > avg(last(10))", "is no value"),
        ('ColumnCount = 5 where "op = 1"', "takes no `where`"),
        ('DataFreshness "status" <= 24 hours', "needs a date or timestamp"),
        ('DataFreshness "changed_at" <= 24', "days, hours or minutes"),
        ('DataFreshness "changed_at" <= 24 weeks', "is no unit of time"),
        ('ColumnCorrelation "amount" > 0.5', "takes 2 column(s), here are 1"),
        ('IsComplete "status" where op', "double quotes"),
        ('not (IsComplete "status")', "is no rule type"),
        ('CustomSql "select 1" > 0', "does not find the view"),
        ('ReferentialIntegrity "op" "ref.op" > 0.9', "not supported yet"),
    ],
)
def test_a_rule_that_would_not_be_evaluated_rightly_is_refused(text: str, said: str) -> None:
    told = " ".join(str(fault) for fault in faults_of(changed(RULE, text)))

    assert said in told


def test_the_same_check_twice_is_refused() -> None:
    (fault,) = faults_of(changed("  quarantine:", f"    - {{rule: '{RULE}', otherwise: warn}}\n  quarantine:"))

    assert "the same rule stands in quality.0" in fault.message


def test_required_columns_and_batch_rules_are_checks_too() -> None:
    rules = compile_rules(contract_of())

    assert [rule.name for rule in rules.row] == ["customer_id_required", "op_in_i_u_d"]
    assert [(rule.name, rule.rule, rule.otherwise) for rule in rules.batch] == [("row_count", "RowCount > 0", "block")]


def test_names_are_unique_and_stay_when_rules_are_added() -> None:
    rules = ["RowCount > 0", "RowCount > 1000", 'RowCount > 1000 where "amount > 0"', 'IsUnique "op"']
    text = "".join(f"    - {{rule: '{rule}', otherwise: warn}}\n" for rule in rules)

    names = [
        rule.name
        for rule in compile_rules(
            contract_of(
                GOOD.replace("  quarantine:", f"{text[:-1]}\n  quarantine:").replace(
                    "    - {rule: 'RowCount > 0', otherwise: block}\n", ""
                )
            )
        ).batch
    ]

    assert names == ["row_count", "row_count_above_1000", "row_count_where_amount_0"]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("RowCount>0", "RowCount > 0"),
        ("Completeness status between 0.5 and 1", 'Completeness "status" between 0.5 and 1'),
        ('DataFreshness "changed_at" <= 24 hours', 'DataFreshness "changed_at" <= 24 hours'),
        ('(RowCount > 0) and (Mean "amount" > -5)', '(RowCount > 0) AND (Mean "amount" > -5)'),
        # In Spark a doubled quote is no quote.
        (
            "Completeness \"status\" > 0.5 where \"op = 'it''s'\"",
            'Completeness "status" > 0.5 where "`op` = \'it\\\'s\'"',
        ),
    ],
)
def test_a_batch_rule_travels_as_text_that_deequ_reads(text: str, canonical: str) -> None:
    whole = changed("RowCount > 0", text.replace("'", "''"))

    assert compile_rules(contract_of(whole)).batch[0].rule == canonical


def test_a_compiled_rule_knows_its_columns() -> None:
    rule = compile_rules(contract_of(changed(RULE, 'IsComplete "status" where "amount > 0"'))).row[-1]

    assert rule.columns == ("status", "amount")


def test_deletes_are_compiled_like_a_row_rule() -> None:
    assert compile_expression(contract_of(), "op = 'D'").spark_sql == "COALESCE(`op` = 'D', FALSE)"
