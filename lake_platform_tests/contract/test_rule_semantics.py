"""Compiled row rules, run by SQLite over rows of all kinds, against what the reference says of them in plain Python."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_platform.contract.rules import parse_rule
from lake_platform.contract.rules.conditions import Types
from lake_platform.contract.rules.model import Composite, Condition, Operator, Rule, Simple, Value
from lake_platform.contract.rules.render import row_expression
from lake_platform.contract.types import parse_type

TYPES: Types = {"n": parse_type("integer"), "s": parse_type("varchar(20)")}
Row = tuple[int | None, str | None]
ROWS: list[Row] = [(n, s) for n in (None, -1, 0, 1, 2, 3) for s in (None, "", " ", "a", "ab", "it's")]
NUMBERS = [Value(str(number), "number") for number in (-1, 0, 1, 2)]
TEXTS = [Value(text, "string") for text in ("a", "ab", "it's", '"', "\\")]
KEYWORDS = [Value(word, "keyword") for word in ("NULL", "EMPTY", "WHITESPACES_ONLY")]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def condition(operators: list[str], values: list[Value]) -> st.SearchStrategy[Condition]:
    def of(operator: Any) -> st.SearchStrategy[Condition]:
        many = operator in ("in", "not in")
        size = (1, 4) if many else (2, 2) if "between" in operator else (1, 1)
        lists = st.lists(st.sampled_from(values), min_size=size[0], max_size=size[1])
        return lists.map(lambda chosen: Condition(operator, tuple(chosen)))

    return st.sampled_from(operators).flatmap(of)


RANGES = ["<", "<=", ">", ">=", "between", "not between"]
SETS = ["=", "!=", "in", "not in"]
WHERE = st.sampled_from([None, "n > 0", "s = 'a' or n is null", "not (s = 'it''s')"])
SIMPLE = st.one_of(
    st.builds(Simple, st.just("IsComplete"), st.sampled_from([("n",), ("s",)]), st.none(), WHERE),
    st.builds(Simple, st.just("ColumnValues"), st.just(("n",)), condition(RANGES, NUMBERS), WHERE),
    st.builds(Simple, st.just("ColumnValues"), st.just(("n",)), condition(SETS, [*NUMBERS, KEYWORDS[0]]), WHERE),
    st.builds(Simple, st.just("ColumnValues"), st.just(("s",)), condition(SETS, [*TEXTS, *KEYWORDS]), WHERE),
    st.builds(Simple, st.just("ColumnLength"), st.just(("s",)), condition([*RANGES, *SETS], NUMBERS), WHERE),
)
RULES: st.SearchStrategy[Rule] = st.recursive(
    SIMPLE,
    lambda inner: st.builds(
        Composite, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)
    ),
    max_leaves=5,
)


@given(RULES)
def test_a_compiled_rule_says_what_the_reference_says_and_is_never_null(rule: Rule) -> None:
    found = evaluate(rule)

    assert found == [int(is_good(rule, row)) for row in ROWS], str(rule)


@given(RULES)
def test_the_canonical_text_of_a_rule_reads_back_as_the_same_rule(rule: Rule) -> None:
    again = parse_rule(str(rule))

    assert str(again) == str(rule)
    assert evaluate(again) == evaluate(rule)


def evaluate(rule: Rule) -> list[int | None]:
    sql = row_expression(rule, TYPES).sql(dialect="sqlite")
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (at INTEGER, n INTEGER, s TEXT)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?)", [(at, *row) for at, row in enumerate(ROWS)])
    return [good for (good,) in base.execute(f"SELECT {sql} FROM t ORDER BY at")]


def is_good(rule: Rule, row: Row) -> bool:
    if isinstance(rule, Composite):
        parts = [is_good(part, row) for part in rule.parts]
        return all(parts) if rule.operator == "and" else any(parts)
    if rule.where is not None and not is_inside(rule.where, row):
        return True
    value: Any = row[0] if rule.columns == ("n",) else row[1]
    if rule.kind == "IsComplete":
        return value is not None
    assert rule.condition is not None
    if rule.kind == "ColumnLength":
        if value is None:
            return rule.condition.operator != "in"
        return is_met(rule.condition, len(value))
    if value is None:
        return is_null_good(rule.condition)
    return is_met(rule.condition, value)


def is_inside(where: str, row: Row) -> bool:
    number, text = row
    return {
        "n > 0": number is not None and number > 0,
        "s = 'a' or n is null": text == "a" or number is None,
        "not (s = 'it''s')": text is not None and text != "it's",
    }[where]


def is_null_good(condition: Condition) -> bool:
    named = [value.text for value in condition.values if value.kind == "keyword"]
    if condition.operator in ("!=", "not in"):
        return not named
    return condition.operator in ("=", "in") and "NULL" in named


def is_met(condition: Condition, value: Any) -> bool:
    operator: Operator = condition.operator
    if operator in ("in", "not in"):
        return any(is_one(value, each) for each in condition.values) == (operator == "in")
    if operator in ("between", "not between"):
        low, high = (int(each.text) for each in condition.values)
        return low < value < high if operator == "between" else value <= low or value >= high
    (each,) = condition.values
    if each.kind == "keyword":
        return is_one(value, each) == (operator == "=")
    return COMPARE[operator](value, int(each.text) if each.kind == "number" else each.text)


def is_one(value: Any, each: Value) -> bool:
    if each.kind == "keyword":
        return {"NULL": False, "EMPTY": value == "", "WHITESPACES_ONLY": value == " "}[each.text]
    return bool(value == (int(each.text) if each.kind == "number" else each.text))


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        pytest.param('IsUnique "n"', [True, False, False, True, True], id="equal values are both bad"),
        pytest.param('IsPrimaryKey "n"', [True, False, False, True, False], id="a key is there"),
        pytest.param('IsPrimaryKey "n" "s"', [True, True, True, True, False], id="a key of two columns"),
        pytest.param('IsUnique "n" where "s <> \'c\'"', [True, True, True, True, True], id="counted inside only"),
    ],
)
def test_unique_rows_are_looked_for_in_their_partition(rule: str, good: list[bool]) -> None:
    rows = [("p", 1, "a"), ("p", 2, "b"), ("p", 2, "c"), ("q", 1, "a"), ("q", None, "a")]
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (_partition TEXT, n INTEGER, s TEXT)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    sql = row_expression(parse_rule(rule), TYPES).sql(dialect="sqlite")

    found = base.execute(f"SELECT good FROM (SELECT rowid AS at, {sql} AS good FROM t) ORDER BY at")

    assert [bool(value) for (value,) in found] == good
