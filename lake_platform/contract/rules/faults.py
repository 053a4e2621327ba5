"""What is wrong with the rules of a contract, found before any row is read.

One rule with a wrong column or type makes Deequ fail every other rule with the same text, so columns, types, regular
expressions and conditions are checked here.
"""

import re
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError

from lake_platform.contract.dataset import DatasetContract, QualityRule
from lake_platform.contract.rules.compiled import column_types, is_row_rule, simple_rules
from lake_platform.contract.rules.model import NUMERIC_RULES, Composite, Rule, RuleSyntaxError, Simple
from lake_platform.contract.rules.names import rule_name
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.contract.rules.render import Types, parse_sql

Where = tuple[str | int, ...]
RuleFault = tuple[Where, str, str]
"""Path below `attributes`, what is wrong, what to do."""

NUMERIC = ("integer", "float", "decimal")
COLUMNS = {"RowCount": (0, 0), "ColumnCount": (0, 0), "ColumnCorrelation": (2, 2), "IsPrimaryKey": (1, 20)}
NO_CONDITION = ("IsComplete", "IsUnique", "IsPrimaryKey")


def rule_faults(contract: DatasetContract) -> Iterator[RuleFault]:
    """Every fault of the rules and of `deletes.when`, each with the path of the very rule."""
    types = column_types(contract)
    seen: dict[str, int] = {}
    for number, declared in enumerate(contract.quality):
        at: Where = ("quality", number, "rule")
        try:
            rule = parse_rule(declared.rule)
        except RuleSyntaxError as error:
            yield at, str(error), "docs/dataset.md lists the rules"
            continue
        yield from ((at, message, hint) for message, hint in _rule(rule, types))
        yield from _severity(number, declared, rule)
        name = rule_name(rule)
        if name in seen:
            yield at, f"the check {name!r} stands in quality.{seen[name]} already", "remove one of the two rules"
        seen.setdefault(name, number)
    deletes = contract.target.deletes if contract.target else None
    if deletes is not None and deletes.when is not None:
        for message, hint in condition_faults(deletes.when, types):
            yield ("target", "deletes", "when"), message, hint


def condition_faults(text: str, types: Types) -> Iterator[tuple[str, str]]:
    """What is wrong with a SQL condition over columns."""
    try:
        expression = parse_sql(text)
    except SqlglotError as error:
        yield f"{text!r} is no condition: {str(error).splitlines()[0]}", "write it as in SQL: op = 'D'"
        return
    if expression.find(exp.Select, exp.Subquery, exp.Command):
        yield f"{text!r} asks another table", "use the columns of the row only"
    for column in expression.find_all(exp.Column):
        yield from _known(column.name, types)


def _severity(number: int, declared: QualityRule, rule: Rule) -> Iterator[RuleFault]:
    if declared.otherwise == "quarantine" and not is_row_rule(rule):
        message = "a rule about the whole set cannot send rows to quarantine"
        yield ("quality", number, "otherwise"), message, "use block or warn"


def _rule(rule: Rule, types: Types) -> Iterator[tuple[str, str]]:
    if isinstance(rule, Composite):
        kinds = {is_row_rule(part) for part in rule.parts}
        if kinds != {True}:
            yield "and/or join rules about rows only", "write the rules one by one"
    for simple in simple_rules(rule):
        yield from _simple(simple, types)


def _simple(rule: Simple, types: Types) -> Iterator[tuple[str, str]]:
    low, high = COLUMNS.get(rule.kind, (1, 1))
    if not low <= len(rule.columns) <= high:
        wanted = str(low) if low == high else f"{low} or more"
        yield f"{rule.kind} takes {wanted} column(s), here are {len(rule.columns)}", "names stand in double quotes"
        return
    unknown = [fault for name in rule.columns for fault in _known(name, types)]
    yield from unknown
    if (rule.condition is None) != (rule.kind in NO_CONDITION):
        yield (
            (f"{rule.kind} takes no condition", "")
            if rule.condition
            else (f"{rule.kind} needs a condition", "such as > 0.9")
        )
        return
    if rule.where is not None:
        yield from condition_faults(rule.where, types)
    if not unknown:
        yield from _types(rule, types)
    if rule.condition and rule.condition.operator in ("matches", "not matches"):
        yield from _regex(rule.condition.values[0].text)


def _known(name: str, types: Types) -> Iterator[tuple[str, str]]:
    if name not in types:
        yield f"there is no column {name!r}", f"the columns are {', '.join(types)}"


def _types(rule: Simple, types: Types) -> Iterator[tuple[str, str]]:
    families = [types[name].family for name in rule.columns]
    if rule.kind in (*NUMERIC_RULES, "ColumnCorrelation"):
        wrong = [name for name, family in zip(rule.columns, families, strict=True) if family not in NUMERIC]
        if wrong:
            yield f"{rule.kind} needs a number, {wrong[0]!r} is {types[wrong[0]].redshift}", ""
    if rule.kind == "ColumnLength" and families[0] != "string":
        yield f"ColumnLength needs a char or varchar, {rule.columns[0]!r} is {types[rule.columns[0]].redshift}", ""
    if rule.condition is None:
        return
    values = [value for value in rule.condition.values if value.kind != "keyword"]
    if rule.kind == "ColumnValues":
        family = families[0]
        if rule.condition.operator.endswith("matches") and family != "string":
            yield f"matches needs a char or varchar, {rule.columns[0]!r} is {types[rule.columns[0]].redshift}", ""
        kind = "number" if family in NUMERIC else "string"
        if any(value.kind != kind for value in values):
            yield f"{rule.columns[0]!r} is {types[rule.columns[0]].redshift}, its values are written as {kind}s", ""
    elif any(value.kind != "number" for value in values):
        yield f"{rule.kind} is compared with numbers", ""


def _regex(pattern: str) -> Iterator[tuple[str, str]]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{pattern!r} is no regular expression: {error}", ""
