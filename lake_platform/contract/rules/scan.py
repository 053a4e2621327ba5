"""All rules of a table made in the warehouse, compiled to one scan over its rows, and judged by what comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lake_platform.contract.rules.compiled import is_row_rule
from lake_platform.contract.rules.conditions import Types
from lake_platform.contract.rules.kinds import OF_TABLES
from lake_platform.contract.rules.measures import FOUND, Measure, Number, measure_of
from lake_platform.contract.rules.model import Composite, Condition, Rule, Simple, simple_rules
from lake_platform.contract.rules.names import rule_names
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.contract.rules.render import redshift_sql, row_expression

if TYPE_CHECKING:
    from lake_platform.contract.table import TableContract

PARTITION = '"_partition"'


@dataclass(frozen=True, kw_only=True)
class ScanRule:
    """One rule of a table. A row rule has no measures: its broken rows are counted."""

    name: str
    rule: Rule
    otherwise: str
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a rule says of one partition, or of the whole table."""

    name: str
    rule: str
    otherwise: str
    passed: bool
    failed_rows: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Scan:
    """Rules that are judged by one pass over one relation."""

    rules: tuple[ScanRule, ...]
    types: Types

    def sql(self, relation: str, tables: Mapping[str, str]) -> str:
        """The SELECT: one row for each `_partition`: its rows, then the sums that `judge` reads.

        Args:
            relation: what stands behind FROM: a relation with the columns and `_partition`, and no alias.
            tables: the tables that rules may refer to, by the names that they use.
        """
        inner, outer, joins = self._parts(tables)
        lines = ",\n  ".join([f"s.{PARTITION}", *inner])
        sums = "".join(f",\n  {text}" for text in outer)
        return (
            f"SELECT m.{PARTITION}, COUNT(*){sums}\nFROM (\n  SELECT {lines}\n  FROM {relation} AS s"
            f"{''.join(joins)}\n) AS m\nGROUP BY m.{PARTITION}"
        )

    def judge(self, sums: Sequence[Any]) -> list[Judged]:
        """What each rule says, from one row of the SELECT without its partition; of no row at all, from nothing."""
        left = [_number(value) for value in sums[1:]]
        judged: list[Judged] = []
        for rule in self.rules:
            width = sum(len(measure.aggregates) for measure in rule.measures) or 1 if _sums(rule) else 0
            mine, left = (left[:width] or [None] * width), left[width:]
            judged.append(_judge(rule, mine))
        return judged

    def _parts(self, tables: Mapping[str, str]) -> tuple[list[str], list[str], list[str]]:
        inner: list[str] = []
        outer: list[str] = []
        joins: list[str] = []
        for number, rule in enumerate(self.rules):
            if not rule.measures:
                good = redshift_sql(row_expression(rule.rule, self.types))
                inner.append(f"CASE WHEN {good} THEN 0 ELSE 1 END AS r{number}")
                outer.append(f"SUM(m.r{number})")
            for place, measure in enumerate(rule.measures):
                for at, (row, aggregate) in enumerate(zip(measure.rows, measure.aggregates, strict=True)):
                    name = f"r{number}_{place}_{at}"
                    inner.append(f"{redshift_sql(row)} AS {name}")
                    distinct = aggregate.endswith(" DISTINCT")
                    outer.append(f"COUNT(DISTINCT m.{name})" if distinct else f"{aggregate}(m.{name})")
                if measure.refers is not None:
                    simple = simple_rules(rule.rule)[place]
                    joins.append(_look_up(simple, tables, _place(number, place)))
        return inner, outer, joins


def compile_scan(contract: "TableContract", *, required: bool, declared: bool) -> Scan:
    """The rules of a table.

    Args:
        required: with a rule for each column that is `required`.
        declared: with those of `quality`.
    """
    types: Types = {column.name: column.parsed_type for column in contract.columns}
    rules = list(_required(contract)) if required else []
    if declared:
        parsed = [parse_rule(each.rule, OF_TABLES) for each in contract.quality]
        for name, rule, each in zip(rule_names(parsed), parsed, contract.quality, strict=True):
            measures = () if is_row_rule(rule) else _measures(rule, types, len(contract.columns), len(rules))
            rules.append(ScanRule(name=name, rule=rule, otherwise=each.otherwise, measures=measures))
    return Scan(tuple(rules), types)


def _required(contract: "TableContract") -> list[ScanRule]:
    return [
        ScanRule(name=f"{column.name}_required", rule=Simple("IsComplete", (column.name,)), otherwise="block")
        for column in contract.columns
        if column.required
    ]


def _measures(rule: Rule, types: Types, columns: int, number: int) -> tuple[Measure, ...]:
    return tuple(
        measure_of(simple, types, columns=columns, place=_place(number, at))
        for at, simple in enumerate(simple_rules(rule))
    )


def _place(number: int, at: int) -> int:
    return number * 100 + at


def _look_up(rule: Simple, tables: Mapping[str, str], place: int) -> str:
    table, _, name = rule.columns[1].partition(".")
    return (
        f'\n  LEFT JOIN (\n    SELECT o."{name}" AS "{FOUND}_{place}"\n    FROM {tables[table]} AS o\n'
        f'    WHERE o."{name}" IS NOT NULL\n    GROUP BY o."{name}"\n  ) AS f{place} '
        f'ON f{place}."{FOUND}_{place}" = s."{rule.columns[0]}"'
    )


def _sums(rule: ScanRule) -> bool:
    return not rule.measures or any(measure.aggregates for measure in rule.measures)


def _judge(rule: ScanRule, sums: Sequence[Number]) -> Judged:
    judged = Judged(name=rule.name, rule=str(rule.rule), otherwise=rule.otherwise, passed=False)
    if not rule.measures:
        failed = int(sums[0] or 0)
        return replace(judged, passed=failed == 0, failed_rows=failed)
    figures: list[Number] = []
    for measure in rule.measures:
        width = len(measure.aggregates)
        figures.append(measure.figure(sums[:width]))
        sums = sums[width:]
    simple = simple_rules(rule.rule)
    metrics = {
        " ".join((part.kind, *part.columns)): float(figure)
        for part, figure in zip(simple, figures, strict=True)
        if figure is not None
    }
    held = iter([_holds(part.condition, figure) for part, figure in zip(simple, figures, strict=True)])
    return replace(judged, passed=_joined(rule.rule, held), metrics=metrics)


def _joined(rule: Rule, held: Any) -> bool:
    if isinstance(rule, Composite):
        parts = [_joined(part, held) for part in rule.parts]
        return all(parts) if rule.operator == "and" else any(parts)
    return next(held)


def _holds(condition: Condition | None, figure: Number) -> bool:
    """Both ends of `between` are outside, as in DQDL."""
    if condition is None or figure is None:
        return False
    values = [Decimal(value.text) for value in condition.values]
    first, last = values[0], values[-1]
    answers = {
        "=": figure == first,
        "!=": figure != first,
        "<": figure < first,
        "<=": figure <= first,
        ">": figure > first,
        ">=": figure >= first,
        "between": first < figure < last,
        "not between": not first < figure < last,
        "in": figure in values,
        "not in": figure not in values,
    }
    return answers[condition.operator]


def _number(value: Any) -> Number:
    return None if value is None else Decimal(str(value))
