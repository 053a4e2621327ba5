"""The allow-list: a statement that no planner knows is refused."""

from functools import lru_cache

from lake_platform.local.redshift import commands, ddl
from lake_platform.local.redshift.plan import Plan
from lake_platform.local.redshift.refusal import NotSupportedError
from lake_platform.local.redshift.tokens import Token, split_at, tokenize

PLANNERS = {**commands.PLANNERS, **ddl.PLANNERS}


LONGEST_REMEMBERED = 20_000


def plan_statement(sql: str) -> Plan:
    """Judge a statement and write it for PostgreSQL.

    Raises:
        RedshiftError: Redshift would not take it, or the endpoint cannot stand in for Redshift here.
    """
    return _remembered(sql) if len(sql) <= LONGEST_REMEMBERED else _planned(sql)


@lru_cache(maxsize=1024)
def _remembered(sql: str) -> Plan:
    # Judging a long query takes 10 ms; the platform runs the same ones again and again.
    return _planned(sql)


def _planned(sql: str) -> Plan:
    plans = [_plan(statement) for statement in split_at(tokenize(sql), ";") if statement]
    if not plans:
        return Plan("")
    if len(plans) == 1:
        return plans[0]
    if any(plan.special for plan in plans):
        raise NotSupportedError("COPY, TRUNCATE and ALTER COLUMN are taken one at a time, not in one text with others")
    return Plan("; ".join(plan.sql for plan in plans))


def _plan(tokens: list[Token]) -> Plan:
    word = tokens[0].word
    planner = PLANNERS.get(word)
    if planner is None:
        raise NotSupportedError(f"{word or 'this statement'} is not supported by the local endpoint")
    return planner(tokens)
