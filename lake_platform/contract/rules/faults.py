"""What is wrong with a rule, found before any row is read.

One rule with a wrong column or type makes Deequ fail every other rule with the same text, so columns, types, regular
expressions and conditions are checked here.
"""

import datetime as dt
import re
from collections.abc import Iterator

from lake_platform.contract.rules.conditions import Types, known_type, parse_condition
from lake_platform.contract.rules.kinds import OF_DATASETS, ROW_RULES, Kind, Vocabulary
from lake_platform.contract.rules.model import Composite, Condition, Rule, Simple, Value, simple_rules
from lake_platform.contract.types import NUMERIC, ColumnType
from lake_platform.errors import RuleSyntaxError

RuleFault = tuple[str, str]
"""What is wrong, what to do."""

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "between", "not between")
_SETS = ("in", "not in")
_PATTERNS = ("matches", "not matches")
_EQUALITY = ("=", "!=", *_SETS)


def find_rule_faults(rule: Rule, types: Types, vocabulary: Vocabulary = OF_DATASETS) -> Iterator[RuleFault]:
    """Every fault of one rule."""
    if isinstance(rule, Composite) and len({simple.kind in ROW_RULES for simple in simple_rules(rule)}) > 1:
        yield "and/or join rules about rows, or rules about the set, not both", "write the rules one by one"
    for simple in simple_rules(rule):
        yield from _simple(simple, types, vocabulary.kinds[simple.kind])


def _simple(rule: Simple, types: Types, kind: Kind) -> Iterator[RuleFault]:
    low, high = kind.columns
    if not low <= len(rule.columns) <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        yield f"{rule.kind} takes {wanted} column(s), here are {len(rule.columns)}", _columns_hint(rule.kind)
        return
    if kind.refers and not re.fullmatch(r"[a-z]\w*\.[a-z]\w*", rule.columns[-1]):
        yield f"{rule.columns[-1]!r} is no column of another table", 'write "table.column", the table as in `from`'
    if len(set(rule.columns)) < len(rule.columns):
        yield f"{rule.kind} names a column twice", ""
    yield from _where(rule, kind, types)
    known = list(_known(rule, kind, types))
    yield from (fault for fault in known if isinstance(fault, tuple))
    if (rule.condition is None) != (kind.compared == "nothing"):
        needs = f"{rule.kind} takes no condition" if rule.condition else f"{rule.kind} needs a condition"
        yield needs, "" if rule.condition else _condition_hint(kind)
        return
    if rule.condition is None:
        return
    if kind.compared == "values":
        yield from (
            f for column in known if isinstance(column, ColumnType) for f in _values(rule, rule.condition, column)
        )
    else:
        yield from _numbers(rule.kind, kind, rule.condition)


def _known(rule: Simple, kind: Kind, types: Types) -> Iterator[ColumnType | RuleFault]:
    for name in rule.columns[:-1] if kind.refers else rule.columns:
        try:
            column = known_type(name, types)
        except RuleSyntaxError as error:
            yield error.fault, error.hint
            continue
        if column is None:
            continue
        if kind.families and column.family not in kind.families:
            yield f"{rule.kind} needs {_families(kind)}, {name!r} is {column.redshift}", ""
        else:
            yield column


def _where(rule: Simple, kind: Kind, types: Types) -> Iterator[RuleFault]:
    if rule.where is None:
        return
    if not kind.where:
        yield f"{rule.kind} takes no `where`", ""
    try:
        parse_condition(rule.where, types)
    except RuleSyntaxError as error:
        yield f"where: {error.fault}", error.hint


def _numbers(name: str, kind: Kind, condition: Condition) -> Iterator[RuleFault]:
    if condition.operator in _PATTERNS:
        yield f"{name} cannot be matched with a pattern", _condition_hint(kind)
        return
    wanted = "duration" if kind.compared == "duration" else "number"
    if wrong := [str(value) for value in condition.values if value.kind != wanted]:
        yield f"{name} is compared with a {wanted}, not with {wrong[0]}", _condition_hint(kind)
        return
    limits = {"share": (0, 1), "correlation": (-1, 1)}.get(kind.compared)
    if limits and any(not limits[0] <= float(value.text) <= limits[1] for value in condition.values):
        yield f"{name} is a number between {limits[0]} and {limits[1]}", "90 in a hundred is 0.9"


def _values(rule: Simple, condition: Condition, column: ColumnType) -> Iterator[RuleFault]:
    operator, keywords = condition.operator, [value for value in condition.values if value.kind == "keyword"]
    if keywords and operator not in _EQUALITY:
        yield (
            f"`{operator}` cannot be asked of {keywords[0]}",
            "NULL, EMPTY and WHITESPACES_ONLY stand behind =, !=, in and not in",
        )
    if column.family != "string" and any(value.text != "NULL" for value in keywords):
        yield f"only texts are EMPTY or WHITESPACES_ONLY, {rule.columns[0]!r} is {column.redshift}", ""
    if operator in _PATTERNS:
        yield from _pattern(rule, condition.values[0].text, column)
        return
    if column.family in ("string", "boolean") and operator not in _EQUALITY:
        yield f"`{operator}` needs a number or a date, {rule.columns[0]!r} is {column.redshift}", ""
        return
    for value in condition.values:
        if value.kind != "keyword" and (fault := _misfit(value, operator, column)):
            yield f"{rule.columns[0]!r} is {column.redshift}: {value} {fault}", ""


def _misfit(value: Value, operator: str, column: ColumnType) -> str | None:
    if column.family in NUMERIC:
        whole = value.kind == "string" and column.family == "integer" and operator in _EQUALITY
        fits = value.kind == "number" or (whole and re.fullmatch(r"-?(0|[1-9][0-9]{0,18})", value.text))
        return None if fits else "is no number; numbers stand without quotes"
    if column.family in ("date", "timestamp"):
        return (
            None
            if value.kind == "now" or (value.kind == "string" and _is_date(value.text))
            else ('is no date; write "2024-01-31", or now(), or (now() - 3 days)')
        )
    if column.family == "boolean":
        return None if value.kind == "string" and value.text in ("true", "false") else 'is neither "true" nor "false"'
    return None if value.kind == "string" else "stands without quotes; texts stand in double quotes"


def _pattern(rule: Simple, pattern: str, column: ColumnType) -> Iterator[RuleFault]:
    if column.family != "string":
        yield f"a pattern needs a char or varchar, {rule.columns[0]!r} is {column.redshift}", ""
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{pattern!r} is no regular expression: {error}", ""
        return
    if found := re.search(r"\(\?P[<=]", pattern):
        yield f"{found[0]!r} is Python's way, Java reads another", "groups need no name here"


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _families(kind: Kind) -> str:
    return {"string": "a char or varchar", "date": "a date or timestamp"}.get(kind.families[0], "a number")


def _columns_hint(name: str) -> str:
    if name == "IsUnique":
        return 'IsPrimaryKey takes several: IsPrimaryKey "a" "b"'
    return "names stand in double quotes behind the rule type"


def _condition_hint(kind: Kind) -> str:
    examples = {"share": "> 0.9", "duration": "<= 24 hours", "values": 'in ["A","B"]', "correlation": "> 0.5"}
    return f"such as {examples.get(kind.compared, '> 0')}"
