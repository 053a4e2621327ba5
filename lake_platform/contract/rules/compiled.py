"""Single rules and conditions, ready to travel: names, SQL text, DQDL text.

SQL is rendered when it is asked for: definitions need the names only, and sqlglot takes 0.35 CPU seconds to import.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lake_platform.contract.rules.conditions import Types, parse_condition
from lake_platform.contract.rules.kinds import ROW_RULES
from lake_platform.contract.rules.model import Composite, Rule, Simple, simple_rules
from lake_platform.contract.strict import Otherwise

if TYPE_CHECKING:
    from sqlglot import exp

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


def is_row_rule(rule: Rule) -> bool:
    """Whether a rule says something of each row; a composite does where all its parts do."""
    return all(simple.kind in ROW_RULES for simple in simple_rules(rule))


def required_rule(name: str, types: Types) -> CompiledRowRule:
    """The rule of a column that is `required`."""
    rule = Simple("IsComplete", (name,))
    return row_rule(rule, name=f"{name}_required", otherwise="quarantine", types=types)


def row_rule(rule: Rule, *, name: str, otherwise: Otherwise, types: Types) -> CompiledRowRule:
    """A rule for which `is_row_rule` holds."""

    def render() -> "exp.Condition":
        from lake_platform.contract.rules.render import row_expression

        return row_expression(rule, types)

    return CompiledRowRule(name=name, rule=str(rule), otherwise=otherwise, columns=_columns(rule, types), render=render)


def batch_rule(rule: Rule, *, name: str, otherwise: Otherwise, types: Types) -> CompiledBatchRule:
    """Any other rule."""
    return CompiledBatchRule(name=name, rule=_for_deequ(rule, types), otherwise=otherwise)


def condition(text: str, types: Types) -> CompiledExpression:
    """A condition on a row such as `op = 'D'`; unknown counts as false.

    Raises:
        RuleSyntaxError: it cannot be read, or does not fit the types.
    """

    def render() -> "exp.Condition":
        from lake_platform.contract.rules.render import condition_expression

        return condition_expression(text, types)

    return CompiledExpression(columns=parse_condition(text, types).columns(), render=render)


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
