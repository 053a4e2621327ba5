"""Data quality rules: DQDL, the language of AWS Glue Data Quality.

A row rule says something of each row: it is compiled to one boolean expression. A batch rule says something of the set
and is evaluated by Deequ.
"""

from lake_platform.contract.rules.compiled import (
    CompiledBatchRule,
    CompiledExpression,
    CompiledRowRule,
    is_row_rule,
)
from lake_platform.contract.rules.faults import find_rule_faults
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.errors import RuleSyntaxError

__all__ = [
    "CompiledBatchRule",
    "CompiledExpression",
    "CompiledRowRule",
    "RuleSyntaxError",
    "find_rule_faults",
    "is_row_rule",
    "parse_rule",
]
