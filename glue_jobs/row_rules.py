"""Row rules: predicates over the typed rows. Rules that quarantine add a reason, the others are counted over what is left."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from glue_jobs.protocol import RowRuleSpec
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


def _broken(tests: Sequence[tuple[int, str]]) -> str:
    """A predicate that is NULL does not hold: the compiler promises that there are none, this makes sure."""
    return names_where([(f"NOT coalesce(_rule{at}, false)", name) for at, name in tests])
