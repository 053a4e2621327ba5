"""The rules of a dataset, compiled: what the jobs are told of them."""

from dataclasses import dataclass

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.rules import is_row_rule, parse_rule
from lake_platform.contract.rules.compiled import (
    CompiledBatchRule,
    CompiledExpression,
    CompiledRowRule,
    batch_rule,
    condition,
    required_rule,
    row_rule,
)
from lake_platform.contract.rules.conditions import Types
from lake_platform.contract.rules.names import rule_names


@dataclass(frozen=True)
class CompiledRules:
    """All rules of a contract, in the order of the file; `required` columns first."""

    row: tuple[CompiledRowRule, ...]
    batch: tuple[CompiledBatchRule, ...]


def compile_rules(contract: DatasetContract) -> CompiledRules:
    """Compiles the rules of a contract. A contract that was constructed has none that cannot be."""
    types: Types = {column.name: column.parsed_type for column in contract.columns}
    row = [required_rule(column.name, types) for column in contract.columns if column.required]
    batch: list[CompiledBatchRule] = []
    rules = [parse_rule(declared.rule) for declared in contract.quality]
    for name, rule, declared in zip(rule_names(rules), rules, contract.quality, strict=True):
        if is_row_rule(rule):
            row.append(row_rule(rule, name=name, otherwise=declared.otherwise, types=types))
        else:
            batch.append(batch_rule(rule, name=name, otherwise=declared.otherwise, types=types))
    return CompiledRules(tuple(row), tuple(batch))


def compile_produced_rules(contract: DatasetContract) -> tuple[CompiledRowRule, ...]:
    """The rules about what the transform makes, in the order of the file."""
    transform = contract.transform
    if transform is None:
        return ()
    types: Types = {column.name: column.parsed_type for column in contract.produced}
    rules = [parse_rule(declared.rule) for declared in transform.quality]
    return tuple(
        row_rule(rule, name=name, otherwise=declared.otherwise, types=types)
        for name, rule, declared in zip(rule_names(rules), rules, transform.quality, strict=True)
    )


def compile_expression(contract: DatasetContract, text: str) -> CompiledExpression:
    """A condition on a row such as `op = 'D'`; unknown counts as false.

    Raises:
        RuleSyntaxError: it cannot be read, or does not fit the columns of the contract.
    """
    return condition(text, {column.name: column.parsed_type for column in contract.columns})
