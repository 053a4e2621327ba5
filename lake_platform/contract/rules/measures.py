"""Batch rules in SQL: what one pass over the rows has to add up, and what follows from the sums.

A measure is a few expressions of each row, a few aggregates of these, and a number made of the aggregates. Ratios are
divided here, from whole counts, so that a share of 1.0 is exact. Of no rows there is no number, and a rule fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from lake_platform.contract.rules.conditions import Types, parse_condition
from lake_platform.contract.rules.model import Simple
from lake_platform.contract.rules.render import column, condition_tree, is_present

Number = Decimal | None
Sums = Sequence[Number]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure of a set of rows.

    Attributes:
        rows: an expression of each row, for every aggregate.
        aggregates: SQL names of the functions over them; `MEAN` and `STDDEV_POP` read doubles.
        figure: the number, from the aggregates in their order.
        refers: table and column that values are looked for in; the expression `found` says whether.
    """

    rows: Sequence[exp.Condition]
    aggregates: Sequence[str]
    figure: Callable[[Sums], Number]
    refers: tuple[str, str] | None = None


FOUND = "_found"
"""The column of a looked-up value: NULL where the other table does not have it."""


def measure_of(rule: Simple, types: Types, *, columns: int, place: int) -> Measure:
    """The measure of one simple batch rule.

    Args:
        columns: how many columns the table has.
        place: the number of the rule, which tells the columns of look-ups apart.
    """
    inside = None if rule.where is None else condition_tree(parse_condition(rule.where, types))
    if rule.kind == "ColumnCount":
        return Measure(rows=(), aggregates=(), figure=lambda _: Decimal(columns))
    if rule.kind == "RowCount":
        return Measure(rows=(_one(inside),), aggregates=("SUM",), figure=lambda sums: sums[0] or Decimal(0))
    name = column(rule.columns[0])
    if rule.kind in ("Mean", "Sum", "StandardDeviation"):
        return _numeric(rule.kind, name, inside)
    if rule.kind == "ReferentialIntegrity":
        table, _, other = rule.columns[1].partition(".")
        found = is_present(column(f"{FOUND}_{place}"))
        return Measure(
            rows=(_one(inside, found), _one(inside)), aggregates=("SUM", "SUM"), figure=_share, refers=(table, other)
        )
    if rule.kind == "Completeness":
        return Measure(rows=(_one(inside, is_present(name)), _one(inside)), aggregates=("SUM", "SUM"), figure=_share)
    return _distinct(rule.kind, name, inside)


def _numeric(kind: str, name: exp.Column, inside: exp.Condition | None) -> Measure:
    value: exp.Condition = name if kind == "Sum" else exp.cast(name, "double")
    aggregate = {"Sum": "SUM", "Mean": "AVG", "StandardDeviation": "STDDEV_POP"}[kind]
    chosen = value if inside is None else exp.Case(ifs=[exp.If(this=inside.copy(), true=value)])
    return Measure(rows=(chosen,), aggregates=(aggregate,), figure=lambda sums: sums[0])


def _distinct(kind: str, name: exp.Column, inside: exp.Condition | None) -> Measure:
    """How often a value stands among the rows decides; NULL is none."""
    there = is_present(name) if inside is None else exp.and_(inside.copy(), is_present(name))
    counted = exp.Case(ifs=[exp.If(this=there.copy(), true=exp.Literal.number(1))])
    # The window leaves values outside the condition at 0, so that only those inside are counted.
    times = exp.Window(this=exp.Count(this=counted), partition_by=[column("_partition"), name.copy()])
    once = exp.and_(there.copy(), exp.EQ(this=times, expression=exp.Literal.number(1)))
    value = exp.Case(ifs=[exp.If(this=there.copy(), true=name.copy())])
    distinct = "COUNT DISTINCT"
    if kind == "DistinctValuesCount":
        return Measure(rows=(value,), aggregates=(distinct,), figure=lambda sums: sums[0] or Decimal(0))
    if kind == "UniqueValueRatio":
        return Measure(rows=(_one(None, once), value), aggregates=("SUM", distinct), figure=_share)
    return Measure(rows=(_one(None, once), _one(None, there)), aggregates=("SUM", "SUM"), figure=_share)


def _one(inside: exp.Condition | None, test: exp.Condition | None = None) -> exp.Condition:
    """1 for a row that counts, else 0."""
    tests = [part.copy() for part in (inside, test) if part is not None]
    if not tests:
        return exp.Literal.number(1)
    return exp.Case(ifs=[exp.If(this=exp.and_(*tests), true=exp.Literal.number(1))], default=exp.Literal.number(0))


def _share(sums: Sums) -> Number:
    part, whole = sums[0], sums[1]
    return part / whole if part is not None and whole else None
