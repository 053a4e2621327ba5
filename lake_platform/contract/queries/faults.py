"""What is wrong with the SELECT of a table, found before any statement is sent."""

import re
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify

from lake_platform.contract.checks.target import PARTITION_COLUMN, RANK_COLUMNS
from lake_platform.contract.faults import closest
from lake_platform.contract.queries.parted import find_parted_faults
from lake_platform.contract.queries.portable import unportable
from lake_platform.contract.queries.select import DIALECT, SqlFault, line_of, output_names, read_select, tables_read
from lake_platform.contract.rules.kinds import OF_TABLES
from lake_platform.contract.rules.model import simple_rules
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.contract.table_inputs import BoundTable


def find_select_faults(table: BoundTable) -> list[SqlFault]:
    """Every fault of the SELECT: alone, against `from`, and against the declared columns."""
    tree = read_select(table.sql)
    if isinstance(tree, SqlFault):
        return [tree]
    faults = [SqlFault(line_of(node), told) for node in tree.walk() for told in unportable(node)]
    faults += [*_relations(table, tree), *_columns(table, tree)]
    if faults:
        return faults
    # Names are looked up only where the query stands for itself: what is wrong above would be told twice.
    return [*_names(table, tree), *find_parted_faults(table, tree)] or list(_origin(table, tree))


def _relations(table: BoundTable, tree: exp.Query) -> Iterator[SqlFault]:
    known, named = {found.name for found in table.inputs}, set[str]()
    for found in tables_read(tree):
        name = found.name.lower()
        if found.text("db"):
            told = f"{found.sql(dialect=DIALECT)} names a schema"
            yield SqlFault(line_of(found), told, f"name inputs as in `from`: {', '.join(sorted(known))}")
        elif name not in known:
            yield SqlFault(line_of(found), f"{name!r} is not in `from`", closest(name, known))
        named.add(name)
    for name in sorted(known - named - referred(table)):
        yield SqlFault(1, f"{name!r} stands in `from`, but is not read", "remove it from `from`")


def referred(table: BoundTable) -> set[str]:
    """The inputs that rules refer to: `ReferentialIntegrity "songid" "songs.songid"`."""
    rules = [parse_rule(declared.rule, OF_TABLES) for declared in table.contract.quality]
    simple = [part for rule in rules for part in simple_rules(rule) if OF_TABLES.kinds[part.kind].refers]
    return {part.columns[-1].partition(".")[0] for part in simple}


def _columns(table: BoundTable, tree: exp.Query) -> Iterator[SqlFault]:
    names, line = output_names(tree), line_of(tree)
    declared = [column.name for column in table.contract.columns]
    for number, name in enumerate(names):
        if not name:
            yield SqlFault(line, f"column {number + 1} of the SELECT has no name", "write AS and its name")
        elif name in names[:number]:
            yield SqlFault(line, f"the SELECT yields {name!r} twice", "remove one of them")
    for name in declared:
        if name not in names:
            yield SqlFault(line, f"the SELECT does not yield {name!r}", "the declaration's `columns` has it")
    parted = (PARTITION_COLUMN,) if table.contract.partition else ()
    if parted and PARTITION_COLUMN not in names:
        hint = f"add {table.contract.partition}.{PARTITION_COLUMN} to its columns"
        yield SqlFault(line, f"the SELECT does not yield {PARTITION_COLUMN!r}", hint)
    ranked = [name for name in RANK_COLUMNS if name in names]
    if ranked and len(ranked) < len(RANK_COLUMNS):
        yield SqlFault(line, f"of {', '.join(RANK_COLUMNS)} the SELECT yields only some", "yield all three, or none")
    for name in names:
        if name not in ("", "*", *declared, *parted, *RANK_COLUMNS):
            yield SqlFault(line, f"the SELECT yields {name!r}, which is not declared", closest(name, declared))


def _origin(table: BoundTable, tree: exp.Query) -> Iterator[SqlFault]:
    """`_partition` is that of the input, as it is: the rows of a run would not be found again by another one."""
    parted = table.contract.partition
    if parted is None:
        return
    traced = lineage(PARTITION_COLUMN, tree.copy(), schema_of(table), dialect=DIALECT)
    plain = all(isinstance(node.expression.unalias(), exp.Column | exp.Table | exp.Query) for node in traced.walk())
    leaves = {
        leaf for node in traced.walk() if isinstance(node.expression, exp.Table) for leaf in [node.expression.name]
    }
    if leaves != {parted} or not plain:
        hint = f"yield {parted}.{PARTITION_COLUMN}"
        yield SqlFault(line_of(tree), f"{PARTITION_COLUMN} is not that of {parted!r}, as it is", hint)


def _names(table: BoundTable, tree: exp.Query) -> Iterator[SqlFault]:
    """Columns that no input has, or more than one."""
    try:
        qualified(table, tree)
    except SqlglotError as error:
        told = re.sub(r"\.? Line: \d+, Col: \d+.*", "", str(error).splitlines()[0]).strip().removesuffix(".")
        culprits = [found for found in tree.find_all(exp.Column) if re.search(rf"\b{re.escape(found.name)}\b", told)]
        line = line_of(culprits[0] if culprits else tree)
        yield SqlFault(line, told, "; ".join(f"{each.name} has {', '.join(each.columns)}" for each in table.inputs))


def qualified(table: BoundTable, tree: exp.Query) -> exp.Query:
    """The query with every column traced to its input.

    Raises:
        SqlglotError: a column is in no input, or in several.
    """
    found = qualify(tree.copy(), dialect=DIALECT, schema=schema_of(table), expand_stars=False)
    assert isinstance(found, exp.Query)
    return found


def schema_of(table: BoundTable) -> dict[str, object]:
    """The columns of the inputs, as sqlglot takes them; of what type they are is not asked."""
    return {found.name: dict.fromkeys(found.columns, "varchar") for found in table.inputs}
