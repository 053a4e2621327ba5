"""From the SELECT as its author wrote it to the one that is run: names replaced in the tree, never in the text."""

from sqlglot import exp

from lake_platform.contract.queries.select import DIALECT, SqlFault, read_select, tables_read
from lake_platform.contract.table_inputs import BoundTable, Input
from lake_platform.errors import SelectError


def bind_select(table: BoundTable, wanted: str) -> str:
    """The SELECT over the tables of the warehouse.

    Args:
        wanted: a table with the column `_partition`: the input that the table is made by gives rows of these only.

    Raises:
        SelectError: the text is no SELECT; `lake check` says more.
    """
    tree = read_table_select(table)
    inputs = {found.name: found for found in table.inputs}
    for node in tables_read(tree):
        found = inputs[node.name.lower()]
        alias = exp.to_identifier(node.alias or found.name, quoted=True)
        relation = _relation(found)
        if found.name == table.contract.partition:
            rows = _rows_of(found, wanted)
            node.replace(exp.Subquery(this=rows, alias=exp.TableAlias(this=alias)))
        else:
            relation.set("alias", exp.TableAlias(this=alias))
            relation.set("joins", node.args.get("joins"))
            node.replace(relation)
    return tree.sql(dialect=DIALECT, pretty=True, comments=False)


def read_table_select(table: BoundTable) -> exp.Query:
    """The tree of the SELECT.

    Raises:
        SelectError: the text is no SELECT.
    """
    tree = read_select(table.sql)
    if isinstance(tree, SqlFault):
        raise SelectError(table.contract.name, table.contract.select, line=tree.line, problem=tree.message)
    return tree


def normal_text(table: BoundTable) -> str:
    """The SELECT without comments, spaces and letter case of keywords: what counts of it."""
    return read_table_select(table).sql(dialect=DIALECT, comments=False)


def _relation(found: Input) -> exp.Table:
    return exp.table_(found.table, db=found.schema, quoted=True)


def _rows_of(found: Input, wanted: str) -> exp.Select:
    columns = [exp.column(name, table="i", quoted=True) for name in found.columns]
    chosen = exp.select(exp.column("_partition")).from_(exp.table_(wanted))
    relation = _relation(found)
    relation.set("alias", exp.TableAlias(this=exp.to_identifier("i")))
    return (
        exp.select(*columns)
        .from_(relation)
        .where(exp.In(this=exp.column("_partition", table="i"), query=exp.Subquery(this=chosen)))
    )
