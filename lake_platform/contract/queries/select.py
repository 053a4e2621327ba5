"""Reading the file of a SELECT: one statement, a query, and where in the file a node stands."""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

DIALECT = "redshift"


@dataclass(frozen=True)
class SqlFault:
    """What is wrong, at which line of the file, and what to do."""

    line: int
    message: str
    hint: str = ""


def read_select(text: str) -> exp.Query | SqlFault:
    """The one query of a file, or why there is none."""
    try:
        statements = [tree for tree in sqlglot.parse(text, read=DIALECT) if tree is not None]
    except SqlglotError as error:
        return _unreadable(error)
    if not statements:
        return SqlFault(1, "the file holds no statement", "write one SELECT")
    if len(statements) > 1:
        return SqlFault(line_of(statements[1]), f"the file holds {len(statements)} statements", "write one SELECT")
    tree = statements[0]
    if not isinstance(tree, exp.Query) or isinstance(tree, exp.Table | exp.Subquery):
        return SqlFault(
            line_of(tree), "the statement is no SELECT", "write the rows that you want; the platform writes them"
        )
    return tree


def line_of(node: exp.Expr) -> int:
    """The line of the first name in a node, or of the nearest one around it; 1 where none is known."""
    at: exp.Expr | None = node
    while at is not None:
        lines = [int(found.meta["line"]) for found in at.walk() if "line" in found.meta]
        if lines:
            return min(lines)
        at = at.parent
    return 1


def output_names(tree: exp.Query) -> list[str]:
    """The names of the columns that a query yields, in lower case; "" for a column that has none."""
    return [str(column.output_name).lower() for column in tree.selects]


def tables_read(tree: exp.Expr) -> list[exp.Table]:
    """The tables that stand in the query, without those that name a part of it (WITH)."""
    parts = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table) if table.text("db") or table.name.lower() not in parts]


def _unreadable(error: SqlglotError) -> SqlFault:
    details = getattr(error, "errors", None) or [{}]
    line = details[0].get("line") or 1
    told = details[0].get("description") or str(error).splitlines()[0]
    return SqlFault(int(line), f"the SELECT cannot be read: {told}", "mind commas, brackets and quotes")
