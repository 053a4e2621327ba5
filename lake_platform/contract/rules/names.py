"""The name of a check comes from its rule: `email_completeness`, never `rule_0`."""

import hashlib
import re
from collections.abc import Sequence

from lake_platform.contract.rules.model import Composite, Condition, Rule

_WORDS = {
    "=": "is",
    "!=": "is_not",
    "<": "below",
    "<=": "at_most",
    ">": "above",
    ">=": "at_least",
}
_MAX_NAME = 80


def rule_names(rules: Sequence[Rule]) -> list[str]:
    """A name for each rule, unique, and the same as long as the rules before it in the file are.

    The first rule of a kind on a column has the plain name (`row_count`), further ones say their condition as well
    (`row_count_above_1000`). Where words cannot tell two rules apart, a digest of the rule's text does.
    """
    names: list[str] = []
    for rule in rules:
        wanted = (_short(_spoken(rule, with_condition=False), rule), _short(_spoken(rule, with_condition=True), rule))
        unique = next((name for name in wanted if name not in names), f"{wanted[0]}_{_digest(rule)}")
        names.append(unique)
    return names


def _spoken(rule: Rule, *, with_condition: bool) -> str:
    if isinstance(rule, Composite):
        return f" {rule.operator} ".join(_spoken(part, with_condition=with_condition) for part in rule.parts)
    condition = _said(rule.condition) if rule.condition else ""
    where = f"where {rule.where}" if rule.where else ""
    columns = " ".join(rule.columns)
    if rule.kind in ("ColumnValues", "ColumnLength"):
        return f"{columns} {'length' if rule.kind == 'ColumnLength' else ''} {condition} {where}"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", rule.kind)
    return f"{columns} {kind} {condition if with_condition else ''} {where}"


def _said(condition: Condition) -> str:
    values = [re.sub(r"^-(?=\d)", "minus ", str(value).strip('"')) for value in condition.values]
    return " ".join((_WORDS.get(condition.operator, condition.operator), *values))


def _short(spoken: str, rule: Rule) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", spoken.lower()).strip("_")
    if len(name) <= _MAX_NAME:
        return name
    return f"{name[: _MAX_NAME - 9].rstrip('_')}_{_digest(rule)}"


def _digest(rule: Rule) -> str:
    return hashlib.sha256(str(rule).encode()).hexdigest()[:8]
