"""What generated SQL may not say: Redshift, PostgreSQL or both would not take it, or would do something else."""

import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

PLAIN = {exp.Lag, exp.Lead, exp.RowNumber}
"""Window functions that take no frame."""
CODES = {"U", "D", "A", "?", "I", "C", "S", "N", "T", "G", ":", "true", "false"}
FORBIDDEN: dict[type[exp.Expr], str] = {
    exp.Qualify: "QUALIFY: PostgreSQL has none",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM: Redshift has none",
    exp.NullSafeNEQ: "IS DISTINCT FROM: Redshift has none",
    exp.IgnoreNulls: "IGNORE NULLS: PostgreSQL has none",
    exp.Filter: "FILTER: Redshift has none",
    exp.Returning: "RETURNING: Redshift has none",
    exp.OnConflict: "ON CONFLICT: Redshift has none",
    exp.Lateral: "LATERAL: Redshift has none",
    exp.Array: "arrays: Redshift has none",
    exp.TruncateTable: "TRUNCATE: it commits on Redshift",
    exp.CurrentTimestamp: "a clock: history comes from the facts",
    exp.Star: "SELECT *: columns are listed",
}
STATEMENTS = (exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop)
SHAPELESS = re.compile(r"ANALYZE \w+|LOCK TABLE \S+")


def faults(sql: str) -> list[str]:
    """What is wrong with a statement, one sentence each."""
    if SHAPELESS.fullmatch(sql):
        return []
    try:
        tree = sqlglot.parse_one(sql.replace("%s", "NULL"), read="redshift")
    except SqlglotError as error:
        return [f"cannot be read: {error}"]
    found = [] if isinstance(tree, STATEMENTS) else [f"no statement: {type(tree).__name__}"]
    for node in tree.walk():
        found += _faults_of(node)
    return found


def _faults_of(node: exp.Expr) -> list[str]:
    if isinstance(node, exp.Star) and isinstance(node.parent, exp.Count):
        return []
    if type(node) in FORBIDDEN:
        return [FORBIDDEN[type(node)]]
    checks: dict[type[exp.Expr], Callable[[exp.Expr], list[str]]] = {
        exp.Distinct: _distinct,
        exp.Window: _window,
        exp.Update: _target,
        exp.Delete: _target,
        exp.Merge: _merge,
        exp.Literal: _literal,
        exp.Create: _create,
        exp.Not: _not,
    }
    check = checks.get(type(node))
    return check(node) if check else []


def _distinct(node: exp.Expr) -> list[str]:
    return ["DISTINCT ON: Redshift has none"] if node.args.get("on") else []


def _window(node: exp.Expr) -> list[str]:
    spec = node.args.get("spec")
    if spec is not None:
        return [] if spec.args.get("kind") == "ROWS" else ["a frame that is not of ROWS: Redshift has none"]
    if node.args.get("order") and type(node.this) not in PLAIN:
        return ["an ordered window without a frame: Redshift demands one"]
    return []


def _target(node: exp.Expr) -> list[str]:
    return ["an alias on the target of UPDATE or DELETE"] if node.this.args.get("alias") else []


def _merge(node: exp.Expr) -> list[str]:
    return ["MERGE: an UPDATE and an INSERT say more on both engines"]


def _literal(node: exp.Expr) -> list[str]:
    if not node.is_string or isinstance(node.parent, exp.TimeToStr):
        return []
    return [] if node.this in CODES else [f"the value {node.this!r} in the text"]


def _create(node: exp.Expr) -> list[str]:
    return ["an index: Redshift has none"] if node.args.get("kind") == "INDEX" else []


def _not(node: exp.Expr) -> list[str]:
    """`NOT (a <> b OR …)` is NULL where one of them is NULL: two-valued conditions only."""
    inner = node.this.unnest()
    return ["NOT over a comparison: it is NULL with a NULL"] if isinstance(inner, exp.Or | exp.And | exp.NEQ) else []
