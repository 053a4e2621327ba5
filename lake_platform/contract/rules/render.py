"""From a parsed row rule to one boolean expression, written for Spark and for Redshift from the same tree.

The expression is true where the row is good and never NULL. Semantics are Deequ's: NULL fails every operator of
ColumnValues but `!=` and `not in`, and these too where they name a keyword; NULL has no length and passes a rule on it,
but `in`; `between` leaves out both ends; `matches` is `^p$` without a group; dates compare as whole days; rows outside a
`where` are good; IsUnique and IsPrimaryKey look at the rows of one partition. `docs/dataset.md` says where Deequ differs.
"""

from collections.abc import Callable, Sequence
from typing import cast

from sqlglot import exp

from lake_platform.contract.rules.conditions import Node, Types, parse_condition
from lake_platform.contract.rules.model import Composite, Condition, Operator, Rule, Simple, Value
from lake_platform.contract.types import ColumnType

_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "like": exp.Like,
}
_FUNCTIONS: dict[str, type[exp.Func]] = {
    "lower": exp.Lower,
    "upper": exp.Upper,
    "trim": exp.Trim,
    "length": exp.Length,
    "abs": exp.Abs,
}


def spark_sql(expression: exp.Condition) -> str:
    """As Spark SQL."""
    return expression.sql(dialect="spark")


def redshift_sql(expression: exp.Condition) -> str:
    """As Redshift SQL."""
    return expression.sql(dialect="redshift")


def row_expression(rule: Rule, types: Types) -> exp.Condition:
    """The condition of a good row, true or false, never NULL."""
    if isinstance(rule, Composite):
        parts = [row_expression(part, types) for part in rule.parts]
        return exp.and_(*parts) if rule.operator == "and" else exp.or_(*parts)
    inside = None if rule.where is None else condition_tree(parse_condition(rule.where, types))
    good = _simple(rule, types, inside)
    return good if inside is None else exp.or_(_or_else(exp.not_(exp.paren(inside)), exp.true()), good)


def condition_expression(text: str, types: Types) -> exp.Condition:
    """A SQL condition on a row; unknown counts as false."""
    return _or_else(condition_tree(parse_condition(text, types)), exp.false())


def condition_tree(node: Node) -> exp.Condition:
    """A SQL condition on a row as it stands; it may be NULL."""
    parts = [condition_tree(part) for part in node.parts]
    if node.name in _COMPARISONS:
        return _COMPARISONS[node.name](this=parts[0], expression=parts[1])
    if node.name in _FUNCTIONS:
        return _FUNCTIONS[node.name](this=parts[0])
    if node.name in ("and", "or"):
        return exp.and_(*parts) if node.name == "and" else exp.or_(*parts)
    if node.name in ("in", "between"):
        return _among(node.name, parts)
    if node.name in ("not", "()", "negative"):
        wrapper = {"not": exp.Not, "()": exp.Paren, "negative": exp.Neg}[node.name]
        return wrapper(this=parts[0])
    if node.name.startswith("is "):
        return exp.Is(this=parts[0], expression=_leaf(node.name.removeprefix("is "), ""))
    return _leaf(node.name, node.text)


def column(name: str) -> exp.Column:
    """A column, quoted."""
    return exp.column(name, quoted=True)


def is_present(of: exp.Condition) -> exp.Condition:
    """IS NOT NULL."""
    return exp.not_(exp.Is(this=of.copy(), expression=exp.null()))


def _leaf(name: str, text: str) -> exp.Condition:
    if name == "column":
        return column(text)
    if name == "date":
        return exp.cast(exp.Literal.string(text), "date" if len(text) == len("2024-01-31") else "timestamp")
    constants: dict[str, Callable[[], exp.Condition]] = {"null": exp.null, "true": exp.true, "false": exp.false}
    if name in constants:
        return constants[name]()
    return exp.Literal.number(text) if name == "number" else exp.Literal.string(text)


def _among(name: str, parts: Sequence[exp.Condition]) -> exp.Condition:
    if name == "in":
        return exp.In(this=parts[0], expressions=list(parts[1:]))
    return exp.Between(this=parts[0], low=parts[1], high=parts[2])


def _simple(rule: Simple, types: Types, inside: exp.Condition | None) -> exp.Condition:
    columns = [column(name) for name in rule.columns]
    if rule.kind == "IsComplete":
        return is_present(columns[0])
    if rule.kind == "IsUnique":
        return _once(columns, inside)
    if rule.kind == "IsPrimaryKey":
        return exp.and_(*[is_present(name) for name in columns], _once(columns, inside))
    condition = cast("Condition", rule.condition)
    if rule.kind == "ColumnLength":
        length = exp.Length(this=columns[0])
        return _or_else(_compare(length, condition, _number), exp.false() if condition.operator == "in" else exp.true())
    return _column_values(columns[0], condition, cast("ColumnType", types[rule.columns[0]]))


