"""The rules of a contract, ready to travel: names, SQL text, DQDL text.

SQL is rendered when it is asked for: definitions need the names only, and sqlglot takes 0.35 CPU seconds to import.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lake_platform.contract.rules.conditions import Types, parse_condition
from lake_platform.contract.rules.kinds import ROW_RULES
from lake_platform.contract.rules.model import Composite, Rule, Simple, simple_rules
from lake_platform.contract.rules.names import rule_names
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.contract.strict import Otherwise

if TYPE_CHECKING:
    from sqlglot import exp

    from lake_platform.contract.dataset import DatasetContract

Render = Callable[[], "exp.Condition"]


@dataclass(frozen=True, kw_only=True)
class CompiledExpression:
    """A condition over contract columns, for Spark and for Redshift, true or false and never NULL."""

    columns: tuple[str, ...]
    render: Render = field(repr=False, compare=False)

    @cached_property
    def spark_sql(self) -> str:
        from lake_platform.contract.rules.render import spark_sql

        return spark_sql(self.render())

    @cached_property
    def redshift_sql(self) -> str:
        from lake_platform.contract.rules.render import redshift_sql

        return redshift_sql(self.render())


@dataclass(frozen=True, kw_only=True)
class CompiledRowRule(CompiledExpression):
    """A row rule: the condition is true where the row is good. `rule` is its canonical DQDL text."""

    name: str
    rule: str
    otherwise: Otherwise


@dataclass(frozen=True, kw_only=True)
class CompiledBatchRule:
    """A batch rule: canonical DQDL text for Deequ."""

    name: str
    rule: str
    otherwise: Otherwise


@dataclass(frozen=True)
class CompiledRules:
    """All rules of a contract, in the order of the file; `required` columns first."""

    row: tuple[CompiledRowRule, ...]
    batch: tuple[CompiledBatchRule, ...]


def compile_rules(contract: "DatasetContract") -> CompiledRules:
    """Compiles the rules of a contract. A contract that was constructed has none that cannot be."""
    types: Types = {column.name: column.parsed_type for column in contract.columns}
    row = [_required(column.name, types) for column in contract.columns if column.required]
    batch: list[CompiledBatchRule] = []
    rules = [parse_rule(declared.rule) for declared in contract.quality]
    for name, rule, declared in zip(rule_names(rules), rules, contract.quality, strict=True):
        if is_row_rule(rule):
            row.append(_row_rule(rule, name=name, otherwise=declared.otherwise, types=types))
        else:
            batch.append(CompiledBatchRule(name=name, rule=_for_deequ(rule, types), otherwise=declared.otherwise))
    return CompiledRules(tuple(row), tuple(batch))


def compile_produced_rules(contract: "DatasetContract") -> tuple[CompiledRowRule, ...]:
    """The rules about what the transform makes, in the order of the file."""
    transform = contract.transform
    if transform is None:
        return ()
    types: Types = {column.name: column.parsed_type for column in contract.produced}
    rules = [parse_rule(declared.rule) for declared in transform.quality]
    return tuple(
        _row_rule(rule, name=name, otherwise=declared.otherwise, types=types)
        for name, rule, declared in zip(rule_names(rules), rules, transform.quality, strict=True)
    )


def compile_expression(contract: "DatasetContract", text: str) -> CompiledExpression:
    """A condition on a row such as `op = 'D'`; unknown counts as false.

    Raises:
        RuleSyntaxError: it cannot be read, or does not fit the columns of the contract.
    """
    types: Types = {column.name: column.parsed_type for column in contract.columns}

    def render() -> "exp.Condition":
        from lake_platform.contract.rules.render import condition_expression

        return condition_expression(text, types)

    return CompiledExpression(columns=parse_condition(text, types).columns(), render=render)


def is_row_rule(rule: Rule) -> bool:
    """Whether a rule says something of each row; a composite does where all its parts do."""
    return all(simple.kind in ROW_RULES for simple in simple_rules(rule))


def _required(name: str, types: Types) -> CompiledRowRule:
    rule = Simple("IsComplete", (name,))
    return _row_rule(rule, name=f"{name}_required", otherwise="quarantine", types=types)


def _row_rule(rule: Rule, *, name: str, otherwise: Otherwise, types: Types) -> CompiledRowRule:
    def render() -> "exp.Condition":
        from lake_platform.contract.rules.render import row_expression

        return row_expression(rule, types)

    return CompiledRowRule(name=name, rule=str(rule), otherwise=otherwise, columns=_columns(rule, types), render=render)


def _columns(rule: Rule, types: Types) -> tuple[str, ...]:
    names: list[str] = []
    for simple in simple_rules(rule):
        names += simple.columns
        names += parse_condition(simple.where, types).columns() if simple.where is not None else ()
    return tuple(dict.fromkeys(names))


def _for_deequ(rule: Rule, types: Types) -> str:
    """The canonical text, with conditions as Spark reads them: in Spark a doubled quote is no quote."""
    if all(simple.where is None for simple in simple_rules(rule)):
        return str(rule)
    return str(_with_spark_conditions(rule, types))


def _with_spark_conditions(rule: Rule, types: Types) -> Rule:
    from lake_platform.contract.rules.render import condition_tree, spark_sql

    if isinstance(rule, Composite):
        return Composite(rule.operator, tuple(_with_spark_conditions(part, types) for part in rule.parts))
    if rule.where is None:
        return rule
    where = spark_sql(condition_tree(parse_condition(rule.where, types)))
    return Simple(rule.kind, rule.columns, rule.condition, where)
