"""Rules and conditions against the columns that they speak of."""

from collections.abc import Iterator, Sequence

from lake_platform.contract.draft import Draft, DraftColumn, DraftRule
from lake_platform.contract.faults import Location, Problem, path_text
from lake_platform.contract.rules import find_rule_faults, is_row_rule, parse_rule
from lake_platform.contract.rules.conditions import Types, parse_condition
from lake_platform.errors import RuleSyntaxError

_HINT = "docs/dataset.md lists the rules"


def check_quality(draft: Draft) -> Iterator[Problem]:
    """What is wrong with each rule, at the place of that rule."""
    yield from _rules(draft.quality, ("quality",), _types(draft.columns))
    if draft.transform is not None:
        produced = [DraftRule(at, each.rule, each.otherwise) for at, each in enumerate(draft.transform.quality)]
        yield from _rules(produced, ("transform", "quality"), _types(draft.produced))
        for rule in produced:
            if rule.otherwise != "warn":
                message = f"a rule about what the transform made warns, {rule.otherwise!r} is for `quality`"
                yield Problem(("transform", "quality", rule.number, "otherwise"), message, "use warn")


def _rules(rules: Sequence[DraftRule], place: Location, types: Types | None) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for declared in rules:
        number = declared.number
        at: Location = (*place, number, "rule")
        try:
            rule = parse_rule(declared.rule)
        except RuleSyntaxError as error:
            yield Problem(at, error.fault, error.hint or _HINT)
            continue
        if types is not None:
            yield from (Problem(at, message, hint or _HINT) for message, hint in find_rule_faults(rule, types))
        if place != ("quality",) and not is_row_rule(rule):
            yield Problem(
                at, "a rule about the whole set is for `quality`, or for a table", "docs/dataset.md lists row rules"
            )
        elif declared.otherwise == "quarantine" and not is_row_rule(rule):
            message = "a rule about the whole set cannot say which rows go to quarantine"
            yield Problem((*place, number, "otherwise"), message, "use block or warn")
        if str(rule) in seen:
            there = path_text((*place, seen[str(rule)]))
            yield Problem(at, f"the same rule stands in {there}", "remove one of the two")
        seen.setdefault(str(rule), number)


def check_conditions(draft: Draft) -> Iterator[Problem]:
    """What is wrong with `deletes.when`."""
    types = _types(draft.columns)
    deletes = draft.target.deletes if draft.target else None
    if types is None or deletes is None or deletes.when is None:
        return
    try:
        parse_condition(deletes.when, types)
    except RuleSyntaxError as error:
        yield Problem(("target", "deletes", "when"), error.fault, error.hint)


def _types(columns: Sequence[DraftColumn] | None) -> Types | None:
    if columns is None:
        return None
    return {each.name: each.column.parsed_type if each.column else None for each in columns}
