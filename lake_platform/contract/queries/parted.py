"""A table that is made by partitions must be the same however the partitions are cut into runs.

One run makes many partitions with one SELECT, so nothing in it may look from one partition into another.
"""

from collections.abc import Iterator

from sqlglot import exp

from lake_platform.contract.checks.target import PARTITION_COLUMN
from lake_platform.contract.queries.select import SqlFault, line_of
from lake_platform.contract.table_inputs import BoundTable


def find_parted_faults(table: BoundTable, tree: exp.Query) -> Iterator[SqlFault]:
    """Windows, groups, joins and limits that reach over the partitions of the input."""
    parted = table.contract.partition
    if parted is None:
        return
    reading = _readers(tree, parted)
    for select in tree.find_all(exp.Select):
        if not _sources(select, reading):
            continue
        yield from _grouped(select)
        yield from _windows(select)
        yield from _joined(select, reading)
        if select.args.get("limit") or select.args.get("offset"):
            yield SqlFault(line_of(select), "LIMIT and OFFSET count over all partitions of a run", "use ROW_NUMBER()")


def _readers(tree: exp.Query, parted: str) -> set[str]:
    """The names that stand for rows of the parted input: itself, and the parts of the query that read it."""
    names = {parted}
    grown = True
    while grown:
        more = {cte.alias.lower() for cte in tree.find_all(exp.CTE) if _reads(cte.this, names)}
        grown = bool(more - names)
        names |= more
    return names


def _reads(node: exp.Expr, names: set[str]) -> bool:
    return any(found.name.lower() in names for found in node.find_all(exp.Table))


def _sources(select: exp.Select, names: set[str]) -> list[str]:
    """The aliases in FROM and JOIN that hold rows of the parted input."""
    parts = [select.args.get("from_"), *(select.args.get("joins") or ())]
    sources = [part.this for part in parts if part is not None]
    return [str(source.alias_or_name).lower() for source in sources if _reads(source, names)]


def _grouped(select: exp.Select) -> Iterator[SqlFault]:
    group = select.args.get("group")
    if group is not None and not _has_partition(group.expressions):
        yield SqlFault(
            line_of(select), f"GROUP BY without {PARTITION_COLUMN} joins partitions", f"add {PARTITION_COLUMN}"
        )
    aggregates = [found for found in select.find_all(exp.AggFunc) if found.parent_select is select]
    if group is None and any(not isinstance(found.parent, exp.Window) for found in aggregates):
        yield SqlFault(line_of(select), "the SELECT joins partitions into one row", f"add GROUP BY {PARTITION_COLUMN}")
    if select.args.get("distinct") and not _has_partition(select.expressions):
        yield SqlFault(
            line_of(select), f"DISTINCT without {PARTITION_COLUMN} joins partitions", f"add {PARTITION_COLUMN}"
        )


def _windows(select: exp.Select) -> Iterator[SqlFault]:
    for window in select.find_all(exp.Window):
        if window.parent_select is select and not _has_partition(window.args.get("partition_by") or []):
            hint = f"add {PARTITION_COLUMN} to its PARTITION BY"
            yield SqlFault(line_of(window), "a window looks from one partition into another", hint)


def _joined(select: exp.Select, names: set[str]) -> Iterator[SqlFault]:
    """Rows of two partitions may not meet: neither in a join nor in a subquery of a condition."""
    sources = _sources(select, names)
    equal = [found for found in select.find_all(exp.EQ) if _both_partitions(found)]
    if len(sources) - 1 > len(equal):
        told = f"{' and '.join(sources)} are joined over all partitions"
        yield SqlFault(line_of(select), told, f"add {sources[0]}.{PARTITION_COLUMN} = {sources[1]}.{PARTITION_COLUMN}")
    outer = select.parent
    while outer is not None and not isinstance(outer, exp.From | exp.Join | exp.CTE | exp.SetOperation):
        outer = outer.parent
    if outer is None and select.parent is not None and not equal and not isinstance(select.parent, exp.SetOperation):
        told = "a condition looks into all partitions of the run"
        yield SqlFault(line_of(select), told, f"compare {PARTITION_COLUMN} inside and outside")


def _both_partitions(found: exp.EQ) -> bool:
    return all(
        isinstance(side, exp.Column) and side.name.lower() == PARTITION_COLUMN for side in (found.left, found.right)
    )


def _has_partition(expressions: list[exp.Expr]) -> bool:
    return any(
        isinstance(found, exp.Column) and found.name.lower() == PARTITION_COLUMN
        for expression in expressions
        for found in [expression.unalias()]
    )
