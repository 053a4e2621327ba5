"""The rules of a contract, ready to travel: names, SQL text, DQDL text."""

from dataclasses import dataclass
from functools import cache

from lake_platform.contract.dataset import DatasetContract, Otherwise
from lake_platform.contract.rules.model import ROW_RULES, Composite, Rule, Simple
from lake_platform.contract.rules.names import rule_name
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.contract.rules.render import (
    Types,
    column,
    is_present,
    parse_sql,
    redshift_sql,
    row_expression,
    spark_sql,
)
from lake_platform.contract.types import parse_type


@dataclass(frozen=True, kw_only=True)
class CompiledRowRule:
    """True where the row is good, never NULL; columns are those of the contract."""

    name: str
    rule: str
    otherwise: Otherwise
    spark_sql: str
    redshift_sql: str


@dataclass(frozen=True, kw_only=True)
class CompiledBatchRule:
    """DQDL text for Deequ."""

    name: str
    rule: str
    otherwise: Otherwise


@dataclass(frozen=True)
class CompiledRules:
    """All rules of a contract, in the order of the file; `required` columns first."""

    row: tuple[CompiledRowRule, ...]
    batch: tuple[CompiledBatchRule, ...]


@dataclass(frozen=True)
class CompiledExpression:
    """A condition over columns, for Spark and for Redshift; false where it is unknown."""

    spark_sql: str
    redshift_sql: str


def compile_rules(contract: DatasetContract) -> CompiledRules:
    """Compiles a contract that `rule_faults` finds nothing wrong with.

    Raises:
        RuleSyntaxError: a rule is not supported.
    """
    types = column_types(contract)
    row = [_required(column.name) for column in contract.columns if column.required]
    batch: list[CompiledBatchRule] = []
    for declared in contract.quality:
        rule = parse_rule(declared.rule)
        name = rule_name(rule)
        if is_row_rule(rule):
            row.append(_row_rule(name, rule, declared.otherwise, types))
        else:
            batch.append(CompiledBatchRule(name=name, rule=rule.text, otherwise=declared.otherwise))
    return CompiledRules(tuple(row), tuple(batch))


def compile_expression(contract: DatasetContract, text: str) -> CompiledExpression:
    """A condition such as `op = 'D'`; unknown counts as false."""
    from sqlglot import exp

    expression = exp.func("COALESCE", exp.paren(parse_sql(text)), exp.false())
    return CompiledExpression(spark_sql(expression), redshift_sql(expression))


def is_row_rule(rule: Rule) -> bool:
    """Whether a rule says something of each row; a composite does where all its parts do."""
    if isinstance(rule, Composite):
        return all(is_row_rule(part) for part in rule.parts)
    return rule.kind in ROW_RULES


def column_types(contract: DatasetContract) -> Types:
    return {column.name: parse_type(column.type) for column in contract.columns}


def simple_rules(rule: Rule) -> list[Simple]:
    """The simple rules that a rule is made of."""
    if isinstance(rule, Simple):
        return [rule]
    return [simple for part in rule.parts for simple in simple_rules(part)]


@cache
def _required(name: str) -> CompiledRowRule:
    expression = is_present(column(name))
    return CompiledRowRule(
        name=f"{name}_required",
        rule=f'IsComplete "{name}"',
        otherwise="quarantine",
        spark_sql=spark_sql(expression),
        redshift_sql=redshift_sql(expression),
    )


def _row_rule(name: str, rule: Rule, otherwise: Otherwise, types: Types) -> CompiledRowRule:
    expression = row_expression(rule, types)
    return CompiledRowRule(
        name=name,
        rule=rule.text,
        otherwise=otherwise,
        spark_sql=spark_sql(expression),
        redshift_sql=redshift_sql(expression),
    )
