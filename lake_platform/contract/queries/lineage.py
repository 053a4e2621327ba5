"""From which columns of which inputs each column of a table is made."""

from sqlglot import exp
from sqlglot.lineage import Node, lineage

from lake_platform.contract.queries.bind import read_table_select
from lake_platform.contract.queries.faults import schema_of
from lake_platform.contract.queries.select import DIALECT
from lake_platform.contract.table_inputs import BoundTable


def column_lineage(table: BoundTable) -> dict[str, list[tuple[str, str]]]:
    """Each declared column to the (input, column) pairs that its values come from; none for a constant."""
    traced = lineage(None, read_table_select(table), schema_of(table), dialect=DIALECT)
    return {column.name: _leaves(traced[column.name]) for column in table.contract.columns}


def _leaves(column: Node) -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in column.walk():
        if isinstance(node.expression, exp.Table):
            found.add((node.expression.name.lower(), node.name.rpartition(".")[2].strip('"').lower()))
    return sorted(found)
