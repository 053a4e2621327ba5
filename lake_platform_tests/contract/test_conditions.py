"""SQL conditions on a row: `where` and `deletes.when`."""

import pytest

from lake_platform.contract.rules.conditions import Types, parse_condition
from lake_platform.contract.rules.render import condition_expression, redshift_sql, spark_sql
from lake_platform.contract.types import parse_type
from lake_platform.errors import RuleSyntaxError

TYPES: Types = {
    "op": parse_type("char(1)"),
    "n": parse_type("bigint"),
    "ok": parse_type("boolean"),
    "day": parse_type("date"),
    "at": parse_type("timestamp"),
    "faulty": None,
}


@pytest.mark.parametrize(
    ("text", "spark"),
    [
        ("op = 'D'", "COALESCE(`op` = 'D', FALSE)"),
        ("OP <> 'it''s'", r"COALESCE(`op` <> 'it\'s', FALSE)"),
        ("lower(op) in ('d', 'x') and n > 1.5", "COALESCE(LOWER(`op`) IN ('d', 'x') AND `n` > 1.5, FALSE)"),
        ("not (ok or op is null)", "COALESCE(NOT (`ok` OR `op` IS NULL), FALSE)"),
        ("n * 2 - 1 not between -1 and 3", "COALESCE(NOT `n` * 2 - 1 BETWEEN -1 AND 3, FALSE)"),
        ("day >= '2024-01-31'", "COALESCE(`day` >= CAST('2024-01-31' AS DATE), FALSE)"),
        ("at < '2024-01-31 06:30:00'", "COALESCE(`at` < CAST('2024-01-31 06:30:00' AS TIMESTAMP), FALSE)"),
        (
            "day = date '2024-01-31' or ok is not true",
            "COALESCE(`day` = CAST('2024-01-31' AS DATE) OR NOT `ok` IS TRUE, FALSE)",
        ),
        ("op like 'D%'", "COALESCE(`op` LIKE 'D%', FALSE)"),
        ("faulty = 1 or faulty = 'a'", "COALESCE(`faulty` = 1 OR `faulty` = 'a', FALSE)"),
        ("op = 'a\\b'", r"COALESCE(`op` = 'a\\b', FALSE)"),
    ],
)
def test_a_condition_is_one_expression_and_never_null(text: str, spark: str) -> None:
    expression = condition_expression(text, TYPES)

    assert spark_sql(expression) == spark
    assert redshift_sql(expression) == spark.replace("`", '"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the condition is empty"),
        ("op", "neither true nor false"),
        ("op = 'D' or", "the text ends where"),
        ("op = 'D'; drop table x", "'; drop table x' cannot be read"),
        ("nope = 1", "there is no column 'nope'"),
        ("op = 1", "compares a number with string"),
        ("n > 'a'", "compares a number with string"),
        ("day > 'soon'", "'soon' is no date"),
        ("day > '2024-02-30'", "'2024-02-30' is no date"),
        ("op in (select 1)", "no other table"),
        ("exists (select 1)", "no other table"),
        ("n / 2 = 1", "'/ 2 = 1' cannot be read"),
        ("rand() > 0.5", "the function 'rand' is not supported"),
        ("t.op = 'D'", "cannot be read"),
        ('op = "D"', "cannot be read"),
        ("op = 'D' n", "'n' is left over"),
        ("ok + 1 = 2", "a number is needed"),
        ("not n", "a boolean is needed"),
        ("lower(n) = 'a'", "a string is needed"),
        ("op is 5", "after `is` comes null"),
        ("n not 5", "after `not` comes in, between or like"),
        ("n between 1 or 2", "two values with `and`"),
        ("(" * 30 + "ok" + ")" * 30, "more than 20 parentheses"),
        ("op in ('a'", "')' is missing at the end"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(RuleSyntaxError) as told:
        parse_condition(text, TYPES)

    assert said in str(told.value)


def test_a_condition_knows_its_columns() -> None:
    assert parse_condition("n > 1 and (op = 'D' or n is null)", TYPES).columns() == ("n", "op")
