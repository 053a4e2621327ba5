"""Which queries are admitted: SELECT, INSERT, UPDATE, DELETE and MERGE made only of what Redshift has.

Two readings must both agree: the syntax tree may hold only known nodes with known parts, and every function that is
called must be on the list. What neither knows is refused, so a new word of PostgreSQL is refused until somebody lists it.
"""

import logging
from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lake_platform.local.redshift.functions import (
    BEFORE_PARENTHESIS,
    FUNCTIONS,
    REASONS,
    SYSTEM_RELATIONS,
    TYPES,
    WINDOW_ONLY,
    words,
)
from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError
from lake_platform.local.redshift.tokens import Token, closing, render

NODES = words(
    """Add Alias Aliases All And Anonymous Any AtTimeZone Between BitwiseAnd BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor Boolean Case Cast Column
    Concat CTE CurrentDate CurrentTimestamp CurrentUser Cube DataType DataTypeParam Default Delete Distinct Div Dot DPipe
    EQ Escape Except Exists From Func Group GroupingSets GT GTE Having Identifier If ILike In Insert Intersect Interval
    Into Is Join JSONPath JSONPathKey JSONPathRoot JSONPathSubscript Like Limit Literal LT LTE Max Merge Mod Mul Neg NEQ Not Null Offset Or Order Ordered Paren
    Rollup RegexpLike Schema Select SimilarTo Star Sub Subquery Table TableAlias TryCast Tuple Union Update
    Values Var When Whens Where Window WindowSpec With WithinGroup"""
)
PARTS = {
    "Select": "expressions from_ from joins where group having order limit offset distinct with_ with into",
    "Insert": "this expression with_ with default",
    "Update": "this expressions from_ from where with_ with",
    "Delete": "this using where with_ with",
    "Merge": "this using on whens",
    "Table": "this db catalog alias joins",
    "Distinct": "expressions",
    "Join": "this on using kind side method",
    "CTE": "this alias",
    "Window": "this partition_by order spec over",
    "Group": "expressions rollup cube grouping_sets",
    "Ordered": "this desc nulls_first",
    "Limit": "this expression",
}
"""Node types of which only some parts are admitted; the others are refused if they are there at all."""
FRAMES = frozenset({"ROWS"})
DATA_TYPES = words(
    """BIGINT BOOLEAN CHAR DATE DATETIME DECIMAL DOUBLE FLOAT INT INTERVAL NCHAR NVARCHAR SMALLINT TEXT TIME TIMESTAMP
    TIMESTAMPTZ TIMETZ VARCHAR"""
)
SYSTEM_PREFIXES = ("pg_", "svv_", "stl_", "stv_", "svl_", "sys_")
WHY = {
    "Returning": "RETURNING is not supported",
    "OnConflict": "ON CONFLICT is not supported",
    "Filter": "FILTER (WHERE ...) is not supported: use CASE inside the aggregate",
    "Lateral": "LATERAL is not supported",
    "Array": "arrays are not supported",
    "Bracket": "subscripts are not supported",
    "NullSafeNEQ": "IS DISTINCT FROM is not supported",
    "NullSafeEQ": "IS NOT DISTINCT FROM is not supported",
    "Lock": "FOR UPDATE and FOR SHARE are not supported",
    "TableSample": "TABLESAMPLE is not supported",
    "Fetch": "FETCH FIRST is not supported: use LIMIT",
    "Qualify": "QUALIFY is taken by Redshift but not built into the local endpoint: use a subquery",
    "IgnoreNulls": "IGNORE NULLS is taken by Redshift but not built into the local endpoint",
    "RegexpILike": "the operator ~* is not supported: use ~",
    "Pivot": "PIVOT is taken by Redshift but not built into the local endpoint",
}
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


def admit_query(tokens: Sequence[Token]) -> None:
    """Raise unless the query is one that Redshift takes too."""
    _admit_tree(_parse(tokens))
    _admit_calls(tokens)


def admit_expression(tokens: Sequence[Token]) -> None:
    """Raise unless the expression is one that Redshift takes too."""
    admit_query([Token("word", "SELECT"), *tokens])


def _parse(tokens: Sequence[Token]) -> exp.Expr:
    plain = [_plain(token) for token in tokens]
    try:
        found = [tree for tree in sqlglot.parse(render(plain), read="redshift") if tree is not None]
    except SqlglotError as error:
        told = str(error).split("\n", 1)[0]
        raise RedshiftError(f"syntax error: {told}") from error
    if len(found) != 1:
        raise RedshiftError("cannot insert multiple commands into a prepared statement")
    return found[0]


def _plain(token: Token) -> Token:
    """A token that sqlglot reads as we do: it would take `$1` for a quote, and read a backslash in a string once more."""
    if token.kind == "parameter":
        return Token("word", f"parameter_{token.text[1:]}", token.spaced)
    if token.kind == "string" and ("'" in token.text or "\\" in token.text):
        return Token("string", "s", token.spaced)
    return token


def _admit_tree(root: exp.Expr) -> None:
    for node in root.walk():
        name = type(node).__name__
        if name not in NODES and not isinstance(node, exp.Func):
            raise NotSupportedError(WHY.get(name, f"{name} is not supported"))
        if name in WHY:
            raise NotSupportedError(WHY[name])
        _admit_parts(name, node)
        if check := _CHECKS.get(name):
            check(node, root)


def _admit_parts(name: str, node: exp.Expr) -> None:
    admitted = PARTS.get(name)
    if admitted is None:
        return
    for part, value in node.args.items():
        if value and part not in admitted.split():
            culprit = next(iter(value)) if isinstance(value, list) else value
            found = type(culprit).__name__
            raise NotSupportedError(WHY.get(found, f"{name.upper()} with {part.upper()} is not supported"))


