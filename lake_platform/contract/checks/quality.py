"""Rules and conditions against the columns that they speak of."""

from collections.abc import Iterator

from lake_platform.contract.draft import Draft
from lake_platform.contract.faults import Location, Problem
from lake_platform.contract.rules import find_rule_faults, is_row_rule, parse_rule
from lake_platform.contract.rules.conditions import Types, parse_condition
from lake_platform.errors import RuleSyntaxError

_HINT = "docs/dataset.md lists the rules"


def check_quality(draft: Draft) -> Iterator[Problem]:
    """What is wrong with each rule, at the place of that rule."""
    types, seen = _types(draft), dict[str, int]()
    for declared in draft.quality:
        number = declared.number
        at: Location = ("quality", number, "rule")
        try:
            rule = parse_rule(declared.rule)
        except RuleSyntaxError as error:
            yield Problem(at, error.fault, error.hint or _HINT)
            continue
        if types is not None:
            yield from (Problem(at, message, hint or _HINT) for message, hint in find_rule_faults(rule, types))
        if declared.otherwise == "quarantine" and not is_row_rule(rule):
            message = "a rule about the whole set cannot say which rows go to quarantine"
            yield Problem(("quality", number, "otherwise"), message, "use block or warn")
        if str(rule) in seen:
            yield Problem(at, f"the same rule stands in quality.{seen[str(rule)]}", "remove one of the two")
        seen.setdefault(str(rule), number)


def check_conditions(draft: Draft) -> Iterator[Problem]:
    """What is wrong with `deletes.when`."""
    types = _types(draft)
    deletes = draft.target.deletes if draft.target else None
    if types is None or deletes is None or deletes.when is None:
        return
    try:
        parse_condition(deletes.when, types)
    except RuleSyntaxError as error:
        yield Problem(("target", "deletes", "when"), error.fault, error.hint)


def _types(draft: Draft) -> Types | None:
    if draft.columns is None:
        return None
    return {each.name: each.column.parsed_type if each.column else None for each in draft.columns}