def _once(columns: list[exp.Column], inside: exp.Condition | None) -> exp.Condition:
    """These values stand in one row of the partition only, of those that the rule is about."""
    counted = exp.Star() if inside is None else exp.Case(ifs=[exp.If(this=inside.copy(), true=exp.Literal.number(1))])
    window = exp.Window(
        this=exp.Count(this=counted), partition_by=[column("_partition"), *[name.copy() for name in columns]]
    )
    return exp.EQ(this=window, expression=exp.Literal.number(1))


def _column_values(of: exp.Column, condition: Condition, kind: ColumnType) -> exp.Condition:
    negative = condition.operator in ("!=", "not in")
    operator = {"!=": "=", "not in": "in"}.get(condition.operator, condition.operator)
    keywords = [value.text for value in condition.values if value.kind == "keyword"]
    plain = tuple(value for value in condition.values if value.kind != "keyword")
    tests = [_keyword(of, keyword) for keyword in keywords if keyword != "NULL"]
    if plain:
        left = exp.cast(of.copy(), "date") if kind.family == "timestamp" else of
        found = _compare(left, Condition(cast("Operator", operator), plain), lambda value: _literal(value, kind))
        # Spark and Redshift sort NaN above all numbers; it is none.
        is_nan = kind.family == "float" and operator in (">", ">=")
        tests.append(exp.and_(found, _is_number(of)) if is_nan else found)
    if not tests:
        return is_present(of) if negative else exp.Is(this=of.copy(), expression=exp.null())
    either = exp.or_(*tests)
    null_is_good = not keywords if negative else "NULL" in keywords
    return _or_else(exp.not_(either) if negative else either, exp.true() if null_is_good else exp.false())


def _compare(left: exp.Condition, condition: Condition, make: Callable[[Value], exp.Condition]) -> exp.Condition:
    operator, values = condition.operator, condition.values
    if operator in _COMPARISONS:
        return _COMPARISONS[operator](this=left.copy(), expression=make(values[0]))
    if operator in ("in", "not in"):
        among = exp.In(this=left.copy(), expressions=[make(value) for value in values])
        return among if operator == "in" else exp.not_(among)
    if operator.endswith("between"):
        low, high = (make(value) for value in values)
        if operator == "between":
            return exp.and_(exp.GT(this=left.copy(), expression=low), exp.LT(this=left.copy(), expression=high))
        return exp.or_(exp.LTE(this=left.copy(), expression=low), exp.GTE(this=left.copy(), expression=high))
    matched = exp.RegexpLike(this=left.copy(), expression=exp.Literal.string(f"^{values[0].text}$"))
    return matched if operator == "matches" else exp.not_(matched)


def _keyword(of: exp.Condition, keyword: str) -> exp.Condition:
    """By length: Redshift takes texts that differ in trailing blanks for equal in places."""
    length = exp.Length(this=of.copy())
    if keyword == "EMPTY":
        return exp.EQ(this=length, expression=exp.Literal.number(0))
    blank = exp.EQ(this=exp.Length(this=exp.Trim(this=of.copy())), expression=exp.Literal.number(0))
    return exp.and_(exp.GT(this=length, expression=exp.Literal.number(0)), blank)


def _is_number(of: exp.Condition) -> exp.Condition:
    return exp.NEQ(this=of.copy(), expression=exp.cast(exp.Literal.string("NaN"), "double"))


def _literal(value: Value, kind: ColumnType) -> exp.Condition:
    if value.kind == "now":
        days = int(value.text)
        if not days:
            return exp.CurrentDate()
        shift = exp.Sub if days < 0 else exp.Add
        return shift(this=exp.CurrentDate(), expression=exp.Literal.number(abs(days)))
    if kind.family in ("date", "timestamp"):
        return exp.cast(exp.Literal.string(value.text), "date")
    if kind.family == "boolean":
        return exp.true() if value.text == "true" else exp.false()
    if kind.spark == "float":
        # A decimal literal would be compared as a double, and 2.1 as a double is no float's 2.1.
        return exp.cast(_number(value), "float")
    return exp.Literal.string(value.text) if kind.family == "string" else _number(value)


def _number(value: Value) -> exp.Condition:
    return exp.Literal.number(value.text)


def _or_else(test: exp.Condition, when_null: exp.Condition) -> exp.Condition:
    return exp.func("COALESCE", test, when_null)
