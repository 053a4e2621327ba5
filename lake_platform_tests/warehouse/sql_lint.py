"""What generated SQL may not say: what no SELECT of an author may, and values in the text, aliases on targets, MERGE."""

import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lake_platform.contract.queries.portable import unportable

CODES = {"U", "D", "A", "?", "I", "C", "S", "N", "T", "G", ":", "true", "false", "", "1970-01-01"}
STATEMENTS = (exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop)
SHAPELESS = re.compile(r"ANALYZE \"?\w+\"?|LOCK TABLE \S+")


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
    checks: dict[type[exp.Expr], Callable[[exp.Expr], list[str]]] = {
        exp.Update: _target,
        exp.Delete: _target,
        exp.Merge: _merge,
        exp.Literal: _literal,
        exp.Create: _create,
        exp.Not: _not,
    }
    check = checks.get(type(node))
    return [*unportable(node), *(check(node) if check else [])]


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
