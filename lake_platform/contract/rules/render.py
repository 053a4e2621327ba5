"""From a parsed row rule to one boolean expression, written for Spark and for Redshift from the same tree.

The expression is true where the row is good and never NULL. Semantics are those of DQDL: NULL fails every ColumnValues
operator except `!=` and `not in`; `between` leaves out both ends; a regular expression must match the whole value;
rows outside a `where` are good; IsUnique and IsPrimaryKey look at the rows of one partition.
"""

from collections.abc import Callable, Mapping

import sqlglot
from sqlglot import exp

from lake_platform.contract.rules.model import Composite, Condition, Rule, Simple, Value
from lake_platform.contract.types import ColumnType

Types = Mapping[str, ColumnType]
COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def row_expression(rule: Rule, types: Types) -> exp.Expr:
    """The condition of a good row, true or false, never NULL."""
    if isinstance(rule, Composite):
        parts = [row_expression(part, types) for part in rule.parts]
        return exp.and_(*parts) if rule.operator == "and" else exp.or_(*parts)
    good = exp.func("COALESCE", _simple(rule, types), exp.false())
    if rule.where is None:
        return good
    inside = exp.func("COALESCE", exp.paren(parse_sql(rule.where)), exp.false())
    return exp.or_(exp.not_(inside), good)


def parse_sql(text: str) -> exp.Expr:
    """A SQL condition over columns, as in `where` and `deletes.when`.

    Raises:
        sqlglot.errors.ParseError: it is no expression.
    """
    return sqlglot.parse_one(text, read="spark", into=exp.Condition)


def spark_sql(expression: exp.Expr) -> str:
    return expression.sql(dialect="spark")


def redshift_sql(expression: exp.Expr) -> str:
    return expression.sql(dialect="redshift")


def _simple(rule: Simple, types: Types) -> exp.Expr:
    columns = [column(name) for name in rule.columns]
    present = [is_present(name) for name in columns]
    if rule.kind == "IsComplete":
        return exp.and_(*present)
    if rule.kind == "IsUnique":
        return exp.or_(exp.not_(present[0]), _once(columns))
    if rule.kind == "IsPrimaryKey":
        return exp.and_(*present, _once(columns))
    assert rule.condition is not None
    if rule.kind == "ColumnLength":
        return _compare(exp.func("LENGTH", columns[0]), rule.condition, lambda value: exp.Literal.number(value.text))
    kind = types[rule.columns[0]]
    return _compare(columns[0], rule.condition, lambda value: _literal(value, kind))


def column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def is_present(of: exp.Expr) -> exp.Expr:
    return exp.not_(exp.Is(this=of.copy(), expression=exp.null()))


def _once(columns: list[exp.Column]) -> exp.Expr:
    """The values of these columns stand in one row of the partition only."""
    window = exp.Window(
        this=exp.Count(this=exp.Star()), partition_by=[column("_partition"), *[c.copy() for c in columns]]
    )
    return exp.EQ(this=window, expression=exp.Literal.number(1))


def _compare(left: exp.Expr, condition: Condition, make: Callable[[Value], exp.Expr]) -> exp.Expr:
    operator, values = condition.operator, condition.values
    if values[0].kind == "keyword" and operator in ("=", "!="):
        special = _keyword(left, values[0].text)
        return special if operator == "=" else exp.not_(special)
    if operator in COMPARISONS:
        comparison = COMPARISONS[operator](this=left.copy(), expression=make(values[0]))
        return _or_absent(left, comparison) if operator == "!=" else comparison
    if operator in ("in", "not in"):
        plain = exp.In(this=left.copy(), expressions=[make(value) for value in values])
        return plain if operator == "in" else _or_absent(left, exp.not_(plain))
    if operator in ("between", "not between"):
        low, high = (make(value) for value in values)
        if operator == "between":
            return exp.and_(exp.GT(this=left.copy(), expression=low), exp.LT(this=left.copy(), expression=high))
        return exp.or_(exp.LTE(this=left.copy(), expression=low), exp.GTE(this=left.copy(), expression=high))
    matched = exp.RegexpLike(this=left.copy(), expression=exp.Literal.string(f"^({values[0].text})$"))
    return matched if operator == "matches" else exp.not_(matched)


def _or_absent(left: exp.Expr, comparison: exp.Expr) -> exp.Expr:
    return exp.or_(exp.Is(this=left.copy(), expression=exp.null()), comparison)


def _keyword(left: exp.Expr, keyword: str) -> exp.Expr:
    if keyword == "NULL":
        return exp.Is(this=left.copy(), expression=exp.null())
    if keyword == "EMPTY":
        return exp.EQ(this=left.copy(), expression=exp.Literal.string(""))
    trimmed = exp.EQ(this=exp.Trim(this=left.copy()), expression=exp.Literal.string(""))
    return exp.and_(exp.NEQ(this=left.copy(), expression=exp.Literal.string("")), trimmed)


def _literal(value: Value, kind: ColumnType) -> exp.Expr:
    if kind.family in ("date", "timestamp"):
        return exp.cast(exp.Literal.string(value.text), kind.family)
    if kind.family == "boolean":
        return exp.true() if value.text.lower() == "true" else exp.false()
    return exp.Literal.number(value.text) if value.kind == "number" else exp.Literal.string(value.text)
