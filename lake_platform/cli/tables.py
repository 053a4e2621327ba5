"""`lake show` and `lake sql`: what is in the warehouse."""

import click
from tabulate import tabulate

from lake_platform.cli.warehouse import warehouse


@click.command()
@click.argument("table")
@click.option("--limit", default=20, show_default=True, help="How many rows at most.")
def show(table: str, limit: int) -> None:
    """Print rows of TABLE (`dim_customer`, `staging.stg_customers`), ordered by its first columns."""
    from lake_platform.warehouse.ddl import quote_table

    columns, rows = warehouse().rows(f"SELECT * FROM {quote_table(table)} ORDER BY 1, 2 LIMIT {limit}")
    click.echo(tabulate(rows, headers=columns, missingval="NULL"))


@click.command()
@click.argument("statement")
def sql(statement: str) -> None:
    """Run one SQL STATEMENT in the warehouse and print what it returns."""
    columns, rows = warehouse().rows(statement)
    click.echo(tabulate(rows, headers=columns, missingval="NULL") if columns else "done")
