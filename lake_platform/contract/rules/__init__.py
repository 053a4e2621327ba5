"""Data quality rules: DQDL, the language of AWS Glue Data Quality.

A row rule says something of each row: it is compiled to one boolean expression. A batch rule says something of the set
and is evaluated by Deequ.
"""

from lake_platform.contract.rules.compiled import (
    CompiledBatchRule,
    CompiledExpression,
    CompiledRowRule,
    CompiledRules,
    compile_expression,
    compile_rules,
)
from lake_platform.contract.rules.faults import rule_faults
from lake_platform.contract.rules.model import RuleSyntaxError
from lake_platform.contract.rules.parse import parse_rule

__all__ = [
    "CompiledBatchRule",
    "CompiledExpression",
    "CompiledRowRule",
    "CompiledRules",
    "RuleSyntaxError",
    "compile_expression",
    "compile_rules",
    "parse_rule",
    "rule_faults",
]
