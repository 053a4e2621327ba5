"""The name of a check comes from its rule: `email_completeness`, never `rule_0`."""

import re

from lake_platform.contract.rules.model import Composite, Rule

WORDS = {
    "=": "is",
    "!=": "is_not",
    "<": "below",
    "<=": "at_most",
    ">": "above",
    ">=": "at_least",
    "between": "between",
    "not between": "not_between",
    "in": "in",
    "not in": "not_in",
    "matches": "matches",
    "not matches": "not_matches",
}
MAX_NAME = 80


def rule_name(rule: Rule) -> str:
    """The same for the same rule: columns, what is said of them, and for values the values themselves."""
    name = re.sub(r"[^a-z0-9]+", "_", _spoken(rule).lower()).strip("_")
    return name[:MAX_NAME].rstrip("_")


def _spoken(rule: Rule) -> str:
    if isinstance(rule, Composite):
        return f" {rule.operator} ".join(_spoken(part) for part in rule.parts)
    columns = " ".join(rule.columns)
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", rule.kind)
    condition = rule.condition
    if rule.kind in ("ColumnValues", "ColumnLength") and condition is not None:
        length = "length" if rule.kind == "ColumnLength" else ""
        values = " ".join(value.text for value in condition.values)
        return f"{columns} {length} {WORDS[condition.operator]} {values}"
    return f"{columns} {kind}" + (f" where {rule.where}" if rule.where else "")
