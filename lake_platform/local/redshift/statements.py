"""What the endpoint does with a statement."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How one client statement is run."""

    sql: str
    special: bool = False


def plan_statement(sql: str) -> Plan:
    """Judge a statement and rewrite it for PostgreSQL."""
    sql = re.sub(
        r"(?i)\b(compound\s+|interleaved\s+)?(distkey|sortkey)\s*\([^)]*\)|\bdiststyle\s+\w+|\bencode\s+\w+|\bsortkey\b|\bdistkey\b",
        "",
        sql,
    )
    return Plan(re.sub(r"(?i)\bset\s+query_group\b", "SET rs.query_group", sql))
