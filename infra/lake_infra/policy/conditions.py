"""Conditions of statements: do they hold in the context of a request?

A key that the request does not have makes an operator false, a negated one and one with `IfExists` true, as in AWS.
"""

from collections.abc import Callable, Mapping, Sequence

from lake_infra.policy.documents import Condition
from lake_infra.policy.errors import UnknownConditionError
from lake_infra.policy.wildcards import matches, matches_arn

Context = Mapping[str, str | Sequence[str]]
"""Keys of conditions with what the request says of them; a list for keys that have many values."""

_IF_EXISTS = "IfExists"
_ANY, _ALL = "ForAnyValue:", "ForAllValues:"


def holds(condition: Condition, context: Context, where: str) -> bool:
    """Whether one line of a condition holds.

    Raises:
        UnknownConditionError: the operator, or its use here, is not known.
    """
    found = _values(condition.key, context)
    operator, quantifier = _without_quantifier(condition.operator)
    if operator == "Null":
        if quantifier:
            raise UnknownConditionError(f"{condition.operator} is no operator", where)
        return any((found is None) == (wanted.lower() == "true") for wanted in condition.values)
    name = operator.removesuffix(_IF_EXISTS)
    if name not in _OPERATORS:
        raise UnknownConditionError(f"the condition operator {condition.operator}", where)
    if found is None:
        return operator.endswith(_IF_EXISTS) or quantifier == _ALL or (not quantifier and name in _NEGATED)
    if not quantifier and isinstance(found, list):
        raise UnknownConditionError(f"{condition.operator} on the many values of {condition.key}", where)
    values = found if isinstance(found, list) else [found]
    results = [_one(name, condition, value, where) for value in values]
    return all(results) if quantifier == _ALL else any(results)


def _one(name: str, condition: Condition, value: str, where: str) -> bool:
    """One value of the request: any of the condition's is enough, of a negated operator none may be."""
    equal = any(_OPERATORS[name](wanted, value, where) for wanted in condition.values)
    return not equal if name in _NEGATED else equal


def _values(key: str, context: Context) -> str | list[str] | None:
    """What the request says of a key, whose case does not count. An empty list says nothing."""
    for name, told in context.items():
        if name.lower() == key.lower():
            return told if isinstance(told, str) else list(told) or None
    return None


def _without_quantifier(operator: str) -> tuple[str, str]:
    for quantifier in (_ANY, _ALL):
        if operator.startswith(quantifier):
            return operator.removeprefix(quantifier), quantifier
    return operator, ""


def _equal(wanted: str, value: str, where: str) -> bool:
    del where
    return wanted == value


def _equal_any_case(wanted: str, value: str, where: str) -> bool:
    del where
    return wanted.lower() == value.lower()


def _like(wanted: str, value: str, where: str) -> bool:
    del where
    return matches(wanted, value)


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str, str], bool]:
    def compared(wanted: str, value: str, where: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            raise UnknownConditionError(f"{value!r} compared with the number {wanted!r}", where) from None

    return compared


_OPERATORS: Mapping[str, Callable[[str, str, str], bool]] = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _equal_any_case,
    "StringNotEqualsIgnoreCase": _equal_any_case,
    "StringLike": _like,
    "StringNotLike": _like,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
    "ArnNotEquals": matches_arn,
    "ArnNotLike": matches_arn,
    "Bool": _equal_any_case,
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericNotEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
}
_NEGATED = frozenset(name for name in _OPERATORS if "Not" in name)
