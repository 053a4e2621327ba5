"""Row rules: predicates over the typed rows. Rules that quarantine add a reason, the others are counted over what is left."""

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from glue_jobs.protocol import RowRuleSpec, RuleOutcome
from glue_jobs.reasons import NONE, names_where

WARNED = "_warned"
"""The names of rules that do not quarantine and that a row breaks."""


def apply_row_rules(rows: DataFrame, rules: Sequence[RowRuleSpec]) -> DataFrame:
    """Adds `rule:<name>` to `_reasons` and fills `_warned`. A malformed row has no values that a rule could judge."""
    tested = rows
    for at, rule in enumerate(rules):
        tested = tested.withColumn(f"_rule{at}", fn.expr(rule.predicate))
    quarantining = [(at, rule) for at, rule in enumerate(rules) if rule.otherwise == "quarantine"]
    others = [(at, rule) for at, rule in enumerate(rules) if rule.otherwise != "quarantine"]
    broken = _broken([(at, f"rule:{rule.name}") for at, rule in quarantining])
    warned = _broken([(at, rule.name) for at, rule in others])
    tested = tested.withColumn("_reasons", fn.expr(f"if(_malformed, _reasons, concat(_reasons, {broken}))"))
    tested = tested.withColumn(WARNED, fn.expr(f"if(size(_reasons) > 0, {NONE}, {warned})"))
    return tested.drop(*[f"_rule{at}" for at in range(len(rules))])


def row_rule_outcomes(
    rules: Sequence[RowRuleSpec], *, judged: Mapping[str, int], failed: Mapping[str, int]
) -> list[RuleOutcome]:
    """What became of each rule in one partition.

    Args:
        judged: by rule, how many rows it has judged.
        failed: by rule, how many break it; none where it is not named.
    """
    outcomes: list[RuleOutcome] = []
    for rule in rules:
        broken, rows = failed.get(rule.name, 0), judged[rule.name]
        outcomes.append(
            RuleOutcome(
                name=rule.name,
                rule=rule.rule,
                otherwise=rule.otherwise,
                passed=broken == 0,
                failed_rows=broken,
                metrics={"share_of_rows": (rows - broken) / rows if rows else 1.0},
                reason=None if broken == 0 else f"{broken} of {rows} rows break it",
            )
        )
    return outcomes


def _broken(tests: Sequence[tuple[int, str]]) -> str:
    """A predicate that is NULL does not hold: the compiler promises that there are none, this makes sure."""
    return names_where([(f"NOT coalesce(_rule{at}, false)", name) for at, name in tests])
