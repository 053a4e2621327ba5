"""What a statement may not say: Redshift, PostgreSQL or both would not take it, or would do something else."""

from collections.abc import Iterator

from sqlglot import exp

PLAIN = {exp.Lag, exp.Lead, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile, exp.CumeDist, exp.PercentRank}
"""Window functions that take no frame."""
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
    exp.CurrentDate: "a clock: history comes from the facts",
    exp.Rand: "a random number: the same inputs must give the same rows",
    exp.Star: "SELECT *: columns are listed",
}
CLOCKS = ("now", "sysdate", "getdate", "timeofday", "clock_timestamp", "current_time", "localtimestamp")


def unportable(node: exp.Expr) -> Iterator[str]:
    """What is wrong with one node of a statement, one sentence each."""
    if isinstance(node, exp.Star) and isinstance(node.parent, exp.Count):
        return
    if type(node) in FORBIDDEN:
        yield FORBIDDEN[type(node)]
    elif isinstance(node, exp.Distinct) and node.args.get("on"):
        yield "DISTINCT ON: Redshift has none"
    elif isinstance(node, exp.Window):
        yield from _window(node)
    elif _is_clock(node):
        yield FORBIDDEN[exp.CurrentTimestamp]


def _window(node: exp.Window) -> Iterator[str]:
    spec = node.args.get("spec")
    if spec is not None and spec.args.get("kind") != "ROWS":
        yield "a frame that is not of ROWS: Redshift has none"
    if spec is None and node.args.get("order") and type(node.this) not in PLAIN:
        yield "an ordered window without a frame: Redshift demands one"


def _is_clock(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in CLOCKS
    return isinstance(node, exp.Column) and not node.table and node.name.lower() in CLOCKS
