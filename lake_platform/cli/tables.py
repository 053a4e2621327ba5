"""`lake show` and `lake sql`: what is in the warehouse."""

import click
from tabulate import tabulate

from lake_platform.cli.warehouse import read_table
from lake_platform.warehouse.names import TableName


@click.command()
@click.argument("table")
@click.option("--limit", default=20, show_default=True, help="How many rows at most.")
def show(table: str, limit: int) -> None:
    """Print rows of TABLE (`dim_customer`, `staging.stg_customers`), ordered by its first columns."""
    print_query(f"SELECT * FROM {TableName.parse(table).sql} ORDER BY 1, 2 LIMIT {limit:d}")


@click.command()
@click.argument("statement")
def sql(statement: str) -> None:
    """Run one SQL STATEMENT in the warehouse and print what it returns."""
    print_query(statement)


def print_query(query: str) -> None:
    """Prints the rows of a query as a table."""
    columns, rows = read_table(query)
    click.echo(tabulate(rows, headers=columns, missingval="NULL", disable_numparse=True) if columns else "done")