def _check_distinct(node: exp.Expr, root: exp.Expr) -> None:
    del root
    if node.args.get("on"):
        raise NotSupportedError("DISTINCT ON is not supported: use ROW_NUMBER()")


def _check_select(node: exp.Expr, root: exp.Expr) -> None:
    del root
    if not node.expressions:
        raise RedshiftError("syntax error: SELECT without columns")


def _check_cte(node: exp.Expr, root: exp.Expr) -> None:
    del root
    if node.args.get("materialized") is not None:
        raise NotSupportedError("MATERIALIZED hints are not supported")
    if not isinstance(node.this, exp.Query):
        raise NotSupportedError("a WITH query that changes data is not supported")


def _check_type(node: exp.Expr, root: exp.Expr) -> None:
    del root
    kind = node.this
    name = str(kind.value if isinstance(kind, exp.DType) else kind)
    if name not in DATA_TYPES:
        raise NotSupportedError(f"type {name.lower()} is not supported")


def _check_values(node: exp.Expr, root: exp.Expr) -> None:
    if not (isinstance(root, exp.Insert) and node is root.expression) and not isinstance(node.parent, exp.When):
        raise NotSupportedError("VALUES is supported in INSERT only")


def _check_root_only(node: exp.Expr, root: exp.Expr) -> None:
    if node is not root and not isinstance(node.parent, (exp.When)):
        raise NotSupportedError("a statement that changes data cannot be part of another")


def _check_table(node: exp.Expr, root: exp.Expr) -> None:
    del root
    if not isinstance(node.this, exp.Identifier):
        raise NotSupportedError("functions in FROM are not supported")
    name, schema = str(node.name).lower(), str(node.text("db")).lower()
    if node.text("catalog").lower() not in ("", "dev"):
        raise NotSupportedError(
            "cross-database queries are not supported by the local endpoint: it has one database, dev"
        )
    if schema == "rs_internal" or (
        name.startswith(SYSTEM_PREFIXES) and schema in ("", "pg_catalog") and name not in SYSTEM_RELATIONS
    ):
        raise NotSupportedError(f'system relation "{name}" is not available')


def _check_window(node: exp.Expr, root: exp.Expr) -> None:
    del root
    spec = node.args.get("spec")
    if spec is not None and str(spec.args.get("kind")).upper() not in FRAMES:
        raise NotSupportedError("window frames other than ROWS are not supported")
    if spec is None and node.args.get("order") and isinstance(node.this, exp.AggFunc) and not _ranks(node.this):
        raise RedshiftError("Aggregate window functions with an ORDER BY clause require a frame clause")


def _ranks(function: exp.Expr) -> bool:
    """Whether a window function is no aggregate: sqlglot counts some of them among the aggregates."""
    name = function.sql_name().lower() if isinstance(function, exp.Func) else ""
    return name in WINDOW_ONLY


def _check_delete(node: exp.Expr, root: exp.Expr) -> None:
    _check_root_only(node, root)
    if node.this.args.get("alias"):
        raise RedshiftError("DELETE takes no alias on its target")


def _check_merge(node: exp.Expr, root: exp.Expr) -> None:
    _check_root_only(node, root)
    if node.this.args.get("alias"):
        raise RedshiftError("MERGE takes no alias on its target")
    if not isinstance(node.args["using"], exp.Table):
        raise NotSupportedError("MERGE takes a table as its source, no subquery")
    whens = node.args["whens"].expressions
    if any(when.args.get("condition") for when in whens):
        raise NotSupportedError("MERGE takes no condition after WHEN [NOT] MATCHED")
    if any(when.args.get("source") for when in whens):
        raise NotSupportedError("MERGE takes no NOT MATCHED BY SOURCE")
    if any(isinstance(when.args["then"], exp.Var) and when.args["then"].name.upper() != "DELETE" for when in whens):
        raise NotSupportedError("MERGE takes no DO NOTHING")
    if sorted(bool(when.args.get("matched")) for when in whens) != [False, True]:
        raise RedshiftError("MERGE needs exactly one WHEN MATCHED and one WHEN NOT MATCHED clause")


_CHECKS = {
    "Distinct": _check_distinct,
    "Select": _check_select,
    "CTE": _check_cte,
    "DataType": _check_type,
    "Values": _check_values,
    "Table": _check_table,
    "Window": _check_window,
    "Insert": _check_root_only,
    "Update": _check_root_only,
    "Delete": _check_delete,
    "Merge": _check_merge,
}


def _admit_calls(tokens: Sequence[Token]) -> None:
    for index, token in enumerate(tokens[:-1]):
        if token.word == "-" and tokens[index + 1].word in (">", ">>"):
            raise NotSupportedError("the operators -> and ->> are not supported")
        if tokens[index + 1].word != "(" or token.kind not in ("word", "name"):
            continue
        name = token.identifier
        known = name in FUNCTIONS or (token.kind == "word" and name in BEFORE_PARENTHESIS | TYPES)
        if not known and not _is_relation(tokens, index):
            raise NotSupportedError(REASONS.get(name, f"function {name}() is not supported"))


def _is_relation(tokens: Sequence[Token], index: int) -> bool:
    """Whether the parenthesis after a name holds columns, not arguments: INTO t (, AS t (, WITH t ( ... ) AS."""
    start = index
    while start >= 2 and tokens[start - 1].word == ".":
        start -= 2
    before = tokens[start - 1].word if start else ""
    if before in ("INTO", "AS"):
        return True
    end = closing(tokens, index + 1)
    return before in ("WITH", "RECURSIVE", ",") and end + 1 < len(tokens) and tokens[end + 1].word == "AS"
